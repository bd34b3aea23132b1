"""Run experiments: `Experiment` compares many contenders, `BenchmarkRunner` measures one client once.

Here the plan is carried out block by block, each saved as it ends. How a block is measured is in `block`, what the
figures mean in `stats`, where they are kept in `storage`.
"""

import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from http_benchmark.arms import find_arms, without_trials
from http_benchmark.block import TrialFailedError, run_block
from http_benchmark.checks import check_pacing, probe_floor
from http_benchmark.command_line import command_of
from http_benchmark.comparison import compare
from http_benchmark.course import Course
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ClientUnavailableError, ConfigurationError, WorkerError
from http_benchmark.footprint import fitted
from http_benchmark.models.benchmark_configuration import BenchmarkConfiguration
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.experiment import ExperimentResult, FloorProbe, PacingCheck
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import BlockRecord, SliceRecord
from http_benchmark.models.provenance import Provenance
from http_benchmark.plan import Plan
from http_benchmark.planning import configured_workload, make_plan
from http_benchmark.provenance import provenance
from http_benchmark.restoring import files_of
from http_benchmark.resuming import Interrupted, dropped_before, other_circumstances, require_resumable
from http_benchmark.screening import unchecked_certificates, unused_proxies
from http_benchmark.single import as_experiment, benchmark_result
from http_benchmark.stats.conclusion import conclude
from http_benchmark.stats.sequential import enough_blocks, looks
from http_benchmark.stats.work import works
from http_benchmark.storage import ResultStorage
from http_benchmark.targets import OpenTarget
from http_benchmark.utils import host
from http_benchmark.utils.allowance import allowance
from http_benchmark.utils.sessions import new_session
from http_benchmark.utils.vault import resolve, warn_of_plain
from http_benchmark.workloads.mixing import describe

__all__ = ["BenchmarkConfiguration", "BenchmarkRunner", "Experiment", "ExperimentConfiguration", "Observer"]

_FAILURES_UNTIL_DROPPED = 2  # one may be bad luck; the method: a client that fails in two blocks is dropped


