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
