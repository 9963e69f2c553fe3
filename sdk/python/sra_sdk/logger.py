from tocsin.logger import TocsinHandler, TocsinLogger, capture_exceptions

from .client import SRAClient

__all__ = ["SRAClient", "SRAHandler", "SRALogger", "capture_exceptions"]


class SRALogger(TocsinLogger):
    _client_type = SRAClient


class SRAHandler(TocsinHandler):
    _client_type = SRAClient
