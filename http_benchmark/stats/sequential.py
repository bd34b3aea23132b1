"""When is an experiment precise enough to stop? Decided by the width of intervals at a few looks, never by a p-value.

To stop as soon as a difference shows would find one where there is none, since every look is another chance. The
width tells nothing of the sign or size of a difference, so stopping on it costs little: over all experiments, those
that stop early included, the 95 % interval covers in 94.2 to 95.0 % of simulated ones, depending on the noise
(`tests/unit/test_error_rates.py`). Where the noise comes in bursts, early stops have their price: the few experiments
that happened to see no burst until the first look cover less often, and the late ones more.
"""

from collections.abc import Collection, Mapping, Sequence
from math import log

from http_benchmark.models.experiment import Estimate, Metric, PairResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.work import Work
from http_benchmark.stats.pairs import as_log_ratio, as_percent, block_values
from http_benchmark.stats.ranking import summarise
from http_benchmark.stats.totals import over_blocks

LOOKS = (10, 15, 20, 25, 30, 40)
"""After how many blocks the widths are looked at; the last one ends the experiment in any case."""


def looks(most: int = LOOKS[-1]) -> tuple[int, ...]:
    """After how many blocks to look, when no more than `most` blocks are wanted; the last one is the end."""
    return (*(look for look in LOOKS if look < most), most)


def precise_enough(
    pairs: Sequence[PairResult], target_percent: float, primary_metric: Metric, *, alone: Estimate | None = None
) -> bool:
    """Whether the interval of every pair on the primary metric is as narrow as asked for.

    Args:
        pairs: Those on other metrics are ignored.
        target_percent: The half-width that an interval may have, on the log scale as a percentage: 2 for ±2 %.
        primary_metric: What the experiment was made for.
        alone: The estimate of a single contender, which has no pair.

    Returns:
        False where an interval is missing, or where there is none at all: nothing is known to be precise.
    """
    widths = [half_width_percent(pair) for pair in pairs if pair.metric == primary_metric]
    if not widths:
        widths = [_half_width_of_estimate(alone)]
    return all(width is not None and width <= target_percent for width in widths)


def enough_blocks(
    blocks: Sequence[BlockRecord],
    target_percent: float,
    primary_metric: Metric,
    *,
    works: Mapping[str, Work] | None = None,
    dropped: Collection[str] = (),
) -> bool:
    """`precise_enough`, from the records; to be asked at the looks only.

    Args:
        blocks: The finished blocks.
        target_percent: As for `precise_enough`.
        primary_metric: As for `precise_enough`.
        works: As for `summarise`: who does other work is in no pair.
        dropped: Contenders that do not take part any more.
    """
    clients, pairs = summarise(blocks, primary_metric, works=works, failures=dict.fromkeys(dropped, "dropped"))
    ranked = [client.contender for client in clients if client.rank is not None]
    alone = over_blocks(block_values(blocks, primary_metric), ranked[0]) if len(ranked) == 1 else None
    return precise_enough(pairs, target_percent, primary_metric, alone=alone)


def half_width_percent(pair: PairResult) -> float | None:
    """Half the width of a pair's interval on the log scale, as a percentage; None where there is no interval."""
    if pair.low_percent is None or pair.high_percent is None:
        return None
    return as_percent((as_log_ratio(pair.high_percent) - as_log_ratio(pair.low_percent)) / 2)


def _half_width_of_estimate(estimate: Estimate | None) -> float | None:
    if estimate is None or estimate.low is None or estimate.high is None:
        return None
    return as_percent(log(estimate.high / estimate.low) / 2)
