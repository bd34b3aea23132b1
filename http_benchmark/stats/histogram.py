"""A collection of times that stays small however many there are: exact at first, then counts in log-linear bins."""
# ruff: noqa: SLF001 - merging looks into another of the same class

from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Integers = NDArray[np.int64]

EXACT_VALUES = 65_536
"""So many values are kept as they are; more are counted in bins."""

# A bin is the range of values with the same bit length and the same _BITS bits from the leading one on, so that each
# octave has 2 ** (_BITS - 1) of them and values below 2 ** _BITS have one each. A quantile that is interpolated inside
# its bin is off by less than the bin's width, 2 ** (1 - _BITS) = 0.4 % of the value.
_BITS = 9
_PER_OCTAVE = 1 << _BITS - 1
_BINS = (63 - _BITS + 2) * _PER_OCTAVE
# A float64 stores its exponent above 52 bits of mantissa, the leading one left out: its upper bits count the bins.
_FLOAT_SHIFT = 52 - (_BITS - 1)
_FLOAT_BIAS = (1023 + _BITS - 2) * _PER_OCTAVE


def bin_indices(values_ns: Integers) -> Integers:
    """The bin of each value: v if s ≤ 0, else (s << 8) + (v >> s), where s = bit length of v − 9.

    Args:
        values_ns: Shape (n,), 0 or more; exact below 2 ** 53 (104 days), which a float64 holds.
    """
    bits = values_ns.astype(np.float64).view(np.int64)
    bits >>= _FLOAT_SHIFT
    bits -= _FLOAT_BIAS
    return np.where(values_ns < _PER_OCTAVE, values_ns, bits)


