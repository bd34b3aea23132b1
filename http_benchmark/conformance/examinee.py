"""One contender under examination: its prober, its origin, and what the two saw.

A check asks through an `Examinee`, compares what the client said with what the origin saw, and raises `DeviationError`
where that is not what it has to be, or `NotOfferedError` where the client does not claim to do it.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Self

from http_benchmark.clients import Capabilities
from http_benchmark.clients.base import ClientOptions
from http_benchmark.conformance import protocol
from http_benchmark.conformance.orders import Orders
from http_benchmark.errors import HTTPBenchmarkError, WorkerError
from http_benchmark.models.contender import Contender
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.journal import Entries
from http_benchmark.origin.options import CertificateKind, OriginOptions
from http_benchmark.origin.process import OriginProcess
from http_benchmark.utils.child import OWN_INTERPRETER, Child, Interpreter

HEADERS = (("User-Agent", "conform/1"), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"))
"""Sent with every request, unless a check says otherwise."""

PATIENCE_S = 30.0
"""How long the client may take for what it is asked, beyond all timeouts, before it is taken to hang."""

_SETTLING_S = 3.0  # how long the origin may take to see what the client did last
_LOOK_EVERY_S = 0.01


type Certified = Mapping[CertificateKind, OriginProcess]
"""An origin for each kind of certificate, with its journal on; one for all contenders."""


class DeviationError(HTTPBenchmarkError):
    """What was seen, where it is not what it has to be."""


class NotOfferedError(HTTPBenchmarkError):
    """The client does not claim to do this; the words are its own, or say how it shows."""


class NotAskedError(HTTPBenchmarkError):
    """The question could not be put."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a client left in its process.

    Attributes:
        before, after: What the process held before it was opened, and after it was closed and forgotten.
        tasks: Tasks that were not done after it was closed; None for a synchronous client.
        complaints: What Python said.
    """

    before: protocol.Left
    after: protocol.Left
    tasks: int | None
    complaints: tuple[str, ...]


class Examinee:
    """A contender with a prober process and an origin of its own; a context manager that ends both.

    Args:
        contender: With its mode.
        capabilities: What its adapter says of it.
        certified: Where checks of certificates ask; they need it, others do not.
        interpreter: The Python that the client is installed in.

    Attributes:
        orders: What was ordered since `begin`.
    """

    def __init__(
        self,
        contender: Contender,
        capabilities: Capabilities,
        certified: Certified = MappingProxyType({}),
        *,
        interpreter: Interpreter = OWN_INTERPRETER,
    ) -> None:
        assert contender.mode is not None, "contenders are resolved before they are examined"
        self.contender = contender
        self.mode = contender.mode
        self.http_version = "2" if contender.http2 else "1.1"
        self.certified = certified
        self._module = capabilities.module
        self._class_name = capabilities.modes[contender.mode]
        self._interpreter = interpreter
        self._prober: Child | None = None
        self._origin = OriginProcess(options=OriginOptions(http2=contender.http2))
        self._counted = ServerCounts()
        self.orders = Orders(self._origin.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_prober()
        self._origin.stop()

    def url(self, path: str) -> str:
        """Where the origin answers this path."""
        return self._origin.url + path

    def begin(self) -> None:
        """Forget what was ordered and seen so far."""
        self._origin.start_journal()
        self._counted = self._origin.counts()
        self.orders = Orders(self._origin.url)

    def compare(self) -> None:
        """Raise a deviation if the origin saw other requests than were ordered, or fewer than were answered."""
        if difference := self.orders.difference(self.seen().requests):
            raise DeviationError(difference)

    def begin_again(self) -> None:
        """Compare and forget, in the middle of a check."""
        self.compare()
        self.begin()

    @contextmanager
    def opened(self, environment: Mapping[str, str] | None = None, **options: object) -> "Iterator[OpenClient]":
        """A client that is set up with these `ClientOptions`, one request at a time by default.

        Raises:
            NotOfferedError: It refuses one of them.
        """
        defaults = {"concurrency": 1, "timeout_s": 10.0, "http_version": self.http_version}
        settings = ClientOptions(**defaults | options)  # type: ignore[arg-type]
        if settings.follow_redirects or settings.proxy:
            self.orders.leave_open()
        order = protocol.Open(self._module, self._class_name, settings, dict(environment or {}))
        opened = self.order(order, protocol.Opened)
        client = OpenClient(self, opened.before)
        try:
            yield client
        finally:
            client.end()

    def seen(self) -> Entries:
        """What the origin has written down since `begin`."""
        return self._origin.journal()

    def seen_when(self, settled: Callable[[Entries], bool]) -> Entries:
        """The same once the condition holds, or when the time is over."""
        return _once(self.seen, settled)

    def counts(self) -> ServerCounts:
        """What the origin has counted since `begin`."""
        return self._origin.counts() - self._counted

    def counts_when(self, settled: Callable[[ServerCounts], bool]) -> ServerCounts:
        """The same once the condition holds, or when the time is over."""
        return _once(self.counts, settled)

    def order[Reply: protocol.Message](
        self, message: protocol.Message, expected: type[Reply], patience_s: float = PATIENCE_S
    ) -> Reply:
        """Have the prober do something.

        Raises:
            DeviationError: The process hung or crashed over it.
            NotOfferedError: The client refuses.
            NotAskedError: It is not installed, or its adapter cannot be asked.
        """
        if self._prober is None:
            self._prober = Child(
                "http_benchmark.conformance.prober",
                [str(os.getpid())],
                name=str(self.contender),
                interpreter=self._interpreter,
            )
        try:
            reply = protocol.decode(self._prober.ask(protocol.encode(message), patience_s))
        except WorkerError as error:
            self._end_prober()
            raise DeviationError(str(error)) from error
        if isinstance(reply, expected):
            return reply
        assert isinstance(reply, protocol.Broken), f"{reply} instead of {expected}"
        raise (NotOfferedError if reply.kind == "unsupported" else NotAskedError)(reply.reason)

    def has_prober(self) -> bool:
        """Whether the prober lives, and with it the client."""
        return self._prober is not None

    def interrupt(self) -> None:
        """Kill the prober over what it does now, from another thread; the check under way then comes to nothing."""
        if prober := self._prober:
            prober.interrupt()

    def _end_prober(self) -> None:
        prober, self._prober = self._prober, None
        if prober:
            prober.kill()


class OpenClient:
    """A client that is open in the prober."""

    def __init__(self, examinee: Examinee, before: protocol.Left) -> None:
        self._examinee = examinee
        self._before = before
        self._state: Literal["open", "closed", "forgotten"] = "open"
        self._tasks: int | None = None

    def get(self, path: str, *, times: int = 1) -> tuple[protocol.Answer, ...]:
        """GET one path again and again by one `send`, the one that is measured."""
        return self.send(self.ask("GET", path), times=times)

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Sequence[tuple[str, str]] = HEADERS,
        body_bytes: int = 0,
        stream: bool = False,
    ) -> protocol.Ask:
        """A request to the origin, or to a URL."""
        url = path if "://" in path else self._examinee.url(path)
        return protocol.Ask(method, url, tuple(headers), body_bytes, stream)

    def send(
        self,
        *asks: protocol.Ask,
        times: int = 1,
        at_once: bool = False,
        inspect: bool = False,
        cancel_after_s: float | None = None,
        patience_s: float = PATIENCE_S,
    ) -> tuple[protocol.Answer, ...]:
        """See `protocol.Send`."""
        order = protocol.Send(asks, times, at_once=at_once, inspect=inspect, cancel_after_s=cancel_after_s)
        answers = self._examinee.order(order, protocol.Sent, patience_s).answers
        self._examinee.orders.note(asks, times, answers)
        return answers

    def close(self) -> None:
        """Close it, but keep it in the prober's memory."""
        if self._state == "open":
            self._state = "closed"
            self._tasks = self._examinee.order(protocol.Close(), protocol.Closed).tasks

    def forget(self) -> Leftovers:
        """Close it and drop it; what it left behind."""
        self.close()
        self._state = "forgotten"
        forgotten = self._examinee.order(protocol.Forget(), protocol.Forgotten)
        return Leftovers(self._before, forgotten.after, self._tasks, forgotten.complaints)

    def end(self) -> None:
        """Close and drop it, if it is still there."""
        if self._state != "forgotten" and self._examinee.has_prober():
            self.forget()


def _once[Reading](look: Callable[[], Reading], settled: Callable[[Reading], bool]) -> Reading:
    """Look again and again until the condition holds, or until the time is over."""
    deadline_s = time.monotonic() + _SETTLING_S
    while not settled(reading := look()) and time.monotonic() < deadline_s:
        time.sleep(_LOOK_EVERY_S)
    return reading
