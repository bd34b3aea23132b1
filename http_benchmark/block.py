"""One block: fresh processes for every contender, warmed up, then measured in rounds of short slices, one at a time."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from http_benchmark.errors import (
    ClientUnavailableError,
    ConfigurationError,
    HTTPBenchmarkError,
    NoAnswerError,
    WorkerError,
)
from http_benchmark.models.measurement import BlockRecord, SliceRecord
from http_benchmark.plan import Plan
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
    started_at = datetime.now(UTC)
    with ExitStack() as stack:
        trials: dict[str, Trial] = {}
        for arm in plan.start_order(number):
            with _blaming(arm.name):
                trials[arm.name] = stack.enter_context(Trial(arm, plan, target))
                trials[arm.name].open()
        for step in (Trial.opened, Trial.warm_up):
            for name, trial in trials.items():
                with _blaming(name):
                    step(trial)
        for round_number in range(_rounds(plan, list(trials.values()))):
            part, deck = plan.slice_of(number, round_number), plan.deck_of(number, round_number)
            for position, arm in enumerate(plan.round_order(number, round_number)):
                started_s = time.monotonic() - experiment_started_s
                with _blaming(arm.name):
                    record = trials[arm.name].measure(
                        part, round_number=round_number, position=position, started_s=started_s, deck=deck
                    )
                on_slice(arm.name, record)
        records = []
        for arm in plan.arms:
            with _blaming(arm.name):
                records.append(trials[arm.name].finish())
    return BlockRecord(number=number, started_at=started_at, finished_at=datetime.now(UTC), trials=tuple(records))


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
