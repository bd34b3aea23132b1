"""Several worker processes that act as one contender: they share its load, and their figures are added up."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Self

from http_benchmark.clock import monotonic_ns
from http_benchmark.errors import ConfigurationError, WorkerError
from http_benchmark.load.schedule import Stop
from http_benchmark.worker.process import Take, WorkerProcess
from http_benchmark.worker.protocol import Finished, Open, Opened, Ran, Reconnect, Reconnected, Run

_LOOK_EVERY_S = 0.25
_LEAD_NS = 100_000_000  # until each process has read its order and is ready …
_LEAD_PER_SEND_NS = 200_000  # … and has started its threads


class Team:
    """The processes of one contender; a context manager that ends them. A team of one adds nothing to its worker.

    Args:
        name: The contender, for messages.
        cpus: Processors to run on, the same for all; empty for any.
        processes: How many.
        worker: Starts one process.
    """

    def __init__(
        self,
        name: str,
        cpus: Sequence[int] = (),
        *,
        processes: int = 1,
        worker: Callable[[str, Sequence[int]], WorkerProcess] = WorkerProcess,
    ) -> None:
        self._name = name
        self._concurrency = 0
        self._workers: list[WorkerProcess] = []
        try:
            for number in range(1, processes + 1):
                self._workers.append(worker(f"{name} (process {number})" if processes > 1 else name, cpus))
        except BaseException:
            self.stop()
            raise

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids."""
        return tuple(worker.pid for worker in self._workers)

    def open(self, order: Open) -> None:
        """Tell each worker what to measure, with its share of the concurrency; `opened` waits for them.

        Raises:
            ConfigurationError: There are more processes than requests in flight.
        """
        concurrency, processes = order.options.concurrency, len(self._workers)
        if processes > concurrency:
            raise ConfigurationError(
                f"processes must be at most the concurrency ({concurrency}), got {processes}; "
                "each process needs a connection of its own"
            )
        self._concurrency = concurrency
        for number, (worker, share) in enumerate(zip(self._workers, _shares(concurrency, processes), strict=True)):
            options, connect_rps = replace(order.options, concurrency=share), order.connect_rps / processes
            worker.open(replace(order, options=options, stripe=number, stripes=processes, connect_rps=connect_rps))

    def opened(self) -> Opened:
        """Wait until all are ready; the longest times, and all memory. Raises as `WorkerProcess.opened`."""
        answers = [worker.opened() for worker in self._workers]
        return Opened(
            import_s=max(answer.import_s for answer in answers),
            construction_s=max(answer.construction_s for answer in answers),
            base_memory_bytes=_sum(answer.base_memory_bytes for answer in answers),
            library_file=answers[0].library_file,
        )

    def run(self, order: Run, patience_s: float, take: Take) -> Ran:
        """Have the workers send their shares of what is ordered, all from the same moment on.

        Several of them first get ready and open their connections in a run of its own, since that takes each of them
        another time.

        Args:
            order: What to send in all.
            patience_s: How long this may take before a worker is taken to hang.
            take: Given the samples, as by `WorkerProcess.ran`.

        Raises:
            WorkerError: A worker crashed or hung; the others may still run.
        """
        if len(self._workers) == 1:
            self._workers[0].start(order)
            return self._workers[0].ran(patience_s, take)
        getting_ready = replace(order, stop=Stop(requests=0), arrivals=None)
        before = self._together([getting_ready] * len(self._workers), patience_s, take)
        starts_at_ns = monotonic_ns() + _LEAD_NS + _LEAD_PER_SEND_NS * self._concurrency
        at_once = replace(order, opening=False, starts_at_ns=starts_at_ns)
        return _merged(before, self._together(_parts(at_once, len(self._workers)), patience_s, take))

    def reconnect(self, order: Reconnect, patience_s: float) -> Reconnected:
        """Have the first worker send requests that each open a connection; raises as `WorkerProcess.reconnect`."""
        return self._workers[0].reconnect(order, patience_s)

    def finish(self) -> Finished:
        """Close the clients; the longest time, and all memory."""
        answers = [worker.finish() for worker in self._workers]
        return Finished(
            peak_memory_bytes=_sum(answer.peak_memory_bytes for answer in answers),
            close_s=max(answer.close_s for answer in answers),
        )

    def stop(self) -> None:
        """End the processes, whatever they do. Harmless when repeated."""
        for worker in self._workers:
            worker.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _together(self, orders: Sequence[Run], patience_s: float, take: Take) -> list[Ran]:
        for worker, order in zip(self._workers, orders, strict=True):
            worker.start(order)
        deadline_s = time.monotonic() + patience_s
        answers = []
        for worker in self._workers:
            while not worker.answers_within(_LOOK_EVERY_S):
                if time.monotonic() >= deadline_s:
                    raise WorkerError(f"{self._name} gave no answer within {patience_s:.1f} s")
                for each in self._workers:
                    each.relieve(take)
            answers.append(worker.ran(patience_s, take))
        return answers


