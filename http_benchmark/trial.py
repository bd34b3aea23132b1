"""One contender under measurement: its processes, opened and warmed up once, then slice after slice.

Who takes turns with whom is decided in `block`; here is what one order to a contender comes to, from the samples, the
origin's counters and the machine's readings to a record.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from http_benchmark.errors import ClientUnavailableError, ErrorKind, NoAnswerError, UnsupportedOptionError, WorkerError
from http_benchmark.load.schedule import Arrivals, Schedule
from http_benchmark.measured import Measured, slice_record
from http_benchmark.models.measurement import LifeCycle, ServerCounts, SliceRecord, TrialRecord
from http_benchmark.plan import Arm, Plan
from http_benchmark.redaction import cleared, without_queries, without_secrets, without_targets, without_values
from http_benchmark.slicing import Slice
from http_benchmark.stats.hdr import encode
from http_benchmark.stats.quantiles import distribution
from http_benchmark.stats.requested import RequestTally
from http_benchmark.stats.samples import SliceFigures, SliceTally
from http_benchmark.stats.trial_sums import TrialSums
from http_benchmark.stats.work import Orders, TrialWork
from http_benchmark.targets import OpenTarget
from http_benchmark.under_faults import UnderFaults
from http_benchmark.utils.resource_monitor import MachineWatch, family, uss_bytes
from http_benchmark.worker.process import WorkerProcess
from http_benchmark.worker.protocol import Finished, Open, Opened, Ran, Reconnect, Run
from http_benchmark.worker.team import Team

_GRACE_S = 30.0  # for starting threads, a busy machine, and clients that know no total deadline
_HANG_FACTOR = 20.0  # a slice this much slower than the warm-up promised is taken to hang
_MOST_RECONNECTIONS = 20  # enough for a median, few enough to leave ports alone
_LEAST_RECONNECTIONS = 3
_RECONNECTING_S = 2.0  # where answers are slow, fewer have to do


class Trial:
    """A contender's part of a block, in fresh processes; a context manager that ends them.

    Args:
        arm: The contender.
        plan: How it is set up and what it sends.
        target: What to aim at.

    Attributes:
        slices: What was measured so far.
        warm_rate_rps: Throughput of a closed warm-up; None before it, and without one.
        work: What was sent so far, and what the origin saw of it.
        messages: The first raw message of each error kind so far.
    """

    def __init__(self, arm: Arm, plan: Plan, target: OpenTarget) -> None:
        self.arm = arm
        self.slices: list[SliceRecord] = []
        self._plan = plan
        self._target = target
        self._team = Team(
            arm.name,
            plan.client_cpus,
            processes=plan.processes,
            worker=partial(WorkerProcess, interpreter=arm.interpreter),
        )
        self._watch = MachineWatch()
        self._family: tuple[int, ...] = ()
        self._opened: Opened | None = None
        self.warm_rate_rps: float | None = None
        self._first_request_s: float | None = None
        self._connect_all_s: float | None = None
        self._requested = RequestTally(
            plan.mix.requests if plan.mix else (replace(plan.request, url=target.url),), self._without_secrets
        )
        self.work = TrialWork(
            body_bytes=None if plan.workload else len(plan.request.body),
            mixed=plan.workload is not None,
            orders_close=plan.orders_close,
        )
        self._orders = Orders(
            concurrency=plan.options.concurrency,
            follow_redirects=plan.options.follow_redirects,
            tls=target.url.startswith("https:"),
            proxy=plan.options.proxy is not None,
        )
        self._unmeasured = 0
        self.messages: dict[str, str] = {}
        self._sums = TrialSums()
        self._faults = self._under_faults() if plan.origin.faults else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._team.stop()

    @property
    def pids(self) -> tuple[int, ...]:
        """Of its processes."""
        return self._team.pids

    def open(self) -> None:
        """Have the processes import the client and set it up; `opened` waits for it, so that several can start."""
        self._team.open(replace(opening(self.arm, self._plan, self._target), apart=self._faults is not None))

    def opened(self) -> None:
        """Wait until the client is ready.

        Raises:
            ClientUnavailableError: The library is not installed.
            UnsupportedOptionError: The client cannot honour a setting.
            WorkerError: It crashed or hung, or it is not the library that was meant.
        """
        self._opened = self._team.opened()
        self._require_own_library(self._opened.library_file)
        self._family = (*family(), *self._target.processes())  # with the waiting contenders, and what a client started

    def _require_own_library(self, file: str | None) -> None:
        """The version in the report must be the one that was measured."""
        environment = self.arm.environment
        if environment and not (file and Path(file).is_relative_to(environment.folder)):
            raise WorkerError(f"{self.arm.name} loaded {file}, which is not in its environment {environment.folder}")

    def warm_up(self) -> None:
        """Send what the plan's warm-up asks for.

        Raises:
            NoAnswerError: Nothing came back at all.
            WorkerError: A process crashed or hung.
        """
        warm_up = self._plan.warm_up
        if warm_up is None:
            return
        longest_s = max(warm_up.duration_s, getattr(warm_up, "most_s", None) or 0.0)
        longest_s += self._plan.slowest_request_s  # the very first one, which goes alone
        measured = self.send(_order(warm_up, opening=True, measured=False), longest_s + self._slack_s)
        if self._faults is None:  # who meets faults may well get no answer, and that is then the answer
            _require_answers(measured.figures, self.messages)
        ran, requests = measured.ran, measured.figures.requests
        self._first_request_s, self._connect_all_s = ran.first_request_s, ran.connect_all_s
        self._unmeasured = ran.opening_requests + requests
        if not isinstance(warm_up, Arrivals):
            self.warm_rate_rps = requests / ((ran.ended_ns - ran.started_ns) / 1e9)

    def measure(self, part: Slice, *, round_number: int, position: int, started_s: float, deck: int = 0) -> SliceRecord:
        """Measure one slice.

        Args:
            part: What to send.
            round_number: The slice's round in its block.
            position: Its place in the round.
            started_s: When it starts, in seconds since the experiment did.
            deck: Where in a workload's order it begins.

        Raises:
            WorkerError: A process crashed or hung.
        """
        order = replace(_order(part, opening=self._plan.warm_up is not None), deck=deck)
        measured = self.send(order, self._patience_s(part))
        record = slice_record(
            measured,
            part,
            round_number=round_number,
            position=position,
            started_s=started_s,
            unmeasured=self._unmeasured,
            uss_bytes=_total([uss_bytes(pid) for pid in self.pids]),
            successes_only=self._faults is not None,
        )
        self._unmeasured = 0
        self.slices.append(record)
        self._sums.add(measured.figures, measured.ran.gc)
        return record

    def send(self, order: Run, patience_s: float) -> Measured:
        """Carry out any order to send, measured or not.

        Args:
            order: What to send.
            patience_s: How long it may take before the processes are taken to hang.
        """
        tally = SliceTally(
            self._timeout_s,
            concurrency=self._plan.options.concurrency,
            open_model=order.arrivals is not None,
            events=self._plan.has_events,
        )
        take = self._faults.begin(tally.add, measured=order.measured) if self._faults else tally.add
        before = self._target.counts()
        self._target.take_requested()  # what came late of an earlier turn
        self._watch.start(self._family)
        ran = self._team.run(order, patience_s, take)
        machine = self._watch.stop()
        after, requested = self._target.counts(), self._target.take_requested()
        figures = tally.figures()
        if requested is not None:
            self._requested.add(figures.sent_by_place, ran.opening_by_place, requested)
        server = after - before if after and before else None
        self._note_work(order, ran, figures, server)
        self.messages = {kind: self._without_secrets(message) for kind, message in ran.messages.items()}
        return Measured(ran, figures, server, machine)

    def _note_work(self, order: Run, ran: Ran, figures: SliceFigures, server: ServerCounts | None) -> None:
        failures = Counter(ran.opening_errors) + Counter(figures.errors)
        del failures[ErrorKind.NOT_SENT]
        came_of_it = TrialWork(
            server=server,
            sent=ran.opening_requests + figures.requests - figures.censored + ran.retries,
            failures=failures,
            retries=ran.retries,
            late=figures.late if order.measured else 0,
        )
        self.work = self.work.plus(came_of_it, self._orders)
        self.work = replace(self.work, requested=self._requested.result() if server else None)

    def _without_secrets(self, message: str) -> str:
        """What may be stored: queries of a workload may have been recorded, and its values may stand in paths, too."""
        message, secrets = without_secrets(cleared(message)), self._plan.secrets
        if secrets:
            return without_values(without_targets(message), secrets)
        return without_queries(message) if self._plan.workload else message

    def expected_s(self, part: Slice) -> float:
        """How long a slice should take at the speed of the warm-up."""
        if isinstance(part, Arrivals):
            return part.duration_s + part.grace_s
        requests = part.requests or part.least_requests
        return max(part.duration_s, requests / self.warm_rate_rps if self.warm_rate_rps else 0.0)

    def finish(self) -> TrialRecord:
        """Measure what is left to measure, close the client, and sum up."""
        origin_memory_bytes = self._target.memory_bytes()
        reconnecting_s = self._reconnecting_request_s() if self._plan.probe_life_cycle else None
        finished, opened = self._team.finish(), self._opened
        sums, workload = self._sums, self._plan.workload
        assert opened is not None
        return TrialRecord(
            contender=self.arm.name,
            library=self.arm.contender.library,
            version=self.arm.version,
            mode=self.arm.contender.mode or "sync",
            slices=tuple(self.slices),
            response_time_s=distribution(sums.response),
            service_time_s=distribution(sums.service),
            lag_s=distribution(sums.lag),
            peak_memory_bytes=finished.peak_memory_bytes,
            base_memory_bytes=opened.base_memory_bytes,
            origin_memory_bytes=origin_memory_bytes,
            import_s=opened.import_s,
            server=self.work.server,
            sent=self.work.sent,
            failures=dict(self.work.failures),
            retries=self.work.retries,
            missing=self.work.missing,
            body_bytes=self.work.body_bytes,
            orders_close=self.work.orders_close,
            requested=self.work.requested,
            messages=self.messages,
            processes=self._plan.processes,
            life_cycle=self._life_cycle(opened, finished, reconnecting_s),
            gc=sums.gc,
            faults=self._faults.record() if self._faults else None,
            response_histogram=encode(sums.response),
            service_histogram=encode(sums.service),
            by_request=sums.by_request(workload.names if workload else ()),
            events=sums.events() if self._plan.has_events else None,
        )

    def _under_faults(self) -> UnderFaults:
        plan = self._plan
        return UnderFaults(
            self.arm.name,
            self._target,
            self._timeout_s,
            follows=not plan.arrivals and not plan.think_time_s,
            retried=bool(plan.retry_delays_s),
        )

    @property
    def _timeout_s(self) -> float:
        """Of a request, with all its attempts."""
        return self._plan.slowest_request_s - self._plan.think_time_s

    def _life_cycle(self, opened: Opened, finished: Finished, reconnecting_s: float | None) -> LifeCycle:
        return LifeCycle(
            import_s=opened.import_s,
            construction_s=opened.construction_s,
            first_request_s=self._first_request_s,
            connect_all_s=self._connect_all_s,
            reconnecting_request_s=reconnecting_s,
            close_s=finished.close_s,
        )

    def _reconnecting_request_s(self) -> float | None:
        """The median of some requests that each open a connection; not part of what the origin is asked about.

        All is measured by then, so a client that fails at this only has no figure; a process that is gone fails to
        finish.
        """
        fitting = int(_RECONNECTING_S / self._first_request_s) if self._first_request_s else _MOST_RECONNECTIONS
        requests = max(_LEAST_RECONNECTIONS, min(_MOST_RECONNECTIONS, fitting))
        try:
            reconnected = self._team.reconnect(Reconnect(requests), requests * self._slack_s)
        except (ClientUnavailableError, UnsupportedOptionError, WorkerError):
            return None
        durations_s = sorted(reconnected.durations_s)
        return durations_s[len(durations_s) // 2] if durations_s else None

    @property
    def _slack_s(self) -> float:
        """For the requests that open the connections, the last ones, and all that takes no time as a rule."""
        return 2 * self._plan.slowest_request_s + _GRACE_S

    def _patience_s(self, part: Slice) -> float:
        """How long a slice may take before its processes are taken to hang."""
        slowest_s = self._plan.slowest_request_s
        if isinstance(part, Arrivals):
            return Schedule(part, 0).cutoff_ns / 1e9 + self._slack_s
        requests = part.requests or part.least_requests
        each = math.ceil(requests / self._plan.options.concurrency)
        worst_s = part.duration_s + (each + 2) * slowest_s
        if self.warm_rate_rps:
            worst_s = min(worst_s, _HANG_FACTOR * self.expected_s(part) + 2 * slowest_s)
        return worst_s + _GRACE_S


def opening(arm: Arm, plan: Plan, target: OpenTarget) -> Open:
    """What a contender's process is told first: which client to set up, how, and for which requests."""
    mode = arm.contender.mode
    assert mode is not None, "contenders are resolved before planning"
    options = plan.options
    return Open(
        module=arm.capabilities.module,
        class_name=arm.capabilities.modes[mode],
        import_name=arm.capabilities.import_name or arm.capabilities.name,
        options=replace(
            options,
            hosts=options.hosts * max(1, len(target.origins)),
            http_version="2" if arm.contender.http2 else "1.1",
            ca_file=target.ca_file or options.ca_file,
        ),
        request=plan.request if plan.mix else replace(plan.request, url=target.url),
        retry_delays_s=plan.retry_delays_s,
        think_time_s=plan.think_time_s,
        mix=plan.mix,
        origins=target.origins,
    )


def _order(part: Slice, *, opening: bool, measured: bool = True) -> Run:
    if isinstance(part, Arrivals):
        return Run(arrivals=part, opening=opening, measured=measured)
    return Run(part, opening=opening, measured=measured)


def _total(figures: Sequence[int | None]) -> int | None:
    """Their sum, or None where one of them is not known."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if len(known) == len(figures) else None


def _require_answers(warm_up: SliceFigures, messages: dict[str, str]) -> None:
    """Measuring the failures of a target that answers nobody would take hours and say nothing."""
    answered = warm_up.requests - sum(
        count for kind, count in warm_up.errors.items() if kind not in (ErrorKind.HTTP_4XX, ErrorKind.HTTP_5XX)
    )
    if not answered:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in warm_up.errors.items())
        first = next(iter(messages.values()), "")
        raise NoAnswerError(f"the target gave no answer in the warm-up ({kinds}): {first}; check --url and --timeout")
