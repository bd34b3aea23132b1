"""Pacing for threads: each takes the next arrival, sleeps until it is due, and sends.

There is no dispatcher and no queue: as many arrivals as there are idle threads are taken ahead of time. A thread that
gets free when its arrival is due already was the first of all to get free. For tasks of an event loop see `dispatch`.
"""

import time
from collections.abc import Callable, Iterator

from http_benchmark.clock import Clock
from http_benchmark.errors import ErrorKind
from http_benchmark.load.recorder import Record
from http_benchmark.load.schedule import Schedule

NOT_SENT = ErrorKind.NOT_SENT.code


class Pacer:
    """Gives the threads of a run their turns.

    Args:
        schedule: Its arrivals are shared by all threads.
        clock, sleep: For tests.
    """

    def __init__(self, schedule: Schedule, *, clock: Clock, sleep: Callable[[float], None] = time.sleep) -> None:
        self._schedule = schedule
        self._clock = clock
        self._sleep = sleep
        self._exhausted: list[int] = []  # by thread, since adding to one number is not atomic

    @property
    def exhausted(self) -> int:
        """Turns that found every thread busy, those that were never sent included; complete when the turns are over."""
        return sum(self._exhausted)

    def turns(self, record: Record) -> Iterator[int]:
        """One thread's turns: each intended time is yielded when it is due, or late.

        Args:
            record: Where the thread notes arrivals that it came too late to send.
        """
        clock, sleep, cutoff_ns = self._clock, self._sleep, self._schedule.cutoff_ns
        exhausted = 0
        for intended in self._schedule.turns():
            now = clock()
            if now < intended:
                sleep((intended - now) / 1e9)
            elif now > intended:
                exhausted += 1
                if now >= cutoff_ns:
                    record(intended, cutoff_ns, cutoff_ns, NOT_SENT)
                    continue
            yield intended
        self._exhausted.append(exhausted)
