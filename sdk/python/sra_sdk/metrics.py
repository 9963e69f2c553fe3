from tocsin import metrics
from tocsin.metrics import TimedContext

from .client import SRAClient

__all__ = ["MetricsCollector", "SRAClient", "TimedContext"]


class MetricsCollector(metrics.MetricsCollector):
    _client_type = SRAClient
