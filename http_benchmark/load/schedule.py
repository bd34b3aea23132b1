"""When requests are due, and until when: iterators of intended times that all threads or tasks of a run share.

In the closed model a request is due now, as soon as a thread or task asks for its turn; in the open model when the
schedule says so, and waiting for that is the business of `pacing` and `dispatch`. What threads share is built from
C-level iterators, which the global interpreter lock makes atomic: no lock of our own, no turn lost or given twice.
"""

import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, count, islice, takewhile
from math import log, sqrt
from operator import neg

from http_benchmark.clock import Clock


@dataclass(frozen=True, slots=True)
class Stop:
    """When a run ends. A request counts if it starts before the end; those in flight then still finish.

    Attributes:
        requests: Exactly so many requests, whatever the time; None for the other rules.
        duration_s: At least so long …
        least_requests: … and at least so many requests …
        most_s: … but never longer; None for no such limit.
    """

    requests: int | None = None
    duration_s: float = 0.0
    least_requests: int = 0
    most_s: float | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When requests are due in the open model, whether or not earlier ones have been answered.

    The rate changes evenly from `start_rps` to `end_rps` over `duration_s`. Several processes share one schedule by
    striping: each computes all of it, and takes every `stripes`-th arrival.

    Attributes:
        start_rps, end_rps: Arrivals per second of the whole schedule; equal for a constant rate.
        duration_s: How long requests become due; one due exactly at the end is not part of the schedule.
        requests: Exactly so many arrivals, whatever the time: with Poisson arrivals their number is random otherwise,
            and after `duration_s` the rate stays `end_rps`, which must then be above 0. None for as many as
            `duration_s` brings.
        poisson: Gaps are drawn from an exponential distribution instead of being equal.
        seed: Of the gaps; the same for every contender of a block.
        stripe, stripes: Take the arrivals k with k mod `stripes` = `stripe`.
        grace_s: How long after the schedule's end (`duration_s`, or the last of `requests`) requests are still sent.
            Those that nobody was free to send until then are censored; requests under way are always waited for.
    """

    start_rps: float
    end_rps: float
    duration_s: float
    requests: int | None = None
    poisson: bool = False
    seed: int = 0
    stripe: int = 0
    stripes: int = 1
    grace_s: float = 5.0


type Begin = Callable[[], Sequence[Iterator[int]]]
"""Start the run and give each thread or task its turns; the same iterator again and again where they share it."""


def closed(stop: Stop, clock: Clock) -> Iterator[int]:
    """The closed model's turns: each is due when it is asked for, until `stop`.

    Args:
        stop: When the turns run out; its durations count from this call.
        clock: Read once per turn. Threads may share the turns only if it is written in C, as the real one is.
    """
    now = iter(clock, None)  # no reading equals None, so this never ends by itself
    start = clock()
    if stop.requests is not None:
        return islice(now, stop.requests)
    end = start + round(stop.duration_s * 1e9)
    turns: Iterator[int] = chain(islice(now, stop.least_requests), takewhile(end.__gt__, now))
    if stop.most_s is not None:
        turns = takewhile((start + round(stop.most_s * 1e9)).__gt__, turns)
    return turns


def once(clock: Clock) -> Iterator[int]:
    """A single turn, due now: what opens a connection."""
    return islice(iter(clock, None), 1)


class Schedule:
    """The open model's intended times: arrivals carried from operational time to the clock.

    Operational time u runs so that one arrival is expected per unit: the k-th of evenly spaced arrivals has u = k,
    Poisson arrivals have exponential gaps of mean 1. The arrival is due when the cumulative rate N(t) reaches u
    (Çinlar's inversion; Lewis and Shedler 1979).

    Args:
        arrivals: What is asked for.
        start_ns: Moment of the clock at which the schedule starts.

    Attributes:
        start_ns: As given; may be set until the first turn is taken. To find the end of an exact number of Poisson
            arrivals takes some 0.4 µs for each, so that who wants to start soon makes the schedule first.
    """

    def __init__(self, arrivals: Arrivals, start_ns: int) -> None:
        self._arrivals = arrivals
        self._slope = (arrivals.end_rps - arrivals.start_rps) / arrivals.duration_s if arrivals.duration_s else 0.0
        self._expected = (arrivals.start_rps + arrivals.end_rps) / 2 * arrivals.duration_s
        self._shared = islice(self._all(), arrivals.stripe, None, arrivals.stripes)
        self.start_ns = start_ns
        self._open_ns = round((self._end_s() + arrivals.grace_s) * 1e9)

    @property
    def cutoff_ns(self) -> int:
        """From when on what is due is sent no longer."""
        return self.start_ns + self._open_ns

    def turns(self) -> Iterator[int]:
        """Intended times in ns of the clock, ascending. Each thread asks for an iterator of its own.

        Together these give each arrival of the stripe once.
        """
        return map(self._due_ns, self._shared)

    def _all(self) -> Iterator[float]:
        """All arrivals of the schedule, whatever the stripe, in operational time; C-level throughout."""
        if self._arrivals.requests is not None:
            return islice(self._endless(), self._arrivals.requests)
        return takewhile(self._expected.__gt__, self._endless())

    def _endless(self) -> Iterator[float]:
        if not self._arrivals.poisson:
            return count()
        uniform = iter(random.Random(self._arrivals.seed).random, None)  # in [0, 1), so this never ends by itself
        return map(neg, accumulate(map(log, map((1.0).__sub__, uniform))))

    def _end_s(self) -> float:
        requests = self._arrivals.requests
        if requests is None:
            return self._arrivals.duration_s
        if not self._arrivals.poisson:
            return self._due_s(max(requests - 1, 0))
        return self._due_s(next(iter(deque(self._all(), maxlen=1)), 0.0))

    def _due_ns(self, u: float) -> int:
        return self.start_ns + round(self._due_s(u) * 1e9)

    def _due_s(self, u: float) -> float:
        """Solve N(t) = start_rps·t + slope·t²/2 = u in the form that loses no digits; at end_rps after the ramp."""
        if u > self._expected:
            return self._arrivals.duration_s + (u - self._expected) / self._arrivals.end_rps
        if not u:
            return 0.0
        start_rps = self._arrivals.start_rps
        return 2 * u / (start_rps + sqrt(max(start_rps * start_rps + 2 * self._slope * u, 0.0)))
