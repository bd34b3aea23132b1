"""The load loop of asynchronous clients: one task per request in flight."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from http_benchmark.clients.base import AsyncSend
from http_benchmark.clock import Clock
from http_benchmark.errors import ErrorKind
from http_benchmark.load.dispatch import Dispatcher
from http_benchmark.load.failures import Failures
from http_benchmark.load.recorder import Record
from http_benchmark.load.schedule import Begin, Schedule
from http_benchmark.load.timer import open_timer


async def run(
    sends: Sequence[AsyncSend],
    begin: Begin,
    records: Sequence[Record],
    *,
    failures: Failures,
    clock: Clock,
    think_time_s: float = 0.0,
) -> None:
    """Send until the turns run out; one task per `send`. Arguments as for `sync_runner.run`.

    Raises:
        ExceptionGroup: Whatever a task raised that is no failed request; the other tasks are cancelled.
    """
    async with asyncio.TaskGroup() as tasks:
        for send, own_turns, record in zip(sends, begin(), records, strict=True):
            tasks.create_task(drive(send, own_turns, record, failures=failures, clock=clock, think_time_s=think_time_s))


async def run_open(
    sends: Sequence[AsyncSend],
    begin: Callable[[], Schedule],
    records: Sequence[Record],
    *,
    unsent: Record,
    failures: Failures,
    clock: Clock,
) -> int:
    """Send what a schedule makes due; one task per `send`, each of which waits until it is needed.

    Args:
        sends: One per task.
        begin: Makes the schedule.
        records: Where each task notes its samples.
        unsent: Where arrivals are noted that were never sent.
        failures: What a client raises for a failed request.
        clock: Nanoseconds, monotonic.

    Returns:
        Turns that found every task busy.

    Raises:
        ExceptionGroup: As for `run`.
    """
    with closing(open_timer()) as timer, Dispatcher(begin(), timer, unsent, clock=clock) as dispatcher:

        async def serve(send: AsyncSend, record: Record) -> None:
            while (intended := await dispatcher.turn()) is not None:
                await drive(send, (intended,), record, failures=failures, clock=clock, think_time_s=0.0)

        async with asyncio.TaskGroup() as tasks:
            for send, record in zip(sends, records, strict=True):
                tasks.create_task(serve(send, record))
        return dispatcher.exhausted


async def drive(
    send: AsyncSend,
    turns: Iterable[int],
    record: Record,
    *,
    failures: Failures,
    clock: Clock,
    think_time_s: float,
) -> None:
    """One task's loop: wait for the turn, send, note what happened."""
    caught = failures.classes
    for intended in turns:
        started = clock()
        try:
            code = await send()
            ended = clock()
        except caught as error:
            ended = clock()
            code = failures.note(error)
        except asyncio.CancelledError as error:
            if _is_ending():
                raise
            ended = clock()
            code = failures.note(error, ErrorKind.CANCELLED)
        record(intended, started, ended, code)
        if think_time_s:
            await asyncio.sleep(think_time_s)


def _is_ending() -> bool:
    """Whether somebody wants this task to end; otherwise it is the client that gave up a request by itself."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
