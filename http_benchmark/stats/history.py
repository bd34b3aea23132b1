"""One figure of one contender over time: where did it shift, beyond its noise?

A found shift is a reason to look, never a verdict: what was measured on different days is not paired. To know whether
one version is slower than another, both are measured in one job.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

LEAST_POINTS = 5
"""On each side of a shift; fewer than twice as many points are not searched."""

LEAST_EFFECT = 0.02
"""What medians on both sides must differ by at least; less is noise of the machine's state from day to day."""

MOST_P_VALUE = 0.01
_PENALTY = 10.0  # times variance and log n: found by simulation to alarm in at most 1 % of series of independent noise
_LEAST_NOISE = 0.005  # of the logs; a series that hardly moves would else shift at every tremor
_WINDOW = 11  # of the running median
_MOST_DEVIATIONS = 3.0  # from it; what lies further away is an outlier and pulled in


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A shift between two neighbouring points.

    Attributes:
        index: Of the first point after it.
        before, after: Medians of the points up to the neighbouring shifts.
        effect_percent: Of `after` against `before`.
        p_value: Of Mann and Whitney's test of both sides, two-sided.
    """

    index: int
    before: float
    after: float
    effect_percent: float
    p_value: float


def change_points(values: Sequence[float]) -> list[ChangePoint]:
    """The shifts in a series of positive figures, in order of time.

    The logs are cut into pieces of constant mean by least squares, with a penalty for each cut (exactly, by pruned
    dynamic programming: Killick, Fearnhead, Eckley 2012, as in `ruptures`: Truong, Oudre, Vayatis 2020). The noise is
    estimated from the differences of neighbours, whose median absolute deviation shifts hardly touch; outliers are
    pulled in beforehand. Of the cuts those remain at which the medians differ by `LEAST_EFFECT`, and which the test of
    Mann and Whitney confirms; the most doubtful goes first, and its neighbours are looked at anew.
    """
    if len(values) < 2 * LEAST_POINTS:
        return []
    logs = np.log(np.asarray(values, dtype=np.float64))
    cuts = _cuts(logs)
    while cuts:
        found = [_change(values, start, cut, end) for start, cut, end in _neighbours(cuts, len(values))]
        doubtful = [change for change in found if not _holds(change)]
        if not doubtful:
            return found
        cuts.remove(max(doubtful, key=lambda change: change.p_value).index)
    return []


def searchable() -> bool:
    """Whether the library that searches is here; there is none for the newest versions of Python."""
    return find_spec("ruptures") is not None


def noise(logs: NDArray[np.float64]) -> float:
    """Standard deviation of a series' noise: from the median absolute deviation of the differences of neighbours."""
    differences = np.diff(logs)
    deviation = 1.4826 * float(np.median(np.abs(differences - np.median(differences))))
    return max(_LEAST_NOISE, deviation / sqrt(2))


def _cuts(logs: NDArray[np.float64]) -> list[int]:
    from ruptures import KernelCPD  # noqa: PLC0415 - importing it takes two seconds, and only a history needs it

    sigma = noise(logs)
    pulled_in = _without_outliers(logs, sigma)
    search = KernelCPD(kernel="linear", min_size=LEAST_POINTS).fit(pulled_in.reshape(-1, 1))
    ends: list[int] = search.predict(pen=_PENALTY * sigma**2 * log(len(logs)))
    return [int(end) for end in ends[:-1]]  # the last one is the end of the series


def _without_outliers(logs: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    half = _WINDOW // 2
    padded = np.pad(logs, half, mode="reflect")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, _WINDOW), axis=1)
    return np.clip(logs, middle - _MOST_DEVIATIONS * sigma, middle + _MOST_DEVIATIONS * sigma)


def _neighbours(cuts: Sequence[int], length: int) -> list[tuple[int, int, int]]:
    bounds = [0, *cuts, length]
    return list(zip(bounds, bounds[1:], bounds[2:], strict=False))


def _change(values: Sequence[float], start: int, cut: int, end: int) -> ChangePoint:
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - likewise

    before, after = float(np.median(values[start:cut])), float(np.median(values[cut:end]))
    p_value = float(mannwhitneyu(values[start:cut], values[cut:end]).pvalue)
    return ChangePoint(cut, before, after, 100 * (after / before - 1), p_value)


def _holds(change: ChangePoint) -> bool:
    return abs(log(change.after / change.before)) >= log(1 + LEAST_EFFECT) and change.p_value <= MOST_P_VALUE
