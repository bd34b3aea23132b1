"""How a prober drives a client, sync or async: one request after the other, all at once, or cancelled after a time."""

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from http_benchmark.clients.base import (
    AsyncClient,
    AsyncSend,
    Client,
    ClientOptions,
    ErrorTable,
    Inspect,
    Request,
    Send,
    classify,
)
from http_benchmark.clock import monotonic_ns
from http_benchmark.conformance import protocol
from http_benchmark.errors import ErrorKind

_LONGEST_ERROR = 200  # characters

type _Shown = tuple[int | None, int | None, str | None]  # status, length and hash of the body

_NOTHING: _Shown = (None, None, None)


class Driver(Protocol):
    """A client that is open."""

    def send(self, order: protocol.Send) -> tuple[protocol.Answer, ...]:
        """Send what is ordered."""

    def close(self) -> int | None:
        """Close the client; how many tasks are left on the event loop, None where there is no such thing."""


class SyncDriver:
    """Opens and drives a `Client`."""

    def __init__(self, client: Client, options: ClientOptions, errors: ErrorTable) -> None:
        self._client = client
        self._errors = errors
        client.open(options)

    def send(self, order: protocol.Send) -> tuple[protocol.Answer, ...]:
        prepared = _prepared(self._client.prepare, order, self._errors)
        runs = [_run(send, look, order.times) for send, look in prepared]
        if order.at_once:
            threads = [threading.Thread(target=run) for run in runs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        else:
            for run in runs:
                run()
        return tuple(answer for _, look in prepared for answer in look.answers)

    def close(self) -> None:
        self._client.close()


class AsyncDriver:
    """Opens and drives an `AsyncClient` on a loop of its own, which stands still between two orders."""

    def __init__(self, client: AsyncClient, options: ClientOptions, errors: ErrorTable) -> None:
        self._client = client
        self._errors = errors
        self._runner = asyncio.Runner()
        try:
            self._runner.run(client.open(options))
        except BaseException:
            self._runner.close()
            raise

    def send(self, order: protocol.Send) -> tuple[protocol.Answer, ...]:
        return self._runner.run(self._send(order))

    async def _send(self, order: protocol.Send) -> tuple[protocol.Answer, ...]:
        prepared = _prepared(self._client.prepare, order, self._errors)
        runs = [_run_async(send, look, order.times) for send, look in prepared]
        together = asyncio.gather(*runs) if order.at_once else _one_by_one(runs)
        task = asyncio.ensure_future(together)
        await asyncio.wait([task], timeout=order.cancel_after_s)
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
        if not task.cancelled():
            task.result()
        return tuple(answer for _, look in prepared for answer in look.answers)

    def close(self) -> int:
        tasks = self._runner.run(self._close())
        self._runner.close()
        return tasks

    async def _close(self) -> int:
        await self._client.close()
        await asyncio.sleep(0)  # what was cancelled ends in the loop's next turn
        return len(asyncio.all_tasks()) - 1


class _Look:
    """Takes down what comes of the requests of one `send`."""

    def __init__(self, errors: ErrorTable) -> None:
        self.answers: list[protocol.Answer] = []
        self._errors = errors
        self._shown = _NOTHING

    def arguments(self, order: protocol.Send) -> tuple[Inspect, ...]:
        """What `prepare` is given beyond the request."""
        return (self._inspect,) if order.inspect else ()

    def _inspect(self, status: int, body: bytes) -> None:
        self._shown = status, len(body), hashlib.sha256(body).hexdigest()

    def answered(self, started_ns: int, status: int) -> None:
        """It returned a status, which has to be the one that was shown."""
        duration_s = _since_s(started_ns)
        shown_status, body_bytes, body_sha256 = self._shown
        self._shown = _NOTHING
        if shown_status in {None, status}:
            self.answers.append(protocol.Answer(duration_s, status, body_bytes=body_bytes, body_sha256=body_sha256))
        else:
            error = f"the status shown was {shown_status}, that returned {status}"
            self.answers.append(protocol.Answer(duration_s, kind=protocol.UNLISTED, error=error))

    def failed(self, started_ns: int, error: BaseException) -> None:
        """It raised."""
        duration_s = _since_s(started_ns)
        listed = isinstance(error, tuple(exception_class for exception_class, _ in self._errors))
        kind: str = classify(error, self._errors) if listed else protocol.UNLISTED
        text = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR].removesuffix(": ")
        self.answers.append(protocol.Answer(duration_s, kind=kind, error=text))

    def cancelled(self, started_ns: int) -> None:
        """It was cancelled."""
        self.answers.append(protocol.Answer(_since_s(started_ns), kind=ErrorKind.CANCELLED, error="cancelled"))


def _prepared[Once](prepare: Callable[..., Once], order: protocol.Send, errors: ErrorTable) -> list[tuple[Once, _Look]]:
    """A `send` for each request that is ordered, with who takes down what comes of it."""
    looks = [_Look(errors) for _ in order.asks]
    return [(prepare(_request(ask), *look.arguments(order)), look) for ask, look in zip(order.asks, looks, strict=True)]


def _run(send: Send, look: _Look, times: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            started_ns = monotonic_ns()
            try:
                look.answered(started_ns, send())
            except Exception as error:  # noqa: BLE001 - which exceptions there are is what is asked
                look.failed(started_ns, error)

    return run


async def _run_async(send: AsyncSend, look: _Look, times: int) -> None:
    for _ in range(times):
        started_ns = monotonic_ns()
        try:
            look.answered(started_ns, await send())
        except asyncio.CancelledError:
            look.cancelled(started_ns)
            raise
        except Exception as error:  # noqa: BLE001 - which exceptions there are is what is asked
            look.failed(started_ns, error)


async def _one_by_one(runs: Sequence[Awaitable[None]]) -> None:
    for run in runs:
        await run


def _request(ask: protocol.Ask) -> Request:
    return Request(ask.method, ask.url, ask.headers, protocol.made_body(ask.body_bytes), ask.stream)


def _since_s(started_ns: int) -> float:
    return (monotonic_ns() - started_ns) / 1e9
