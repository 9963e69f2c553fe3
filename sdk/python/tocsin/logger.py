"""Ways to log: a logger of its own, a handler for Python's logging, and a decorator."""
from __future__ import annotations

import inspect
import logging
import sys
import threading
import traceback
from functools import wraps
from types import TracebackType
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Type, TypeVar, Union

from ._guard import LOGGER, guard
from ._wire import text, utc
from .client import TocsinClient

_Function = TypeVar("_Function", bound=Callable[..., Any])
_ExcInfo = Tuple[Optional[Type[BaseException]], Optional[BaseException], Optional[TracebackType]]


class TocsinLogger:
    """Logs by methods of its own, and whatever nobody caught.

    :param service: what the entries are of.
    :param environment: such as ``production``.
    :param capture_exceptions: log what ends the process or a thread uncaught, and then let it go on to whoever was told before.
    :param client: one to share; its ``shutdown`` is then not this logger's business.
    :param client_options: as for :class:`TocsinClient`.
    """

    _client_type = TocsinClient

    def __init__(
        self,
        api_key: Optional[str] = None,
        endpoint: Optional[str] = None,
        service: Optional[str] = None,
        environment: Optional[str] = None,
        capture_exceptions: bool = True,
        *,
        client: Optional[TocsinClient] = None,
        **client_options: Any,
    ):
        self.client = client or self._client_type(api_key, endpoint, **client_options)
        self._owns_client = client is None
        self.service = service
        self.environment = environment
        self._default_extra: Dict[str, Any] = {}
        self._capturing = False
        if capture_exceptions:
            self._capture()

    def set_default_extra(self, **extra: Any) -> None:
        """What each later entry carries too."""
        self._default_extra = {**self._default_extra, **extra}

    def debug(self, message: Any, extra: Optional[Mapping[str, Any]] = None) -> None:
        self._log("debug", message, extra)

    def info(self, message: Any, extra: Optional[Mapping[str, Any]] = None) -> None:
        self._log("info", message, extra)

    def warning(self, message: Any, extra: Optional[Mapping[str, Any]] = None) -> None:
        self._log("warning", message, extra)

    def warn(self, message: Any, extra: Optional[Mapping[str, Any]] = None) -> None:
        self._log("warning", message, extra)

    def error(self, message: Any, extra: Optional[Mapping[str, Any]] = None, exc_info: Any = False) -> None:
        """``exc_info``: True for the exception being handled, or an exception, or what ``sys.exc_info()`` returned."""
        self._log("error", message, extra, exc_info)

    def critical(self, message: Any, extra: Optional[Mapping[str, Any]] = None, exc_info: Any = False) -> None:
        """``exc_info`` as for :meth:`error`."""
        self._log("critical", message, extra, exc_info)

    def exception(self, message: Any = "Exception occurred", extra: Optional[Mapping[str, Any]] = None, exc_info: Any = None) -> None:
        """An error with the exception being handled."""
        self._log("error", message, extra, exc_info or True)

    def flush(self, timeout: Optional[float] = 30.0) -> bool:
        """As :meth:`TocsinClient.flush`."""
        return self.client.flush(timeout)

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Sends what waits and ends; exceptions that nobody caught are no longer logged."""
        self._capturing = False
        return self.client.shutdown(timeout) if self._owns_client else self.client.flush(timeout)

    def _log(self, level: str, message: Any, extra: Optional[Mapping[str, Any]], exc_info: Any = None) -> None:
        if guard.inside or not self.client.enabled:
            return
        with guard:
            metadata: Dict[Any, Any] = dict(self._default_extra)
            if isinstance(extra, Mapping):
                metadata.update(extra)
            metadata["environment"] = self.environment
            found = _found(exc_info)
            if found is not None:
                metadata["exception"] = _described(found)
            self.client.send_log({
                "timestamp": utc(), "level": level, "message": text(message), "service": self.service, "metadata": metadata,
            })

    def _capture(self) -> None:
        self._capturing = True
        before, before_in_threads = sys.excepthook, threading.excepthook

        def uncaught(kind: Type[BaseException], error: BaseException, trace: Optional[TracebackType]) -> None:
            self._uncaught(kind, error, trace)
            before(kind, error, trace)

        def uncaught_in_thread(args: Any) -> None:
            self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)
            before_in_threads(args)

        sys.excepthook, threading.excepthook = uncaught, uncaught_in_thread

    def _uncaught(self, kind: Type[BaseException], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        # Whoever presses Ctrl-C, or asks a thread to end, had no accident.
        if self._capturing and issubclass(kind, Exception):
            self.exception(text(error) if error is not None and text(error) else kind.__name__, exc_info=(kind, error, trace))


class TocsinHandler(logging.Handler):
    """A handler for Python's ``logging``.

    The message is what the handler's formatter makes of a record. What the SDK logs itself, and what is logged while it sends, is left out.
    Parameters as for :class:`TocsinLogger`; ``level`` as for any handler.
    """

    _client_type = TocsinClient

    def __init__(
        self,
        api_key: Optional[str] = None,
        endpoint: Optional[str] = None,
        service: Optional[str] = None,
        environment: Optional[str] = None,
        level: Union[int, str] = logging.NOTSET,
        *,
        client: Optional[TocsinClient] = None,
        **client_options: Any,
    ):
        super().__init__(level)
        self.client = client or self._client_type(api_key, endpoint, **client_options)
        self._owns_client = client is None
        self.service = service
        self.environment = environment

    def handle(self, record: logging.LogRecord) -> Any:
        # Before the handler's lock is taken: whoever flushes while holding it waits for the thread that may be logging here.
        return False if guard.inside or record.name == LOGGER else super().handle(record)

    def emit(self, record: logging.LogRecord) -> None:
        if guard.inside:
            return
        with guard:
            try:
                self.client.send_log(self._entry(record))
            except Exception:  # a formatter of one's own; the standard way to tell of it
                self.handleError(record)

    def flush(self, timeout: Optional[float] = 30.0) -> bool:  # type: ignore[override]
        """As :meth:`TocsinClient.flush`."""
        return self.client.flush(timeout)

    def close(self) -> None:
        """Sends what waits, for at most 5 seconds, and ends."""
        if self._owns_client:
            self.client.shutdown()
        else:
            self.client.flush(5.0)
        super().close()

    def _entry(self, record: logging.LogRecord) -> Dict[str, Any]:
        metadata: Dict[str, Any] = {
            "environment": self.environment,
            "module": record.module,
            "function": record.funcName,
            "line": record.lineno,
            "pathname": record.pathname,
        }
        found = _found(record.exc_info)
        if found is not None:
            metadata["exception"] = _described(found)
        extra = {name: value for name, value in record.__dict__.items() if name not in _RECORD}
        if extra:
            metadata["extra"] = extra
        return {
            "timestamp": utc(record.created),
            "level": _level(record.levelno),
            "message": self._message(record),
            "service": self.service,
            "source": record.name,
            "metadata": metadata,
        }

    def _message(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record)
        except (TypeError, ValueError, KeyError, IndexError):
            # Arguments that do not fit their message: it is worth more as it is than not at all.
            return "%s %s" % (text(record.msg), text(record.args))


def capture_exceptions(logger: TocsinLogger) -> Callable[[_Function], _Function]:
    """Decorates a function, async or not, so that what it raises is logged, and raised on."""

    def decorate(function: _Function) -> _Function:
        def log(error: Exception) -> None:
            logger.exception("Exception in %s: %s" % (getattr(function, "__name__", text(function)), text(error)), exc_info=error)

        if inspect.iscoroutinefunction(function):
            @wraps(function)
            async def in_turn(*args: Any, **kwargs: Any) -> Any:
                try:
                    return await function(*args, **kwargs)
                except Exception as error:
                    log(error)
                    raise

            return in_turn  # type: ignore[return-value]

        @wraps(function)
        def at_once(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                log(error)
                raise

        return at_once  # type: ignore[return-value]

    return decorate


# What every record has, and what formatters and newer versions of Python add.
_RECORD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def _level(number: int) -> str:
    if number >= logging.CRITICAL:
        return "critical"
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warning"
    return "info" if number >= logging.INFO else "debug"


def _found(exc_info: Any) -> Optional[_ExcInfo]:
    if not exc_info:
        return None
    if isinstance(exc_info, BaseException):
        return type(exc_info), exc_info, exc_info.__traceback__
    found = exc_info if isinstance(exc_info, tuple) and len(exc_info) == 3 else sys.exc_info()
    return found if found[0] is not None else None


def _described(found: _ExcInfo) -> Dict[str, Optional[str]]:
    kind, error, trace = found
    try:
        told: Optional[str] = "".join(traceback.format_exception(kind, error, trace))
    except Exception:  # an exception whose own text fails
        told = "".join(traceback.format_tb(trace)) if trace else None
    return {"type": getattr(kind, "__name__", None), "message": text(error) if error is not None else None, "traceback": told}
