"""A real HTTP server that answers as a test tells it to."""
import gzip
import json
import socket
import struct
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 120
"""Seconds after which a test that waits gives up. It guards against hanging only: whatever passes does not wait for it."""


class FakeServer:
    """Answers requests by a script, one step each, and afterwards as Tocsin does when all is well."""

    def __init__(self):
        self.requests = []
        self._script = deque()
        self._changed = threading.Condition()
        self.held = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer._take(self)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass  # clients that hang up are what is tested

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.held.set()
        self._server.shutdown()
        self._server.server_close()

    def then(self, *steps):
        """Each is a status, a pair of status and headers, a triple with the body, or a function of the request."""
        self._script.extend(steps)
        return self

    def wait_for(self, count, seconds=PATIENCE):
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= count, seconds):
                raise AssertionError("%d requests came instead of %d" % (len(self.requests), count))
            return self.requests[:count]

    def logs(self):
        return [entry for request in list(self.requests) if request.answered == 200 for entry in request.json.get("logs", [])]

    def metrics(self):
        return [entry for request in list(self.requests) if request.answered == 200 for entry in request.json.get("metrics", [])]

    def _take(self, handler):
        request = Request(handler)
        with self._changed:
            step = self._script.popleft() if self._script else 200
            if not callable(step):
                request.answered = step if isinstance(step, int) else step[0]
            self.requests.append(request)
            self._changed.notify_all()
        if callable(step):
            step(handler)
            return
        status, headers, body = (step, {}, None) if isinstance(step, int) else (tuple(step) + (None,))[:3]
        if body is None:
            entries = request.json.get("logs", request.json.get("metrics", [])) if request.json else []
            body = {"status": "accepted", "count": len(entries)} if status == 200 else {"detail": "told to"}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


class Request:
    def __init__(self, handler):
        self.path = handler.path
        self.headers = dict(handler.headers)
        self.client = handler.client_address
        self.raw = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.json = json.loads(gzip.decompress(self.raw) if packed else self.raw) if self.raw else {}
        self.answered = None


def reset(handler):
    """Cuts the connection so that the client sees a reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def garbage(handler):
    """Answers with what is no HTTP."""
    handler.wfile.write(b"\x16\x03\x01 this is no answer \xff\xfe\r\n\r\n")
    handler.close_connection = True


def cut_short(handler):
    """Promises a longer answer than it gives."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"status\": ")
    handler.close_connection = True


def no_answer_until(event):
    """Says nothing until the event is set, and then hangs up."""
    def step(handler):
        event.wait()
        handler.close_connection = True
    return step
