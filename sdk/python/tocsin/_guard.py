"""Keeps what the SDK does itself out of what it sends."""
from __future__ import annotations

import logging
import threading

LOGGER = "tocsin.sdk"


class _Guard(threading.local):
    inside = False

    def __enter__(self) -> None:
        self.inside = True

    def __exit__(self, *_: object) -> None:
        self.inside = False


guard = _Guard()
"""``guard.inside``: this thread is making or sending an entry, so what is logged in it comes from that."""


def say(message: str, *arguments: object) -> None:
    """A warning to whoever runs the program, by all handlers but ours."""
    was, guard.inside = guard.inside, True
    try:
        logging.getLogger(LOGGER).warning(message, *arguments)
    except Exception:  # a stranger's handler; there is nobody else to tell
        pass
    finally:
        guard.inside = was
