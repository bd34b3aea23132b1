"""Has a candidate got to execute more instructions per request? Counts have next to no noise, so this is no statistics.

A process that sends n requests executes a fixed number of instructions and n times those of a request, so two counts
give the slope. What is not steady all the same (libcurl waits by a clock) is not judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from http_benchmark.stats.gate import Outcome

FEW, MANY = 50, 250
"""How many requests the two counts of a repeat have."""

REPEATS = 3
LIMIT = 0.01


@dataclass(frozen=True, slots=True)
class Slope:
    """Instructions per request of one contender.

    Attributes:
        repeats: Of each repeat.
    """

    repeats: tuple[float, ...]

    @property
    def typical(self) -> float:
        """The median of the repeats."""
        return median(self.repeats)

    @property
    def spread(self) -> float:
        """How far the repeats lie apart, as a ratio to the median."""
        return (max(self.repeats) - min(self.repeats)) / self.typical


def slope(counts: Sequence[tuple[int, int]]) -> Slope:
    """From the counts with `FEW` and with `MANY` requests, repeat by repeat."""
    return Slope(tuple((many - few) / (MANY - FEW) for few, many in counts))


def judge_instructions(baseline: Slope, candidate: Slope, limit: float = LIMIT) -> Outcome:
    """Beyond the limit is a failure, or mirrored an improvement; repeats that lie further apart tell nothing.

    Nor do requests that seem to cost nothing: then something else than requests came into the counts.
    """
    if min(*baseline.repeats, *candidate.repeats) <= 0 or max(baseline.spread, candidate.spread) > limit:
        return Outcome.INCONCLUSIVE
    ratio = candidate.typical / baseline.typical
    if ratio > 1 + limit:
        return Outcome.FAIL
    return Outcome.IMPROVEMENT if ratio < 1 / (1 + limit) else Outcome.PASS
