"""The asynchronous mode of every client that has one, through `BenchmarkRunner`."""

import asyncio
import unittest

from http_benchmark.benchmark import BenchmarkConfiguration, BenchmarkRunner
from tests.integration.benchmark_case import BenchmarkCase


class AsyncBenchmarkTest(BenchmarkCase, unittest.TestCase):
    is_async = True

    def test_it_runs_within_a_callers_loop(self):
        """`run` may be called from a coroutine and from its threads: the client's loop is the worker's own."""
        configuration = BenchmarkConfiguration(
            f"{self.origin.url}/get", client_library="httpx", is_async=True, total_requests=20
        )

        async def main() -> list[int]:
            there = BenchmarkRunner(configuration).run()
            elsewhere = await asyncio.to_thread(BenchmarkRunner(configuration).run)
            return [there.requests_count, elsewhere.requests_count]

        self.assertEqual([20, 20], asyncio.run(main()))
