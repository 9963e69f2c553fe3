"""One request to the server, and what its answer means for the entries in it."""
from __future__ import annotations

import base64
import encodings.idna  # noqa: F401 - connecting imports it; a fork in the middle of that would leave the child waiting for ever
import gzip
import http.client
import json
import ssl
import time
import urllib.parse
import urllib.request
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ._version import __version__

ACCEPTED = "accepted"
AWAY = "away"  # nobody there, or too busy: worth waiting for
FAILED = "failed"  # somebody answered, and not well: worth a few tries
TOO_LARGE = "too large"
REFUSED = "refused"  # will not be taken however often it is sent
_UNREADABLE = "unreadable"  # perhaps only since it was packed

MAX_RETRY_AFTER_SECONDS = 300.0
_MAX_ANSWER_BYTES = 256 * 1024


class Answer(NamedTuple):
    verdict: str
    says: str = ""
    retry_after: Optional[float] = None
    """Seconds that the server asks to wait; at most MAX_RETRY_AFTER_SECONDS."""
    rejected: int = 0
    """How many of the entries the server left out."""


def pause(attempt: int, retry_after: Optional[float], first: float, longest: float, chance: Callable[[], float]) -> float:
    """Seconds to wait after a failed attempt.

    Doubles from ``first`` to ``longest`` and varies by half, so that many clients don't come back together; never shorter than what the
    server asked for. ``attempt`` counts from 1; ``chance`` returns 0 to 1.
    """
    wait = min(longest, first * 2 ** min(attempt - 1, 30))
    if retry_after is not None:
        return retry_after + min(wait, retry_after, 1.0) * chance()
    return wait * (0.5 + chance() / 2)


class Transport:
    """A connection that is kept between requests. Used by one thread at a time. Never raises."""

    def __init__(self, endpoint: str, api_key: str, gzip_over: Optional[int], ssl_context: Optional[ssl.SSLContext]):
        self._key = api_key
        self._gzip_over = gzip_over
        self._ssl = ssl_context
        self._connection: Optional[http.client.HTTPConnection] = None
        self._headers: Dict[str, str] = {}
        self._target = ""
        self.fault = ""
        """Why nothing can be sent at all; empty when it can."""
        try:
            address = urllib.parse.urlsplit(endpoint)
            if address.scheme not in ("http", "https") or not address.hostname:
                raise ValueError("it must begin with http:// or https:// and name a host")
            self._tls = address.scheme == "https"
            self._host = address.hostname
            self._port = address.port or (443 if self._tls else 80)
            self._path = address.path.rstrip("/")
            self._authority = "%s:%d" % ("[%s]" % self._host if ":" in self._host else self._host, self._port)
        except ValueError as error:
            self.fault = "The endpoint %r can't be used: %s." % (endpoint, error)

    def post(self, path: str, body: bytes, timeout: float) -> Answer:
        if self.fault:
            return Answer(REFUSED, self.fault)
        packed = self._gzip_over is not None and len(body) > self._gzip_over
        answer = self._try(path, gzip.compress(body, 6) if packed else body, packed, timeout)
        if packed and answer.verdict == _UNREADABLE:
            self._gzip_over = None
            answer = self._try(path, body, False, timeout)
        return answer._replace(verdict=REFUSED) if answer.verdict == _UNREADABLE else answer

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _try(self, path: str, body: bytes, packed: bool, timeout: float) -> Answer:
        while True:
            reused = self._connection is not None
            try:
                status, headers, data = self._exchange(path, body, packed, timeout)
                return _meaning(status, headers, data, self._authority)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                self.close()
                # A connection that lay idle may have been closed at the other end; a new one tells.
                if not reused:
                    return Answer(AWAY, "%s closed the connection: %s" % (self._authority, error))
            except (OSError, http.client.HTTPException) as error:
                self.close()
                return Answer(AWAY, "%s did not answer: %s" % (self._authority, error or type(error).__name__))
            except Exception as error:  # a key that no header can hold, a host that no name can be: waiting mends nothing
                self.close()
                return Answer(REFUSED, "The request could not be made: %s" % error)

    def _exchange(self, path: str, body: bytes, packed: bool, timeout: float) -> Tuple[int, Any, bytes]:
        if self._connection is None:
            self._connection = self._connect(timeout)
        connection = self._connection
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        headers = {
            "Content-Type": "application/json",
            "X-API-Key": self._key,
            "User-Agent": "tocsin-python/" + __version__,
        }
        if packed:
            headers["Content-Encoding"] = "gzip"
        headers.update(self._headers)
        connection.request("POST", self._target + self._path + path, body, headers)
        response = connection.getresponse()
        data = response.read(_MAX_ANSWER_BYTES)
        if response.will_close or not response.isclosed():
            self.close()
        return response.status, response.headers, data

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        self._target, self._headers = "", {}
        proxy = self._proxy()
        host, port = (proxy.hostname or "", proxy.port or 8080) if proxy else (self._host, self._port)
        credentials: Dict[str, str] = {}
        if proxy and proxy.username:
            pair = "%s:%s" % (urllib.parse.unquote(proxy.username), urllib.parse.unquote(proxy.password or ""))
            credentials["Proxy-Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        if not self._tls:
            if proxy:
                self._target, self._headers = "http://" + self._authority, credentials
            return http.client.HTTPConnection(host, port, timeout=timeout)
        context = self._ssl or ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
        if proxy:
            connection.set_tunnel(self._host, self._port, credentials)
        return connection

    def _proxy(self) -> Optional[urllib.parse.SplitResult]:
        address = urllib.request.getproxies().get("https" if self._tls else "http")
        if not address or urllib.request.proxy_bypass(self._authority):
            return None
        return urllib.parse.urlsplit(address if "://" in address else "http://" + address)


def _meaning(status: int, headers: Any, data: bytes, who: str) -> Answer:
    told = _json(data)
    if 200 <= status < 300:
        if not isinstance(told, dict):
            return Answer(FAILED, "%s answered %d, but not as Tocsin does; is the address right?" % (who, status))
        left_out = told.get("rejected")
        if isinstance(left_out, list) and left_out:
            # Of many the server names the first ones only.
            count = told.get("rejected_count")
            return Answer(ACCEPTED, _first(left_out), rejected=count if isinstance(count, int) else len(left_out))
        return Answer(ACCEPTED)
    if 300 <= status < 400:
        return Answer(REFUSED, "%s sends elsewhere, to %s; that must be the endpoint." % (who, headers.get("Location")))
    says = "%s answered %d%s" % (who, status, _detail(told))
    if status == 415:
        return Answer(_UNREADABLE, says)
    if status == 413:
        return Answer(TOO_LARGE, says)
    if status in (408, 425, 429, 502, 503, 504):
        return Answer(AWAY, says, _retry_after(headers.get("Retry-After")))
    if status >= 500:
        return Answer(FAILED, says, _retry_after(headers.get("Retry-After")))
    return Answer(REFUSED, says)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _detail(told: Any) -> str:
    detail = told.get("detail") if isinstance(told, dict) else None
    if isinstance(detail, list):
        detail = _first(detail)
    return ": %s" % str(detail)[:300] if detail else ""


def _first(entries: List[Any]) -> str:
    return json.dumps(entries[0])[:300]


def _retry_after(value: Optional[str]) -> Optional[float]:
    if value is None:
        return None
    try:
        seconds = float(min(int(value), 1_000_000))
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
