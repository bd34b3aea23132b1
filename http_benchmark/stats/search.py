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
class Try:
    """What to try next.

    Attributes:
        rate_rps: Arrivals per second.
        thorough: For long enough to decide; otherwise a short look will do, which finds the way only.
    """

    rate_rps: float
    thorough: bool


@dataclass(frozen=True, slots=True)
class Bracket:
    """Where the capacity lies.

    Attributes:
        passed_rps: The highest rate that passed, with no rate below it that failed; None if no rate did.
        failed_rps: The lowest rate that failed; None if none did.
        complete: Whether the two are neighbours on the grid and thoroughly tried, or the bounds were reached.
    """

    passed_rps: float | None
    failed_rps: float | None
    complete: bool


@dataclass(slots=True)
class Search:
    """Finds the highest rate that passes; alternately ask `next_try` and `note` what came of it.

    With short looks it climbs from well below `start_rps` until a rate fails, and halves the interval (in log rate)
    between that and the highest rate that passed, down to neighbours on the grid. These two are then tried thoroughly,
    and the search walks from there until the lower one has passed and the upper one has failed. What fails is tried
    once more, because something else may have disturbed it, and only fails if it fails again; where the two disagree, a
    third try decides, since taking the better of two would find rates too high. Rates that fail below others that
    pass are believed: nothing is taken to be monotonous.

    Args:
        start_rps: Where the capacity is expected.
        lowest_rps, highest_rps: Bounds; the rates tried lie between them.
    """

    start_rps: float
    lowest_rps: float
    highest_rps: float
    _looks: dict[int, bool] = field(default_factory=dict)
    _thorough: dict[int, list[bool]] = field(default_factory=dict)

    def next_try(self) -> Try | None:
        """What to try now; None when the search is over."""
        found = self._next()
        return None if found is None or self._count() >= MOST_TRIES else Try(rate_of(found[0]), found[1])

    def note(self, tried: Try, *, passed: bool) -> None:
        """Tell whether a rate passed."""
        index = index_of(tried.rate_rps)
        if tried.thorough:
            self._thorough.setdefault(index, []).append(passed)
        else:
            self._looks[index] = passed

    def bracket(self) -> Bracket:
        """What is known so far; of an unfinished search it may be a wide bracket."""
        below, ceiling = self._edge()
        return Bracket(
            passed_rps=None if below is None else rate_of(below),
            failed_rps=None if ceiling is None else rate_of(ceiling),
            complete=self._next() is None,
        )

    def _count(self) -> int:
        return len(self._looks) + sum(map(len, self._thorough.values()))

    def _passes(self, index: int) -> bool:
        """By thorough tries if there are any; where they disagree, by their majority, and until then it passes."""
        tries = self._thorough.get(index)
        return 2 * sum(tries) >= len(tries) if tries else self._looks[index]

    def _edge(self) -> tuple[int | None, int | None]:
        """The highest rate that passes below the lowest that fails, and the latter."""
        tried = self._looks.keys() | self._thorough.keys()
        ceiling = min((index for index in tried if not self._passes(index)), default=None)
        below = [index for index in tried if self._passes(index) and (ceiling is None or index < ceiling)]
        return max(below, default=None), ceiling

    def _next(self) -> tuple[int, bool] | None:
        """The place to try, and whether thoroughly."""
        undecided = next((index for index, tries in self._thorough.items() if sorted(tries) == [False, True]), None)
        if undecided is not None:
            return undecided, True
        below, ceiling = self._edge()
        if ceiling is None:
            return self._climb(below)
        if below is None:
            return self._descend(ceiling)
        if ceiling - below > 1:
            return self._between(below, ceiling)
        if below not in self._thorough:
            return below, True
        return (ceiling, True) if len(self._thorough.get(ceiling, ())) < 2 else None

    def _climb(self, below: int | None) -> tuple[int, bool] | None:
        """The next rung upwards: half octaves up to where the capacity is expected, octaves beyond it."""
        highest = index_below(self.highest_rps)
        start = min(highest, index_of(self.start_rps))
        if below is None:
            return min(highest, max(index_above(self.lowest_rps), (start // RUNG - _RUNGS_BELOW_START) * RUNG)), False
        if below >= highest:
            return None if below in self._thorough else (below, True)
        width = RUNG if below <= start + RUNG else 2 * RUNG
        return min(highest, (below // RUNG) * RUNG + width), False

    def _descend(self, ceiling: int) -> tuple[int, bool] | None:
        """Downwards in growing steps while nothing passes; at the bound it takes two thorough failures."""
        lowest = index_above(self.lowest_rps)
        lower = ceiling - (RUNG << len(self._looks) - 1)
        if lower > lowest:
            return lower, False
        return (lowest, True) if len(self._thorough.get(lowest, ())) < 2 else None

    def _between(self, below: int, ceiling: int) -> tuple[int, bool]:
        """Halve the interval; after the first thorough try keep near its upper end, where short looks have passed."""
        middle = (below + ceiling) // 2
        if not self._thorough:
            return middle, False
        failed = sum(not self._passes(index) for index in self._thorough)
        return max(middle, ceiling - (1 << max(0, failed - 1))), True


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
