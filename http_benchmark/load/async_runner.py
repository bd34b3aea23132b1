"""The load loop of asynchronous clients: one task per request in flight."""

import asyncio
from collections.abc import Iterator, Sequence

from http_benchmark.clients.base import AsyncSend
from http_benchmark.clock import Clock
from http_benchmark.load.failures import Failures
from http_benchmark.load.recorder import Record
from http_benchmark.load.schedule import Begin


async def run(
    sends: Sequence[AsyncSend],
    begin: Begin,
    record: Record,
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
        for send, own_turns in zip(sends, begin(), strict=True):
            tasks.create_task(drive(send, own_turns, record, failures=failures, clock=clock, think_time_s=think_time_s))


async def drive(
    send: AsyncSend,
    turns: Iterator[int],
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
        record(intended, started, ended, code)
        if think_time_s:
            await asyncio.sleep(think_time_s)
