"""Estimates with intervals from one figure per block: Hodges–Lehmann and the exact signed-rank law.

The interval and the test belong together: an interval contains 0 when the two-sided test at the same level does not
reject. Source of both: Hollander, Wolfe, Chicken, *Nonparametric Statistical Methods*, 3rd ed., sections 3.1–3.3.
How blocks become such figures is told in `pairs`.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate
from math import comb, exp, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from http_benchmark.models.experiment import Estimate

MIN_BLOCKS_95 = 6  # 2 / 2**5 > 5 %: with five blocks no 95 % rank interval exists
_ROUNDING = 1e-9  # equal blocks: their mean differs from their median by rounding only

type Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate and its limits; the limits are None where there are too few blocks for them."""

    estimate: float
    low: float | None
    high: float | None


def walsh_averages(differences: Sequence[float] | Floats) -> Floats:
    """All (d_i + d_j) / 2 with i ≤ j, ascending; shape (n(n+1)/2,)."""
    d = np.asarray(differences, dtype=np.float64)
    first, second = np.triu_indices(d.size)
    # Halved before they are added, so that huge figures do not overflow.
    return np.sort(d[first] / 2 + d[second] / 2)


def hodges_lehmann(differences: Sequence[float] | Floats) -> float:
    """The median of the Walsh averages: where the differences are centred, if their noise is symmetric.

    Raises:
        ValueError: There is no difference at all.
    """
    return float(np.median(_walsh(differences)))


def signed_rank_counts(n: int) -> tuple[int, ...]:
    """How many of the 2ⁿ assignments of signs give the sum W⁺ = 0, 1, … n(n+1)/2 of positive ranks; exact integers."""
    return _counts_of_sums(tuple(range(1, n + 1)))


@cache
def interval_rank(n: int, confidence: float = 0.95) -> int:
    """The k for which the k-th smallest and the k-th largest Walsh average are the limits of the interval.

    It is the largest k with P(W⁺ ≤ k − 1) ≤ (1 − confidence) / 2, or 0 where n is too small for any interval. A
    one-sided bound at 99 % is the limit of the two-sided interval at 98 %.
    """
    limit = (1 - confidence) / 2 * (1 << n)
    return sum(count <= limit for count in accumulate(signed_rank_counts(n)))


def hl_interval(differences: Sequence[float] | Floats, confidence: float = 0.95) -> Interval:
    """The Hodges–Lehmann estimate with its exact distribution-free interval.

    Raises:
        ValueError: There is no difference at all.
    """
    averages = _walsh(differences)
    estimate = float(np.median(averages))
    k = interval_rank(len(differences), confidence)
    if k == 0:
        return Interval(estimate, None, None)
    return Interval(estimate, float(averages[k - 1]), float(averages[-k]))


def signed_rank_p(differences: Sequence[float] | Floats) -> float:
    """Exact two-sided p-value of the signed-rank test that the differences are centred at 0.

    Zeros are left out (Wilcoxon 1945); equal absolute values share their mean rank, and the law is the exact one given
    these ranks (Lehmann 1975, *Nonparametrics*, section 3.2). Measured times are nearly continuous: both are rare.
    """
    d = np.asarray(differences, dtype=np.float64)
    d = d[d != 0]
    doubled_ranks = _doubled_ranks(np.abs(d))
    counts = _counts_of_sums(tuple(sorted(doubled_ranks)))
    positive = sum(rank for rank, value in zip(doubled_ranks, d, strict=True) if value > 0)
    extreme = min(positive, len(counts) - 1 - positive)
    return min(1.0, 2 * sum(counts[: extreme + 1]) / (1 << len(d)))


def t_interval(differences: Sequence[float] | Floats, confidence: float = 0.95) -> Interval:
    """The mean with the interval of the paired t-test (Student 1908): the second opinion, which feels every block.

    The limits are None below six blocks, where the first opinion has none either.

    Raises:
        ValueError: There is no difference at all.
    """
    d = np.asarray(differences, dtype=np.float64)
    if not d.size:
        raise ValueError("no estimate from no blocks")
    mean = float(d.mean())
    if d.size < MIN_BLOCKS_95:
        return Interval(mean, None, None)
    half_width = _t_quantile((1 + confidence) / 2, d.size - 1) * float(np.std(d, ddof=1)) / sqrt(d.size)
    return Interval(mean, mean - half_width, mean + half_width)


