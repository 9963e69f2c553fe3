"""Measurements: gauges, counters, times, and those of the machine."""
from __future__ import annotations

import inspect
import platform
import threading
import time
from functools import wraps
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from ._guard import guard
from ._wire import number, tag, text, utc
from .client import TocsinClient

_MAX_COUNTERS = 10_000

_Tags = Optional[Mapping[str, Any]]


class MetricsCollector:
    """Sends measurements. Values that are no finite numbers are counted as invalid and left out.

    A counter is a running total of this process: where several processes count the same, give each a tag of its own by ``default_tags``.

    :param service: what is measured.
    :param default_tags: on each sample; one of the same name at the call wins.
    :param client: one to share; its ``shutdown`` is then not this collector's business.
    :param client_options: as for :class:`TocsinClient`.
    """

    _client_type = TocsinClient

    def __init__(
        self,
        api_key: Optional[str] = None,
        endpoint: Optional[str] = None,
        service: Optional[str] = None,
        default_tags: _Tags = None,
        *,
        client: Optional[TocsinClient] = None,
        **client_options: Any,
    ):
        self.client = client or self._client_type(api_key, endpoint, **client_options)
        self._owns_client = client is None
        self.service = service
        self.default_tags = dict(_mapping(default_tags))
        self._totals: Dict[Tuple[Any, ...], float] = {}
        self._system: Optional[threading.Thread] = None
        self._stop_system = threading.Event()

    def gauge(self, name: str, value: float, unit: Optional[str] = None, tags: _Tags = None) -> None:
        """A value as it is now."""
        self._sample(name, value, unit, tags)

    def counter(self, name: str, increment: float = 1, tags: _Tags = None) -> None:
        """Adds to the total of this name and these tags, and sends the total. At most 10 000 totals are kept; more are left out."""
        step, tags = number(increment), _mapping(tags)
        if step is None:
            self._sample(name, increment, "count", tags)
            return
        key = (name, *sorted((text(of), tag(value)) for of, value in tags.items() if value is not None))
        # The client's own lock, so that totals are queued in their order.
        with self.client._changed:
            if key not in self._totals and len(self._totals) >= _MAX_COUNTERS:
                self.client._invalid("there are %d counters already; tags must not be user names or the like" % _MAX_COUNTERS)
                return
            total = self._totals[key] = self._totals.get(key, 0) + step
            self._sample(name, total, "count", tags)

    def timing(self, name: str, duration_ms: float, tags: _Tags = None) -> None:
        """A duration in milliseconds."""
        self._sample(name, duration_ms, "ms", tags)

    def histogram(self, name: str, value: float, unit: Optional[str] = None, tags: _Tags = None) -> None:
        """One value of a distribution."""
        self._sample(name, value, unit, tags)

    def timed(self, name: str, tags: _Tags = None) -> "TimedContext":
        """Measures a block (``with``) or each call of a function (as decorator, async or not), also when it raises."""
        return TimedContext(self, name, tags)

    def start_system_metrics(self, interval: float = 30.0) -> None:
        """Measures the machine every ``interval`` seconds; needs psutil (``tocsin[metrics]``). Does nothing when it does already."""
        if self._system is not None and self._system.is_alive():
            return
        self._stop_system = threading.Event()
        self._system = threading.Thread(target=self._measure_system, args=(interval, self._stop_system), name="tocsin-system", daemon=True)
        try:
            self._system.start()
        except RuntimeError:  # no more threads
            self._system = None

    def stop_system_metrics(self) -> None:
        self._stop_system.set()
        if self._system is not None and self._system.is_alive():
            self._system.join(5.0)
        self._system = None

    def flush(self, timeout: Optional[float] = 30.0) -> bool:
        """As :meth:`TocsinClient.flush`."""
        return self.client.flush(timeout)

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Sends what waits and ends."""
        self.stop_system_metrics()
        return self.client.shutdown(timeout) if self._owns_client else self.client.flush(timeout)

    def _sample(self, name: str, value: Any, unit: Optional[str], tags: _Tags) -> None:
        if guard.inside or not self.client.enabled:
            return
        with guard:
            self.client.send_metric({
                "timestamp": utc(), "name": text(name), "value": value, "unit": unit, "service": self.service,
                "tags": {**self.default_tags, **_mapping(tags)},
            })

    def _measure_system(self, interval: float, stop: threading.Event) -> None:
        try:
            import psutil  # type: ignore[import-not-found,import-untyped,unused-ignore]
        except ImportError:
            psutil = None
        if psutil is not None:
            # The share of CPU is that since the last call, so there must be one.
            psutil.cpu_percent(interval=None)
            stop.wait(min(1.0, interval))
        while not stop.is_set():
            if psutil is None:
                self.gauge("system.platform", 1, tags={"platform": platform.system()})
            else:
                self._measure(psutil)
            stop.wait(interval)

    def _measure(self, psutil: Any) -> None:
        for measure in (self._measure_cpu, self._measure_memory, self._measure_disk, self._measure_network):
            try:
                measure(psutil)
            except Exception:  # not to be had on this system, or not by this user; the others are
                continue

    def _measure_cpu(self, psutil: Any) -> None:
        self.gauge("system.cpu_percent", psutil.cpu_percent(interval=None), "%")

    def _measure_memory(self, psutil: Any) -> None:
        memory = psutil.virtual_memory()
        self.gauge("system.memory_percent", memory.percent, "%")
        self.gauge("system.memory_used_mb", memory.used / 2**20, "MB")
        self.gauge("system.memory_available_mb", memory.available / 2**20, "MB")

    def _measure_disk(self, psutil: Any) -> None:
        disk = psutil.disk_usage("/")
        self.gauge("system.disk_percent", disk.percent, "%")
        self.gauge("system.disk_used_gb", disk.used / 2**30, "GB")

    def _measure_network(self, psutil: Any) -> None:
        network = psutil.net_io_counters()
        self.gauge("system.network_bytes_sent", network.bytes_sent, "bytes")
        self.gauge("system.network_bytes_recv", network.bytes_recv, "bytes")


class TimedContext:
    """What :meth:`MetricsCollector.timed` returns. As a context it measures one block at a time, as a decorator any number."""

    def __init__(self, collector: MetricsCollector, name: str, tags: _Tags = None):
        self.collector = collector
        self.name = name
        self.tags = tags
        self._began = 0.0

    def __enter__(self) -> "TimedContext":
        self._began = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> bool:
        self.collector.timing(self.name, (time.perf_counter() - self._began) * 1000, self.tags)
        return False

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):
            @wraps(function)
            async def in_turn(*args: Any, **kwargs: Any) -> Any:
                with TimedContext(self.collector, self.name, self.tags):
                    return await function(*args, **kwargs)

            return in_turn

        @wraps(function)
        def at_once(*args: Any, **kwargs: Any) -> Any:
            with TimedContext(self.collector, self.name, self.tags):
                return function(*args, **kwargs)

        return at_once


def _mapping(tags: Any) -> Mapping[str, Any]:
    return tags if isinstance(tags, Mapping) else {}
