"""Experiments that are measured together: a block of each in turn, in an order that is drawn anew each time.

Whatever changes on the machine in the meantime changes all of them alike, so that they can be compared.
"""

import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, ClassVar

from http_benchmark.benchmark import Experiment, Observer
from http_benchmark.course import Course
from http_benchmark.environments.making import Environments
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.tags import together_tag
from http_benchmark.plan import Plan
from http_benchmark.storage import ResultStorage


class InterleavedObserver[Key]:
    """Is told how the experiments go; override what is of interest. Called between slices, never during one."""

    def waiting(self, why: str) -> None:
        """A target takes a while to start; told again as it goes on."""

    def preparing(self, whole: "Interleaved[Key, Any]") -> None:
        """The targets are about to be started, and the machine to be checked."""

    def started(self, whole: "Interleaved[Key, Any]") -> None:
        """The first block is about to start."""

    def block_started(self, key: Key, block: int) -> None:
        """A block of an experiment is about to start."""

    def block_done(self, key: Key, block: BlockRecord) -> None:
        """A block of an experiment was measured and saved."""

    def block_void(self, key: Key, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        """A contender failed, so the experiment's block is repeated, without the contender if it was dropped."""


@dataclass(frozen=True, slots=True)
class _OfOne[Key](Observer):
    """Passes on what one of the experiments tells."""

    key: Key
    observer: InterleavedObserver[Key]

    def waiting(self, why: str) -> None:
        self.observer.waiting(why)

    def block_done(self, block: BlockRecord) -> None:
        self.observer.block_done(self.key, block)

    def block_void(self, block: int, contender: str, reason: str, *, dropped: bool) -> None:
        self.observer.block_void(self.key, block, contender, reason, dropped=dropped)


class Interleaved[Key, Result](ABC):
    """Experiments whose blocks take turns.

    Attributes of the kinds of it:
        kind: Begins the tag by which the experiments are found together.
        drawn: Of which the order is drawn; part of what seeds it.

    Args:
        configurations: What tells an experiment apart → what to run.
        seed: Of the order, and of all of them.
        storage: Where each experiment is saved.
        observer: Is told of the progress.
        environments: As for `Experiment`.

    Attributes:
        id: Of the whole; its experiments have ids of their own.
        experiments: What tells an experiment apart → the experiment.
        seed: As given.
        course: When they were begun and ended, and how.

    Raises:
        ConfigurationError: A configuration does not hold together.
        ClientUnavailableError: None of the contenders is installed.
    """

    kind: ClassVar[str]
    drawn: ClassVar[str]

    def __init__(
        self,
        configurations: Mapping[Key, ExperimentConfiguration],
        *,
        seed: int,
        storage: ResultStorage | None,
        observer: InterleavedObserver[Key] | None,
        environments: Environments | None,
    ) -> None:
        environments = environments or Environments()
        self.id = str(uuid.uuid4())
        self.seed = seed
        self._observer = observer or InterleavedObserver[Key]()
        self.course = Course()
        self.experiments = {
            key: Experiment(
                self._one_of_them(key, configuration),
                storage=storage,
                observer=_OfOne(key, self._observer),
                environments=environments,
            )
            for key, configuration in configurations.items()
        }

    @property
    def plan(self) -> Plan:
        """The plan of the first experiment; the others differ in what tells them apart alone."""
        return next(iter(self.experiments.values())).plan

    @property
    def estimated_s(self) -> float:
        """How long all of them take if every slice lasts no longer than it has to."""
        return sum(experiment.plan.estimated_s for experiment in self.experiments.values())

    @property
    def planned_blocks(self) -> int:
        """How many blocks all of them have together, at most."""
        return sum(experiment.plan.blocks for experiment in self.experiments.values())

    def run(self) -> Result:
        """Measure all of them, a block of each in turn.

        When interrupted, or when a fault ends it, the finished blocks are saved before the exception goes on;
        `result()` then has what they say.

        Raises:
            TargetError: A target could not be started.
            KeyboardInterrupt: The user had enough.
        """
        experiments = self.experiments.values()
        with self.course.under_way(lambda: any(experiment.blocks for experiment in experiments)), ExitStack() as stack:
            self._observer.preparing(self)
            for experiment in experiments:
                stack.enter_context(experiment.opened())
            self._observer.started(self)
            self._run_blocks()
        return self.result()

    @abstractmethod
    def result(self) -> Result:
        """What the finished blocks say."""

    def _run_blocks(self) -> None:
        block = 0
        while any(experiment.unfinished for experiment in self.experiments.values()):
            for key in self._order(block):
                experiment = self.experiments[key]
                while experiment.unfinished and len(experiment.blocks) <= block:
                    self._observer.block_started(key, block)
                    experiment.run_block()
            block += 1

    def _order(self, block: int) -> list[Key]:
        """In which order a block measures them."""
        keys = list(self.experiments)
        random.Random(f"{self.seed}/{self.drawn}/{block}").shuffle(keys)
        return keys

    def _one_of_them(self, key: Key, configuration: ExperimentConfiguration) -> ExperimentConfiguration:
        """The same configuration with the common seed, and a tag and a name of its own."""
        own: dict[str, Any] = {"seed": self.seed, "tag": (*configuration.tag, together_tag(self.kind, self.id))}
        if configuration.name:
            own["name"] = f"{configuration.name}, {self.called(key)}"
        return configuration.model_copy(update=own)  # such a tag is the program's to give

    @staticmethod
    def called(key: Key) -> str:
        """What one of them is called behind the name of the whole."""
        return str(key)