class Observer:
    """Is told how an experiment goes; override what is of interest. Called between slices, never during one."""

    def waiting(self, why: str) -> None:
        """The target takes a while to start; told again as it goes on."""

    def preparing(self, plan: Plan) -> None:
        """The target is there; machine and origin are about to be checked."""

    def started(self, result: ExperimentResult, plan: Plan) -> None:
        """The first block is about to start."""

    def slice_done(self, block: int, contender: str, record: SliceRecord) -> None:
        """One slice was measured."""

    def block_done(self, block: BlockRecord) -> None:
        """One block was measured and saved."""

    def block_void(self, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        """A contender failed, so the block is repeated, without the contender if it was dropped."""


class Experiment:
    """Compares contenders on one workload.

    Args:
        configuration: What to run.
        storage: Where to save it, each block as it ends; None to keep it in memory only.
        observer: Is told of the progress.
        environments: Makes what versions and source trees among the contenders take.
        body: Bytes to upload instead of what the configuration names.
        interrupted: An experiment of this configuration that is to go on where it ended.
        reproduces: ID of the experiment that this one measures again.
        identifier: The ID that it gets; None for a new random one.

    Attributes:
        id: Of the experiment, also its key in the storage.
        plan: What will happen.
        unavailable: Contenders that cannot be measured here, with how to get them.
        blocks: The finished blocks.

    Raises:
        ConfigurationError: The configuration does not hold together, the system does not offer what it takes, or a
            version or source tree cannot be had, or a secret is not where the configuration says.
        ClientUnavailableError: None of the contenders is installed.
    """

    def __init__(
        self,
        configuration: ExperimentConfiguration,
        *,
        storage: ResultStorage | None = None,
        observer: Observer | None = None,
        environments: Environments | None = None,
        body: bytes | None = None,
        interrupted: Interrupted | None = None,
        reproduces: str | None = None,
        identifier: str | None = None,
    ) -> None:
        self.id = identifier or str(uuid.uuid4())
        self.configuration = configuration
        self.blocks: list[BlockRecord] = []
        self._storage = storage
        self._observer = observer or Observer()
        workload = configured_workload(configuration)
        has_events = configuration.events or (workload is not None and workload.has_events)
        arms, self.unavailable = find_arms(configuration, environments or Environments(), events=has_events)
        if not arms:
            messages = dict.fromkeys(
                client.message or "" for client in self.unavailable
            )  # one for all modes of a client
            raise ClientUnavailableError("; ".join(messages) or "no client is installed; pip install http-benchmark")
        seed = configuration.seed if configuration.seed is not None else secrets.randbits(32)
        found = resolve(configuration.references)
        warn_of_plain(configuration.secrets)
        plan = make_plan(configuration, arms, seed=seed, body=body, workload=workload, secrets=found)
        self.plan = fitted(plan, allowance())
        self._all_arms = self.plan.arms
        self._failures: dict[str, list[str]] = {}
        self._dropped: dict[str, str] = {}
        self._course = Course()
        self._target = self.plan.unopened_target
        self._open_target: OpenTarget | None = None
        self._started_s = 0.0  # of the monotonic clock; of earlier sessions, too
        self._pacing: tuple[PacingCheck, ...] = ()
        self._floor: tuple[FloorProbe, ...] = ()
        self._unchecked: tuple[str, ...] = ()
        self._unproxied: tuple[str, ...] = ()
        self._provenance: Provenance | None = None
        self._reproduces = reproduces
        self._interrupted = interrupted
        if interrupted:
            self._take_up(interrupted)
        self._environment = host.describe(
            client_cpus=self.plan.client_cpus,
            origin_cpus=self.plan.origin_cpus,
            libraries={arm.contender.subject: arm.version for arm in arms},
            sources={arm.contender.subject: arm.environment.source for arm in arms if arm.environment},
        )

    def run(self) -> ExperimentResult:
        """Carry out the plan.

        When interrupted, or when a fault ends it, the finished blocks are saved before the exception goes on;
        `result()` then has what they say.

        Raises:
            TargetError: The bundled origin could not be started.
            KeyboardInterrupt: The user had enough.
        """
        with self.opened():
            while self.unfinished:
                self.run_block()
        return self.result()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Open the target and check machine and origin; inside, `run_block` measures while there is something left.

        Raises:
            TargetError: The bundled origin could not be started.
        """
        stored = False
        since = self._interrupted.stored.started_at if self._interrupted else None
        try:
            with self._course.under_way(lambda: bool(self.blocks), since=since):
                self._started_s = time.monotonic() - self._earlier_s(since)
                with self.plan.open_target(self._observer.waiting) as target:
                    self._prepare(target)
                    beginning = self._begin()
                    stored = self._storage is not None
                    self._observer.started(beginning, self.plan)
                    self._open_target = target
                    yield
        except KeyboardInterrupt:  # is the only one, and may have come while a block was saved
            if self._storage and stored:
                for block in self.blocks[self._storage.count_blocks(self.id) :]:
                    self._storage.save_block(self.id, block)
            raise
        finally:
            self._open_target = None
            self._end_session()
            if self._storage and stored:
                self._storage.finish_experiment(self.result())

    def _earlier_s(self, since: datetime | None) -> float:
        """How long ago it began; at least as long as its blocks took, though the clock was set back meanwhile."""
        if since is None:
            return 0.0
        slices = (one for block in self.blocks for trial in block.trials for one in trial.slices)
        measured_s = max((one.started_s + one.duration_s for one in slices), default=0.0)
        return max(measured_s, (datetime.now(UTC) - since).total_seconds())

    def _prepare(self, target: OpenTarget) -> None:
        """Find out what has to be known before the first block."""
        self._target = target.description
        self.plan = self.plan.set_up(target)
        self._observer.preparing(self.plan)
        self._pacing = check_pacing(self.plan)
        self._floor = probe_floor(self.plan, target)
        self._unchecked = unchecked_certificates(self.plan)
        self._unproxied = unused_proxies(self.plan)

    def _take_up(self, interrupted: Interrupted) -> None:
        """Go on where an experiment ended, with the contenders that were left.

        Raises:
            ConfigurationError: It cannot be resumed.
        """
        stored = interrupted.stored
        require_resumable(stored, force=interrupted.force)
        self.id, self.blocks = stored.id, [*interrupted.blocks]
        self._dropped = dropped_before(stored, self.blocks, [arm.name for arm in self._all_arms])
        for name in self._dropped:
            self.plan = self.plan.without(name)

    def _begin(self) -> ExperimentResult:
        """Note where the result comes from, and store that the first block is about to start.

        Raises:
            ConfigurationError: It is an interrupted experiment, and what matters is not as it was.
        """
        before = self._interrupted.stored.provenance if self._interrupted else None
        session = new_session(len(self.blocks))
        self._provenance = provenance(
            replace(self.plan, arms=self._all_arms),
            command=command_of(
                self.configuration, contenders=[arm.asked_for for arm in self._all_arms], seed=self.plan.seed
            ),
            files=files_of(self.configuration),
            sessions=(*(before.sessions if before else ()), session),
            reproduces=before.reproduces if before else self._reproduces,
        )
        if self._interrupted:
            self._accept(self._interrupted)
        beginning = self.result()
        if self._storage:
            (self._storage.resume_experiment if self._interrupted else self._storage.start_experiment)(beginning)
        return beginning

    def _accept(self, interrupted: Interrupted) -> None:
        """Refuse to go on under other circumstances, or note that it was forced."""
        found = tuple(other_circumstances(interrupted.stored, self.result()))
        if found and not interrupted.force:
            raise ConfigurationError(
                [*found, "so blocks would not be comparable: measure it anew, or force it (--force)"]
            )
        self._change_session(forced=found)

    def _end_session(self) -> None:
        if self._provenance:
            self._change_session(finished_at=self._course.finished_at)

    def _change_session(self, **changes: Any) -> None:
        assert self._provenance is not None, "it was begun"
        *others, session = self._provenance.sessions
        sessions = (*others, session.model_copy(update=changes))
        self._provenance = self._provenance.model_copy(update={"sessions": sessions})

    @property
    def unfinished(self) -> bool:
        """Whether another block is to be measured."""
        return bool(self.plan.arms) and len(self.blocks) < self.plan.blocks and not self._precise_enough

    def run_block(self) -> None:
        """Measure and save the next block; a block in which a contender fails is void, and leaves `unfinished` be.

        Raises:
            RuntimeError: The experiment is not `opened`.
            TargetError: The server ended by itself; such a block is not kept.
        """
        if self._open_target is None:
            raise RuntimeError("run_block is called inside opened(), which starts what it measures against")
        number = len(self.blocks)
        if number and self.plan.has_setup:  # anew for each block, since sessions end
            self.plan = self.plan.set_up(self._open_target)
        try:
            record = run_block(
                self.plan,
                number,
                target=self._open_target,
                experiment_started_s=self._started_s,
                on_slice=partial(self._observer.slice_done, number),
            )
        except TrialFailedError as failure:
            self._note_failure(number, failure)
            return
        self._open_target.require_running()
        self.blocks.append(record)
        if self._storage:
            self._storage.save_block(self.id, record)
        self._observer.block_done(record)

    def end_here(self) -> None:
        """Measure no more blocks; those that there are become all that were planned."""
        self.plan = replace(self.plan, blocks=len(self.blocks))

    compare = staticmethod(compare)

    def result(self) -> ExperimentResult:
        """What the finished blocks say."""
        failed = [
            without_trials(arm, "failed", self._dropped[arm.name])
            for arm in self._all_arms
            if arm.name in self._dropped
        ]
        unmeasured = ExperimentResult(
            id=self.id,
            name=self.configuration.name or ", ".join(arm.name for arm in self._all_arms),
            status=self._course.status,
            started_at=self._course.started_at,
            finished_at=self._course.finished_at,
            seed=self.plan.seed,
            blocks=0,
            planned_blocks=self.plan.blocks,
            primary_metric=self.plan.primary_metric,
            configuration=self.configuration.to_dict() | {"contenders": [arm.asked_for for arm in self._all_arms]},
            environment=self._environment.to_dict(),
            provenance=self._provenance,
            imported=self._interrupted is not None and self._interrupted.stored.imported,
            target=self._target,
            load_model="open" if self.plan.arrivals else "closed",
            turns=self.plan.turns,
            workload=describe(self.plan.workload) if self.plan.workload else None,
            pacing=self._pacing,
            floor=self._floor,
            certificates_unchecked=self._unchecked,
            proxy_unused=self._unproxied,
            clients=(*failed, *self.unavailable),
        )
        return conclude(unmeasured, self.blocks, dropped=self._dropped)

    @property
    def _precise_enough(self) -> bool:
        """At one of the looks: whether the intervals are as narrow as was asked for."""
        target, plan = self.plan.until_percent, self.plan
        if target is None or len(self.blocks) not in looks(plan.blocks):
            return False
        done = works(
            self.blocks,
            self.configuration.to_dict(),
            url=self._target.url,
            unchecked=self._unchecked,
            unproxied=self._unproxied,
        )
        return enough_blocks(self.blocks, target, plan.primary_metric, works=done, dropped=self._dropped)

    def _note_failure(self, block: int, failure: TrialFailedError) -> None:
        """The block is void for all; who failed twice, or for a lasting reason, is dropped."""
        reasons = self._failures.setdefault(failure.contender, [])
        reasons.append(str(failure.reason))
        lasting = not isinstance(failure.reason, WorkerError)
        dropped = lasting or len(reasons) >= _FAILURES_UNTIL_DROPPED
        if dropped:
            self._dropped[failure.contender] = reasons[-1]
            self.plan = self.plan.without(failure.contender)
        self._observer.block_void(block, failure.contender, reasons[-1], dropped=dropped)


class BenchmarkRunner:
    """Measures one client once, in a worker process.

    Args:
        config: What to run. `total_requests` wins over `duration_seconds`. There is no warm-up, and nothing else is
            sent, so the number is exact at the server.
    """

    def __init__(self, config: BenchmarkConfiguration) -> None:
        self.config = config

    def run(self) -> BenchmarkResult:
        """Measure.

        Raises:
            ConfigurationError: The configuration does not hold together.
            ClientUnavailableError: The client is not installed.
            WorkerError: The client's process crashed or hung.
        """
        config = self.config.checked()
        experiment = Experiment(as_experiment(config), body=config.body if isinstance(config.body, bytes) else None)
        result = experiment.run()
        if not experiment.blocks:
            raise WorkerError("; ".join(client.message or client.contender for client in result.clients))
        return benchmark_result(config, result, experiment.blocks[0].trials[0])
