"""What the live test of each mode checks: `BenchmarkRunner` against an origin that counts, as library users see it."""

import itertools
import tempfile
from pathlib import Path
from typing import ClassVar

from http_benchmark.benchmark import BenchmarkConfiguration, BenchmarkRunner
from http_benchmark.clients import installed_clients
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.process import OriginProcess
from http_benchmark.storage import ResultStorage

REQUESTS = 400  # p99 needs 368
HEADS_BYTES = 1000  # more than the head of any request or answer here


class BenchmarkCase:
    """Mixed into one test case per mode.

    The origin is a foreign URL to the runner, which therefore may send nothing but the workload.

    Attributes:
        is_async: The mode.
    """

    is_async: ClassVar[bool]

    @classmethod
    def setUpClass(cls):
        cls.origin = cls.enterClassContext(OriginProcess())

    def clients(self) -> list[str]:
        return [name for name, capabilities in installed_clients().items() if self.mode in capabilities.modes]

    @property
    def mode(self) -> str:
        return "async" if self.is_async else "sync"

    def measure(self, client: str, path: str, **settings: object) -> tuple[BenchmarkResult, ServerCounts]:
        configuration = BenchmarkConfiguration(
            target_url=self.origin.url + path, client_library=client, is_async=self.is_async, **settings
        )
        before = self.origin.counts()
        result = BenchmarkRunner(configuration).run()
        return result, self.origin.counts() - before

    def assert_consistent(self, result: BenchmarkResult) -> None:
        """The figures of a run without failures fit together."""
        self.assertEqual(result.requests_count / result.duration, result.requests_per_second)
        times = [
            result.min_response_time,
            result.p50_response_time,
            result.p95_response_time,
            result.p99_response_time,
            result.max_response_time,
        ]
        self.assertEqual(sorted(times), times)
        self.assertGreater(times[0], 0)
        self.assertLess(times[0], result.avg_response_time)
        self.assertGreater(times[-1], result.avg_response_time)
        self.assertLess(times[-1], result.duration)
        self.assertGreater(result.cpu_usage_avg, 0)
        self.assertGreater(result.memory_usage_avg, 5)
        self.assertLess(result.memory_usage_avg, 500)
        self.assertLess(result.start_time, result.end_time)
        self.assertEqual((0, 0.0), (result.error_count, result.error_rate))

    def test_total_requests_is_exact_at_the_server(self):
        """Exactly the requests asked for arrive, no probe, no warm-up, at any concurrency; the figures fit together."""
        for client, concurrency in itertools.product(self.clients(), (1, 7)):
            with self.subTest(client, concurrency=concurrency):
                result, served = self.measure(client, "/get", total_requests=REQUESTS, concurrency=concurrency)

                self.assertEqual(REQUESTS, served.requests)
                self.assertEqual({200: REQUESTS}, served.statuses)
                self.assertEqual(REQUESTS, result.requests_count)
                self.assertEqual((client, self.mode), (result.client_library, result.client_type))
                self.assertEqual(concurrency, result.concurrency_level)
                self.assert_consistent(result)

    def test_duration(self):
        """A run by duration lasts at least that long and counts what started within; nothing else is sent."""
        for client in self.clients():
            with self.subTest(client):
                result, served = self.measure(client, "/bytes/100", duration_seconds=0.4, concurrency=3)

                self.assertGreater(result.duration, 0.39)  # the last answer may come just before the end
                self.assertEqual(served.requests, result.requests_count)
                self.assertEqual({200: served.requests}, served.statuses)
                self.assertEqual(result.requests_count / result.duration, result.requests_per_second)
                self.assertEqual(0, result.error_count)

    def test_post_with_a_body(self):
        """Each request uploads the whole binary body, with the caller's headers."""
        body = bytes(range(256)) * 100
        for client in self.clients():
            with self.subTest(client):
                result, served = self.measure(
                    client, "/post", http_method="POST", body=body, headers={"X-A": "b"}, total_requests=20
                )

                self.assertEqual({200: 20}, served.statuses)
                self.assertEqual((20, 0), (result.requests_count, result.error_count))
                self.assertGreater(served.bytes_received, 20 * len(body))
                self.assertLess(served.bytes_received, 20 * (len(body) + HEADS_BYTES))

    def test_stream(self):
        """STREAM is a GET whose whole body is read."""
        for client in self.clients():
            with self.subTest(client):
                size = 1024**2
                result, served = self.measure(
                    client, f"/stream-bytes/{size}", http_method="STREAM", total_requests=10, concurrency=2
                )

                self.assertEqual({200: 10}, served.statuses)
                self.assertEqual((10, 0), (result.requests_count, result.error_count))
                self.assertEqual("STREAM", result.http_method)
                self.assertGreater(served.bytes_sent, 10 * size)

    def test_a_status_of_400_and_above_is_an_error(self):
        """Answers 503 are requests and errors, and have no response time; nothing is tried again unasked."""
        for client in self.clients():
            with self.subTest(client):
                result, served = self.measure(client, "/status/503", total_requests=20, concurrency=5)

                self.assertEqual({503: 20}, served.statuses)
                self.assertEqual((20, 20, 100.0), (result.requests_count, result.error_count, result.error_rate))
                self.assertIsNone(result.avg_response_time)

    def test_retries_are_counted_apart(self):
        """With two retries each failing request is sent three times and counts once."""
        for client in self.clients():
            with self.subTest(client):
                result, served = self.measure(client, "/status/503", total_requests=3, concurrency=3, retry_attempts=2)

                self.assertEqual({503: 9}, served.statuses)
                self.assertEqual((3, 3), (result.requests_count, result.error_count))

    def test_results_are_saved_and_loaded(self):
        """What is loaded is what was measured, also next to other runs; here three requests at concurrency 7."""
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "results.db"
        with ResultStorage(path) as storage:
            for client in self.clients():
                with self.subTest(client):
                    result, served = self.measure(client, "/get", total_requests=3, concurrency=7, name="nightly")
                    storage.save_result(result)
                    loaded = storage.get_result_by_id(result.id)

                    self.assertEqual((3, 3), (served.requests, loaded.requests_count))
                    self.assertEqual(result.to_dict(), loaded.to_dict())
                    self.assertEqual(client, loaded.config_snapshot["client_library"])
                    self.assertEqual(result.id, storage.get_results_by_name("nightly")[0].id)
                    self.assertEqual([result.id], [row["id"] for row in storage.compare_results([result.id])])
