"""The client under the logger, the handler and the collector: a bounded buffer and one thread that empties it."""
from __future__ import annotations

import atexit
import os
import random
import ssl
import sys
import threading
import time
import weakref
from collections import deque
from typing import Any, Deque, Dict, List, NamedTuple, Optional, Set, Tuple

from . import _transport
from ._guard import guard, say
from ._wire import encode, number, tag, text

_PATHS = {"logs": "/ingest/logs", "metrics": "/ingest/metrics"}
_MAX_REQUEST_BYTES = 4 * 1024 * 1024
_MAX_FAILURES = 6  # of one request that the server answers, and not well; about a minute

_Waiting = Tuple[str, bytes]


class Stats(NamedTuple):
    """What became of the entries that a client was given in this process."""

    accepted: int = 0
    """Taken by the server."""
    waiting: int = 0
    """In the buffer or on their way."""
    dropped: int = 0
    """Pushed out of the full buffer by newer ones."""
    refused: int = 0
    """In requests that the server refused, or failed at again and again."""
    rejected: int = 0
    """Left out by the server, which took the others of their request."""
    invalid: int = 0
    """Never sent: no dict, a metric without a finite value, or too large."""
    unsent: int = 0
    """Still waiting when the client was shut down, or given to it afterwards."""

    @property
    def lost(self) -> int:
        return self.dropped + self.refused + self.rejected + self.invalid + self.unsent


