import asyncio
import logging
import logging.handlers
import os
import queue
import subprocess
import sys
import threading
import unittest
from datetime import datetime, timedelta, timezone

import sra_sdk
import sra_sdk.client
import sra_sdk.logger
import sra_sdk.metrics
import tocsin
from tests.fake_server import PATIENCE, FakeServer
from tocsin import TocsinClient, TocsinHandler, TocsinLogger, capture_exceptions
from tocsin._guard import guard

OPTIONS = {"flush_interval": 0.0, "retry_delay": 0.001, "max_retry_delay": 0.01}


class WithServer(unittest.TestCase):
    def setUp(self):
        self.server = FakeServer()
        self.addCleanup(self.server.__exit__)

    def one(self, of):
        self.assertTrue(of.flush(PATIENCE))
        entries = self.server.logs()
        self.assertEqual(1, len(entries), entries)
        return entries[0]


class LoggerTest(WithServer):
    def logger(self, **options):
        logger = TocsinLogger("k", self.server.url, service="shop", environment="prod", **{"capture_exceptions": False, **OPTIONS, **options})
        self.addCleanup(logger.shutdown, 0)
        return logger

    def test_an_entry_has_the_shape_that_the_wire_has_always_had(self):
        logger = self.logger()
        logger.set_default_extra(release="1.2", environment="overwritten")
        before = datetime.now(timezone.utc).replace(tzinfo=None)
        logger.info("hello", extra={"user": 7})
        entry = self.one(logger)
        at = entry.pop("timestamp")
        self.assertEqual(
            {"level": "info", "message": "hello", "service": "shop", "metadata": {"release": "1.2", "user": 7, "environment": "prod"}}, entry)
        self.assertNotIn("+", at)
        self.assertFalse(at.endswith("Z"))
        self.assertLess(abs(datetime.fromisoformat(at) - before), timedelta(minutes=1))

    def test_each_method_has_its_level(self):
        logger = self.logger(flush_interval=3600)
        for method in ("debug", "info", "warning", "warn", "error", "critical", "exception"):
            getattr(logger, method)(method)
        self.assertTrue(logger.flush(PATIENCE))
        self.assertEqual(["debug", "info", "warning", "warning", "error", "critical", "error"], [entry["level"] for entry in self.server.logs()])
        self.assertTrue(all("exception" not in entry["metadata"] for entry in self.server.logs()))

    def test_the_environment_is_there_even_when_nobody_named_one(self):
        logger = TocsinLogger("k", self.server.url, capture_exceptions=False, **OPTIONS)
        self.addCleanup(logger.shutdown, 0)
        logger.info("x", extra={"environment": "of the entry"})
        entry = self.one(logger)
        self.assertEqual({"environment": None}, entry["metadata"])
        self.assertIsNone(entry["service"])

    def test_an_exception_has_type_message_and_traceback(self):
        for log in (
            lambda logger, error: logger.exception("broke"),
            lambda logger, error: logger.error("broke", exc_info=True),
            lambda logger, error: logger.error("broke", exc_info=error),
            lambda logger, error: logger.error("broke", exc_info=(type(error), error, error.__traceback__)),
        ):
            with self.subTest():
                self.server.requests.clear()
                logger = self.logger()
                try:
                    raise ValueError("too small")
                except ValueError as error:
                    log(logger, error)
                exception = self.one(logger)["metadata"]["exception"]
                self.assertEqual(("ValueError", "too small"), (exception["type"], exception["message"]))
                self.assertTrue(exception["traceback"].startswith("Traceback (most recent call last):"))
                self.assertIn("ValueError: too small", exception["traceback"])

    def test_what_is_no_text_or_no_dict_is_no_accident(self):
        logger = self.logger(flush_interval=3600)
        logger.info(7)
        logger.info(None, extra="no dict")
        logger.info(ValueError("x"), extra={("odd", "key"): object})
        self.assertTrue(logger.flush(PATIENCE))
        self.assertEqual(["7", "None", "x"], [entry["message"] for entry in self.server.logs()])

    def test_the_decorator_logs_and_raises_on(self):
        logger = self.logger(flush_interval=3600)

        @capture_exceptions(logger)
        def divide(a, b):
            """Divides."""
            return a / b

        @capture_exceptions(logger)
        async def divide_later(a, b):
            return a / b

        self.assertEqual(2, divide(4, 2))
        self.assertEqual(("divide", "Divides."), (divide.__name__, divide.__doc__))
        with self.assertRaises(ZeroDivisionError):
            divide(1, 0)
        with self.assertRaises(ZeroDivisionError):
            asyncio.run(divide_later(1, 0))
        self.assertTrue(logger.flush(PATIENCE))
        entries = self.server.logs()
        self.assertEqual(
            ["Exception in divide: division by zero", "Exception in divide_later: division by zero"], [entry["message"] for entry in entries])
        self.assertEqual("ZeroDivisionError", entries[0]["metadata"]["exception"]["type"])

    def test_a_shared_client_outlives_a_logger(self):
        client = TocsinClient("k", self.server.url, **OPTIONS)
        self.addCleanup(client.shutdown, 0)
        one, two = TocsinLogger(client=client, service="one", capture_exceptions=False), TocsinHandler(client=client, service="two")
        one.info("a")
        self.assertTrue(one.shutdown(PATIENCE))
        two.handle(logging.makeLogRecord({"msg": "b", "levelno": logging.INFO}))
        two.close()
        self.assertEqual(["one", "two"], [entry["service"] for entry in self.server.logs()])
        client.send_log({"message": "c"})
        self.assertTrue(client.flush(PATIENCE))


