"""The load loop of synchronous clients: one thread per request in flight."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from http_benchmark.clients.base import Send
from http_benchmark.clock import Clock
from http_benchmark.load.failures import Failures
from http_benchmark.load.recorder import Record
from http_benchmark.load.schedule import Begin

_WOKEN_TOGETHER = 64
"""So many threads wake at once, and each that runs wakes one more: those that wait for the interpreter's lock look
after it every 5 ms, so that thousands of them would keep each other from running for seconds."""


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
    gates = [threading.Lock() for _ in range(len(sends) + _WOKEN_TOGETHER)]
    for gate in gates:
        gate.acquire()

    def guarded(number: int) -> None:
        try:
            drive(
                sends[number], turns[number], records[number], failures=failures, clock=clock, think_time_s=think_time_s
            )
        except BaseException as fault:  # noqa: BLE001 - the edge of a thread: raised again below
            faults.append(fault)

    def when_all_are_there(number: int) -> None:
        gates[number].acquire()
        gates[number + _WOKEN_TOGETHER].release()
        if turns:
            guarded(number)

    threads = [
        threading.Thread(target=when_all_are_there, args=(number,), daemon=True) for number in range(1, len(sends))
    ]
    try:
        for thread in threads:
            thread.start()
        turns.extend(begin())
    finally:  # also where the system gives no more threads: those that are there end without a turn
        for gate in gates[1 : 1 + _WOKEN_TOGETHER]:
            gate.release()
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
