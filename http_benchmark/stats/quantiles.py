"""The distribution of times that is stored, and what of it has enough samples to be printed."""

from math import ceil, log

from http_benchmark.models.measurement import Distribution
from http_benchmark.stats.histogram import Times

_TAILS = {"p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def samples_needed(p: float) -> int:
    """How many samples a quantile needs before it is printed: ⌈ln 0.025 / ln p⌉, and 1 up to the median.

    With fewer samples than that, all of them lie below the true quantile with a probability above 2.5 %, so that even
    the largest is no 97.5 % upper limit of it: p90 needs 36 samples, p95 72, p99 368, p99.9 3688. The formula would ask
    for 6 samples for the median, too; but the rule guards against tails that no sample has reached, and the median of
    few samples is still their median.
    """
    return 1 if p <= 0.5 else ceil(log(0.025) / log(p))


def distribution(times: Times) -> Distribution:
    """The distribution of some times; all quantiles, however few samples there are."""
    return Distribution(
        count=times.count,
        censored=times.censored,
        censored_above_s=times.censored_above_s,
        mean=times.mean_s,
        min=times.min_s,
        p50=times.quantile(0.5),
        p90=times.quantile(0.9),
        p95=times.quantile(0.95),
        p99=times.quantile(0.99),
        p999=times.quantile(0.999),
        max=times.max_s,
    )


def printable(times: Distribution) -> Distribution:
    """The distribution without the quantiles that have too few samples, censored ones included, to be shown."""
    n = times.count + times.censored
    too_early = {name: None for name, p in _TAILS.items() if n < samples_needed(p)}
    return times.model_copy(update=too_early)
