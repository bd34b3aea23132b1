"""One block: fresh processes for every contender, warmed up, then measured in rounds of short slices, one at a time.

With very many connections the contenders are not there together: then each is started, warmed up and measured before
the next one.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from http_benchmark.errors import (
    ClientUnavailableError,
    ConfigurationError,
    HTTPBenchmarkError,
    NoAnswerError,
    WorkerError,
)
from http_benchmark.models.measurement import BlockRecord, SliceRecord, TrialRecord
from http_benchmark.plan import Arm, Plan
from http_benchmark.slicing import SLOW_ROUNDS, SLOW_SLICE_S
from http_benchmark.targets import OpenTarget
from http_benchmark.trial import Trial

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


def run_block(
    plan: Plan, number: int, *, target: OpenTarget, experiment_started_s: float, on_slice: OnSlice
) -> BlockRecord:
    """Measure every contender of the plan.

    Args:
        plan: What to do.
        number: Of the block, from 0.
        target: What to aim at.
        experiment_started_s: `time.monotonic()` when the experiment started.
        on_slice: Told of each slice as it ends.

    Raises:
        TrialFailedError: A contender crashed, hung or could not be set up.
    """
    started_at, started_s = datetime.now(UTC), time.monotonic()
    block = _Block(plan, number, target, experiment_started_s, on_slice)
    trials: dict[str, TrialRecord] = {}
    for group in plan.groups(number):
        trials |= block.measure(group, position=len(trials))
    return BlockRecord(
        number=number,
        started_at=started_at,
        finished_at=started_at + timedelta(seconds=time.monotonic() - started_s),  # the clock may have been set
        trials=tuple(trials[arm.name] for arm in plan.arms),
    )


@dataclass(frozen=True, slots=True)
class _Block:
    """What all groups of a block share; attributes as the arguments of `run_block`."""

    plan: Plan
    number: int
    target: OpenTarget
    experiment_started_s: float
    on_slice: OnSlice

    def measure(self, group: Sequence[Arm], *, position: int) -> dict[str, TrialRecord]:
        """Measure contenders that are there together: all are warmed up, then take turns in slices.

        Args:
            group: The contenders, in the order in which they start.
            position: Of the group's first contender in the block's rounds.
        """
        with ExitStack() as stack:
            trials: dict[str, Trial] = {}
            for arm in group:
                with _blaming(arm.name):
                    trials[arm.name] = stack.enter_context(Trial(arm, self.plan, self.target))
                    trials[arm.name].open()
            for step in (Trial.opened, Trial.warm_up):
                for name, trial in trials.items():
                    with _blaming(name):
                        step(trial)
            for round_number in range(_rounds(self.plan, list(trials.values()))):
                self._run_round(round_number, trials, position)
            return {name: self._finished(name, trials[name]) for name in trials}

    def _run_round(self, round_number: int, trials: Mapping[str, Trial], position: int) -> None:
        part, deck = self.plan.slice_of(self.number, round_number), self.plan.deck_of(self.number, round_number)
        order = [arm.name for arm in self.plan.round_order(self.number, round_number) if arm.name in trials]
        for place, name in enumerate(order, position):
            started_s = time.monotonic() - self.experiment_started_s
            with _blaming(name):
                record = trials[name].measure(
                    part, round_number=round_number, position=place, started_s=started_s, deck=deck
                )
            self.on_slice(name, record)

    @staticmethod
    def _finished(name: str, trial: Trial) -> TrialRecord:
        with _blaming(name):
            return trial.finish()


def _rounds(plan: Plan, trials: Sequence[Trial]) -> int:
    """The plan's rounds, or fewer where a slice lasts long."""
    if plan.adaptive_rounds and any(trial.expected_s(plan.slices[0]) > SLOW_SLICE_S for trial in trials):
        return SLOW_ROUNDS
    return len(plan.slices)


@contextmanager
def _blaming(contender: str) -> Iterator[None]:
    """Name the contender in what fails inside; a server that fails is nobody's fault."""
    try:
        yield
    except (WorkerError, ClientUnavailableError, ConfigurationError, NoAnswerError) as error:
        raise TrialFailedError(contender, error) from error
