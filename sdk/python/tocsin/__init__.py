"""Logs and metrics to Tocsin."""
from ._version import __version__
from .client import Stats, TocsinClient
from .logger import TocsinHandler, TocsinLogger, capture_exceptions
from .metrics import MetricsCollector

__all__ = ["MetricsCollector", "Stats", "TocsinClient", "TocsinHandler", "TocsinLogger", "__version__", "capture_exceptions"]
