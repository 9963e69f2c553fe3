import gc
import json
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock
from decimal import Decimal

from tests.fake_server import PATIENCE, FakeServer, cut_short, garbage, no_answer_until, reset
from tocsin import TocsinClient
from tocsin._transport import MAX_RETRY_AFTER_SECONDS, _retry_after, pause


def client_of(server, **options):
    options = {"flush_interval": 0.0, "retry_delay": 0.001, "max_retry_delay": 0.01, "timeout": PATIENCE, **options}
    return TocsinClient("key-1", server.url, **options)


class WorkersClock:
    """Stands still but for the waits of a client's own thread with an end, which are over at once."""

    def __init__(self, client):
        self.now, self._client, self._wait = 1000.0, client, client._changed.wait
        client._changed.wait = self._pass

    def monotonic(self):
        return self.now

    def _pass(self, seconds=None):
        if seconds is None or threading.current_thread() is not self._client._worker:
            return self._wait(seconds)
        self.now += seconds
        return False


class Listening(logging.Handler):
    def __init__(self):
        super().__init__()
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.server = FakeServer()
        self.addCleanup(self.server.__exit__)
        self.words = Listening()
        sdk = logging.getLogger("tocsin.sdk")
        sdk.addHandler(self.words)
        sdk.propagate = False
        self.addCleanup(sdk.removeHandler, self.words)

    def client(self, **options):
        client = client_of(self.server, **options)
        self.addCleanup(client.shutdown, 0)
        return client

    def test_an_entry_is_posted_with_the_key_as_json(self):
        client = self.client()
        client.send_log({"message": "hello", "level": "info"})
        self.assertTrue(client.flush(PATIENCE))
        request = self.server.requests[0]
        self.assertEqual("/ingest/logs", request.path)
        self.assertEqual("application/json", request.headers["Content-Type"])
        self.assertEqual("key-1", request.headers["X-API-Key"])
        self.assertEqual({"logs": [{"message": "hello", "level": "info"}]}, request.json)

    def test_logs_go_before_metrics_and_each_to_its_path(self):
        client = self.client(flush_interval=60, batch_size=3)
        client._last_sent = time.monotonic()
        client.send_metric({"name": "m", "value": 1})
        client.send_log({"message": "a"})
        client.send_log({"message": "b"})
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual(["/ingest/logs", "/ingest/metrics"], [request.path for request in self.server.requests])
        self.assertEqual(["a", "b"], [entry["message"] for entry in self.server.logs()])

    def test_a_full_batch_is_sent_before_its_time(self):
        client = self.client(flush_interval=3600, batch_size=10)
        client._last_sent = time.monotonic()
        for n in range(10):
            client.send_log({"message": str(n)})
        self.assertEqual(10, len(self.server.wait_for(1)[0].json["logs"]))

    def test_no_request_holds_more_than_a_batch_and_the_order_stays(self):
        client = self.client(flush_interval=3600, batch_size=7)
        for n in range(100):
            client.send_log({"message": str(n)})
        self.assertTrue(client.flush(PATIENCE))
        self.assertLessEqual(max(len(request.json["logs"]) for request in self.server.requests), 7)
        self.assertEqual([str(n) for n in range(100)], [entry["message"] for entry in self.server.logs()])

    def test_every_answer_that_means_later_is_followed_by_the_same_entries_again(self):
        for step in (429, 503, 502, 504, 408, 500, reset, garbage, cut_short, (200, {}, b"<html>sign in</html>")):
            with self.subTest(step=step):
                before = len(self.server.requests)
                self.server.then(step)
                client = self.client()
                client.send_log({"message": "again"})
                self.assertTrue(client.flush(PATIENCE))
                first, second = self.server.requests[before:]
                self.assertEqual(first.json, second.json)
                self.assertEqual((1, 0), (client.stats().accepted, client.stats().lost))

    def test_a_server_that_was_away_gets_all_in_order_once_it_is_back(self):
        self.server.then(503, 503, 503, reset, 503)
        client = self.client(batch_size=5)
        for n in range(23):
            client.send_log({"message": str(n)})
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual([str(n) for n in range(23)], [entry["message"] for entry in self.server.logs()])
        self.assertEqual(1, len([word for word in self.words.said if "Entries wait" in word]), self.words.said)

    def test_a_server_that_says_nothing_is_left_after_the_time_limit_and_asked_again(self):
        client = self.client(timeout=0.05)

        def says_nothing(handler):
            client.timeout = PATIENCE  # whoever asks again finds a server that answers, however slow the machine
            no_answer_until(self.server.held)(handler)

        self.server.then(says_nothing)
        client.send_log({"message": "patience"})
        self.assertTrue(client.flush(PATIENCE))
        self.assertGreaterEqual(len(self.server.requests), 2)
        self.assertEqual(1, client.stats().accepted)

    def test_retry_after_is_waited_for(self):
        self.server.then((429, {"Retry-After": "120"}))
        client = self.client()
        clock = WorkersClock(client)
        with mock.patch("tocsin.client.time", clock):
            client.send_log({"message": "later"})
            self.server.wait_for(2)
            self.assertTrue(client.flush(PATIENCE))
        self.assertTrue(1120 <= clock.now <= 1121, clock.now)
        self.assertEqual(2, len(self.server.requests))

    def test_pauses_grow_vary_and_obey_the_server(self):
        self.assertEqual([0.5, 1.0, 2.0, 30.0, 30.0], [pause(n, None, 0.5, 30, lambda: 1) for n in (1, 2, 3, 9, 10_000)])
        self.assertEqual([0.25, 0.5, 1.0, 15.0], [pause(n, None, 0.5, 30, lambda: 0) for n in (1, 2, 3, 9)])
        self.assertEqual(17, pause(1, 17, 0.5, 30, lambda: 0))
        self.assertEqual(17.5, pause(1, 17, 0.5, 30, lambda: 1))

    def test_retry_after_is_read_as_seconds_or_as_a_date_and_never_for_too_long(self):
        self.assertEqual(120, _retry_after("120"))
        self.assertEqual(0, _retry_after("-5"))
        self.assertEqual(MAX_RETRY_AFTER_SECONDS, _retry_after("9" * 400))
        self.assertEqual(0, _retry_after("Wed, 21 Oct 2015 07:28:00 GMT"))
        self.assertEqual(MAX_RETRY_AFTER_SECONDS, _retry_after("Wed, 21 Oct 2099 07:28:00 GMT"))
        self.assertIsNone(_retry_after("soon"))
        self.assertIsNone(_retry_after(None))

    def test_what_the_server_refuses_is_not_sent_again_and_counted(self):
        for status in (400, 401, 403, 404, 422):
            with self.subTest(status=status):
                before = len(self.server.requests)
                self.server.then(status)
                client = self.client()
                client.send_log({"message": "no"})
                self.assertFalse(client.flush(PATIENCE))
                self.assertEqual(before + 1, len(self.server.requests))
                self.assertEqual(1, client.stats().refused)
                self.assertIn("answered %d: told to" % status, self.words.said[-1])

    def test_a_request_at_which_the_server_fails_again_and_again_does_not_hold_up_the_others(self):
        self.server.then(*[500] * 6)
        client = self.client(batch_size=1)
        client.send_log({"message": "poison"})
        client.send_log({"message": "fine"})
        self.assertFalse(client.flush(PATIENCE))
        self.assertEqual((1, 1), (client.stats().refused, client.stats().accepted))
        self.assertEqual(["fine"], [entry["message"] for entry in self.server.logs()])

    def test_a_redirection_is_refused_with_where_it_leads(self):
        self.server.then((301, {"Location": "https://tocsin.example/ingest/logs"}))
        client = self.client()
        client.send_log({"message": "moved"})
        self.assertFalse(client.flush(PATIENCE))
        self.assertIn("https://tocsin.example/ingest/logs", self.words.said[0])

    def test_a_request_that_is_too_large_is_halved(self):
        self.server.then(413, 413)
        client = self.client(flush_interval=3600, batch_size=8)
        client._last_sent = time.monotonic()
        for n in range(8):
            client.send_log({"message": str(n)})
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual([8, 4, 2, 2, 4], [len(request.json["logs"]) for request in self.server.requests])
        self.assertEqual([str(n) for n in range(8)], [entry["message"] for entry in self.server.logs()])

    def test_entries_that_the_server_left_out_are_counted_and_told_once(self):
        answer = {"status": "accepted", "count": 1, "rejected": [{"index": 0, "field": "level", "message": "no level"}]}
        self.server.then((200, {}, answer), (200, {}, answer))
        client = self.client(batch_size=2)
        for n in range(4):
            client.send_log({"message": str(n)})
        self.assertFalse(client.flush(PATIENCE))
        self.assertEqual(client.stats().rejected, 4 - client.stats().accepted)
        self.assertGreaterEqual(client.stats().rejected, 1)
        self.assertEqual(1, len(self.words.said), self.words.said)
        self.assertIn("no level", self.words.said[0])

    def test_of_many_that_were_left_out_the_number_counts_and_not_the_names(self):
        answer = {"status": "accepted", "count": 1, "rejected": [{"index": 0, "field": "level", "message": "no level"}], "rejected_count": 3}
        self.server.then((200, {}, b'{"status": "accepted", "count": 0}'), (200, {}, answer))
        client = self.client(flush_interval=3600)
        client.send_log({"message": "first"})
        client.flush(PATIENCE)
        for n in range(5):
            client.send_log({"message": str(n)})
        self.assertFalse(client.flush(PATIENCE))
        self.assertEqual((3, 3), (client.stats().accepted, client.stats().rejected))

    def test_large_requests_are_packed_and_small_ones_are_not(self):
        client = self.client()
        client.send_log({"message": "small"})
        self.assertTrue(client.flush(PATIENCE))
        client.send_log({"message": "large " * 1000})
        self.assertTrue(client.flush(PATIENCE))
        small, large = self.server.requests
        self.assertNotIn("Content-Encoding", small.headers)
        self.assertEqual("gzip", large.headers["Content-Encoding"])
        self.assertLess(len(large.raw), 1000)

    def test_a_server_that_reads_no_gzip_is_sent_none(self):
        self.server.then(415)
        client = self.client()
        for _ in range(2):
            client.send_log({"message": "large " * 1000})
            self.assertTrue(client.flush(PATIENCE))
        self.assertEqual(["gzip", None, None], [request.headers.get("Content-Encoding") for request in self.server.requests])

    def test_one_connection_serves_many_requests_and_is_opened_again_when_it_was_closed(self):
        client = self.client(batch_size=1)
        for n in range(5):
            client.send_log({"message": str(n)})
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual(1, len({request.client for request in self.server.requests}))
        self.server.then((200, {"Connection": "close"}))
        for n in range(2):
            client.send_log({"message": str(n)})
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual(2, len({request.client for request in self.server.requests}))
        self.assertEqual(7, client.stats().accepted)

    def test_a_full_buffer_loses_the_oldest_and_counts_them(self):
        client = self.client(max_queue_size=10, batch_size=5)
        self.server.then(no_answer_until(self.server.held), 503)
        client.send_log({"message": "first"})
        self.server.wait_for(1)
        for n in range(25):
            client.send_log({"message": str(n)})
        self.assertEqual(15, client.stats().dropped)
        self.server.held.set()
        client.flush(PATIENCE)
        self.assertEqual(["first"] + [str(n) for n in range(15, 25)], [entry["message"] for entry in self.server.logs()])
        self.assertEqual((11, 15), (client.stats().accepted, client.stats().lost))
        self.assertTrue(any("15 of the oldest" in word for word in self.words.said), self.words.said)

    def test_the_buffer_is_bounded_in_bytes_too(self):
        client = self.client(max_queue_bytes=10_000)
        self.server.then(no_answer_until(self.server.held))
        client.send_log({"message": "first"})
        self.server.wait_for(1)
        for _ in range(100):
            client.send_log({"message": "x" * 1000})
        self.assertLess(client.stats().waiting, 12)
        self.assertEqual(101, client.stats().dropped + client.stats().waiting)

    def test_flush_says_no_when_its_time_is_over_and_yes_once_all_is_there(self):
        self.server.then(no_answer_until(self.server.held))
        client = self.client()
        client.send_log({"message": "slow"})
        self.assertFalse(client.flush(0.05))
        self.server.held.set()
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual("slow", self.server.logs()[0]["message"])

    def test_flush_of_nothing_is_sent(self):
        self.assertTrue(self.client().flush(PATIENCE))
        self.assertEqual([], self.server.requests)

    def test_shutdown_sends_what_waits(self):
        client = self.client(flush_interval=3600)
        client._last_sent = time.monotonic()
        for n in range(500):
            client.send_log({"message": str(n)})
        self.assertTrue(client.shutdown(PATIENCE))
        self.assertEqual(500, len(self.server.logs()))
        self.assertEqual((500, 0), (client.stats().accepted, client.stats().waiting))

    def test_shutdown_before_a_server_that_is_away_ends_and_counts(self):
        self.server.then(*[503] * 100_000)
        client = self.client(max_retry_delay=7200, retry_delay=7200)
        for n in range(5):
            client.send_log({"message": str(n)})
        self.server.wait_for(1)
        self.assertFalse(client.shutdown(3600))
        self.assertEqual((5, 0), (client.stats().unsent, client.stats().waiting))
        self.assertLessEqual(len(self.server.requests), 2)
        self.assertIn("5 entries were not sent", self.words.said[-1])

    def test_what_comes_after_the_end_is_counted_as_lost(self):
        client = self.client()
        client.shutdown(PATIENCE)
        client.send_log({"message": "late"})
        self.assertFalse(client.flush(PATIENCE))
        self.assertEqual(1, client.stats().unsent)
        self.assertEqual([], self.server.requests)

    def test_a_client_that_is_not_enabled_does_nothing(self):
        client = self.client(enabled=False)
        client.send_log({"message": "no"})
        client.send_metric({"name": "no", "value": 1})
        self.assertTrue(client.flush(1))
        self.assertTrue(client.shutdown(1))
        self.assertEqual([], self.server.requests)

    def test_values_that_json_cannot_hold_are_sent_as_their_text(self):
        class Strange:
            def __str__(self):
                raise RuntimeError("no text")

        circle = {}
        circle["self"] = circle
        client = self.client(flush_interval=3600)
        for value in (Decimal("1.5"), {1, }, b"bytes", Strange(), math.nan, math.inf, "half a pair \ud800", {("a", 1): 2}, circle, 10 ** 400, [[[]]]):
            client.send_log({"message": "odd", "metadata": {"value": value}})
        self.assertTrue(client.flush(PATIENCE))
        values = [entry["metadata"]["value"] for entry in self.server.logs()]
        self.assertEqual("1.5", values[0])
        self.assertEqual("{1}", values[1])
        self.assertEqual("b'bytes'", values[2])
        self.assertEqual("<Strange without a text>", values[3])
        self.assertEqual(["nan", "inf", "half a pair ?", {"('a', 1)": 2}], values[4:8])
        self.assertIn("<too deep>", json.dumps(values[8]))
        self.assertEqual([10 ** 400, [[[]]]], values[9:])

    def test_an_entry_is_sent_as_it_was_when_it_was_given(self):
        client = self.client(flush_interval=3600)
        client._last_sent = time.monotonic()
        metadata = {"n": 1}
        client.send_log({"message": "a", "metadata": metadata})
        metadata["n"] = 2
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual(1, self.server.logs()[0]["metadata"]["n"])

    def test_tags_become_text(self):
        client = self.client()
        client.send_metric({"name": "m", "value": 1, "tags": {"code": 200, "ok": True, "none": None, 3: 1.5}})
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual({"code": "200", "ok": "true", "3": "1.5"}, self.server.metrics()[0]["tags"])

    def test_a_metric_without_a_number_is_counted_and_the_others_are_sent(self):
        client = self.client(flush_interval=3600)
        for value in (math.nan, math.inf, "many", None, 10 ** 400):
            client.send_metric({"name": "m", "value": value})
        for value in (1, 2.5, True, Decimal("3.5"), "4"):
            client.send_metric({"name": "m", "value": value})
        client.flush(PATIENCE)
        self.assertEqual([1, 2.5, 1, 3.5, 4], [entry["value"] for entry in self.server.metrics()])
        self.assertEqual(5, client.stats().invalid)
        self.assertEqual(1, len(self.words.said), self.words.said)

    def test_an_entry_that_is_too_large_keeps_its_beginning(self):
        client = self.client()
        client.send_log({"message": "m" * 100_000, "metadata": {"environment": "prod", "much": "x" * 1_000_000}})
        self.assertTrue(client.flush(PATIENCE))
        entry = self.server.logs()[0]
        self.assertEqual("m" * 32_768, entry["message"])
        self.assertEqual("prod", entry["metadata"]["environment"])

    def test_no_wrong_setting_is_raised_into_the_program(self):
        for endpoint in ("localhost:8080", "ftp://somewhere", "http://", "http://host:port", "http://[::1", "http://b\u00fccher.invalid.\ud800"):
            with self.subTest(endpoint=endpoint):
                client = TocsinClient("k", endpoint, retry_delay=0.001, max_retry_delay=0.001)
                self.addCleanup(client.shutdown, 0)
                client.send_log({"message": "x"})
                self.assertFalse(client.flush(PATIENCE))
                self.assertEqual(1, client.stats().refused)
        for entry in ("text", None, 7, ["list"]):
            client = self.client()
            client.send_log(entry)
            client.send_metric(entry)
            self.assertEqual(2, client.stats().invalid)
        client = TocsinClient("key with\nline feed", self.server.url)
        self.addCleanup(client.shutdown, 0)
        client.send_log({"message": "x"})
        self.assertFalse(client.flush(PATIENCE))

    def test_key_and_endpoint_come_from_the_environment(self):
        os.environ.update(TOCSIN_TOKEN="from-environment", TOCSIN_SERVER=self.server.url + "/prefix/")
        self.addCleanup(os.environ.pop, "TOCSIN_TOKEN")
        self.addCleanup(os.environ.pop, "TOCSIN_SERVER")
        client = TocsinClient()
        self.addCleanup(client.shutdown, 0)
        client.send_log({"message": "x"})
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual("from-environment", self.server.requests[0].headers["X-API-Key"])
        self.assertEqual("/prefix/ingest/logs", self.server.requests[0].path)

    def test_a_proxy_of_the_environment_is_used(self):
        os.environ.update(http_proxy=self.server.url.replace("//", "//name:pass%20word@"), no_proxy="")
        self.addCleanup(os.environ.pop, "http_proxy")
        self.addCleanup(os.environ.pop, "no_proxy")
        client = TocsinClient("k", "http://tocsin.example")
        self.addCleanup(client.shutdown, 0)
        client.send_log({"message": "x"})
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual("http://tocsin.example:80/ingest/logs", self.server.requests[0].path)
        self.assertEqual("Basic bmFtZTpwYXNzIHdvcmQ=", self.server.requests[0].headers["Proxy-Authorization"])

    def test_many_threads_lose_nothing(self):
        client = self.client(max_queue_size=100_000)
        threads = [threading.Thread(target=lambda of: [client.send_log({"message": "%d-%d" % (of, n)}) for n in range(500)], args=(t,)) for t in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual(4000, len({entry["message"] for entry in self.server.logs()}))
        self.assertEqual(4000, client.stats().accepted)

    def test_nothing_is_left_listening_for_a_client_that_ended(self):
        client = client_of(self.server)
        client.send_log({"message": "x"})
        client.shutdown(PATIENCE)
        worker = client._worker
        worker.join(PATIENCE)
        self.assertFalse(worker.is_alive())
        from tocsin.client import _clients
        del client
        gc.collect()
        self.assertEqual([], [one for one in _clients if one._worker is worker])

    @unittest.skipUnless(hasattr(signal, "setitimer"), "This system has no timers that interrupt.")
    def test_a_signal_handler_may_log_at_any_moment(self):
        client = self.client(max_queue_size=1_000_000)
        before = signal.signal(signal.SIGALRM, lambda *_: client.send_log({"message": "signal"}))
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for n in range(3000):
            client.send_log({"message": "main"})
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.assertTrue(client.flush(PATIENCE))
        self.assertEqual(3000, len([entry for entry in self.server.logs() if entry["message"] == "main"]))
        self.assertEqual(client.stats().accepted, len(self.server.logs()))


class EndOfProcessTest(unittest.TestCase):
    def setUp(self):
        self.server = FakeServer()
        self.addCleanup(self.server.__exit__)

    def run_program(self, program, seconds_at_the_end=PATIENCE / 2, **environment):
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        patient = "import tocsin; tocsin.TocsinClient.shutdown.__defaults__ = (%r,)\n" % seconds_at_the_end
        return subprocess.run(
            [sys.executable, "-W", "error::DeprecationWarning:tocsin", "-c", patient + program], timeout=PATIENCE, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            universal_newlines=True, env=dict(os.environ, SERVER=self.server.url, **environment),
        )

    def test_the_end_of_the_program_sends_what_waits(self):
        run = self.run_program(
            "import os\n"
            "from tocsin import TocsinClient\n"
            "client = TocsinClient('k', os.environ['SERVER'], flush_interval=3600)\n"
            "for n in range(500): client.send_log({'message': str(n)})\n")
        self.assertEqual((0, ""), (run.returncode, run.stderr))
        self.assertEqual([str(n) for n in range(500)], [entry["message"] for entry in self.server.logs()])

    def test_a_program_without_a_server_ends_soon_and_says_what_is_lost(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            run = self.run_program(
                "import os\n"
                "from tocsin import TocsinClient\n"
                "client = TocsinClient('k', os.environ['NOBODY'])\n"
                "client.send_log({'message': 'lost'})\n",
                seconds_at_the_end=0.5, NOBODY="http://127.0.0.1:%d" % nobody.getsockname()[1])
        self.assertEqual(0, run.returncode)
        self.assertIn("1 entries were not sent", run.stderr)
        self.assertNotIn("Traceback", run.stderr)

    def test_what_is_logged_by_others_at_the_very_end_is_sent_too(self):
        run = self.run_program(
            "import atexit, logging, os\n"
            "atexit.register(lambda: logging.warning('the last word'))\n"
            "from tocsin import TocsinHandler\n"
            "handler = TocsinHandler('k', os.environ['SERVER'], flush_interval=3600)\n"
            "logging.getLogger().addHandler(handler)\n"
            "atexit.register(lambda: logging.warning('before the end'))\n")
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertIn("before the end", [entry["message"] for entry in self.server.logs()])

    @unittest.skipUnless(hasattr(os, "fork"), "This system has no fork.")
    def test_a_forked_process_sends_its_own_entries_and_none_of_its_parent(self):
        run = self.run_program(
            "import os, sys\n"
            "from tocsin import TocsinClient\n"
            "client = TocsinClient('k', os.environ['SERVER'], flush_interval=3600)\n"
            "client.send_log({'message': 'started'}); client.flush()\n"
            "client.send_log({'message': 'parent'})\n"
            "pid = os.fork()\n"
            "if pid == 0:\n"
            "    client.send_log({'message': 'child'})\n"
            "    sys.exit(0 if client.stats().waiting == 1 else 3)\n"
            "assert os.waitpid(pid, 0)[1] == 0\n")
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual(["child", "parent", "started"], sorted(entry["message"] for entry in self.server.logs()))

    @unittest.skipUnless(hasattr(os, "fork"), "This system has no fork.")
    def test_a_fork_in_the_middle_of_busy_threads_does_not_hang(self):
        run = self.run_program(
            "import os, threading\n"
            "from tocsin import TocsinClient\n"
            "client = TocsinClient('k', os.environ['SERVER'], flush_interval=0, max_queue_size=100)\n"
            "stop = threading.Event()\n"
            "def busy():\n"
            "    while not stop.is_set(): client.send_log({'message': 'busy'})\n"
            "threads = [threading.Thread(target=busy, daemon=True) for _ in range(3)]\n"
            "[thread.start() for thread in threads]\n"
            "for n in range(20):\n"
            "    pid = os.fork()\n"
            "    if pid == 0:\n"
            "        client.send_log({'message': 'child %d' % n})\n"
            "        os._exit(0 if client.flush() else 3)\n"
            "    assert os.waitpid(pid, 0)[1] == 0, n\n"
            "stop.set()\n")
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual(20, len([entry for entry in self.server.logs() if entry["message"].startswith("child")]))

    @unittest.skipUnless(hasattr(os, "fork"), "This system has no fork.")
    def test_a_process_of_multiprocessing_sends_what_waits_when_it_ends(self):
        run = self.run_program(
            "import multiprocessing, os\n"
            "from tocsin import TocsinClient\n"
            "client = TocsinClient('k', os.environ['SERVER'], flush_interval=3600)\n"
            "client.send_log({'message': 'parent'})\n"
            "def work():\n"
            "    client.send_log({'message': 'inherited'})\n"
            "    TocsinClient('k', os.environ['SERVER'], flush_interval=3600).send_log({'message': 'own'})\n"
            "context = multiprocessing.get_context('fork')\n"
            "process = context.Process(target=work); process.start(); process.join()\n"
            "assert process.exitcode == 0\n")
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertEqual(["inherited", "own", "parent"], sorted(entry["message"] for entry in self.server.logs()))


if __name__ == "__main__":
    unittest.main()
