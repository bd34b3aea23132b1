"""When requests are due, and until when: iterators of intended times that all threads or tasks of a run share.

In the closed model a request is due now, as soon as a thread or task asks for its turn. All iterators here are built
from C-level ones, which the global interpreter lock makes atomic: threads share them without a lock of their own, and
an exact number of turns is exact.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, takewhile

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
        duration_s: How long requests become due.
        requests: Exactly so many arrivals, whatever the time: with Poisson arrivals their number is random otherwise,
            and after `duration_s` the rate stays `end_rps`. None for as many as `duration_s` brings.
        poisson: Gaps are drawn from an exponential distribution instead of being equal.
        seed: Of the gaps; the same for every contender of a block.
        stripe, stripes: Take the arrivals k with k mod `stripes` = `stripe`.
        grace_s: How long after the last arrival requests are still sent. Those that nobody was free to send until then
            are censored; requests under way are always waited for.
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
