"""The load loop of synchronous clients: one thread per request in flight."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from http_benchmark.clients.base import Send
from http_benchmark.clock import Clock
from http_benchmark.load.failures import Failures
from http_benchmark.load.recorder import Record
from http_benchmark.load.schedule import Begin


def run(
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
        sends: One per thread.
        begin: Called once when all threads are there; the turns count from then.
        records: Where each thread notes its samples.
        failures: What a client raises for a failed request.
        clock: Nanoseconds, monotonic.
        think_time_s: Pause of each thread after each request.

    Raises:
        BaseException: Whatever a thread raised that is no failed request; the other threads finish first.
    """
    faults: list[BaseException] = []
    turns: list[Iterator[int]] = []
    ready = threading.Barrier(len(sends), action=lambda: turns.extend(begin()))  # or the first threads take all turns

    def guarded(number: int) -> None:
        try:
            ready.wait()
            drive(
                sends[number], turns[number], records[number], failures=failures, clock=clock, think_time_s=think_time_s
            )
        except BaseException as fault:  # noqa: BLE001 - the edge of a thread: raised again below
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(number,), daemon=True) for number in range(1, len(sends))]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError:  # the system gives no more threads, so those that wait for all would wait for ever
        ready.abort()
        raise
    guarded(0)
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
