"""Against the server itself: the program of TOCSIN_PROGRAM, or the one that src/Tocsin was built to."""
import json
import logging
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone

from tests.fake_server import PATIENCE
from tocsin import MetricsCollector, TocsinHandler, TocsinLogger

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.environ.get("TOCSIN_PROGRAM") or os.path.join(ROOT, "..", "..", "src", "Tocsin", "bin", "Debug", "net10.0", "tocsin")


def free_port():
    """A port that the system gives to nobody who asks for any, so that a server that was killed can come back to it."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass  # Taken; another one.


class Server:
    """A process on a free port of loopback, with data of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tocsin-python-")
        self.process, self.url = None, "http://127.0.0.1:%d" % free_port()
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--data", os.path.join(self.folder, "data"), "--urls", self.url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            universal_newlines=True)
        words = []
        for line in self.process.stdout:
            words.append(line)
            found = re.search(r"Now listening on: (\S+)", line)
            if found:
                self.url = found.group(1)
                threading.Thread(target=self._read_on, args=(self.process.stdout,), daemon=True).start()
                return
        raise AssertionError("The server did not start:\n" + "".join(words))

    @staticmethod
    def _read_on(output):
        with output:
            output.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder)

    def key(self, *arguments):
        return subprocess.run(
            [PROGRAM, "key", "create", "--data", os.path.join(self.folder, "data"), "--name", "test", *arguments], stdout=subprocess.PIPE,
            universal_newlines=True, check=True, timeout=PATIENCE).stdout.strip()

    def ask(self, path, key, body=None, headers=None):
        """Status and answer of a request."""
        request = urllib.request.Request(self.url + path, data=body, headers={"X-API-Key": key, "Content-Type": "application/json", **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")


# Not before the time for which a server keeps lines, nor ahead of its clock.
AT = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=123456).isoformat()
ENTRY = {"timestamp": AT, "level": "info", "message": "hello", "service": "former", "metadata": {"environment": None}}
RECORD = {"environment": "prod", "module": "cart", "function": "add", "line": 17, "pathname": "/srv/shop/cart.py"}
SAMPLE = {"timestamp": AT, "name": "active_users", "value": 150, "unit": None, "service": "former", "tags": {}}
SYSTEM = [
    ("system.cpu_percent", 12.5, "%"), ("system.memory_percent", 40.1, "%"), ("system.memory_used_mb", 3170.5, "MB"),
    ("system.memory_available_mb", 4731.25, "MB"), ("system.disk_percent", 70.0, "%"), ("system.disk_used_gb", 41.7, "GB"),
    ("system.network_bytes_sent", 123456789, "bytes"), ("system.network_bytes_recv", 987654321, "bytes"),
]

# What the former SDK puts on the wire, in each of its ways: a name, the path, the entries.
FORMER = [
    ("a line of the logger", "logs", [ENTRY]),
    ("a line without a fraction of a second", "logs", [dict(ENTRY, timestamp=AT[:-len(".123456")])]),
    ("each level", "logs", [dict(ENTRY, level=level) for level in ("debug", "info", "warning", "error", "critical")]),
    ("extras and an environment", "logs", [dict(ENTRY, metadata={"release": "1.2", "user": 7, "nested": {"a": [1, None]}, "environment": "prod"})]),
    ("values that became their text", "logs", [dict(ENTRY, metadata={"amount": "1.5", "set": "{1}", "environment": None})]),
    ("no service", "logs", [dict(ENTRY, service=None)]),
    ("an exception", "logs", [dict(ENTRY, level="error", metadata={"environment": None, "exception": {
        "type": "ValueError", "message": "too small", "traceback": "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nValueError: too small\n"}})]),
    ("an exception that nobody was handling", "logs", [dict(ENTRY, level="error", metadata={
        "environment": None, "exception": {"type": None, "message": None, "traceback": None}})]),
    ("a record of the handler", "logs", [dict(ENTRY, source="shop.cart", metadata=RECORD)]),
    ("a record of a newer Python", "logs", [dict(ENTRY, source="shop.cart", metadata=dict(RECORD, extra={"taskName": None, "order": 7}))]),
    ("a record with an exception and no formatter", "logs", [dict(ENTRY, source="root", level="error", message="broke\nTraceback (most recent call last):\n  …\nValueError: x", metadata=dict(
        RECORD, exception={"type": "ValueError", "message": "x", "traceback": None}))]),
    ("a full batch", "logs", [dict(ENTRY, message="line %d" % n) for n in range(50)]),
    ("a gauge", "metrics", [SAMPLE]),
    ("a gauge with tags", "metrics", [dict(SAMPLE, unit="users", tags={"region": "north"})]),
    ("a counter", "metrics", [dict(SAMPLE, name="requests_total", value=total, unit="count") for total in (1, 2, 3.5)]),
    ("a duration", "metrics", [dict(SAMPLE, name="request_duration_ms", value=45.2, unit="ms")]),
    ("a tag that is no text", "metrics", [dict(SAMPLE, tags={"code": 200, "ok": True})]),
    ("no service", "metrics", [dict(SAMPLE, service=None)]),
    ("the machine", "metrics", [dict(SAMPLE, name=name, value=value, unit=unit) for name, value, unit in SYSTEM]),
    ("the platform", "metrics", [dict(SAMPLE, name="system.platform", value=1, tags={"platform": "Linux"})]),
]


@unittest.skipUnless(os.path.exists(PROGRAM), "There is no server at %s; build src/Tocsin first." % PROGRAM)
class ServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.sender = cls.server.key("--role", "responder", "--scope", "ingest")
        cls.reader = cls.server.key("--role", "viewer")

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def found(self, service, **query):
        lines, after = [], None
        while True:
            asked = dict(query, service=service, limit="500", **({"after": after} if after else {}))
            status, page = self.server.ask("/api/v1/logs?" + urllib.parse.urlencode(asked), self.reader)
            self.assertEqual(200, status, page)
            lines += page["items"]
            after = page.get("next")
            if not after:
                return lines

    def test_all_that_a_program_logs_can_be_found(self):
        logger = TocsinLogger(self.sender, self.server.url, service="py-logger", environment="test", capture_exceptions=False)
        self.addCleanup(logger.shutdown, 0)
        for n in range(120):
            logger.info("line %d" % n, extra={"n": n})
        try:
            raise ValueError("too small")
        except ValueError:
            logger.exception("it broke")
        self.assertTrue(logger.flush(PATIENCE), logger.client.stats())
        lines = self.found("py-logger")
        self.assertEqual(121, len(lines))
        broke = [line for line in lines if line["message"].startswith("it broke")][0]
        self.assertEqual("error", broke["level"])
        self.assertEqual("test", broke["environment"])
        self.assertIn("ValueError", json.dumps(broke["attributes"]))

    def test_records_of_pythons_logging_keep_level_logger_and_extras(self):
        handler = TocsinHandler(self.sender, self.server.url, service="py-handler")
        self.addCleanup(handler.client.shutdown, 0)
        log = logging.getLogger("shop.cart")
        log.propagate = False
        log.addHandler(handler)
        self.addCleanup(log.removeHandler, handler)
        log.critical("odd: %s", "half a pair \ud800", extra={"circle": float("nan"), "order": 7})
        self.assertTrue(handler.flush(PATIENCE), handler.client.stats())
        line = self.found("py-handler")[0]
        self.assertEqual(("critical", "shop.cart", "odd: half a pair ?"), (line["level"], line["source"], line["message"]))
        self.assertIn('"order"', json.dumps(line["attributes"]))

    def test_measurements_can_be_queried(self):
        metrics = MetricsCollector(self.sender, self.server.url, service="py-metrics", default_tags={"region": "north", "shard": 3})
        self.addCleanup(metrics.shutdown, 0)
        metrics.gauge("queue_length", 17)
        for _ in range(3):
            metrics.counter("orders_total")
        self.assertTrue(metrics.flush(PATIENCE), metrics.client.stats())
        status, page = self.server.ask("/api/v1/metrics?service=py-metrics", self.reader)
        self.assertEqual(200, status, page)
        self.assertEqual({"orders_total", "queue_length"}, {series["name"] for series in page["items"]})

    def test_whatever_the_former_sdk_sends_is_taken(self):
        for name, kind, entries in FORMER:
            with self.subTest(name=name):
                status, answer = self.server.ask("/ingest/" + kind, self.sender, json.dumps({kind: entries}).encode())
                self.assertEqual((200, "accepted", len(entries)), (status, answer.get("status"), answer.get("count")), answer)
                self.assertRegex(answer["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$")
                self.assertEqual({"status", "count", "timestamp"}, set(answer))

    def test_a_number_that_is_none_costs_no_other_entry(self):
        for value in ("NaN", "Infinity", "-Infinity"):
            with self.subTest(value=value):
                body = '{"metrics": [%s, %s]}' % (json.dumps(SAMPLE), json.dumps(dict(SAMPLE, value=0)).replace('"value": 0', '"value": ' + value))
                status, answer = self.server.ask("/ingest/metrics", self.sender, body.encode())
                self.assertEqual((200, 1, 1), (status, answer.get("count"), len(answer.get("rejected", []))), answer)

    def test_a_wrong_key_is_told_and_counted(self):
        logger = TocsinLogger("sra_" + "0" * 32, self.server.url, capture_exceptions=False)
        self.addCleanup(logger.shutdown, 0)
        with self.assertLogs("tocsin.sdk") as said:
            logger.info("nobody")
            self.assertFalse(logger.flush(PATIENCE))
        self.assertIn("answered 401", said.output[0])
        self.assertEqual(1, logger.client.stats().refused)

    def test_a_server_that_is_killed_in_the_middle_loses_nothing(self):
        server = Server()
        self.addCleanup(server.end)
        sender, reader = server.key("--role", "responder", "--scope", "ingest"), server.key("--role", "viewer")
        logger = TocsinLogger(sender, server.url, service="py-killed", capture_exceptions=False, retry_delay=0.05, max_retry_delay=0.5, batch_size=10)
        self.addCleanup(logger.shutdown, 0)
        for n in range(100):
            logger.info("line %d" % n)
        self.assertTrue(logger.flush(PATIENCE))
        server.kill()
        for n in range(100, 300):
            logger.info("line %d" % n)
        self.assertFalse(logger.flush(0))
        server.start()
        self.assertTrue(logger.flush(PATIENCE), logger.client.stats())
        status, page = server.ask("/api/v1/logs?service=py-killed&limit=1000", reader)
        self.assertEqual(200, status, page)
        self.assertEqual({"line %d" % n for n in range(300)}, {line["message"] for line in page["items"]})
        self.assertEqual(300, logger.client.stats().accepted)


if __name__ == "__main__":
    unittest.main()
