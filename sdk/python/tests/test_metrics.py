import asyncio
import sys
import threading
import types
import unittest
from unittest import mock

from tests.fake_server import PATIENCE, FakeServer
from tocsin import MetricsCollector


class MetricsTest(unittest.TestCase):
    def setUp(self):
        self.server = FakeServer()
        self.addCleanup(self.server.__exit__)
        self.metrics = MetricsCollector("k", self.server.url, service="shop", default_tags={"host": "a"}, flush_interval=3600, retry_delay=0.001)
        self.addCleanup(self.metrics.shutdown, 0)

    def sent(self):
        self.assertTrue(self.metrics.flush(PATIENCE))
        return self.server.metrics()

    def test_a_sample_has_the_shape_that_the_wire_has_always_had(self):
        self.metrics.gauge("active_users", 150, "users", {"shop": "north"})
        sample = self.sent()[0]
        self.assertRegex(sample.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$")
        self.assertEqual(
            {"name": "active_users", "value": 150, "unit": "users", "service": "shop", "tags": {"host": "a", "shop": "north"}}, sample)
        self.assertEqual("/ingest/metrics", self.server.requests[0].path)

    def test_a_counter_sends_its_total_by_name_and_tags_whatever_their_order(self):
        self.metrics.counter("hits")
        self.metrics.counter("hits", 2)
        self.metrics.counter("hits", tags={"a": 1, "b": True})
        self.metrics.counter("hits", 4, tags={"b": True, "a": "1"})
        samples = self.sent()
        self.assertEqual([1, 3, 1, 5], [sample["value"] for sample in samples])
        self.assertEqual({"count"}, {sample["unit"] for sample in samples})
        self.assertEqual({"host": "a", "a": "1", "b": "true"}, samples[2]["tags"])

    def test_totals_arrive_in_their_order_from_many_threads(self):
        threads = [threading.Thread(target=lambda: [self.metrics.counter("hits") for _ in range(200)]) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(list(range(1, 1001)), [sample["value"] for sample in self.sent()])

    def test_a_flood_of_counters_is_bounded(self):
        with mock.patch("tocsin.metrics._MAX_COUNTERS", 3), self.assertLogs("tocsin.sdk"):
            for n in range(10):
                self.metrics.counter("hits", tags={"user": n})
            self.metrics.counter("hits", tags={"user": 0})
            self.metrics.flush(PATIENCE)
        self.assertEqual([1, 1, 1, 2], [sample["value"] for sample in self.server.metrics()])
        self.assertEqual(7, self.metrics.client.stats().invalid)

    def test_times_are_milliseconds_and_histograms_are_values(self):
        self.metrics.timing("query", 45.2)
        self.metrics.histogram("size", 17, "kB")
        self.assertEqual([("query", 45.2, "ms"), ("size", 17, "kB")], [(s["name"], s["value"], s["unit"]) for s in self.sent()])

    def test_blocks_and_functions_are_timed_also_when_they_raise(self):
        with self.metrics.timed("block", {"kind": "with"}):
            pass
        with self.assertRaises(ValueError):
            with self.metrics.timed("raises"):
                raise ValueError

        @self.metrics.timed("function")
        def double(n):
            """Doubles."""
            return 2 * n

        @self.metrics.timed("later")
        async def double_later(n):
            return 2 * n

        self.assertEqual((4, "double", "Doubles."), (double(2), double.__name__, double.__doc__))
        self.assertEqual(4, asyncio.run(double_later(2)))
        samples = self.sent()
        self.assertEqual(["block", "raises", "function", "later"], [sample["name"] for sample in samples])
        self.assertTrue(all(sample["unit"] == "ms" and 0 <= sample["value"] < 60_000 for sample in samples))

    def test_a_timed_function_that_calls_itself_is_measured_each_time(self):
        release = threading.Event()

        @self.metrics.timed("depth")
        def deep(n):
            if n:
                deep(n - 1)
            release.set()

        deep(3)
        values = [sample["value"] for sample in self.sent()]
        self.assertEqual(4, len(values))
        self.assertEqual(sorted(values), values)

    def test_odd_values_and_tags_are_no_accident(self):
        with self.assertLogs("tocsin.sdk") as said:
            self.metrics.gauge("g", float("nan"))
            self.metrics.counter("c", "many")
            self.metrics.gauge("g", 1, tags=["no", "dict"])
            self.metrics.counter("c", tags="no dict")
            self.metrics.flush(PATIENCE)
        self.assertEqual(1, len(said.output))
        self.assertEqual([1, 1], [sample["value"] for sample in self.server.metrics()])

    def test_without_psutil_the_platform_is_all_there_is(self):
        with mock.patch.dict(sys.modules, psutil=None):
            self.metrics.client.flush_interval = 0
            self.metrics.start_system_metrics(3600)
            self.metrics.start_system_metrics(3600)
            self.server.wait_for(1)
            self.metrics.stop_system_metrics()
        samples = self.sent()
        self.assertEqual([("system.platform", 1)], [(sample["name"], sample["value"]) for sample in samples])
        self.assertIn("platform", samples[0]["tags"])

    def test_the_measurements_of_the_machine_have_the_names_they_always_had(self):
        psutil = types.ModuleType("psutil")
        psutil.cpu_percent = lambda interval: 12.5
        psutil.virtual_memory = lambda: types.SimpleNamespace(percent=40.0, used=3 * 2**20, available=5 * 2**20)
        psutil.disk_usage = lambda path: types.SimpleNamespace(percent=70.0, used=2 * 2**30)
        psutil.net_io_counters = lambda: types.SimpleNamespace(bytes_sent=10, bytes_recv=20)
        with mock.patch.dict(sys.modules, psutil=psutil):
            self.metrics.client.flush_interval, self.metrics.client.batch_size = 0, 8
            self.metrics.start_system_metrics(0.01)
            self.server.wait_for(2)
            self.metrics.stop_system_metrics()
        self.assertEqual(
            [("system.cpu_percent", 12.5, "%"), ("system.memory_percent", 40.0, "%"), ("system.memory_used_mb", 3.0, "MB"),
             ("system.memory_available_mb", 5.0, "MB"), ("system.disk_percent", 70.0, "%"), ("system.disk_used_gb", 2.0, "GB"),
             ("system.network_bytes_sent", 10, "bytes"), ("system.network_bytes_recv", 20, "bytes")],
            [(sample["name"], sample["value"], sample["unit"]) for sample in self.sent()[:8]])

    def test_one_measurement_that_fails_keeps_the_others(self):
        psutil = mock.Mock()
        psutil.cpu_percent.return_value = 1.0
        psutil.virtual_memory.side_effect = PermissionError
        psutil.disk_usage.side_effect = OSError
        psutil.net_io_counters.return_value = None
        with mock.patch.dict(sys.modules, psutil=psutil):
            self.metrics.client.flush_interval = 0
            self.metrics.start_system_metrics(0.01)
            self.server.wait_for(2)
            self.metrics.stop_system_metrics()
        self.assertEqual({"system.cpu_percent"}, {sample["name"] for sample in self.sent()})


if __name__ == "__main__":
    unittest.main()
