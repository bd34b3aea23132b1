"""Times as an HdrHistogram, the form in which other tools read them (http://hdrhistogram.org)."""

from collections.abc import Sequence

import numpy as np
from hdrh.histogram import HdrHistogram

from http_benchmark.stats.histogram import Integers, Times

LEAST_US = 1
GREATEST_US = 60_000_000
DIGITS = 3
_KEPT_BITS = 11  # what three digits take: values that agree in so many leading bits share a counter


def encode(times: Times) -> str | None:
    """The times as the compressed V2 encoding in base64, values in µs; None without any.

    A value outside 1 µs … 60 s is counted as the nearest of these. The censored are not in it, since their times are
    not known.
    """
    if not times.count:
        return None
    values_ns, counts = times.distinct()
    values_us = _resolved(np.clip((values_ns + 500) // 1000, LEAST_US, GREATEST_US))
    starts = np.flatnonzero(np.diff(values_us, prepend=0))  # recording goes value by value: each distinct one once
    histogram = HdrHistogram(LEAST_US, GREATEST_US, DIGITS)
    for value_us, count in zip(values_us[starts].tolist(), np.add.reduceat(counts, starts).tolist(), strict=True):
        histogram.record_value(value_us, count)
    payload: bytes = histogram.encode()
    return payload.decode("ascii")


def greatest_us(payload: str) -> int:
    """The greatest value in an encoded histogram, as exactly as it is counted."""
    greatest: int = HdrHistogram.decode(payload).get_max_value()
    return greatest


def _resolved(values_us: Integers) -> Integers:
    """Each value without the bits that its counter does not tell apart; order is kept."""
    _, bits = np.frexp(values_us)  # exact far beyond 60 s
    shift = np.maximum(bits - _KEPT_BITS, 0)
    resolved: Integers = values_us >> shift << shift
    return resolved


def quantiles_us(payload: str, ps: Sequence[float]) -> list[int]:
    """Quantiles of an encoded histogram by nearest rank, in µs, as exactly as they are counted.

    Args:
        payload: As `encode` gives it.
        ps: Of the quantiles, each above 0 and at most 1.
    """
    histogram = HdrHistogram.decode(payload)
    counts = np.frombuffer(histogram.counts, dtype=np.uint64).astype(np.int64)
    reached = np.cumsum(counts)
    ranks = np.maximum(1, np.ceil(np.asarray(ps) * reached[-1] - 1e-9))
    return [int(histogram.get_value_from_index(int(index))) for index in np.searchsorted(reached, ranks)]
