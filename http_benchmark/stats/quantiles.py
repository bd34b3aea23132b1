"""Quantiles by nearest rank, and the distribution of times that is printed from them."""

from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from http_benchmark.models.measurement import Distribution

_TAILS = {"p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def samples_needed(p: float) -> int:
    """How many samples a quantile needs before it is printed: ⌈ln 0.025 / ln p⌉, and 1 up to the median.

    With fewer samples than that, all of them lie below the true quantile with a probability above 2.5 %, so that even
    the largest is no 97.5 % upper limit of it: p90 needs 36 samples, p95 72, p99 368, p99.9 3688. The formula would ask
    for 6 samples for the median, too; but the rule guards against tails that no sample has reached, and the median of
    few samples is still their median.
    """
    return 1 if p <= 0.5 else ceil(log(0.025) / log(p))


def quantile(ascending: NDArray[np.float64], p: float) -> float | None:
    """The ⌈p·n⌉-th smallest sample ("nearest rank"); None without any sample.

    Args:
        ascending: Samples, shape (n,), sorted.
        p: Above 0, below 1.
    """
    n = ascending.size
    if not n:
        return None
    # p·n in floating point may lie a hair above the whole number that it stands for (0.55 · 100).
    return float(ascending[ceil(round(p * n, 6)) - 1])


def distribution(times_s: NDArray[np.float64]) -> Distribution:
    """The distribution of times in seconds, shape (n,), in any order; all quantiles, however few samples there are."""
    if not times_s.size:
        return Distribution(count=0)
    ascending = np.sort(times_s)
    return Distribution(
        count=ascending.size,
        mean=float(ascending.mean()),
        min=float(ascending[0]),
        p50=quantile(ascending, 0.5),
        p90=quantile(ascending, 0.9),
        p95=quantile(ascending, 0.95),
        p99=quantile(ascending, 0.99),
        p999=quantile(ascending, 0.999),
        max=float(ascending[-1]),
    )


def printable(times: Distribution) -> Distribution:
    """The distribution without the quantiles that have too few samples to be shown or compared."""
    too_early = {name: None for name, p in _TAILS.items() if times.count < samples_needed(p)}
    return times.model_copy(update=too_early)
