"""One block: a fresh process per contender, warmed up, then measured in rounds of short slices, one at a time."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from http_benchmark.errors import (
    ClientUnavailableError,
    ConfigurationError,
    ErrorKind,
    HTTPBenchmarkError,
    NoAnswerError,
    WorkerError,
)
from http_benchmark.load.schedule import Stop
from http_benchmark.models.measurement import BlockRecord, ServerCounts, SliceRecord, TrialRecord
from http_benchmark.plan import SLOW_ROUNDS, SLOW_SLICE_S, Arm, Plan
from http_benchmark.redaction import without_passwords
from http_benchmark.stats.hdr import encode
from http_benchmark.stats.histogram import Times
from http_benchmark.stats.quantiles import distribution
from http_benchmark.stats.samples import SliceFigures, SliceTally
from http_benchmark.targets import OpenTarget
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Open, Opened, Ran, Run

_GRACE_S = 30.0  # for starting threads, a busy machine, and clients that know no total deadline
_HANG_FACTOR = 20.0  # a slice this much slower than the warm-up promised is taken to hang

type OnSlice = Callable[[str, SliceRecord], None]
"""Told of each slice: the contender and what was measured."""


class TrialFailedError(HTTPBenchmarkError):
    """A contender failed in a block, which is then void for all.

    Attributes:
        contender: Its name.
        reason: What happened; its class tells whether trying again makes sense.
    """

    def __init__(self, contender: str, reason: HTTPBenchmarkError) -> None:
        super().__init__(f"{contender}: {reason}")
        self.contender = contender
        self.reason = reason


@dataclass(slots=True)
class _Trial:
    """A contender's part of a block while it runs."""

    arm: Arm
    worker: WorkerProcess
    opened: Opened | None = None
    rate_rps: float | None = None
    server: ServerCounts | None = None
    sent: int = 0
    unmeasured: int = 0
    slices: list[SliceRecord] = field(default_factory=list)
    response: Times = field(default_factory=Times)
    service: Times = field(default_factory=Times)
    lag: Times = field(default_factory=Times)
    messages: dict[str, str] = field(default_factory=dict)