class UncaughtTest(WithServer):
    def run_program(self, program):
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        return subprocess.run(
            [sys.executable, "-c", program], timeout=PATIENCE, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
            env=dict(os.environ, SERVER=self.server.url))

    def test_what_nobody_caught_is_logged_and_told_to_whoever_was_told_before(self):
        run = self.run_program(
            "import os, sys\n"
            "sys.excepthook = lambda *_: print('told before', file=sys.stderr)\n"
            "from tocsin import TocsinLogger\n"
            "logger = TocsinLogger('k', os.environ['SERVER'], service='shop')\n"
            "raise RuntimeError('the end')\n")
        self.assertEqual(1, run.returncode)
        self.assertEqual("told before\n", run.stderr)
        entry = self.server.logs()[0]
        self.assertEqual(("error", "the end"), (entry["level"], entry["message"]))
        self.assertEqual("RuntimeError", entry["metadata"]["exception"]["type"])

    def test_what_ends_a_thread_is_logged_and_printed_as_ever(self):
        run = self.run_program(
            "import os, threading\n"
            "from tocsin import TocsinLogger\n"
            "logger = TocsinLogger('k', os.environ['SERVER'])\n"
            "def work(): raise KeyError('in a thread')\n"
            "thread = threading.Thread(target=work); thread.start(); thread.join()\n")
        self.assertEqual(0, run.returncode)
        self.assertIn("KeyError: 'in a thread'", run.stderr)
        self.assertEqual("KeyError", self.server.logs()[0]["metadata"]["exception"]["type"])

    def test_an_interrupt_or_an_exit_is_no_error(self):
        for how in ("raise KeyboardInterrupt", "raise SystemExit(3)"):
            run = self.run_program("import os\nfrom tocsin import TocsinLogger\nlogger = TocsinLogger('k', os.environ['SERVER'])\n%s\n" % how)
            self.assertNotEqual(0, run.returncode)
        self.assertEqual([], self.server.requests)

    def test_two_loggers_both_log_and_one_that_was_shut_down_no_longer(self):
        run = self.run_program(
            "import os\n"
            "from tocsin import TocsinLogger\n"
            "loggers = [TocsinLogger('k', os.environ['SERVER'], service=name) for name in ('a', 'b', 'ended')]\n"
            "loggers[2].shutdown()\n"
            "raise RuntimeError()\n")
        self.assertIn("RuntimeError", run.stderr)
        self.assertEqual(["a", "b"], sorted(entry["service"] for entry in self.server.logs()))
        self.assertEqual("RuntimeError", self.server.logs()[0]["message"])


