"""The synchronous mode of every client that has one, through `BenchmarkRunner`."""

import unittest

from http_benchmark.benchmark import BenchmarkConfiguration, BenchmarkRunner
from http_benchmark.errors import ConfigurationError
from tests.integration.benchmark_case import BenchmarkCase
from tests.servers import refused_port

EARLIER_KEYS = {
    "id", "name", "client_library", "client_type", "http_method", "url", "start_time", "end_time", "duration",
    "requests_count", "requests_per_second", "avg_response_time", "min_response_time", "max_response_time",
    "p95_response_time", "p99_response_time", "cpu_usage_avg", "memory_usage_avg", "network_io", "error_count",
    "error_rate", "concurrency_level", "config_snapshot",
}  # fmt: skip


class SyncBenchmarkTest(BenchmarkCase, unittest.TestCase):
    is_async = False

    def test_code_for_the_earlier_tool_runs_unchanged(self):
        """Every argument of the earlier constructor, and the keys of the earlier `to_dict`."""
        configuration = BenchmarkConfiguration(
            target_url=f"{self.origin.url}/get",
            http_method="GET",
            headers={},
            body="",
            concurrency=10,
            duration_seconds=30,
            total_requests=100,
            client_library="requests",
            is_async=False,
            timeout=30,
            verify_ssl=True,
            retry_attempts=0,
            delay_between_requests=0.0,
            name="nightly",
            id=None,
        )
        values = BenchmarkRunner(configuration).run().to_dict()

        self.assertLessEqual(EARLIER_KEYS, values.keys())
        self.assertEqual(("nightly", 100), (values["name"], values["requests_count"]))

    def test_a_text_is_uploaded_as_utf_8(self):
        """Text that is no ASCII arrives as its bytes."""
        text = "grün" * 5000
        _, served = self.measure("urllib3", "/put", http_method="PUT", body=text, total_requests=2)

        self.assertEqual({200: 2}, served.statuses)
        self.assertGreater(served.bytes_received, 2 * 25_000)

    def test_the_pause_between_requests(self):
        """Each user waits after each response; the pauses are no response time."""
        result, served = self.measure("requests", "/get", total_requests=6, concurrency=2, delay_between_requests=0.2)

        self.assertEqual(6, served.requests)
        self.assertGreaterEqual(result.duration, 0.4, "two pauses between three requests of each user")
        self.assertLess(6 * result.avg_response_time, result.duration)

    def test_a_server_that_is_not_there(self):
        """Requests to a refused port are data, not an exception."""
        configuration = BenchmarkConfiguration(f"http://127.0.0.1:{refused_port()}/", total_requests=5)
        result = BenchmarkRunner(configuration).run()

        self.assertEqual((5, 5, 100.0), (result.requests_count, result.error_count, result.error_rate))

    def test_a_mode_that_the_client_lacks(self):
        """It is refused before anything is started, also when it was set after the construction."""
        configuration = BenchmarkConfiguration("http://127.0.0.1:1/", total_requests=5, client_library="requests")
        configuration.is_async = True

        with self.assertRaisesRegex(ConfigurationError, "requests has no async mode"):
            BenchmarkRunner(configuration).run()