def bin_bounds(index: int) -> tuple[int, int]:
    """The least and the greatest value of a bin, ns."""
    shift = max(0, index // _PER_OCTAVE - 1)
    least = (index - shift * _PER_OCTAVE) << shift
    return least, least + (1 << shift) - 1


class Times:
    """Times of requests, ns, in no order; up to `EXACT_VALUES` of them exact, beyond that to 0.4 %.

    Count, sum, least and greatest value are exact always. What is in it, not in which order it came, decides what it
    says. Requests of the open model that were never sent are `censored`: their times are unknown and rank last.

    Attributes:
        count: Values, without the censored ones.
        censored: How many requests are known to have no time.
    """

    def __init__(self, values_ns: ArrayLike = ()) -> None:
        self.count = 0
        self.censored = 0
        self._sum_ns = 0
        self._min_ns: int | None = None
        self._max_ns: int | None = None
        self._least_elapsed_ns: int | None = None
        self._exact: list[Integers] = []
        self._counts: Integers | None = None  # by bin, once there are too many values to keep
        self.add(np.asarray(values_ns, dtype=np.int64))

    def add(self, values_ns: Integers) -> None:
        """Add values, shape (n,); a negative one (a clock that was read early) counts as 0."""
        if not values_ns.size:
            return
        values_ns = np.maximum(values_ns, 0)
        self._extend(values_ns.size, int(values_ns.sum()), int(values_ns.min()), int(values_ns.max()))
        if self._counts is None:
            self._exact.append(values_ns)
        else:
            self._counts += _counted(values_ns)
        self._coarsen()

    def censor(self, elapsed_ns: Integers) -> None:
        """Add requests that were never sent, by how long they had waited when they were given up; shape (n,)."""
        if elapsed_ns.size:
            self.censored += elapsed_ns.size
            self._least_elapsed_ns = _least(self._least_elapsed_ns, int(elapsed_ns.min()))

    def merge(self, other: "Times") -> None:
        """Add all that the other holds, which stays as it is."""
        self.censored += other.censored
        self._least_elapsed_ns = _least(self._least_elapsed_ns, other._least_elapsed_ns)
        if other._min_ns is None or other._max_ns is None:
            return
        self._extend(other.count, other._sum_ns, other._min_ns, other._max_ns)
        self._exact.extend(other._exact)
        if other._counts is not None:
            self._counts = other._counts + (0 if self._counts is None else self._counts)
        self._coarsen()

    @property
    def mean_s(self) -> float | None:
        """Mean of the values; None without any."""
        return self._sum_ns / self.count / 1e9 if self.count else None

    @property
    def min_s(self) -> float | None:
        """The least value; None without any."""
        return _seconds(self._min_ns)

    @property
    def max_s(self) -> float | None:
        """The greatest value; None without any."""
        return _seconds(self._max_ns)

    @property
    def censored_above_s(self) -> float | None:
        """What the times of the censored are known to lie above: the least time that one had waited."""
        return _seconds(self._least_elapsed_ns)

    def quantile(self, p: float) -> float | None:
        """The ⌈p·n⌉-th smallest time in seconds ("nearest rank"), the censored counted in n and ranked last.

        None if that is a censored one, or there is nothing. In bins, the values of a bin are taken as spread evenly.

        Args:
            p: Above 0, up to 1.
        """
        # p·n in floating point may lie a hair above the whole number that it stands for (0.55 · 100).
        rank = ceil(round(p * (self.count + self.censored), 6))
        return self._at(rank) / 1e9 if 1 <= rank <= self.count else None

    def above(self, limit_s: float) -> int:
        """How many values are greater; in bins, those of the limit's own bin as if spread evenly."""
        limit_ns = limit_s * 1e9
        if self._counts is None:
            return sum(int(np.count_nonzero(part > limit_ns)) for part in self._exact)
        index = int(bin_indices(np.array([int(limit_ns)]))[0])
        least, greatest = bin_bounds(index)
        inside = int(self._counts[index]) * (greatest + 1 - limit_ns) / (greatest + 1 - least)
        return int(self._counts[index + 1 :].sum()) + round(inside)

    def distinct(self) -> tuple[Integers, Integers]:
        """The values, ascending, ns, and how often each occurs; in bins, each bin's middle. Without the censored."""
        if self._counts is None:
            return np.unique(self._ascending(), return_counts=True)
        filled = np.flatnonzero(self._counts)
        middles = [sum(bin_bounds(int(index))) // 2 for index in filled]
        return np.clip(middles, self._min_ns, self._max_ns).astype(np.int64), self._counts[filled]

    def _extend(self, count: int, sum_ns: int, min_ns: int, max_ns: int) -> None:
        self.count += count
        self._sum_ns += sum_ns
        self._min_ns = _least(self._min_ns, min_ns)
        self._max_ns = max_ns if self._max_ns is None else max(self._max_ns, max_ns)

    def _coarsen(self) -> None:
        """Count in bins what is too much to keep, or what came while others are in bins already."""
        if self._exact and self.count > EXACT_VALUES:
            counts = np.zeros(_BINS, dtype=np.int64) if self._counts is None else self._counts
            for part in self._exact:
                counts += _counted(part)
            self._counts, self._exact = counts, []

    def _ascending(self) -> Integers:
        """All values that are kept as they are, sorted; and kept so, for the next question."""
        self._exact = [np.sort(np.concatenate([np.empty(0, np.int64), *self._exact]))]
        return self._exact[0]

    def _at(self, rank: int) -> float:
        """The value of this rank, from 1 to `count`, ns."""
        if self._counts is None:
            return float(self._ascending()[rank - 1])
        up_to = np.cumsum(self._counts)
        index = int(np.searchsorted(up_to, rank))
        inside = int(self._counts[index])
        before = int(up_to[index]) - inside
        least, greatest = bin_bounds(index)
        value = least + (greatest - least) * (rank - before - 0.5) / inside
        assert self._min_ns is not None and self._max_ns is not None
        return min(max(value, self._min_ns), self._max_ns)


def _counted(values_ns: Integers) -> Integers:
    return np.bincount(bin_indices(values_ns), minlength=_BINS)


def _least(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _seconds(time_ns: int | None) -> float | None:
    return None if time_ns is None else time_ns / 1e9
