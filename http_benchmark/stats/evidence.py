"""What speaks for or against a run, contender by contender: figures of its blocks, without a judgement.

What they mean, and from which limit on, is in `validity`. A figure that could not be measured is missing, never 0; the
null client, which never reaches the origin, is no contender here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from http_benchmark.clients import NULL_CLIENT, OWN_CLIENTS
from http_benchmark.models.experiment import WALL_METRICS, ClientResult, ExperimentResult
from http_benchmark.models.measurement import BlockRecord, SliceRecord, TrialRecord
from http_benchmark.models.work import Work
from http_benchmark.stats.totals import trials_by_contender

TIME_WAIT_S = 60.0
"""How long Linux keeps the port of a connection that was closed."""

type Figures = dict[str, float]
"""Contender → a figure of it."""


@dataclass(frozen=True)
class Evidence:
    """A run and its figures.

    Attributes:
        result: The run, with its clients summed up, but not yet judged.
        blocks: Its finished blocks.
    """

    result: ExperimentResult
    blocks: Sequence[BlockRecord]

    @property
    def configuration(self) -> Mapping[str, Any]:
        """As it was asked for; what older runs did not know is missing."""
        return self.result.configuration

    @property
    def environment(self) -> Mapping[str, Any]:
        """As it was found; what older runs did not know is missing."""
        return self.result.environment

    @property
    def concurrency(self) -> int:
        """Requests in flight at a time."""
        return int(self.configuration.get("concurrency") or 1)

    @property
    def is_open(self) -> bool:
        """Whether requests were due by a schedule."""
        return self.result.load_model == "open"

    @property
    def goes_wrong(self) -> bool:
        """Whether faults were ordered."""
        return bool(self.configuration.get("fault"))

    @property
    def ranks_by_wall_clock(self) -> bool:
        """Whether the ranking goes by what a slow server changes."""
        return self.result.primary_metric in WALL_METRICS

    @property
    def sends_at_once(self) -> bool:
        """The closed model in which each request follows the last one at once."""
        return not self.is_open and not self.configuration.get("think_time")

    @cached_property
    def trials(self) -> dict[str, list[TrialRecord]]:
        """The trials of each contender."""
        everybody = trials_by_contender(self.blocks)
        return {name: trials for name, trials in everybody.items() if trials[0].library != NULL_CLIENT}

    @cached_property
    def clients(self) -> dict[str, ClientResult]:
        """The contenders that were measured, summed up."""
        return {client.contender: client for client in self.result.clients if client.contender in self.trials}

    @cached_property
    def libraries(self) -> dict[str, ClientResult]:
        """As `clients`, without the yardsticks of our own."""
        return {name: client for name, client in self.clients.items() if client.library not in OWN_CLIENTS}

    @cached_property
    def rates_rps(self) -> Figures:
        """Throughput."""
        return {name: client.throughput_rps.estimate for name, client in self.clients.items() if client.throughput_rps}

    @cached_property
    def server_busy(self) -> Figures:
        """Share of its core that the origin used for the measured requests: median over the slices."""
        return self._middle_of_slices(_server_busy)

    @cached_property
    def worker_busy(self) -> Figures:
        """Share of a core that a process of the contender used: median over the slices.

        Where the clients have fewer processors than a contender has processes, share of a processor.
        """
        cores = len(self.environment.get("client_cpus") or ())
        return self._middle_of_slices(
            lambda s, processes: s.cpu_s / s.duration_s / min(processes, cores or processes) if s.duration_s else None
        )

    @cached_property
    def cpu_s_per_request(self) -> Figures:
        """CPU time of a request: median over the slices."""
        return self._middle_of_slices(lambda s, _: s.cpu_s / s.requests if s.requests else None)

    @cached_property
    def p50_s(self) -> Figures:
        """Median response time: median over the slices."""
        return self._middle_of_slices(lambda s, _: s.p50_s)

    @cached_property
    def lag_p50_s(self) -> Figures:
        """Median lag of the open model: median over the slices."""
        return self._middle_of_slices(lambda s, _: s.lag_p50_s)

    @cached_property
    def in_flight_ratio(self) -> Figures:
        """Little's law: requests that were in flight ÷ the concurrency, over all slices."""
        figures = {}
        for name, slices in self._slices().items():
            known = [(s.in_flight, s.duration_s) for s in slices if s.in_flight is not None]
            if duration_s := sum(weight for _, weight in known):
                figures[name] = sum(mean * weight for mean, weight in known) / duration_s / self.concurrency
        return figures

    @cached_property
    def response_ratio(self) -> Figures:
        """A mean response time ÷ the length of its slice: median over the slices."""
        return self._middle_of_slices(lambda s, _: s.mean_s / s.duration_s if s.mean_s and s.duration_s else None)

    @cached_property
    def delayed_ack_ratio(self) -> Figures:
        """Share of the requests that were answered around 40 ms late: median over the slices.

        A slice counts what lies there beyond its neighbourhood, never less than 0, so that noise adds up over the
        slices; their median stays at 0 with it.
        """
        return self._middle_of_slices(lambda s, _: s.delayed_acks / s.requests if s.requests else None)

    @cached_property
    def idle_cpu_ratio(self) -> Figures:
        """Share of a core used while waiting for a slice: median over the slices.

        Before its first slice a contender has hardly waited since it was warmed up; that wait does not count.
        """
        return self._middle_of_slices(lambda s, _: s.idle_cpu_ratio if s.round else None)

    @cached_property
    def works(self) -> dict[str, Work]:
        """What each contender was to do, and did."""
        return {name: client.work for name, client in self.clients.items()}

    @cached_property
    def steal_ratio(self) -> float | None:
        """Share of all processors' time that others got, over all slices."""
        return self._pooled(lambda s: s.machine.steal_ratio)

    @cached_property
    def other_cpu_ratio(self) -> float | None:
        """CPU time of other processes as a share of one processor, over all slices.

        A single slice says nothing: the kernel's steps of 10 ms make its figure too large or too small, even negative,
        by up to a tenth. Weighted by their lengths, the slices have these errors cancel.
        """
        return self._pooled(lambda s: s.machine.other_cpu_ratio)

    @cached_property
    def ports_used(self) -> float | None:
        """Ephemeral ports that were in use, with those that the run took in a minute, ÷ all there are.

        Each address that connections were spread over has all of them.
        """
        there_are, in_use = (self.environment.get(name) for name in ("ephemeral_ports", "ephemeral_ports_in_use"))
        if not there_are or in_use is None:
            return None
        taken = max(map(self._ports_a_minute, self.blocks), default=0.0) / self.result.target.addresses
        return float((in_use + taken) / there_are)

    @property
    def files_used(self) -> float | None:
        """Connections that one process holds ÷ files that it may open."""
        limit = self.environment.get("file_limit")
        if not limit or not self.trials:
            return None
        target = self.result.target
        # The origin holds those of all contenders that are there together, of whom only one is active.
        holders = len(self.trials) if target.kind == "bundled" and self.result.turns == "slices" else 1
        processes = max(1, min(trial.processes for trials in self.trials.values() for trial in trials))
        return float(max(1 / processes, holders / target.processes) * self.concurrency / limit)

    def _ports_a_minute(self, block: BlockRecord) -> float:
        counted = (trial.server.connections if trial.server else None for trial in block.trials)
        opened = sum(self.concurrency if connections is None else connections for connections in counted)
        lasted_s = (block.finished_at - block.started_at).total_seconds()
        others = len(self.blocks) * opened
        return min(others, opened * max(1.0, TIME_WAIT_S / lasted_s)) if lasted_s else others

    def _pooled(self, figure: Callable[[SliceRecord], float | None]) -> float | None:
        slices = (s for block in self.blocks for trial in block.trials for s in trial.slices)
        known = [(value, s.duration_s) for s in slices if (value := figure(s)) is not None]
        duration_s = sum(weight for _, weight in known)
        return sum(value * weight for value, weight in known) / duration_s if duration_s else None

    def _slices(self) -> dict[str, list[SliceRecord]]:
        return {name: [s for trial in trials for s in trial.slices] for name, trials in self.trials.items()}

    def _middle_of_slices(self, figure: Callable[[SliceRecord, int], float | None]) -> Figures:
        """The median over the slices of each contender; the figure is also told its number of processes."""
        middles = {}
        for name, trials in self.trials.items():
            known = _known(figure(s, trial.processes) for trial in trials for s in trial.slices)
            if known:
                middles[name] = median(known)
        return middles


def _server_busy(measured: SliceRecord, _processes: int) -> float | None:
    """The origin's CPU time, less that for the requests that opened the slice."""
    server = measured.server
    if not server or not server.requests or not measured.duration_s:
        return None
    return server.cpu_s / measured.duration_s * min(1.0, measured.requests / server.requests)


def _known(figures: Iterable[float | None]) -> list[float]:
    return [figure for figure in figures if figure is not None]
