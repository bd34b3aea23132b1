"""When the events of streamed responses arrived, over a slice or a trial: from their samples to figures."""

from math import sqrt

import numpy as np

from http_benchmark.load.events import FIRST_EVENT, NEXT_EVENT
from http_benchmark.load.recorder import CODE_MASK
from http_benchmark.stats.histogram import Times
from http_benchmark.stats.raw import Integers, without_events


class EventFigures:
    """When the events of streamed responses arrived, as their client handed them over.

    Attributes:
        first: From sending a request to its first event.
        gap: From one event of a response to the next.
    """

    def __init__(self) -> None:
        self.first, self.gap = Times(), Times()
        self._squares_s2 = 0.0

    @property
    def jitter_s(self) -> float | None:
        """Standard deviation of the gaps (of all that there were: divided by n); None without any."""
        mean_s = self.gap.mean_s
        return None if mean_s is None else sqrt(max(0.0, self._squares_s2 / self.gap.count - mean_s**2))

    def take(self, raw: Integers) -> Integers:
        """Count those samples that are events; return the others."""
        code, waited_ns = raw[:, 3] & CODE_MASK, raw[:, 1] - raw[:, 0]
        gaps_ns = waited_ns[code == NEXT_EVENT]
        self.first.add(waited_ns[code == FIRST_EVENT])
        self.gap.add(gaps_ns)
        self._squares_s2 += float(np.sum((gaps_ns / 1e9) ** 2))
        return without_events(raw)

    def merge(self, other: "EventFigures") -> None:
        """Add all that the other holds."""
        self.first.merge(other.first)
        self.gap.merge(other.gap)
        self._squares_s2 += other._squares_s2  # noqa: SLF001 - another of the same class