def is_skewed(first: Interval, second: Interval) -> bool:
    """Whether two opinions on the same blocks are further apart than half the half-width of the first one.

    Symmetric noise moves mean and Hodges–Lehmann estimate together; a few blocks far off on one side part them.
    """
    if first.low is None or first.high is None:
        return False
    apart = abs(second.estimate - first.estimate)
    return apart > (first.high - first.low) / 4 and apart > _ROUNDING


def minimum_detectable_effect(differences: Sequence[float] | Floats) -> float | None:
    """The smallest effect that this many blocks of this noise would show with 90 % probability, at 5 %.

    The noise is the larger of the sample standard deviation (n − 1) and 1.4826 times the median absolute deviation.

    Args:
        differences: Log ratios, one per block.

    Returns:
        A ratio minus 1 (0.02 for 2 %); None below six blocks, where the test cannot reject at all.
    """
    d = np.asarray(differences, dtype=np.float64)
    n = d.size
    if n < MIN_BLOCKS_95:
        return None
    deviation = max(float(np.std(d, ddof=1)), 1.4826 * float(np.median(np.abs(d - np.median(d)))))
    quantiles = _t_quantile(0.975, n - 1) + _t_quantile(0.90, n - 1)
    return exp(quantiles * deviation / sqrt(n)) - 1


def median_interval(values: Sequence[float] | Floats) -> Interval:
    """The sample median with its exact distribution-free 95 % interval, between two order statistics.

    The k-th smallest and the k-th largest value are its limits (the sign test's), for the largest k with
    P(Binomial(n, ½) ≤ k − 1) ≤ 2.5 %; below six values there are none.

    Raises:
        ValueError: There is no value at all.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if not ordered.size:
        raise ValueError("no median of no values")
    n = int(ordered.size)
    k = sum(count <= 0.025 * 2**n for count in accumulate(comb(n, successes) for successes in range(n)))
    middle = float(np.median(ordered))
    return Interval(middle, float(ordered[k - 1]), float(ordered[-k])) if k else Interval(middle, None, None)


def estimate_over_blocks(values: Sequence[float] | Floats) -> Estimate:
    """A positive figure over the blocks with its 95 % interval: Hodges–Lehmann on the logarithms.

    Raises:
        ValueError: There is no value, or one that is not above 0.
    """
    positive = np.asarray(values, dtype=np.float64)
    if not np.all(positive > 0):
        raise ValueError(f"figures over blocks must be above 0, got {positive.min()}")
    estimate, low, high = hl_interval(np.log(positive))
    return Estimate(
        estimate=exp(estimate),
        low=None if low is None else exp(low),
        high=None if high is None else exp(high),
    )


def _t_quantile(p: float, degrees_of_freedom: int) -> float:
    # scipy takes 0.3 s to load, which a command that computes nothing should not pay.
    from scipy.special import stdtrit  # noqa: PLC0415

    return float(stdtrit(degrees_of_freedom, p))


def _walsh(differences: Sequence[float] | Floats) -> Floats:
    if not len(differences):
        raise ValueError("no estimate from no blocks")
    return walsh_averages(differences)


@lru_cache(maxsize=64)  # without ties, the ranks of n differences are always the same
def _counts_of_sums(ranks: tuple[int, ...]) -> tuple[int, ...]:
    """How many subsets of the ranks have the sum 0, 1, … sum(ranks): each rank adds the counts, shifted by itself."""
    counts = [1]
    for rank in ranks:
        shifted = [0] * rank + counts
        counts = [count + more for count, more in zip(counts + [0] * rank, shifted, strict=True)]
    return tuple(counts)


def _doubled_ranks(sizes: Floats) -> list[int]:
    """Twice the rank of each size, so that the mean rank of equal sizes is an integer, too."""
    ascending = np.sort(sizes)
    below, up_to = np.searchsorted(ascending, sizes, "left"), np.searchsorted(ascending, sizes, "right")
    return [int(twice) for twice in below + up_to + 1]
