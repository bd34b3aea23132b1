"""Has the candidate become slower than the baseline? The rule of a gate, without the measuring.

Both are arms of one experiment. The rule is strict in two ways, so that it seldom cries wolf: the difference must be
beyond doubt (a one-sided bound at 99 %) and it must matter (the estimate lies beyond the margin). A failure counts only
when fresh blocks, with a seed of their own, repeat it. An improvement is judged by the same rule, mirrored.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import log1p

import numpy as np
from numpy.typing import NDArray

from http_benchmark.stats.intervals import hl_interval

MARGIN = 0.03
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


def judge_gate(differences: Sequence[float] | NDArray[np.float64], margin: float = MARGIN) -> Outcome:
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
    limit = log1p(margin)
    if lower is not None and lower > 0 and estimate > limit:
        return Outcome.FAIL_1
    if upper is not None and upper < 0 and estimate < -limit:
        return Outcome.IMPROVEMENT
    if lower is None or low is None or high is None or (high - low) / 2 > limit:
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