class HandlerTest(WithServer):
    def setUp(self):
        super().setUp()
        self.handler = TocsinHandler("k", self.server.url, service="shop", environment="prod", **OPTIONS)
        self.addCleanup(self.handler.client.shutdown, 0)
        self.log = logging.getLogger("shop.cart")
        self.log.setLevel(logging.DEBUG)
        self.log.propagate = False
        self.log.addHandler(self.handler)
        self.addCleanup(self.log.removeHandler, self.handler)

    def test_a_record_has_the_shape_that_the_wire_has_always_had(self):
        self.log.warning("cart %s is full", 12)
        entry = self.one(self.handler)
        entry.pop("timestamp")
        metadata = entry["metadata"]
        self.assertEqual(("prod", "test_logging", "test_a_record_has_the_shape_that_the_wire_has_always_had"),
                         (metadata.pop("environment"), metadata.pop("module"), metadata.pop("function")))
        self.assertGreater(metadata.pop("line"), 1)
        self.assertTrue(metadata.pop("pathname").endswith("test_logging.py"))
        self.assertEqual({"level": "warning", "message": "cart 12 is full", "service": "shop", "source": "shop.cart", "metadata": {}}, entry)

    def test_the_time_is_that_of_the_record(self):
        self.handler.handle(logging.makeLogRecord({"msg": "old", "levelno": logging.INFO, "created": 0.25}))
        self.assertEqual("1970-01-01T00:00:00.250000", self.one(self.handler)["timestamp"])

    def test_extra_attributes_come_along_and_nothing_of_the_record_itself(self):
        self.handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))

        async def log():
            self.log.info("x", extra={"order": 7, "odd": {1, }})

        asyncio.run(log())
        self.assertEqual({"order": 7, "odd": "{1}"}, self.one(self.handler)["metadata"]["extra"])

    def test_levels_of_ones_own_become_the_one_below(self):
        self.handler.client.batch_size = 100
        for number in (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 99):
            self.handler.handle(logging.makeLogRecord({"msg": str(number), "levelno": number}))
        self.assertTrue(self.handler.flush(PATIENCE))
        self.assertEqual(
            ["debug", "debug", "debug", "info", "info", "warning", "warning", "error", "error", "critical", "critical"],
            [entry["level"] for entry in self.server.logs()])

    def test_an_exception_has_its_traceback_whether_or_not_there_is_a_formatter(self):
        try:
            raise ValueError("too small")
        except ValueError:
            self.log.exception("broke")
        entry = self.one(self.handler)
        self.assertTrue(entry["message"].startswith("broke\nTraceback"), entry["message"])
        self.assertEqual(("ValueError", "too small"), (entry["metadata"]["exception"]["type"], entry["metadata"]["exception"]["message"]))
        self.assertIn("ValueError: too small", entry["metadata"]["exception"]["traceback"])

    def test_arguments_that_do_not_fit_lose_no_line(self):
        self.log.info("%d of %d", "three")
        self.assertEqual("%d of %d ('three',)", self.one(self.handler)["message"])

    def test_what_is_logged_while_sending_is_not_sent(self):
        root = logging.getLogger()
        root.addHandler(self.handler)
        self.addCleanup(root.removeHandler, self.handler)
        post = self.handler.client._transport.post

        def chatty(*arguments):
            logging.getLogger("http.stack").error("sending")
            return post(*arguments)

        self.handler.client._transport.post = chatty
        self.server.then(503, 401)
        with self.assertLogs("tocsin.sdk") as said:
            logging.getLogger("program").error("only this")
            self.assertFalse(self.handler.flush(PATIENCE))
        self.assertEqual(2, len(said.output), said.output)
        self.assertEqual([["only this"]] * 2, [[entry["message"] for entry in request.json["logs"]] for request in self.server.requests])

    def test_a_value_that_logs_when_it_is_printed_does_not_turn_in_circles(self):
        log = self.log

        class Chatty:
            def __str__(self):
                log.info("printing %s", self)
                return "chatty"

        self.log.info("value: %s", Chatty())
        self.assertEqual("value: chatty", self.one(self.handler)["message"])
        self.assertFalse(guard.inside)

    def test_records_that_come_by_a_queue_are_sent_too(self):
        records = queue.Queue()
        listener = logging.handlers.QueueListener(records, self.handler)
        listener.start()
        log = logging.getLogger("queued")
        log.propagate = False
        log.addHandler(logging.handlers.QueueHandler(records))
        log.error("by a queue")
        listener.stop()
        self.assertEqual("by a queue", self.one(self.handler)["message"])

    def test_flushing_with_the_lock_of_the_handler_held_does_not_hang(self):
        logging.getLogger().addHandler(self.handler)
        self.addCleanup(logging.getLogger().removeHandler, self.handler)
        self.server.then(503)
        self.log.info("x")
        self.handler.acquire()
        try:
            self.assertTrue(self.handler.flush(PATIENCE))
        finally:
            self.handler.release()

    def test_a_level_keeps_out_what_is_below(self):
        handler = TocsinHandler("k", self.server.url, level=logging.ERROR, **OPTIONS)
        self.addCleanup(handler.client.shutdown, 0)
        log = logging.getLogger("picky")
        log.propagate = False
        log.addHandler(handler)
        log.warning("below")
        log.error("above")
        self.assertEqual("above", self.one(handler)["message"])


