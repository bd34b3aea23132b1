"""The load loop of synchronous clients: one thread per request in flight."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from http_benchmark.clients.base import Send
from http_benchmark.clock import Clock
from http_benchmark.load.crew import Crew
from http_benchmark.load.failures import Failures
from http_benchmark.load.recorder import Record
from http_benchmark.load.schedule import Begin


def run(
    crew: Crew,
    sends: Sequence[Send],
    begin: Begin,
    records: Sequence[Record],
    *,
    failures: Failures,
    clock: Clock,
    think_time_s: float = 0.0,
) -> None:
    """Send until the turns run out; one thread per `send`, the first of them this one.

    Args:
        crew: Its threads.
        sends: One per thread.
        begin: Called once when all threads are there; the turns count from then.
        records: Where each thread notes its samples.
        failures: What a client raises for a failed request.
        clock: Nanoseconds, monotonic.
        think_time_s: Pause of each thread after each request.

    Raises:
        BaseException: Whatever a thread raised that is no failed request; the other threads finish first.
    """
    turns: list[Iterator[int]] = []

    def send_in_turn(number: int) -> None:
        drive(sends[number], turns[number], records[number], failures=failures, clock=clock, think_time_s=think_time_s)

    crew.work([partial(send_in_turn, number) for number in range(len(sends))], lambda: turns.extend(begin()))


def drive(
    send: Send,
    turns: Iterator[int],
    record: Record,
    *,
    failures: Failures,
    clock: Clock,
    think_time_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """One thread's loop: wait for the turn, send, note what happened."""
    caught = failures.classes
    for intended in turns:
        started = clock()
        try:
            code = send()
            ended = clock()
        except caught as error:
            ended = clock()
            code = failures.note(error)
        record(intended, started, ended, code)
        if think_time_s:
            sleep(think_time_s)
