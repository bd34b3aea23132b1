"""How a client is driven inside the worker: opened, prepared, run in the closed or in the open model, closed.

`SyncDriver` and `AsyncDriver` hold the differences; what is sent before, while and after it is measured is decided in
`session`.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Protocol

from http_benchmark.clients.base import AsyncClient, AsyncSend, Client, Observe, Request
from http_benchmark.clock import monotonic_ns
from http_benchmark.load import async_runner, sync_runner
from http_benchmark.load.crew import Crew
from http_benchmark.load.events import Watch
from http_benchmark.load.failures import Failures
from http_benchmark.load.mix import Senders
from http_benchmark.load.pacing import Pacer
from http_benchmark.load.ramp import Ramp
from http_benchmark.load.recorder import Lane, Record, lanes
from http_benchmark.load.retry import Retries
from http_benchmark.load.schedule import Begin, Schedule, once
from http_benchmark.worker.protocol import Open


class Driver(Protocol):
    """How a client is driven, sync or async.

    Attributes:
        lanes: Where samples are noted.
        construction_s: How long building the client and its `send`s took.
    """

    lanes: list[Lane]
    construction_s: float

    def drive(
        self,
        begin: Begin,
        records: Sequence[Record],
        *,
        senders: int | None = None,
        think_time_s: float = 0.0,
        ramp: Ramp | None = None,
    ) -> None:
        """Closed model: send until the turns run out; one iterator per request in flight, one record per lane.

        Args:
            begin: Starts the run.
            records: Where to note.
            senders: Use so many threads or tasks, and no more.
            think_time_s: Pause after each request.
            ramp: When each thread or task may begin.
        """

    def drive_open(self, begin: Callable[[], Schedule]) -> int:
        """Open model: send what is due, and note it in the lanes; return how many turns found everyone busy."""

    def deal(self, deck: int) -> None:
        """Begin a mix's order anew, with this deck."""

    def close(self) -> float:
        """Close the client; how long that took, in seconds."""


class SyncDriver:
    """Drives a `Client` with one thread and one lane per request in flight, the same threads until it is closed."""

    def __init__(self, client: Client, order: Open, retries: Retries, failures: Failures, sink: int) -> None:
        self._client = client
        self._failures = failures
        self._crew = Crew()
        started_s = time.perf_counter()
        client.open(order.options)
        try:
            watches = _watches(order)
            prepared = [
                [retries.wrap(send) for send in _attempts(client.prepare_each, own, watch)]
                for own, watch in zip(_requests(order), watches, strict=True)
            ]
        except BaseException:
            client.close()
            raise
        self._senders = Senders(prepared, order.mix, watches=watches, stripe=order.stripe, stripes=order.stripes)
        self.deal = self._senders.deal
        self.construction_s = time.perf_counter() - started_s
        self.lanes = lanes(order.options.concurrency, sink)

    def drive(
        self,
        begin: Begin,
        records: Sequence[Record],
        *,
        senders: int | None = None,
        think_time_s: float = 0.0,
        ramp: Ramp | None = None,
    ) -> None:
        sends, records = self._senders.paired(records[:senders])
        sync_runner.run(
            self._crew,
            ramp.wrap(sends) if ramp else sends,
            begin,
            records,
            failures=self._failures,
            clock=monotonic_ns,
            think_time_s=think_time_s,
        )

    def drive_open(self, begin: Callable[[], Schedule]) -> int:
        pacers: list[Pacer] = []
        records = [lane.record for lane in self.lanes]

        def turns() -> list[Iterator[int]]:
            pacers.append(Pacer(begin(), clock=monotonic_ns))
            return [pacers[0].turns(record) for record in records]

        self.drive(turns, records)
        return pacers[0].exhausted

    def close(self) -> float:
        started_s = time.perf_counter()
        self._client.close()
        close_s = time.perf_counter() - started_s
        self._crew.close()
        return close_s


