"""What goes over the wire: times, and entries as JSON that any server can read."""
from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from typing import Any, Dict, Optional

# The server cuts messages at 32 768 characters, so more would only travel.
MAX_MESSAGE_CHARS = 32_768
MAX_ENTRY_BYTES = 256 * 1024
_MAX_DEPTH = 16


def utc(seconds: Optional[float] = None) -> str:
    """An instant as the wire has it: UTC, ISO-8601, microseconds, no zone. ``seconds`` since 1970; now when left out."""
    at = datetime.now(timezone.utc) if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)
    return at.replace(tzinfo=None).isoformat()


def text(value: Any) -> str:
    """The text of any value, also of one whose ``__str__`` fails."""
    try:
        return str(value)
    except Exception:  # whatever a stranger's __str__ raises
        return "<%s without a text>" % type(value).__name__


def tag(value: Any) -> str:
    """A tag's text; booleans as JSON has them."""
    return ("true" if value else "false") if isinstance(value, bool) else text(value)


def number(value: Any) -> Optional[float]:
    """A finite number, or None when it is none."""
    try:
        found = value if type(value) in (int, float) else float(value)
        return found if math.isfinite(found) else None
    except Exception:  # whatever a stranger's __float__ raises
        return None


def encode(entry: Dict[str, Any]) -> bytes:
    """One entry as UTF-8 JSON of at most MAX_ENTRY_BYTES.

    Values that JSON can't hold become their text. Raises ValueError for what can be no entry at all.
    """
    if not isinstance(entry, dict):
        raise ValueError("An entry is a dict.")
    body = _dumps(entry)
    if len(body) <= MAX_ENTRY_BYTES:
        return body

    shorter = dict(entry)
    shorter["message"] = text(entry.get("message", ""))[:MAX_MESSAGE_CHARS]
    if "metadata" in entry:
        metadata = entry["metadata"] if isinstance(entry["metadata"], dict) else {}
        shorter["metadata"] = {"environment": metadata.get("environment"), "left_out": "The entry had %d bytes." % len(body)}
    body = _dumps(shorter)
    if len(body) > MAX_ENTRY_BYTES:
        raise ValueError("The entry has %d bytes." % len(body))
    return body


def _dumps(entry: Dict[str, Any]) -> bytes:
    try:
        body = json.dumps(entry, default=text, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except Exception:  # NaN, odd keys, circles, a dict that changed meanwhile, a stranger's object: slower, by hand
        body = json.dumps(_plain(entry, 0), ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair, as in file names that are not UTF-8, is no text on any wire.
    return body.encode("utf-8", "replace")


def _plain(value: Any, depth: int) -> Any:
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else text(value)
    if depth < _MAX_DEPTH:
        if isinstance(value, dict):
            return {text(key): _plain(item, depth + 1) for key, item in list(value.items())}
        if isinstance(value, (list, tuple)):
            return [_plain(item, depth + 1) for item in list(value)]
        return text(value)
    return "<too deep>"