class NamesTest(WithServer):
    def test_the_names_of_the_former_sdk_are_there(self):
        for name in ("SRAClient", "SRALogger", "SRAHandler", "MetricsCollector", "capture_exceptions", "__version__"):
            self.assertTrue(hasattr(sra_sdk, name), name)
        self.assertIs(sra_sdk.client.SRAClient, sra_sdk.SRAClient)
        self.assertIs(sra_sdk.logger.SRALogger, sra_sdk.SRALogger)
        self.assertIs(sra_sdk.logger.SRAHandler, sra_sdk.SRAHandler)
        self.assertIs(sra_sdk.metrics.MetricsCollector, sra_sdk.MetricsCollector)
        self.assertTrue(issubclass(sra_sdk.SRAHandler, logging.Handler))

    def test_the_former_parameters_work_by_place_and_by_name(self):
        client = sra_sdk.SRAClient("k", self.server.url, 25, 0.0, 500, 3.0, True)
        self.addCleanup(client.shutdown, 0)
        self.assertEqual((25, 0.0, 500, 3.0, True), (client.batch_size, client.flush_interval, client.max_queue_size, client.timeout, client.enabled))
        logger = sra_sdk.SRALogger("k", self.server.url, "shop", "prod", False, batch_size=1)
        self.addCleanup(logger.shutdown, 0)
        handler = sra_sdk.SRAHandler("k", self.server.url, "shop", "prod", logging.ERROR, batch_size=1)
        self.addCleanup(handler.client.shutdown, 0)
        metrics = sra_sdk.MetricsCollector("k", self.server.url, "shop", {"host": "a"}, batch_size=1)
        self.addCleanup(metrics.shutdown, 0)
        logger.error("x", {"a": 1}, False)
        metrics.gauge("g", 1, "%", {"t": "u"})
        self.assertTrue(logger.flush(PATIENCE))
        self.assertTrue(metrics.flush(PATIENCE))
        self.assertEqual(logging.ERROR, handler.level)
        self.assertEqual({"host": "a", "t": "u"}, self.server.metrics()[0]["tags"])

    def test_the_former_endpoint_is_where_it_was(self):
        client = sra_sdk.SRAClient("k", enabled=False)
        self.assertEqual("http://localhost:8000", client.endpoint)
        self.assertEqual("http://127.0.0.1:8080", tocsin.TocsinClient("k", enabled=False).endpoint)


if __name__ == "__main__":
    unittest.main()
