"""Every installed client in every mode, driven alike: the hands of `test_protocols`."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Self

from http_benchmark.clients import FLOOR_CLIENT, Capabilities, installed_clients, known_clients, load_adapter
from http_benchmark.clients.base import AsyncClient, Client, ClientOptions, Request, classify
from http_benchmark.errors import ErrorKind


class Contender:
    """One client in one mode; sync and async are driven alike."""

    def __init__(self, capabilities: Capabilities, mode: str) -> None:
        self.capabilities = capabilities
        self.mode = mode
        self.name = f"{capabilities.name}:{mode}"

    @property
    def adapter(self) -> ModuleType:
        return load_adapter(self.capabilities.module)

    @property
    def follows(self) -> bool:
        return self.mode in self.capabilities.follow_redirects

    @contextlib.contextmanager
    def opened(self, **options: object) -> Iterator[Any]:
        client = getattr(self.adapter, self.capabilities.modes[self.mode])()
        settings = ClientOptions(**{"concurrency": 1, "timeout_s": 10.0} | options)
        with SyncDriver(client, settings) if self.mode == "sync" else AsyncDriver(client, settings) as driver:
            yield driver

    def kind_of(
        self, url: str, *, headers: tuple[tuple[str, str], ...] = (), stream: bool = False, **options: object
    ) -> ErrorKind:
        """The kind of failure that one request ends with, seen as a load loop sees it."""
        listed = tuple(exception_class for exception_class, _ in self.adapter.ERRORS)
        with self.opened(**options) as driver:
            try:
                status = driver.send(Request("GET", url, headers, stream=stream))
            except listed as error:
                return classify(error, self.adapter.ERRORS)
        raise AssertionError(f"{self.name} answered {status}")


class SyncDriver:
    def __init__(self, client: Client, options: ClientOptions) -> None:
        self._client = client
        self._options = options

    def __enter__(self) -> Self:
        self._client.open(self._options)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, request: Request, times: int = 1) -> int:
        send = self._client.prepare(request)
        return [send() for _ in range(times)][-1]

    def send_at_once(self, request: Request, workers: int, times: int) -> None:
        together = threading.Barrier(workers)  # a thread may be over before the last has begun

        def repeat(send: Callable[[], object]) -> None:
            together.wait()
            for _ in range(times):
                send()

        sends = [self._client.prepare(request) for _ in range(workers)]
        threads = [threading.Thread(target=repeat, args=(send,)) for send in sends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class AsyncDriver:
    def __init__(self, client: AsyncClient, options: ClientOptions) -> None:
        self._client = client
        self._options = options
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        try:
            self._runner.run(self._client.open(self._options))
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.close())
        self._runner.close()

    def send(self, request: Request, times: int = 1) -> int:
        async def run() -> int:
            send = self._client.prepare(request)
            return [await send() for _ in range(times)][-1]

        return self._runner.run(run())

    def send_at_once(self, request: Request, workers: int, times: int) -> None:
        async def repeat() -> None:
            send = self._client.prepare(request)
            for _ in range(times):
                await send()

        async def run() -> None:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(workers):
                    tasks.create_task(repeat())

        self._runner.run(run())

    def cancel(self, request: Request, after_s: float) -> None:
        async def run() -> None:
            task = asyncio.ensure_future(self._client.prepare(request)())
            await asyncio.sleep(after_s)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        self._runner.run(run())


def contenders() -> list[Contender]:
    """The installed clients, and the floor, which does the same work; the null client does none."""
    clients = [*installed_clients().values(), known_clients()[FLOOR_CLIENT]]
    return [Contender(capabilities, mode) for capabilities in clients for mode in capabilities.modes]
