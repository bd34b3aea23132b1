"""The capacity of clients: the highest arrival rate that each sustains under an objective, block by block.

In a block each contender gets a fresh process, is warmed up in the closed model, and is then probed in the open model
at one rate after the other. Which rate comes next is decided in `stats.search`, what all blocks together say in
`stats.capacity`. A probe ends when all requests that were sent are answered, so each finds empty queues.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from http_benchmark.benchmark import Experiment
from http_benchmark.checks import pacing_of
from http_benchmark.clients import NULL_CLIENT
from http_benchmark.course import Course
from http_benchmark.environments.making import Environments
from http_benchmark.errors import (
    ClientUnavailableError,
    ConfigurationError,
    HTTPBenchmarkError,
    NoAnswerError,
    WorkerError,
)
from http_benchmark.load.schedule import Arrivals
from http_benchmark.models.capacity import (
    CapacityResult,
    CapacitySearch,
    ContenderCapacity,
    ObjectiveRecord,
    Probe,
)
from http_benchmark.models.experiment import PacingCheck, Target
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.work import Work
from http_benchmark.plan import Arm, Plan
from http_benchmark.probe import is_served_in_time, require_success, try_rate
from http_benchmark.probing import Probing, Spacing
from http_benchmark.screening import unchecked_certificates, unused_proxies
from http_benchmark.slo import Slo
from http_benchmark.stats.capacity import limits, summarise_searches
from http_benchmark.stats.capacity_validity import judge_capacity
from http_benchmark.stats.search import Search
from http_benchmark.stats.work import TrialWork, works_of
from http_benchmark.targets import OpenTarget
from http_benchmark.trial import Trial

DEFAULT_BLOCKS = 7  # with six or more there is an interval; the seventh narrows it, since two of them may then stray
HIGHEST_RPS = 100_000.0  # five times what the fastest client reaches; beyond it, it is the schedule that is measured
_PACING_S = 2.0
_FAILURES_UNTIL_DROPPED = 2
_START_S = 0.5  # measured: a process, its imports, its client
_PAUSE_S = 0.2  # measured: what a probe takes besides its schedule
_LOOKS, _THOROUGH_PROBES = 9, 4  # simulated: what a search takes


class CapacityObserver:
    """Is told how the search goes; override what is of interest. Called between probes, never during one."""

    def waiting(self, why: str) -> None:
        """The target takes a while to start; told again as it goes on."""

    def started(self, result: CapacityResult, experiment: "CapacityExperiment") -> None:
        """The first search is about to start."""

    def searching(self, block: int, contender: str, rate_rps: float | None) -> None:
        """A rate is about to be tried; None while the contender is started and warmed up."""

    def probe_done(self, block: int, contender: str, probe: Probe) -> None:
        """One rate was tried."""

    def search_done(self, search: CapacitySearch) -> None:
        """A contender's search in one block has come to its end."""

    def search_void(self, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        """A contender failed, so its search is repeated, unless it was dropped."""


class CapacityExperiment:
    """Searches the capacity of contenders on one workload.

    Args:
        configuration: What to send, to where, with whom, and how often. What it says of the closed model, of slices
            and of rates does not count; `duration` is that of a probe, `concurrency` the most requests in flight.
        slo: What a rate has to keep.
        spacing: Of the arrivals. Users who do not know of each other arrive as a Poisson process; evenly spaced
            arrivals never come in bursts, so their queue stays empty up to the edge, and the capacity is higher.
        observer: Is told of the progress.
        environments: As for `Experiment`.
        trial: Starts a contender; for tests.

    Attributes:
        id: Of the search.
        configuration: As given, with what it leaves open.
        plan: Who is measured, in which order, on which processors.
        probing: How a rate is tried.
        searches: What was found so far; the last one may have been interrupted.

    Raises:
        ConfigurationError: The configuration does not hold together.
        ClientUnavailableError: None of the contenders is installed.
    """

    def __init__(
        self,
        configuration: ExperimentConfiguration,
        slo: Slo,
        *,
        spacing: Spacing = "poisson",
        observer: CapacityObserver | None = None,
        environments: Environments | None = None,
        trial: Callable[[Arm, Plan, OpenTarget], Trial] = Trial,
    ) -> None:
        blocks = configuration.blocks or DEFAULT_BLOCKS
        self.configuration = configuration.model_copy(update={"blocks": blocks, "floor": False})
        self._experiment = Experiment(self.configuration, environments=environments)
        self.plan: Plan = self._experiment.plan
        self.probing = Probing.of(slo, spacing, configuration.duration)
        self.searches: list[CapacitySearch] = []
        self._observer = observer or CapacityObserver()
        self._trial = trial
        self._arms = self.plan.arms
        self._beginning = self._experiment.result()
        self._failures: dict[str, list[str]] = {}
        self._dropped: dict[str, str] = {}
        self._works: dict[str, list[TrialWork]] = {}
        self._unchecked: tuple[str, ...] = ()
        self._unproxied: tuple[str, ...] = ()
        self._pacing: tuple[PacingCheck, ...] = ()
        self._pacing_failure: str | None = None
        self._target: Target = self._beginning.target
        self._course = Course()
        self.id = str(uuid.uuid4())

    @property
    def estimated_s(self) -> float:
        """How long it takes, about."""
        warm_up_s = self.plan.warm_up.duration_s if self.plan.warm_up else 0.0
        probes_s = _LOOKS * (self.probing.look_s + _PAUSE_S) + _THOROUGH_PROBES * (self.probing.least_s + _PAUSE_S)
        search_s = _START_S + warm_up_s + probes_s
        return self.plan.blocks * len(self.plan.arms) * search_s

    def run(self) -> CapacityResult:
        """Search in every block.

        When interrupted, `result()` has what was found until then.

        Raises:
            TargetError: The bundled origin could not be started.
            KeyboardInterrupt: The user had enough.
        """
        with (
            self._course.under_way(lambda: any(search.complete for search in self.searches)),
            self.plan.open_target(self._observer.waiting) as target,
        ):
            self._target = target.description
            self.plan = self.plan.set_up(target)
            self._observer.started(self.result(), self)
            self._unchecked = unchecked_certificates(self.plan)
            self._unproxied = unused_proxies(self.plan)
            for block in range(self.plan.blocks):
                if block and self.plan.has_setup:  # anew for each block, since sessions end
                    self.plan = self.plan.set_up(target)
                for arm in self.plan.start_order(block):
                    self._search_until_done(arm, block, target)
            self._check_pacing()
        return self.result()

    def result(self) -> CapacityResult:
        """What the searches say so far."""
        slo, beginning = self.probing.slo, self._beginning
        measured = summarise_searches(
            [self._without_searches(arm) for arm in self._arms],
            self.searches,
            dropped=self._dropped,
            works=self._work(),
        )
        unavailable = [
            ContenderCapacity(
                contender=client.contender,
                library=client.library,
                version=client.version,
                mode=client.mode,
                status="unavailable",
                message=client.message,
            )
            for client in self._experiment.unavailable
        ]
        searched = {block for block in range(self.plan.blocks) if self._is_searched(block)}
        return CapacityResult(
            id=self.id,
            name=beginning.name,
            status=self._course.status,
            started_at=self._course.started_at,
            finished_at=self._course.finished_at,
            seed=self.plan.seed,
            slo=str(slo),
            objectives=tuple(
                ObjectiveRecord(statistic=one.statistic, limit=one.limit, inclusive=one.inclusive)
                for one in slo.objectives
            ),
            arrivals=self.probing.spacing,
            blocks=len(searched),
            planned_blocks=self.plan.blocks,
            configuration=beginning.configuration,
            environment=beginning.environment,
            target=self._target,
            workload=beginning.workload,
            pacing=self._pacing,
            certificates_unchecked=self._unchecked,
            proxy_unused=self._unproxied,
            validity=judge_capacity(
                measured,
                self.searches,
                self._pacing,
                blocks=len(searched),
                concurrency=self.plan.options.concurrency,
                shared_cpus=bool(set(self.plan.client_cpus) & set(self.plan.origin_cpus)),
                pacing_failure=self._pacing_failure,
            ),
            contenders=(*measured, *unavailable),
            searches=tuple(self.searches),
        )

    def _work(self) -> dict[str, Work]:
        """What each contender did over its searches; the null client never reaches the origin."""
        asked = {
            arm.name: self._works[arm.name]
            for arm in self._arms
            if arm.name in self._works and arm.contender.library != NULL_CLIENT
        }
        return works_of(
            asked,
            self._beginning.configuration,
            url=self._target.url,
            unchecked=self._unchecked,
            unproxied=self._unproxied,
        )

    def _is_searched(self, block: int) -> bool:
        """Whether every contender that is still there has finished its search in a block."""
        done = {search.contender for search in self.searches if search.block == block and search.complete}
        return bool(done) and all(arm.name in done for arm in self._arms if arm.name not in self._dropped)

    def _search_until_done(self, arm: Arm, block: int, target: OpenTarget) -> None:
        """Search; a search that fails is void and repeated, and who failed twice or for good is dropped."""
        while arm.name not in self._dropped:
            try:
                self._search(arm, block, target)
            except (WorkerError, ClientUnavailableError, ConfigurationError, NoAnswerError) as error:
                self._note_failure(arm, block, error)
            else:
                self._observer.search_done(self.searches[-1])
                return

    def _note_failure(self, arm: Arm, block: int, error: HTTPBenchmarkError) -> None:
        reasons = self._failures.setdefault(arm.name, [])
        reasons.append(str(error))
        dropped = not isinstance(error, WorkerError) or len(reasons) >= _FAILURES_UNTIL_DROPPED
        if dropped:
            self._dropped[arm.name] = reasons[-1]
        self._observer.search_void(block, arm.name, reasons[-1], dropped=dropped)

    def _search(self, arm: Arm, block: int, target: OpenTarget) -> None:
        self._observer.searching(block, arm.name, None)
        probes: list[Probe] = []
        with self._trial(arm, self.plan, target) as trial:
            trial.open()
            trial.opened()
            trial.warm_up()
            closed_rps = trial.warm_rate_rps or self.probing.lowest_rps
            search = Search(closed_rps, self.probing.lowest_rps, HIGHEST_RPS)
            with self._kept_when_interrupted(arm, block, trial, search, probes):
                while (tried := search.next_try()) is not None:
                    self._observer.searching(block, arm.name, tried.rate_rps)
                    probe = try_rate(trial, tried, plan=self.plan, probing=self.probing, block=block, before=probes)
                    probes.append(probe)
                    search.note(tried, passed=probe.passed)
                    self._observer.probe_done(block, arm.name, probe)
                    require_success(probes, trial.messages)
            self._keep(arm, block, trial, search, probes)

    @contextmanager
    def _kept_when_interrupted(
        self, arm: Arm, block: int, trial: Trial, search: Search, probes: list[Probe]
    ) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            if probes:
                self._keep(arm, block, trial, search, probes)
            raise

    def _keep(self, arm: Arm, block: int, trial: Trial, search: Search, probes: list[Probe]) -> None:
        self.searches.append(self._found(arm, block, trial, search, probes))
        self._works.setdefault(arm.name, []).append(trial.work)

    def _found(self, arm: Arm, block: int, trial: Trial, search: Search, probes: list[Probe]) -> CapacitySearch:
        bracket = search.bracket()
        failed = [probe for probe in probes if probe.rate_rps == bracket.failed_rps and not probe.passed]
        return CapacitySearch(
            block=block,
            contender=arm.name,
            closed_rps=trial.warm_rate_rps or 0.0,
            probes=tuple(probes),
            passed_rps=bracket.passed_rps,
            failed_rps=bracket.failed_rps,
            complete=search.next_try() is None,
            limited_by=limits(failed[-1], served_in_time=is_served_in_time(failed[-1], self.probing.slo))
            if failed
            else (),
            messages=trial.messages,
        )

    def _check_pacing(self) -> None:
        """Send the capacities' own rates with the client that answers by itself; the searches stand without it, too."""
        try:
            for check in self._pacing_checks():
                self._pacing = (*self._pacing, check)
        except HTTPBenchmarkError as error:
            self._pacing_failure = str(error)

    def _pacing_checks(self) -> Iterator[PacingCheck]:
        """One for each mode that was measured."""
        for mode in ("sync", "async"):
            arms = {arm.name for arm in self._arms if arm.contender.mode == mode}
            rates = [search.passed_rps for search in self.searches if search.contender in arms and search.passed_rps]
            if rates:
                yield pacing_of(self.plan, mode, Arrivals(max(rates), max(rates), _PACING_S))

    def _without_searches(self, arm: Arm) -> ContenderCapacity:
        return ContenderCapacity(
            contender=arm.name,
            library=arm.contender.library,
            version=arm.version,
            mode=arm.contender.mode or "sync",
            status="ok",
        )
