"""One workload at several concurrencies: how throughput and cost of each client change with them.

Each concurrency is an experiment of its own. Their blocks take turns in an order drawn anew each time, so that
whatever changes on the machine in the meantime changes all levels alike.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from http_benchmark.archive import StoredExperiment
from http_benchmark.benchmark import Experiment
from http_benchmark.course import Status
from http_benchmark.environments.making import Environments
from http_benchmark.errors import ConfigurationError, UnreadableError
from http_benchmark.interleaving import Interleaved, InterleavedObserver
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.filters import Filters
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingLevel, ScalingResult
from http_benchmark.models.tags import scaling_tag_among
from http_benchmark.stats.conclusion import conclude
from http_benchmark.stats.scaling import at_concurrencies, gravest, scaling_curves
from http_benchmark.storage import ResultStorage


class ScalingObserver(InterleavedObserver[int]):
    """Is told how the levels go, by their concurrency."""


class ScalingExperiment(Interleaved[int, ScalingResult]):
    """Compares contenders on one workload at several concurrencies.

    Args:
        configuration: What to run; its `concurrency` does not count.
        levels: The concurrencies.
        storage: Where each level's experiment is saved, tagged so that they can be found together.
        observer: Is told of the progress.
        environments: As for `Experiment`.

    Raises:
        ConfigurationError: The configuration does not hold together at one of the levels.
        ClientUnavailableError: None of the contenders is installed.
    """

    kind = "scaling"
    drawn = "levels"

    def __init__(
        self,
        configuration: ExperimentConfiguration,
        levels: Sequence[int],
        *,
        storage: ResultStorage | None = None,
        observer: InterleavedObserver[int] | None = None,
        environments: Environments | None = None,
    ) -> None:
        super().__init__(
            _configurations(configuration, sorted(levels)),
            seed=configuration.seed if configuration.seed is not None else secrets.randbits(32),
            storage=storage,
            observer=observer,
            environments=environments,
        )

    @property
    def levels(self) -> dict[int, Experiment]:
        """Concurrency → its experiment, ascending."""
        return self.experiments

    def result(self) -> ScalingResult:
        return _together(
            {concurrency: experiment.result() for concurrency, experiment in self.levels.items()},
            {concurrency: experiment.blocks for concurrency, experiment in self.levels.items()},
            id_=self.id,
            status=self.course.status,
            started_at=self.course.started_at,
            finished_at=self.course.finished_at,
        )

    @staticmethod
    def called(key: int) -> str:
        return _level_name(key)


def _configurations(
    configuration: ExperimentConfiguration, levels: Sequence[int]
) -> dict[int, ExperimentConfiguration]:
    """The configuration of each level, with the faults of all of them at once."""
    values = {name: getattr(configuration, name) for name in ExperimentConfiguration.model_fields}
    made: dict[int, ExperimentConfiguration] = {}
    faults: dict[str, None] = {}
    if configuration.rate:
        faults["several concurrencies are for the closed model, where they set the pace; leave out the rate"] = None
    for level in levels:
        try:
            made[level] = ExperimentConfiguration(**values | {"concurrency": level})
        except ConfigurationError as error:
            faults |= dict.fromkeys(error.faults)
    if faults:
        raise ConfigurationError(list(faults))
    return made


def _level_name(concurrency: int) -> str:
    return f"concurrency {concurrency}"


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
        name=first.name.removesuffix(f", {_level_name(concurrency)}"),
        status=status,
        started_at=started_at,
        finished_at=finished_at,
        seed=first.seed,
        configuration=first.configuration | {"concurrency": [*results]},
        environment=first.environment,
        target=first.target,
        validity=gravest({concurrency: result.validity for concurrency, result in results.items()}, at_concurrencies),
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