class Block:
    """Runs one block.

    Args:
        plan: What to do.
        number: Of the block, from 0.
        target: What to aim at.
        experiment_started_s: `time.monotonic()` when the experiment started.
        on_slice: Told of each slice as it ends.
    """

    def __init__(
        self, plan: Plan, number: int, *, target: OpenTarget, experiment_started_s: float, on_slice: OnSlice
    ) -> None:
        self._plan = plan
        self._number = number
        self._target = target
        self._experiment_started_s = experiment_started_s
        self._on_slice = on_slice

    def run(self) -> BlockRecord:
        """Measure every contender of the plan.

        Raises:
            TrialFailedError: A contender crashed, hung or could not be set up.
        """
        started_at = datetime.now(UTC)
        with ExitStack() as workers:
            trials: dict[str, _Trial] = {}
            for arm in self._plan.start_order(self._number):
                with _blaming(arm.name):
                    worker = workers.enter_context(WorkerProcess(arm.name, self._plan.client_cpus))
                    worker.open(self._opening_order(arm))
                trials[arm.name] = _Trial(arm, worker)
            for trial in trials.values():
                with _blaming(trial.arm.name):
                    trial.opened = trial.worker.opened()
            for trial in trials.values():
                with _blaming(trial.arm.name):
                    self._warm_up(trial)
            for round_number, stop in enumerate(self._rounds(list(trials.values()))):
                for position, arm in enumerate(self._plan.round_order(self._number, round_number)):
                    trial = trials[arm.name]
                    with _blaming(trial.arm.name):
                        self._measure(trial, stop, round_number, position)
            records = []
            for arm in self._plan.arms:
                with _blaming(arm.name):
                    records.append(self._finish(trials[arm.name]))
        return BlockRecord(
            number=self._number, started_at=started_at, finished_at=datetime.now(UTC), trials=tuple(records)
        )

    def _opening_order(self, arm: Arm) -> Open:
        mode = arm.contender.mode
        assert mode is not None, "contenders are resolved before planning"
        return Open(
            module=arm.capabilities.module,
            class_name=arm.capabilities.modes[mode],
            options=self._plan.options,
            request=replace(self._plan.request, url=self._target.url),
            retry_delays_s=self._plan.retry_delays_s,
            think_time_s=self._plan.think_time_s,
        )

    def _warm_up(self, trial: _Trial) -> None:
        warm_up = self._plan.warm_up
        if warm_up is None:
            return
        longest_s = max(warm_up.duration_s, warm_up.most_s or 0.0)
        patience_s = longest_s + 2 * self._plan.slowest_request_s + _GRACE_S
        ran, slice_samples, _ = self._run(trial, Run(warm_up, opening=True, measured=False), patience_s)
        _require_answers(slice_samples, trial.messages)
        trial.unmeasured = ran.opening_requests + slice_samples.requests
        trial.rate_rps = slice_samples.requests / ((ran.ended_ns - ran.started_ns) / 1e9)

    def _rounds(self, trials: list[_Trial]) -> tuple[Stop, ...]:
        """The plan's slices, or fewer where one of them lasts long."""
        slices = self._plan.slices
        if self._plan.adaptive_rounds and any(self._expected_s(trial, slices[0]) > SLOW_SLICE_S for trial in trials):
            return slices[:SLOW_ROUNDS]
        return slices

    def _measure(self, trial: _Trial, stop: Stop, round_number: int, position: int) -> None:
        started_s = time.monotonic() - self._experiment_started_s
        opening = self._plan.warm_up is not None
        ran, samples, server = self._run(trial, Run(stop, opening=opening), self._patience_s(trial, stop))
        record = SliceRecord(
            round=round_number,
            position=position,
            started_s=started_s,
            duration_s=samples.duration_s,
            requests=samples.requests,
            opening_requests=ran.opening_requests + trial.unmeasured,
            errors=samples.errors,
            retries=ran.retries,
            throughput_rps=samples.throughput_rps,
            cpu_s=(ran.user_ns + ran.system_ns) / 1e9,
            mean_s=samples.mean_s,
            p50_s=samples.p50_s,
            max_s=samples.max_s,
            in_flight=samples.in_flight,
            delayed_acks=samples.delayed_acks,
            over_triple_median=samples.over_triple_median,
            user_s=ran.user_ns / 1e9,
            system_s=ran.system_ns / 1e9,
            memory_bytes=ran.memory_bytes,
            server=server,
        )
        trial.unmeasured = 0
        trial.slices.append(record)
        trial.response.merge(samples.response)
        trial.service.merge(samples.service)
        trial.lag.merge(samples.lag)
        self._on_slice(trial.arm.name, record)

    def _run(self, trial: _Trial, order: Run, patience_s: float) -> tuple[Ran, SliceFigures, ServerCounts | None]:
        tally = SliceTally(self._request_deadline_s, concurrency=self._plan.options.concurrency)
        before = self._target.counts()
        trial.worker.start(order)
        ran = trial.worker.ran(patience_s, tally.add)
        after = self._target.counts()
        server = after - before if after and before else None
        if server:
            trial.server = trial.server + server if trial.server else server
        figures = tally.figures()
        trial.sent += ran.opening_requests + figures.requests + ran.retries
        trial.messages = {kind: without_passwords(message) for kind, message in ran.messages.items()}
        return ran, figures, server

    @property
    def _request_deadline_s(self) -> float:
        """What ends later is a timeout, whether the client noticed or not."""
        return self._plan.slowest_request_s - self._plan.think_time_s

    def _expected_s(self, trial: _Trial, stop: Stop) -> float:
        """How long a slice should take at the speed of the warm-up."""
        requests = stop.requests or stop.least_requests
        return max(stop.duration_s, requests / trial.rate_rps if trial.rate_rps else 0.0)

    def _patience_s(self, trial: _Trial, stop: Stop) -> float:
        """How long a slice may take before its worker is taken to hang."""
        requests = stop.requests or stop.least_requests
        each = math.ceil(requests / self._plan.options.concurrency)
        worst_s = stop.duration_s + (each + 2) * self._plan.slowest_request_s
        if trial.rate_rps:
            worst_s = min(worst_s, _HANG_FACTOR * self._expected_s(trial, stop) + 2 * self._plan.slowest_request_s)
        return worst_s + _GRACE_S

    def _finish(self, trial: _Trial) -> TrialRecord:
        finished = trial.worker.finish()
        opened = trial.opened
        assert opened is not None
        return TrialRecord(
            contender=trial.arm.name,
            library=trial.arm.contender.library,
            version=trial.arm.version,
            mode=trial.arm.contender.mode or "sync",
            slices=tuple(trial.slices),
            response_time_s=distribution(trial.response),
            service_time_s=distribution(trial.service),
            lag_s=distribution(trial.lag),
            peak_memory_bytes=finished.peak_memory_bytes,
            base_memory_bytes=opened.base_memory_bytes,
            import_s=opened.import_s,
            server=trial.server,
            sent=trial.sent,
            messages=trial.messages,
            response_histogram=encode(trial.response),
            service_histogram=encode(trial.service),
        )


def _require_answers(warm_up: SliceFigures, messages: dict[str, str]) -> None:
    """Measuring the failures of a target that answers nobody would take hours and say nothing."""
    answered = warm_up.requests - sum(
        count for kind, count in warm_up.errors.items() if kind not in (ErrorKind.HTTP_4XX, ErrorKind.HTTP_5XX)
    )
    if not answered:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in warm_up.errors.items())
        first = next(iter(messages.values()), "")
        raise NoAnswerError(f"the target gave no answer in the warm-up ({kinds}): {first}; check --url and --timeout")


@contextmanager
def _blaming(contender: str) -> Iterator[None]:
    """Name the contender in what fails inside; a server that fails is nobody's fault."""
    try:
        yield
    except (WorkerError, ClientUnavailableError, ConfigurationError, NoAnswerError) as error:
        raise TrialFailedError(contender, error) from error
