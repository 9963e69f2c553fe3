"""The names of the System Reliability Assistant's SDK, over Tocsin's: whoever used it changes the endpoint only."""
from tocsin import __version__

from .client import SRAClient
from .logger import SRAHandler, SRALogger, capture_exceptions
from .metrics import MetricsCollector

__all__ = ["MetricsCollector", "SRAClient", "SRAHandler", "SRALogger", "__version__", "capture_exceptions"]
