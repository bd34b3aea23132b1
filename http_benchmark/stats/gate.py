"""Has the candidate become slower than the baseline? The rule of a gate, without the measuring.

Both are arms of one experiment. The rule is strict in two ways, so that it seldom cries wolf: the difference must be
beyond doubt (a one-sided bound at 99 %) and it must matter (the estimate lies beyond the margin). A failure counts only
when fresh blocks, with a seed of their own, repeat it. An improvement is judged by the same rule, mirrored.

An experiment is looked at twice at most; it goes on only for metrics that the first look cannot tell. How often the
rule errs with these looks stands in `tests/unit/test_error_rates.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import log1p

import numpy as np
from numpy.typing import NDArray

from http_benchmark.models.experiment import Metric
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.stats.intervals import hl_interval
from http_benchmark.stats.pairs import as_percent, block_values, log_ratios
from http_benchmark.stats.totals import over_blocks

MARGIN = 0.03
LOOKS = (20, 40)
"""After how many blocks an experiment is judged; the second look is for what the first cannot tell."""

FEWEST_BLOCKS = 7  # six have no bound at 99 %
ONE_SIDED_99 = 0.98
"""A one-sided bound at 99 % is a limit of the two-sided interval at 98 %."""


class Outcome(StrEnum):
    """What a gate says of one metric."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL_1 = "fail-1"
    """Worse in this experiment; to be confirmed by another one."""

    FAIL = "fail"
    IMPROVEMENT = "improvement"
    INCONCLUSIVE = "inconclusive"
    """Too much noise for so few blocks; measure more, up to 40."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one experiment says of one metric.

    Attributes:
        outcome: By the rule.
        blocks: From how many blocks.
        effect_percent: By how much the candidate costs more; None without any block.
        low_percent, high_percent: Its one-sided bounds at 99 %; None below seven blocks.
        half_width_percent: Of its 95 % interval, on the log scale as a percentage; None below six blocks.
        baseline, candidate: The figures of both over the blocks; None where they are not known.
    """

    outcome: Outcome
    blocks: int = 0
    effect_percent: float | None = None
    low_percent: float | None = None
    high_percent: float | None = None
    half_width_percent: float | None = None
    baseline: float | None = None
    candidate: float | None = None


def looks(first: int = LOOKS[0]) -> tuple[int, ...]:
    """After how many blocks to judge, when the first look comes after so many."""
    return (first, LOOKS[-1]) if first < LOOKS[-1] else (first,)


def judge_metrics(
    blocks: Sequence[BlockRecord],
    baseline: str,
    candidate: str,
    *,
    metrics: Iterable[Metric],
    margin: float = MARGIN,
) -> dict[Metric, Judgement]:
    """Judge an experiment on several metrics, each for itself."""
    found = {}
    for metric in metrics:
        values = block_values(blocks, metric)
        differences = log_ratios(values, baseline, candidate, metric=metric)
        judged = judgement(differences, margin) if differences.size else Judgement(Outcome.INCONCLUSIVE)
        before, after = (over_blocks(values, contender) for contender in (baseline, candidate))
        found[metric] = replace(
            judged, baseline=before.estimate if before else None, candidate=after.estimate if after else None
        )
    return found


def overall(outcomes: Iterable[Outcome]) -> Outcome:
    """What several metrics say together: the gravest; an improvement only where no metric is in doubt."""
    found = set(outcomes)
    by_gravity = (Outcome.FAIL, Outcome.FAIL_1, Outcome.INCONCLUSIVE, Outcome.IMPROVEMENT)
    return next((outcome for outcome in by_gravity if outcome in found), Outcome.PASS)


def judge_gate(differences: Sequence[float] | NDArray[np.float64], margin: float = MARGIN) -> Outcome:
    """The outcome alone of a `judgement`."""
    return judgement(differences, margin).outcome


def judgement(differences: Sequence[float] | NDArray[np.float64], margin: float = MARGIN) -> Judgement:
    """Judge one experiment of baseline and candidate on one metric.

    Cases, in this order:

    - the lower bound lies above 0 and the estimate above the margin: `FAIL_1`;
    - the upper bound lies below 0 and the estimate below the mirrored margin: `IMPROVEMENT`;
    - the 95 % interval is wider than ± the margin, or there is none: `INCONCLUSIVE`. Final at 40 blocks only;
      below that the caller may measure more;
    - else: `PASS`.

    Args:
        differences: ln(cost of the candidate ÷ cost of the baseline), one per block.
        margin: By how much the candidate may be worse, as a ratio minus 1.

    Raises:
        ValueError: There is no difference at all.
    """
    estimate, lower, upper = hl_interval(differences, ONE_SIDED_99)
    _, low, high = hl_interval(differences)
    half_width = None if low is None or high is None else (high - low) / 2
    return Judgement(
        outcome=_outcome(estimate, lower, upper, half_width, limit=log1p(margin)),
        blocks=len(differences),
        effect_percent=as_percent(estimate),
        low_percent=None if lower is None else as_percent(lower),
        high_percent=None if upper is None else as_percent(upper),
        half_width_percent=None if half_width is None else as_percent(half_width),
    )


def _outcome(
    estimate: float, lower: float | None, upper: float | None, half_width: float | None, *, limit: float
) -> Outcome:
    if lower is not None and lower > 0 and estimate > limit:
        return Outcome.FAIL_1
    if upper is not None and upper < 0 and estimate < -limit:
        return Outcome.IMPROVEMENT
    if lower is None or half_width is None or half_width > limit:
        return Outcome.INCONCLUSIVE
    return Outcome.PASS


def confirmed(first: Outcome, second: Outcome) -> Outcome:
    """What two experiments say together; the second one is needed only where the first one said `FAIL_1`.

    A failure that is not repeated was a false alarm (`PASS`), unless the second experiment was too noisy to tell.
    """
    if first is not Outcome.FAIL_1:
        return first
    if second is Outcome.FAIL_1:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if second is Outcome.INCONCLUSIVE else Outcome.PASS
