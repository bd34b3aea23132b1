"""A client under load inside the worker: opened once, run again and again with its connections kept.

How it is driven, sync or async, is in `drivers`.
"""

import gc
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from http_benchmark.clients.base import AsyncClient, Client, ErrorTable, Request
from http_benchmark.clock import monotonic_ns
from http_benchmark.errors import ErrorKind, UnsupportedOptionError
from http_benchmark.load.events import FIRST_EVENT
from http_benchmark.load.failures import Failures
from http_benchmark.load.ramp import Ramp
from http_benchmark.load.recorder import CODE_MASK, PLACE_SHIFT
from http_benchmark.load.retry import Retries
from http_benchmark.load.schedule import Arrivals, Schedule, closed
from http_benchmark.worker import memory
from http_benchmark.worker.drivers import make_driver, single_request
from http_benchmark.worker.protocol import Open, Ran, Reconnect, Reconnected, Run
from http_benchmark.worker.usage import Span

_LEAD_NS = 5_000_000
_LEAD_PER_SEND_NS = 100_000  # each thread that wakes for the first time keeps the others from running for a moment


class Session:
    """One client, opened, with what it takes to run it.

    Args:
        client: A fresh client of the adapter.
        errors: The adapter's error table.
        order: What to do with it.
        sink: File descriptor of the samples file.

    Attributes:
        peak_memory_bytes: Peak of resident memory since measuring began, as of the end of the last run, so that what
            comes after the runs does not count; None before the first.
    """

    def __init__(self, client: Client | AsyncClient, errors: ErrorTable, order: Open, sink: int) -> None:
        self._client_class = type(client)
        self._errors = errors
        self._order = order
        self._sink = sink
        self._failures = Failures(errors)
        self._retries = Retries(order.retry_delays_s, self._failures)
        self._concurrency = order.options.concurrency
        self._settled = False
        self._opened_before = False
        self.peak_memory_bytes: int | None = None
        self._driver = make_driver(client, order, self._retries, self._failures, sink)

    @property
    def construction_s(self) -> float:
        """How long building the client took, without importing it."""
        return self._driver.construction_s

    def run(self, order: Run) -> Ran:
        """Send as ordered; the samples are in the file when this returns."""
        if order.measured and not self._settled:
            self._settle()
        retries = self._retries.count
        opening = self._open_connections() if order.opening else _Opening()
        self._driver.deal(order.deck)
        span = Span()
        exhausted = self._drive_open(order.arrivals, order, span) if order.arrivals else self._drive_closed(order, span)
        span.end()
        for lane in self._driver.lanes:
            lane.flush()
        self.peak_memory_bytes = memory.peak_resident_bytes()
        return Ran(
            started_ns=span.started_ns,
            ended_ns=span.ended_ns,
            user_ns=span.used.user_ns,
            system_ns=span.used.system_ns,
            opening_requests=len(opening.outcomes),
            opening_by_place=opening.by_place,
            opening_errors=opening.errors,
            retries=self._retries.count - retries,
            memory_bytes=memory.resident_bytes(),
            messages=dict(self._failures.messages),
            exhausted=exhausted,
            voluntary_switches=span.used.voluntary_switches,
            involuntary_switches=span.used.involuntary_switches,
            threads=span.threads,
            gc=span.garbage.generations,
            first_request_s=opening.first_request_s,
            connect_all_s=opening.connect_all_s,
        )

    def reconnect(self, order: Reconnect) -> Reconnected:
        """Send requests that each open a connection of their own; the first failure ends it.

        A second client sends them with the header `Connection: close`. One that cannot send it, or speaks HTTP/2, which
        knows no such header, sends nothing.
        """
        if self._order.options.http_version != "1.1":
            return Reconnected(durations_s=(), sent=0)
        failures = Failures(self._errors)
        one_by_one = replace(
            self._order,
            options=replace(self._order.options, concurrency=1),
            request=_closing(self._order.request),
            mix=None,
        )
        try:
            driver = make_driver(self._client_class(), one_by_one, Retries((), failures), failures, self._sink)
        except UnsupportedOptionError:
            return Reconnected(durations_s=(), sent=0)
        durations_s: list[float] = []
        sent = 0
        try:
            while sent < order.requests and len(durations_s) == sent:
                duration_s, outcome = single_request(driver)
                sent += 1
                if _failure(outcome) is None:
                    durations_s.append(duration_s)
        finally:
            driver.close()
        return Reconnected(durations_s=tuple(durations_s), sent=sent)

    def close(self) -> float:
        """Close the client and what drives it; how long the client took, in seconds."""
        return self._driver.close()

    def _settle(self) -> None:
        gc.collect()
        gc.freeze()
        memory.reset_peak()
        self._settled = True

    def _open_connections(self) -> "_Opening":
        """Send on each connection, beginning with one after the other; the first time one request alone before that."""
        opening = _Opening()
        alone = not self._opened_before
        if alone:
            duration_s, outcome = single_request(self._driver)
            opening.outcomes.append(outcome)
            opening.first_request_s = duration_s if _failure(outcome) is None else None
        self._opened_before = True
        ramp = Ramp(self._concurrency, self._order.connect_rps)

        def begin() -> list[Iterator[int]]:
            ramp.start()
            return [ramp.turns() for _ in range(self._concurrency)]

        self._driver.drive(begin, [opening.note] * len(self._driver.lanes), ramp=ramp)
        opening.connect_all_s = ramp.elapsed_s if alone and not opening.errors else None
        return opening

    def _drive_closed(self, order: Run, span: Span) -> int:
        def begin() -> list[Iterator[int]]:
            if order.starts_at_ns is not None:
                time.sleep(max(order.starts_at_ns - monotonic_ns(), 0) / 1e9)
            span.start()
            return [closed(order.stop, monotonic_ns)] * self._concurrency  # one iterator that all share

        self._driver.drive(begin, [lane.record for lane in self._driver.lanes], think_time_s=self._order.think_time_s)
        return 0

    def _drive_open(self, arrivals: Arrivals, order: Run, span: Span) -> int:
        def begin() -> Schedule:
            schedule = Schedule(arrivals, 0)
            span.start()
            if order.starts_at_ns is None:
                span.started_ns += _LEAD_NS + _LEAD_PER_SEND_NS * self._concurrency
            else:
                span.started_ns = order.starts_at_ns
            schedule.start_ns = span.started_ns
            return schedule

        return self._driver.drive_open(begin)


