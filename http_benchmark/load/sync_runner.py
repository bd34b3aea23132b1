"""The load loop of synchronous clients: one thread per request in flight."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from http_benchmark.clients.base import Send
from http_benchmark.clock import Clock
from http_benchmark.load.failures import Failures
from http_benchmark.load.recorder import Record


def run(
    sends: Sequence[Send],
    turns: Sequence[Iterator[int]],
    records: Sequence[Record],
    *,
    failures: Failures,
    clock: Clock,
    think_time_s: float = 0.0,
) -> None:
    """Send until the turns run out; one thread per `send`, the first of them this one.

    Args:
        sends: One per thread.
        turns: Intended times, one iterator per thread; the same one again and again where threads share it.
        records: Where each thread notes its samples.
        failures: What a client raises for a failed request.
        clock: Nanoseconds, monotonic.
        think_time_s: Pause of each thread after each request.

    Raises:
        BaseException: Whatever a thread raised that is no failed request; the other threads finish first.
    """
    faults: list[BaseException] = []

    def guarded(*lane: *tuple[Send, Iterator[int], Record]) -> None:
        try:
            drive(*lane, failures=failures, clock=clock, think_time_s=think_time_s)
        except BaseException as fault:  # noqa: BLE001 - the edge of a thread: raised again below
            faults.append(fault)

    own, *others = zip(sends, turns, records, strict=True)
    threads = [threading.Thread(target=guarded, args=lane, daemon=True) for lane in others]
    for thread in threads:
        thread.start()
    guarded(*own)
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


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