class TocsinClient:
    """Sends log entries and metrics in the background, in batches, until the server has them.

    Safe to use from any thread, in signal handlers and after ``fork``. No method raises or blocks, except that ``flush`` and ``shutdown``
    wait. Entries are kept while the server is away, up to ``max_queue_size`` entries and ``max_queue_bytes`` bytes; then the oldest go.
    An entry may arrive twice when a connection breaks between a request and its answer.

    :param api_key: a key that may send; ``TOCSIN_TOKEN`` of the environment when left out.
    :param endpoint: the server's address, path prefix included; ``TOCSIN_SERVER`` or ``http://127.0.0.1:8080`` when left out.
    :param batch_size: entries that make a request, and the most in one.
    :param flush_interval: seconds after the last request when fewer entries than that are sent.
    :param timeout: seconds for connecting and for each answer.
    :param enabled: False makes all calls do nothing.
    :param gzip_over: bytes over which a request is compressed; None: never.
    :param retry_delay: seconds before the second attempt; doubles up to ``max_retry_delay``, and varies by half.
    :param ssl_context: for servers whose certificate the system does not know.
    """

    _default_endpoint = "http://127.0.0.1:8080"

    def __init__(
        self,
        api_key: Optional[str] = None,
        endpoint: Optional[str] = None,
        batch_size: int = 50,
        flush_interval: float = 5.0,
        max_queue_size: int = 10000,
        timeout: float = 10.0,
        enabled: bool = True,
        *,
        gzip_over: Optional[int] = 1024,
        max_queue_bytes: int = 32 * 1024 * 1024,
        retry_delay: float = 0.5,
        max_retry_delay: float = 30.0,
        ssl_context: Optional[ssl.SSLContext] = None,
    ):
        self.api_key = api_key if api_key is not None else os.environ.get("TOCSIN_TOKEN", "")
        self.endpoint = str(endpoint or os.environ.get("TOCSIN_SERVER") or self._default_endpoint).rstrip("/")
        self.max_queue_size = max(1, max_queue_size)
        self.batch_size = max(1, min(batch_size, self.max_queue_size))
        self.flush_interval = flush_interval
        self.max_queue_bytes = max_queue_bytes
        self.timeout = timeout
        self.enabled = enabled
        self.retry_delay = retry_delay
        self.max_retry_delay = max_retry_delay
        self._gzip_over = gzip_over
        self._ssl_context = ssl_context
        self._begin()
        _clients.add(self)
        if enabled:
            self._shut_down_at_exit()

    def send_log(self, log_data: Dict[str, Any]) -> None:
        """Queues a log entry: ``message``, and as wanted ``level``, ``timestamp``, ``service``, ``source``, ``trace_id``, ``metadata``."""
        if self.enabled:
            self._put("logs", log_data)

    def send_metric(self, metric_data: Dict[str, Any]) -> None:
        """Queues a sample: ``name``, ``value``, and as wanted ``timestamp``, ``unit``, ``service``, ``tags``.

        Tags become text, and those that are None are left out. A value that is no finite number is counted as invalid.
        """
        if not self.enabled:
            return
        sample: Any = metric_data
        if isinstance(metric_data, dict):
            value = number(metric_data.get("value"))
            if value is None:
                self._invalid("the value of %s is no finite number" % text(metric_data.get("name")))
                return
            sample = dict(metric_data, value=value)
            if isinstance(sample.get("tags"), dict):
                sample["tags"] = {text(name): tag(value) for name, value in list(sample["tags"].items()) if value is not None}
        self._put("metrics", sample)

    def flush(self, timeout: Optional[float] = 30.0) -> bool:
        """Sends what waits, and returns when the server has it.

        :param timeout: seconds to wait at most; None: for ever.
        :returns: whether all that was given since the last call is with the server. False when the time was over, or something was lost.
        """
        if guard.inside:
            return False
        end = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            target = self._given
            self._flush_to = max(self._flush_to, target)
            self._wake()
            while self._done < target:
                left = None if end is None else end - time.monotonic()
                if (left is not None and left <= 0) or self._closed or not self._work():
                    return False
                self._changed.wait(left)
            return self._lost_nothing_new()

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Sends what waits and ends. Called at exit by itself; may be called again.

        :param timeout: seconds to wait at most. What then still waits is counted as unsent.
        :returns: as ``flush``.
        """
        if not self.enabled or guard.inside:
            return True
        with self._changed:
            if self._closed:
                return self._lost_nothing_new()
            self._give_up_at = time.monotonic() + timeout
            self._closing = True
            self._wake()
            while self._done < self._given and self._work():
                left = self._give_up_at - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            unsent = self._end()
            self._wake()
            complete = self._lost_nothing_new()
        atexit.unregister(self.shutdown)
        if unsent:
            say("%d entries were not sent to %s before the end.", unsent, self.endpoint)
        return complete

    def stats(self) -> Stats:
        """What became of the entries so far."""
        with self._changed:
            return Stats(accepted=self._accepted, waiting=self._given - self._done, **self._losses)

    def _begin(self) -> None:
        # Reentrant: a signal handler or a finalizer may log in the middle of any of this.
        self._changed = threading.Condition(threading.RLock())
        self._waiting: Deque[_Waiting] = deque()
        self._inbox: Deque[_Waiting] = deque()
        self._taking_in = self._starting = self._waiting_for_first = False
        self._bytes = 0
        self._given = self._done = self._accepted = self._flush_to = 0
        self._losses = {"dropped": 0, "refused": 0, "rejected": 0, "invalid": 0, "unsent": 0}
        self._lost_told = 0
        self._last_sent = -self.flush_interval
        self._closing = self._closed = False
        self._give_up_at = 0.0
        self._worker: Optional[threading.Thread] = None
        self._said: Set[str] = set()
        self._transport = _transport.Transport(self.endpoint, self.api_key, self._gzip_over, self._ssl_context)

    def _begin_in_child(self) -> None:
        # The parent sends what it was given; the child begins with nothing, and with a connection of its own.
        self._begin()
        util = sys.modules.get("multiprocessing.util")
        if util is not None and self.enabled:
            util.register_after_fork(self, TocsinClient._shut_down_at_exit)  # type: ignore[attr-defined]

    def _shut_down_at_exit(self) -> None:
        atexit.unregister(self.shutdown)
        atexit.register(self.shutdown)
        # Processes of multiprocessing end without atexit, but not without this.
        process, util = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
        if process is not None and util is not None and process.parent_process() is not None:  # type: ignore[attr-defined]
            util.Finalize(None, self.shutdown, exitpriority=10)  # type: ignore[attr-defined]

    def _put(self, kind: str, entry: Dict[str, Any]) -> None:
        try:
            body = encode(entry)
        except Exception as error:  # too large, no dict, or memory ran out on the way
            self._invalid(text(error))
            return
        self._take_in(kind, body)

    def _invalid(self, why: str) -> None:
        self._take_in("invalid", b"")
        self._say_once("invalid", "An entry can't be sent: %s. Later ones are only counted.", why)

    def _take_in(self, kind: str, body: bytes) -> None:
        self._inbox.append((kind, body))
        with self._changed:
            # A signal handler that logs in the middle of this leaves its entry in the inbox to whom it interrupted.
            while self._inbox and not self._taking_in:
                self._taking_in = True
                try:
                    while self._inbox:
                        self._buffer(*self._inbox.popleft())
                    if self._waiting and self._work() and (self._waiting_for_first or len(self._waiting) >= self.batch_size):
                        self._wake()
                finally:
                    self._taking_in = False

    def _buffer(self, kind: str, body: bytes) -> None:
        self._given += 1
        if kind == "invalid":
            self._lose("invalid", 1)
        elif self._closed:
            self._lose("unsent", 1)
        else:
            self._waiting.append((kind, body))
            self._bytes += len(body)
            while len(self._waiting) > self.max_queue_size or (self._bytes > self.max_queue_bytes and len(self._waiting) > 1):
                self._bytes -= len(self._waiting.popleft()[1])
                self._lose("dropped", 1)

    def _wake(self) -> None:
        try:
            self._changed.notify_all()
        except RuntimeError:
            # Up to Python 3.10 an interrupted notify fails when its interrupter has notified; then all are awake.
            pass

    def _lose(self, how: str, count: int) -> None:
        self._losses[how] += count
        self._done += count

    def _lost(self) -> int:
        return sum(self._losses.values())

    def _end(self) -> int:
        """Counts what still waits as unsent, and whatever comes later."""
        self._taking_in = True
        self._closed = True
        unsent = self._given - self._done
        self._lose("unsent", unsent)
        self._waiting.clear()
        self._bytes = 0
        self._taking_in = False
        return unsent

    def _lost_nothing_new(self) -> bool:
        before, self._lost_told = self._lost_told, self._lost()
        return self._lost_told == before

    def _work(self) -> bool:
        """Whether a thread empties the buffer; starts it when there is none yet."""
        if self._starting or (self._worker is not None and self._worker.is_alive()):
            return True
        self._starting = True
        worker = threading.Thread(target=self._run, name="tocsin", daemon=True)
        try:
            worker.start()
        except RuntimeError:  # no more threads, or the interpreter is ending
            if self._closing:
                self._run()
            return False
        finally:
            self._starting = False
        self._worker = worker
        return True

    def _run(self) -> None:
        with guard:
            try:
                self._send_until_the_end()
            finally:
                self._transport.close()

    def _send_until_the_end(self) -> None:
        while True:
            with self._changed:
                while not self._is_due():
                    if self._closing:
                        return
                    self._waiting_for_first = not self._waiting
                    self._changed.wait(self._seconds_until_due())
                    self._waiting_for_first = False
                batch = self._take()
                dropped = self._losses["dropped"]
            if dropped and "dropped" not in self._said:
                self._said.add("dropped")
                say("More is logged than %s takes: %d of the oldest entries are lost. Later losses are only counted.", self.endpoint, dropped)
            for kind in _PATHS:
                self._send(kind, [body for of, body in batch if of == kind])
            self._last_sent = time.monotonic()
            if self._has_given_up():
                return

    def _has_given_up(self) -> bool:
        return self._closing and time.monotonic() >= self._give_up_at

    def _is_due(self) -> bool:
        return len(self._waiting) > 0 and (
            len(self._waiting) >= self.batch_size or self._closing or self._done < self._flush_to or self._seconds_until_due() == 0
        )

    def _seconds_until_due(self) -> Optional[float]:
        if not self._waiting:
            return None
        return max(0.0, self._last_sent + self.flush_interval - time.monotonic())

    def _take(self) -> List[_Waiting]:
        batch: List[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < self.batch_size and size < _MAX_REQUEST_BYTES:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][1])
        self._bytes -= size
        return batch

    def _send(self, kind: str, bodies: List[bytes]) -> None:
        """Returns when the entries are with the server, or lost and counted."""
        attempt = failures = 0
        while bodies and not self._has_given_up():
            request = b'{"%s":[%s]}' % (kind.encode(), b",".join(bodies))
            answer = self._transport.post(_PATHS[kind], request, self._seconds_for_a_request())
            if answer.verdict == _transport.ACCEPTED:
                self._settle(len(bodies), answer)
                return
            if answer.verdict == _transport.TOO_LARGE and len(bodies) > 1:
                half = len(bodies) // 2
                self._send(kind, bodies[:half])
                bodies = bodies[half:]
                continue

            attempt += 1
            failures += answer.verdict == _transport.FAILED
            if answer.verdict in (_transport.REFUSED, _transport.TOO_LARGE) or failures >= _MAX_FAILURES:
                self._settle_lost(len(bodies), answer)
                return
            self._say_once("away", "Entries wait: %s. They are sent when that is over.", answer.says)
            wait = _transport.pause(attempt, answer.retry_after, self.retry_delay, self.max_retry_delay, random.random)
            if not self._sleep(wait, answer.retry_after is not None):
                return  # whoever shuts down counts them

    def _seconds_for_a_request(self) -> float:
        return min(self.timeout, max(0.1, self._give_up_at - time.monotonic())) if self._closing else self.timeout

    def _settle(self, count: int, answer: _transport.Answer) -> None:
        self._said.discard("away")
        rejected = min(answer.rejected, count)
        if rejected and not self._closed:
            self._say_once("rejected", "The server left out %d entries, the first: %s. Later ones are only counted.", rejected, answer.says)
        with self._changed:
            if self._closed:
                return
            self._accepted += count - rejected
            self._done += count - rejected
            self._lose("rejected", rejected)
            self._wake()

    def _settle_lost(self, count: int, answer: _transport.Answer) -> None:
        if self._closed:
            return
        # Told first: whoever flushes and hears "no" finds the reason.
        self._say_once("refused", "%d entries are lost: %s. Later losses are only counted.", count, answer.says)
        with self._changed:
            if self._closed:
                return
            self._lose("refused", count)
            self._wake()

    def _sleep(self, seconds: float, asked_for: bool) -> bool:
        """Waits between attempts. False when the client ends before the next one."""
        end = time.monotonic() + seconds
        with self._changed:
            began_closing = self._closing
            while True:
                left = end - time.monotonic()
                if self._closed:
                    return False
                if left <= 0:
                    return True
                if self._closing and not began_closing and not asked_for:
                    return True  # no time for a long wait: one more attempt at once
                if self._closing and end >= self._give_up_at:
                    self._give_up_at = 0.0
                    self._wake()
                    return False
                self._changed.wait(left)

    def _say_once(self, kind: str, message: str, *arguments: object) -> None:
        if kind not in self._said:
            self._said.add(kind)
            say(message, *arguments)


_clients: "weakref.WeakSet[TocsinClient]" = weakref.WeakSet()


def _begin_all_in_child() -> None:
    guard.inside = False
    for client in list(_clients):
        client._begin_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_all_in_child)
