"""One workload at several concurrencies: how throughput and cost of each client change with them.

Each concurrency is an experiment of its own. Their blocks take turns in an order drawn anew each time, so that
whatever changes on the machine in the meantime changes all levels alike.
"""

import random
import secrets
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from http_benchmark.benchmark import Experiment, Observer
from http_benchmark.course import Course
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingLevel, ScalingResult
from http_benchmark.plan import Plan
from http_benchmark.stats.scaling import gravest, scaling_curves
from http_benchmark.storage import ResultStorage


class ScalingObserver:
    """Is told how the levels go; override what is of interest. Called between slices, never during one."""

    def preparing(self, scaling: "ScalingExperiment") -> None:
        """The targets are about to be started, and the machine to be checked."""

    def started(self, scaling: "ScalingExperiment") -> None:
        """The first block is about to start."""

    def block_started(self, concurrency: int, block: int) -> None:
        """A block of a level is about to start."""

    def block_done(self, concurrency: int, block: BlockRecord) -> None:
        """A block of a level was measured and saved."""

    def block_void(self, concurrency: int, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        """A contender failed, so the level's block is repeated, without the contender if it was dropped."""


@dataclass(frozen=True, slots=True)
class _OfLevel(Observer):
    """Passes on what the experiment of a level tells."""

    concurrency: int
    observer: ScalingObserver

    def block_done(self, block: BlockRecord) -> None:
        self.observer.block_done(self.concurrency, block)

    def block_void(self, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        self.observer.block_void(self.concurrency, block, contender, reason, dropped=dropped)


class ScalingExperiment:
    """Compares contenders on one workload at several concurrencies.

    Args:
        configuration: What to run; its `concurrency` does not count.
        levels: The concurrencies.
        storage: Where each level's experiment is saved, tagged so that they can be found together.
        observer: Is told of the progress.
        environments: As for `Experiment`.

    Attributes:
        id: Of the whole; its levels have ids of their own.
        levels: Concurrency → its experiment, ascending.

    Raises:
        ConfigurationError: The configuration does not hold together at one of the levels.
        ClientUnavailableError: None of the contenders is installed.
    """

    def __init__(
        self,
        configuration: ExperimentConfiguration,
        levels: Sequence[int],
        *,
        storage: ResultStorage | None = None,
        observer: ScalingObserver | None = None,
        environments: Environments | None = None,
    ) -> None:
        environments = environments or Environments()
        self.id = str(uuid.uuid4())
        self._observer = observer or ScalingObserver()
        self._seed = configuration.seed if configuration.seed is not None else secrets.randbits(32)
        self.levels = {
            concurrency: Experiment(
                own, storage=storage, observer=_OfLevel(concurrency, self._observer), environments=environments
            )
            for concurrency, own in self._configurations(configuration, sorted(levels)).items()
        }
        self._course = Course()

    @property
    def plan(self) -> Plan:
        """The plan of the first level; the others differ in the concurrency alone."""
        return next(iter(self.levels.values())).plan

    @property
    def estimated_s(self) -> float:
        """How long all levels take if every slice lasts no longer than it has to."""
        return sum(experiment.plan.estimated_s for experiment in self.levels.values())

    @property
    def planned_blocks(self) -> int:
        """How many blocks all levels have together, at most."""
        return sum(experiment.plan.blocks for experiment in self.levels.values())

    def run(self) -> ScalingResult:
        """Measure all levels, a block of each in turn.

        When interrupted, or when a fault ends it, the finished blocks are saved before the exception goes on;
        `result()` then has what they say.

        Raises:
            TargetError: The bundled origin could not be started.
            KeyboardInterrupt: The user had enough.
        """
        with self._course.under_way(lambda: any(level.blocks for level in self.levels.values())), ExitStack() as stack:
            self._observer.preparing(self)
            for experiment in self.levels.values():
                stack.enter_context(experiment.opened())
            self._observer.started(self)
            self._run_blocks()
        return self.result()

    def result(self) -> ScalingResult:
        """What the finished blocks say."""
        results = {concurrency: experiment.result() for concurrency, experiment in self.levels.items()}
        first = next(iter(results.values()))
        return ScalingResult(
            id=self.id,
            name=first.name,
            status=self._course.status,
            started_at=self._course.started_at,
            finished_at=self._course.finished_at,
            seed=self._seed,
            configuration=first.configuration | {"concurrency": list(self.levels)},
            environment=first.environment,
            target=first.target,
            validity=gravest({concurrency: result.validity for concurrency, result in results.items()}),
            levels=tuple(
                ScalingLevel(
                    concurrency=concurrency,
                    experiment_id=result.id,
                    status=result.status,
                    blocks=result.blocks,
                    validity=result.validity,
                )
                for concurrency, result in results.items()
            ),
            contenders=scaling_curves(
                results, {concurrency: experiment.blocks for concurrency, experiment in self.levels.items()}
            ),
        )

    def _run_blocks(self) -> None:
        block = 0
        while any(experiment.unfinished for experiment in self.levels.values()):
            for concurrency in self._order(block):
                experiment = self.levels[concurrency]
                while experiment.unfinished and len(experiment.blocks) <= block:
                    self._observer.block_started(concurrency, block)
                    experiment.run_block()
            block += 1

    def _order(self, block: int) -> list[int]:
        """In which order a block measures the levels."""
        levels = list(self.levels)
        random.Random(f"{self._seed}/levels/{block}").shuffle(levels)
        return levels

    def _configurations(
        self, configuration: ExperimentConfiguration, levels: Sequence[int]
    ) -> dict[int, ExperimentConfiguration]:
        """The configuration of each level, with the faults of all of them at once."""
        values = {name: getattr(configuration, name) for name in ExperimentConfiguration.model_fields}
        tag = (*configuration.tag, f"scaling-{self.id[:8]}")
        made: dict[int, ExperimentConfiguration] = {}
        faults: dict[str, None] = {}
        if configuration.rate:
            faults["several concurrencies are for the closed model, where they set the pace; leave out the rate"] = None
        for level in levels:
            own = {"concurrency": level, "seed": self._seed, "tag": tag}
            if configuration.name:
                own["name"] = f"{configuration.name}, concurrency {level}"
            try:
                made[level] = ExperimentConfiguration(**values | own)
            except ConfigurationError as error:
                faults |= dict.fromkeys(error.faults)
        if faults:
            raise ConfigurationError(list(faults))
        return made
