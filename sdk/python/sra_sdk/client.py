from tocsin.client import TocsinClient

__all__ = ["SRAClient"]


class SRAClient(TocsinClient):
    _default_endpoint = "http://localhost:8000"