class _Opening:
    """What came of the requests that open the connections.

    Attributes:
        outcomes: One of each request, with tag and place above the code.
        first_request_s: How long the very first one took; None where it failed, or was sent earlier.
        connect_all_s: How long all others took together, likewise.
    """

    def __init__(self) -> None:
        self.outcomes: list[int] = []
        self.first_request_s: float | None = None
        self.connect_all_s: float | None = None

    @property
    def errors(self) -> dict[str, int]:
        """How many failed, by kind."""
        return dict(Counter(kind.value for outcome in self.outcomes if (kind := _failure(outcome)) is not None))

    @property
    def by_place(self) -> tuple[tuple[int, int], ...]:
        """How often each of a mix's requests was sent."""
        return tuple(Counter(outcome >> PLACE_SHIFT for outcome in self.outcomes).items())

    def note(self, _intended: int, _started: int, _ended: int, outcome: int) -> None:
        """Record one request, and no event of a stream; may be called from several threads."""
        if outcome & CODE_MASK < FIRST_EVENT:
            self.outcomes.append(outcome)


def _failure(outcome: int) -> ErrorKind | None:
    return ErrorKind.of_code(outcome & CODE_MASK)


def _closing(request: Request) -> Request:
    """The same request, after which the server is to close the connection."""
    kept = [(name, value) for name, value in request.headers if name.lower() != "connection"]
    return replace(request, headers=(*kept, ("Connection", "close")))