class AsyncDriver:
    """Drives an `AsyncClient` with one task per request in flight; all share one loop, and one lane unless told apart.

    Between two runs the loop stands still, so a waiting contender uses no CPU.
    """

    def __init__(self, client: AsyncClient, order: Open, retries: Retries, failures: Failures, sink: int) -> None:
        self._client = client
        self._failures = failures
        self._runner = asyncio.Runner()
        try:
            watches = _watches(order)
            prepared = self._runner.run(self._open(order, retries, watches))
        except BaseException:
            self._runner.close()
            raise
        self._concurrency = order.options.concurrency
        self._senders = Senders(prepared, order.mix, watches=watches, stripe=order.stripe, stripes=order.stripes)
        self.deal = self._senders.deal
        self.lanes = lanes(self._concurrency if order.apart else 1, sink)

    async def _open(self, order: Open, retries: Retries, watches: Sequence[Watch | None]) -> list[list[AsyncSend]]:
        started_s = time.perf_counter()
        await self._client.open(order.options)
        try:
            prepared = [
                [retries.wrap_async(send) for send in _attempts(self._client.prepare_each, own, watch)]
                for own, watch in zip(_requests(order), watches, strict=True)
            ]
        except BaseException:
            await self._client.close()
            raise
        self.construction_s = time.perf_counter() - started_s
        return prepared

    def drive(
        self,
        begin: Begin,
        records: Sequence[Record],
        *,
        senders: int | None = None,
        think_time_s: float = 0.0,
        ramp: Ramp | None = None,
    ) -> None:
        sends, records = self._senders.paired([*islice(cycle(records), senders or self._concurrency)])
        self._runner.run(
            async_runner.run(
                ramp.wrap_async(sends) if ramp else sends,
                begin,
                records,
                failures=self._failures,
                clock=monotonic_ns,
                think_time_s=think_time_s,
            )
        )

    def drive_open(self, begin: Callable[[], Schedule]) -> int:
        record = self.lanes[0].record
        sends, records = self._senders.paired([record] * self._concurrency)
        return self._runner.run(
            async_runner.run_open(sends, begin, records, unsent=record, failures=self._failures, clock=monotonic_ns)
        )

    def close(self) -> float:
        started_s = time.perf_counter()
        self._runner.run(self._client.close())
        self._runner.close()
        return time.perf_counter() - started_s


def make_driver(client: Client | AsyncClient, order: Open, retries: Retries, failures: Failures, sink: int) -> Driver:
    """Open a client in its own mode.

    Args:
        client: A fresh one.
        order: What to do with it.
        retries: How its requests are tried again.
        failures: Those that are no fault in our own code.
        sink: File descriptor of the samples file.
    """
    if isinstance(client, AsyncClient):
        return AsyncDriver(client, order, retries, failures, sink)
    return SyncDriver(client, order, retries, failures, sink)


def single_request(driver: Driver) -> tuple[float, int]:
    """Send one request that nobody measures but the caller; how long it took (s), and its code as in a sample."""
    requests: list[tuple[float, int]] = []

    def record(_: int, started: int, ended: int, code: int) -> None:
        requests.append(((ended - started) / 1e9, code))

    driver.drive(lambda: [once(monotonic_ns)], [record], senders=1)
    return requests[0]


def _requests(order: Open) -> Iterator[Sequence[Request]]:
    """What each thread or task sends: the same, to one of the server's addresses after the other."""
    requests = order.mix.requests if order.mix else (order.request,)
    origins = order.origins or ("",)
    moved = [[replace(each, url=origin + each.url.removeprefix(origins[0])) for each in requests] for origin in origins]
    return islice(cycle(moved), order.options.concurrency)


def _watches(order: Open) -> Sequence[Watch | None]:
    """What notes the events of each thread's or task's responses; None for each where no request has any."""
    has_events = any(request.events for request in (order.mix.requests if order.mix else ()))
    return [Watch(monotonic_ns) if has_events else None for _ in range(order.options.concurrency)]


def _attempts[Answer](
    prepare_each: Callable[[Sequence[Request], Observe | None], list[Callable[[], Answer]]],
    requests: Sequence[Request],
    watch: Watch | None,
) -> list[Callable[[], Answer]]:
    """The `send`s of one thread or task, each of which is one attempt, with events of its own."""
    if watch is None:
        return prepare_each(requests, None)
    return [watch.attempt(send) for send in prepare_each(requests, watch.observe)]
