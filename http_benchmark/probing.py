"""How one arrival rate is tried in a search for a capacity: for how long, with how many requests. Pure.

Which rate is tried next is decided in `stats.search`; `capacity` tries it.
"""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from http_benchmark.load.schedule import Arrivals
from http_benchmark.slo import Slo
from http_benchmark.stats.search import Try

type Spacing = Literal["constant", "poisson"]

_LONGEST_S = 10.0  # for rates so low that quantiles need it; where nothing passes it comes to that in every block
_MOST_TIMES_LONGER = 3
_MOST_PROBE_S = 30.0
_PROBE_S = 8.0  # simulated: with a p99 of 20 ms, 5 s find 3 to 4 % more than an endless observation, 8 s 2 to 3 %
_PROBE_PER_OBJECTIVE = 10  # a queue that holds requests back for as long as an objective lets it needs time to grow
_LOOK = 0.25  # of a probe: enough to find the way
_LEAST_REQUESTS = 100  # of a slice, see docs/reference.md
_SPARE = 1.1  # some requests may fail, and quantiles are taken of the others
_LEAST_GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class Probing:
    """How one rate is tried.

    Attributes:
        slo: What it is held against.
        spacing: Of the arrivals.
        least_s: How long requests become due at least; longer where a rate needs it for enough requests. For a short
            look it is a part of that.
        most_s: How long at most; lower rates cannot be judged.
        grace_s: How long after the last arrival requests are still sent: longer than any objective lets them wait, so
            that what is never sent violates it.
    """

    slo: Slo
    spacing: Spacing
    least_s: float
    most_s: float
    grace_s: float

    @classmethod
    def of(cls, slo: Slo, spacing: Spacing, duration_s: float | None) -> "Probing":
        """Decide from the objective, and from what the user wants a probe to last."""
        least_s = duration_s or min(_MOST_PROBE_S, max(_PROBE_S, _PROBE_PER_OBJECTIVE * slo.longest_s))
        return cls(
            slo,
            spacing,
            least_s=least_s,
            most_s=max(_LONGEST_S, _MOST_TIMES_LONGER * least_s),
            grace_s=max(_LEAST_GRACE_S, 1.25 * slo.longest_s),
        )

    @property
    def least_requests(self) -> int:
        """How many requests a probe has at least."""
        return max(_LEAST_REQUESTS, ceil(_SPARE * self.slo.samples_needed))

    @property
    def lowest_rps(self) -> float:
        """The lowest rate that can be judged."""
        return self.least_requests / self.most_s

    @property
    def look_s(self) -> float:
        """How long a short look lasts at least."""
        return _LOOK * self.least_s

    def arrivals(self, tried: Try, seed: int) -> Arrivals:
        """The schedule of a probe: an exact number of requests, so that it is known beforehand what can be said."""
        least_s = self.least_s if tried.thorough else self.look_s
        requests = max(self.least_requests, ceil(tried.rate_rps * least_s))
        return Arrivals(
            start_rps=tried.rate_rps,
            end_rps=tried.rate_rps,
            duration_s=requests / tried.rate_rps,
            requests=requests,
            poisson=self.spacing == "poisson",
            seed=seed,
            grace_s=self.grace_s,
        )