def _parts(order: Run, count: int) -> list[Run]:
    """Each worker's part of an order."""
    requests, least = order.stop.requests, order.stop.least_requests
    exact = [None] * count if requests is None else _shares(requests, count)
    return [
        replace(
            order,
            stop=replace(order.stop, requests=own, least_requests=own_least),
            arrivals=order.arrivals and replace(order.arrivals, stripe=number, stripes=count),
        )
        for number, (own, own_least) in enumerate(zip(exact, _shares(least, count), strict=True))
    ]


def _merged(before: Sequence[Ran], answers: Sequence[Ran]) -> Ran:
    """What several processes came to.

    Args:
        before: From getting ready: of it count what it sent, and the waiting before it.
        answers: From the run itself.
    """
    everything = (*before, *answers)
    return Ran(
        started_ns=min(ran.started_ns for ran in answers),
        ended_ns=max(ran.ended_ns for ran in answers),
        user_ns=sum(ran.user_ns for ran in answers),
        system_ns=sum(ran.system_ns for ran in answers),
        opening_requests=sum(ran.opening_requests for ran in everything),
        opening_by_place=tuple(pair for ran in everything for pair in ran.opening_by_place),
        opening_errors=dict(sum((Counter(ran.opening_errors) for ran in everything), Counter[str]())),
        retries=sum(ran.retries for ran in everything),
        memory_bytes=_sum(ran.memory_bytes for ran in answers),
        messages={kind: message for ran in reversed(everything) for kind, message in ran.messages.items()},
        exhausted=sum(ran.exhausted for ran in answers),
        voluntary_switches=_sum(ran.voluntary_switches for ran in answers),
        involuntary_switches=_sum(ran.involuntary_switches for ran in answers),
        threads=_sum(ran.threads for ran in answers),
        gc=_merged_gc([ran.gc for ran in answers]),
        idle_ns=sum(ran.idle_ns for ran in everything),
        idle_cpu_ns=sum(ran.idle_cpu_ns for ran in everything),
        first_request_s=max((ran.first_request_s for ran in before if ran.first_request_s is not None), default=None),
        connect_all_s=max((ran.connect_all_s for ran in before if ran.connect_all_s is not None), default=None),
    )


def _merged_gc(processes: Sequence[Sequence[tuple[int, int, int]]]) -> tuple[tuple[int, int, int], ...]:
    """By generation: all collections, all their time, the longest of them."""
    return tuple(
        (sum(collections), sum(total_ns), max(longest_ns))
        for collections, total_ns, longest_ns in (
            zip(*generation, strict=True) for generation in zip(*processes, strict=True)
        )
    )


def _shares(total: int, count: int) -> list[int]:
    """Split evenly; the first get one more where it does not come out even."""
    each, rest = divmod(total, count)
    return [each + (number < rest) for number in range(count)]


def _sum(figures: Iterable[int | None]) -> int | None:
    """Their sum, or None where one of them is not known."""
    known = list(figures)
    return None if None in known else sum(figure for figure in known if figure is not None)
