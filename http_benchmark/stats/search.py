"""The search for the highest rate that passes: which rate to try next, and what has been found. Pure.

Rates lie on one grid for all blocks and contenders, 24 to the octave, so that blocks try many of the same rates and
their curves can be put together. What a pass is, and how a rate is tried, is the caller's.
"""

from dataclasses import dataclass, field
from math import floor, log2

STEPS_PER_OCTAVE = 24  # neighbours are 2.9 % apart: the width to which a capacity is searched is 3 %
RUNG = 12  # the search climbs by half octaves, which gives the latency curve its points far below the capacity
_RUNGS_BELOW_START = 3
MOST_TRIES = 48  # four times what a search takes; one that wanders further is at the mercy of noise


@dataclass(frozen=True, slots=True)
class Bracket:
    """Where the capacity lies.

    Attributes:
        passed_rps: The highest rate that passed, with no rate below it that failed; None if no rate did.
        failed_rps: The lowest rate that failed; None if none did.
        complete: Whether the two are neighbours on the grid, or the bounds of the search were reached.
    """

    passed_rps: float | None
    failed_rps: float | None
    complete: bool


@dataclass(slots=True)
class Search:
    """Finds the highest rate that passes; alternately ask `next_rate` and `note` what came of it.

    It climbs from well below `start_rps` until a rate fails, then halves the interval (in log rate) between that and
    the highest rate that passed, down to neighbours on the grid. The rate that failed last is tried once more, because
    something else may have disturbed it: a rate fails only if it did so twice, and the search goes on above it
    otherwise. Rates that fail below others that pass are believed: nothing is taken to be monotonous.

    Args:
        start_rps: Where the capacity is expected.
        lowest_rps, highest_rps: Bounds; the rates tried lie between them.
    """

    start_rps: float
    lowest_rps: float
    highest_rps: float
    _tries: dict[int, list[bool]] = field(default_factory=dict)

    def next_rate(self) -> float | None:
        """The rate to try now; None when the search is over."""
        index = self._next_index()
        return None if index is None or self._count() >= MOST_TRIES else rate_of(index)

    def note(self, rate_rps: float, *, passed: bool) -> None:
        """Tell whether a rate passed."""
        self._tries.setdefault(index_of(rate_rps), []).append(passed)

    def bracket(self) -> Bracket:
        """What is known so far; of an unfinished search it may be a wide bracket."""
        below, ceiling = self._edge()
        return Bracket(
            passed_rps=None if below is None else rate_of(below),
            failed_rps=None if ceiling is None else rate_of(ceiling),
            complete=self._next_index() is None,
        )

    def _count(self) -> int:
        return sum(map(len, self._tries.values()))

    def _edge(self) -> tuple[int | None, int | None]:
        """The highest rate that passed below the lowest that failed, and the latter."""
        ceiling = min((index for index, passes in self._tries.items() if not any(passes)), default=None)
        passed = [index for index, passes in self._tries.items() if any(passes)]
        return max((index for index in passed if ceiling is None or index < ceiling), default=None), ceiling

    def _next_index(self) -> int | None:
        lowest, highest = index_above(self.lowest_rps), index_below(self.highest_rps)
        below, ceiling = self._edge()
        if ceiling is None:
            return self._climb(below, lowest, highest)
        if below is None and ceiling > lowest:
            return max(lowest, ceiling - (RUNG << self._failed_rungs()))
        if below is not None and ceiling - below > 1:
            return (below + ceiling) // 2
        return ceiling if len(self._tries[ceiling]) == 1 else None

    def _climb(self, below: int | None, lowest: int, highest: int) -> int | None:
        """The next rung upwards: half octaves up to where the capacity is expected, octaves beyond it."""
        start = index_of(self.start_rps)
        if below is None:
            return min(highest, max(lowest, (start // RUNG - _RUNGS_BELOW_START) * RUNG))
        if below >= highest:
            return None
        width = RUNG if below <= start + RUNG else 2 * RUNG
        return min(highest, (below // RUNG) * RUNG + width)

    def _failed_rungs(self) -> int:
        """How many rates have failed beyond the first while none has passed."""
        return len(self._tries) - 1


def rate_of(index: int) -> float:
    """The rate at a place of the grid, 1/s; 1/s is at 0."""
    return float(2.0 ** (index / STEPS_PER_OCTAVE))


def index_of(rate_rps: float) -> int:
    """The place of the grid that is nearest to a rate."""
    return round(STEPS_PER_OCTAVE * log2(rate_rps))


def index_above(rate_rps: float) -> int:
    """The lowest place of the grid that is not below a rate."""
    return -index_below(1 / rate_rps)


def index_below(rate_rps: float) -> int:
    """The highest place of the grid that is not above a rate."""
    return floor(STEPS_PER_OCTAVE * log2(rate_rps) + 1e-9)
