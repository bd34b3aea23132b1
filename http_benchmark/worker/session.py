"""A client under load inside the worker: opened once, run again and again with its connections kept.

`SyncDriver` and `AsyncDriver` hold the differences: how the client is opened, driven and closed.
"""

import asyncio
import gc
import resource
from collections.abc import Iterator, Sequence
from typing import Protocol

from http_benchmark.clients.base import AsyncClient, AsyncSend, Client, ErrorTable
from http_benchmark.clock import monotonic_ns
from http_benchmark.load import async_runner, sync_runner
from http_benchmark.load.failures import Failures
from http_benchmark.load.recorder import Lane, Record, forget, lanes
from http_benchmark.load.retry import Retries
from http_benchmark.load.schedule import Begin, closed, once
from http_benchmark.worker import memory
from http_benchmark.worker.protocol import Open, Ran, Run


class Driver(Protocol):
    """How a client is driven, sync or async."""

    lanes: list[Lane]

    def drive(self, begin: Begin, records: Sequence[Record], think_time_s: float) -> None:
        """Send until the turns run out; one iterator per request in flight, one record per lane."""

    def close(self) -> None:
        """Close the client."""


class SyncDriver:
    """Drives a `Client` with one thread and one lane per request in flight."""

    def __init__(self, client: Client, order: Open, retries: Retries, failures: Failures, sink: int) -> None:
        self._client = client
        self._failures = failures
        client.open(order.options)
        concurrency = range(order.options.concurrency)
        self._sends = [retries.wrap(client.prepare(order.request)) for _ in concurrency]
        self.lanes = lanes(order.options.concurrency, sink)

    def drive(self, begin: Begin, records: Sequence[Record], think_time_s: float) -> None:
        sync_runner.run(
            self._sends,
            begin,
            records,
            failures=self._failures,
            clock=monotonic_ns,
            think_time_s=think_time_s,
        )

    def close(self) -> None:
        self._client.close()


class AsyncDriver:
    """Drives an `AsyncClient` with one task per request in flight; all share one loop and one lane.

    Between two runs the loop stands still, so a waiting contender uses no CPU.
    """

    def __init__(self, client: AsyncClient, order: Open, retries: Retries, failures: Failures, sink: int) -> None:
        self._client = client
        self._failures = failures
        self._runner = asyncio.Runner()
        self._sends = self._runner.run(self._open(order, retries))
        self.lanes = lanes(1, sink)

    async def _open(self, order: Open, retries: Retries) -> list[AsyncSend]:
        await self._client.open(order.options)
        return [retries.wrap_async(self._client.prepare(order.request)) for _ in range(order.options.concurrency)]

    def drive(self, begin: Begin, records: Sequence[Record], think_time_s: float) -> None:
        self._runner.run(
            async_runner.run(
                self._sends,
                begin,
                records[0],
                failures=self._failures,
                clock=monotonic_ns,
                think_time_s=think_time_s,
            )
        )

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


class Session:
    """One client, opened, with what it takes to run it.

    Args:
        client: A fresh client of the adapter.
        errors: The adapter's error table.
        order: What to do with it.
        sink: File descriptor of the samples file.
    """

    def __init__(self, client: Client | AsyncClient, errors: ErrorTable, order: Open, sink: int) -> None:
        self._failures = Failures(errors)
        self._retries = Retries(order.retry_delays_s, self._failures)
        self._concurrency = order.options.concurrency
        self._think_time_s = order.think_time_s
        self._settled = False
        self._driver: Driver
        if isinstance(client, AsyncClient):
            self._driver = AsyncDriver(client, order, self._retries, self._failures, sink)
        else:
            self._driver = SyncDriver(client, order, self._retries, self._failures, sink)

    def run(self, order: Run) -> Ran:
        """Send as ordered; the samples are in the file when this returns."""
        driver, span = self._driver, _Span()
        if order.measured and not self._settled:
            self._settle()
        retries = self._retries.count
        if order.opening:
            driver.drive(
                lambda: [once(monotonic_ns) for _ in range(self._concurrency)], [forget] * len(driver.lanes), 0.0
            )

        def begin() -> list[Iterator[int]]:
            span.start()
            return [closed(order.stop, monotonic_ns)] * self._concurrency  # one iterator that all share

        driver.drive(begin, [lane.record for lane in driver.lanes], self._think_time_s)
        span.end()
        for lane in driver.lanes:
            lane.flush()
        return Ran(
            started_ns=span.started_ns,
            ended_ns=span.ended_ns,
            cpu_ns=span.cpu_ns,
            opening_requests=self._concurrency if order.opening else 0,
            retries=self._retries.count - retries,
            memory_bytes=memory.resident_bytes(),
            messages=dict(self._failures.messages),
        )

    def close(self) -> None:
        """Close the client and what drives it."""
        self._driver.close()

    def _settle(self) -> None:
        gc.collect()
        gc.freeze()
        memory.reset_peak()
        self._settled = True


class _Span:
    """Wall-clock and CPU time from `start` to `end`, ns."""

    started_ns = ended_ns = cpu_ns = 0

    def start(self) -> None:
        self.cpu_ns = _cpu_ns()
        self.started_ns = monotonic_ns()

    def end(self) -> None:
        self.ended_ns = monotonic_ns()
        self.cpu_ns = _cpu_ns() - self.cpu_ns


def _cpu_ns() -> int:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)
