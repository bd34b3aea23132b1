"""One workload at several concurrencies: how throughput and cost of each client change with them.

Each concurrency is an experiment of its own. Their blocks take turns in an order drawn anew each time, so that
whatever changes on the machine in the meantime changes all levels alike.
"""

import random
import secrets
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from http_benchmark.archive import StoredExperiment
from http_benchmark.benchmark import Experiment, Observer
from http_benchmark.course import Course, Status
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError, UnreadableError
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.filters import Filters
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingLevel, ScalingResult
from http_benchmark.models.tags import scaling_tag, scaling_tag_among
from http_benchmark.plan import Plan
from http_benchmark.stats.conclusion import conclude
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
        blocks = {concurrency: experiment.blocks for concurrency, experiment in self.levels.items()}
        return _together(
            results,
            blocks,
            id_=self.id,
            status=self._course.status,
            started_at=self._course.started_at,
            finished_at=self._course.finished_at,
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
        tag = (*configuration.tag, scaling_tag(self.id))
        made: dict[int, ExperimentConfiguration] = {}
        faults: dict[str, None] = {}
        if configuration.rate:
            faults["several concurrencies are for the closed model, where they set the pace; leave out the rate"] = None
        for level in levels:
            own: dict[str, Any] = {"concurrency": level, "seed": self._seed}
            if configuration.name:
                own["name"] = _level_name(configuration.name, level)
            try:
                given = ExperimentConfiguration(**values | own)
            except ConfigurationError as error:
                faults |= dict.fromkeys(error.faults)
            else:
                made[level] = given.model_copy(update={"tag": tag})  # nobody else may give it
        if faults:
            raise ConfigurationError(list(faults))
        return made


def _level_name(name: str, concurrency: int) -> str:
    return f"{name}, concurrency {concurrency}"


def stored_scaling(storage: ResultStorage, experiment: ExperimentResult) -> ScalingResult | None:
    """What a stored experiment says together with those that were measured with it at other concurrencies.

    Args:
        storage: Where all of them are; by their tag they are found.
        experiment: One of them.

    Returns:
        None where it is alone, or one of them is damaged. Of the whole's ID there are the characters of the tag.
    """
    tag = scaling_tag_among(storage.get_tags(experiment.id))
    if tag is None:
        return None
    tagged = [summary.id for summary in storage.list_experiments(filters=Filters(tag=(tag,)))]
    try:
        found = {one.experiment.configuration["concurrency"]: one for one in storage.read_experiments(tagged)}
    except UnreadableError:
        return None
    if len(found) < 2:
        return None
    blocks = {concurrency: found[concurrency].blocks for concurrency in sorted(found)}
    results = {concurrency: _concluded(found[concurrency]) for concurrency in blocks}
    ends = [result.finished_at for result in results.values() if result.finished_at]
    return _together(
        results,
        blocks,
        id_=tag.partition("-")[2],
        status=next((result.status for result in results.values() if result.status != "finished"), "finished"),
        started_at=min(result.started_at for result in results.values()),
        finished_at=max(ends) if len(ends) == len(results) else None,
    )


def _concluded(stored: StoredExperiment) -> ExperimentResult:
    """With what its blocks say, where it runs or was killed."""
    experiment = stored.experiment
    return conclude(experiment, stored.blocks) if experiment.status == "running" else experiment


def _together(
    results: Mapping[int, ExperimentResult],
    blocks: Mapping[int, Sequence[BlockRecord]],
    *,
    id_: str,
    status: Status,
    started_at: datetime,
    finished_at: datetime | None,
) -> ScalingResult:
    """The levels as one answer, both by concurrency, ascending."""
    concurrency, first = next(iter(results.items()))
    return ScalingResult(
        id=id_,
        name=first.name.removesuffix(_level_name("", concurrency)),
        status=status,
        started_at=started_at,
        finished_at=finished_at,
        seed=first.seed,
        configuration=first.configuration | {"concurrency": [*results]},
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
        contenders=scaling_curves(results, blocks),
    )
