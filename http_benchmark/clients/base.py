"""What every adapter is: two small base classes, the values they are given, and the error table.

An adapter wraps one HTTP client library so that all of them do the same work and are asked in the same way:
`open(options)` builds the client with its connection pool, `prepare(request)` returns a callable `send` that performs
that request once, reads the whole body and returns the status. `send` costs one call more than a user's own loop.
This module and every adapter import the standard library and the one client only, since they run inside the worker.

An adapter's file also has `CAPABILITIES`, a literal that is read without importing the file (see
`http_benchmark.clients.Capabilities`), and `ERRORS`, an `ErrorTable` with every class that a failed request can raise.
"""

import socket
import ssl
import warnings
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy

from http_benchmark.errors import ErrorKind, UnsupportedOptionError

STREAM_CHUNK_BYTES = 65536
"""How much of a streamed body is asked for at a time, for every client that lets one choose."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to be sent again and again.

    Attributes:
        method: An HTTP method in capitals.
        url: Absolute, with scheme and host.
        headers: (name, value) pairs in the order in which they are to be sent; every client sends these same headers.
        body: What is uploaded; empty for none.
        stream: Read the response's body as a stream in chunks instead of in one piece.
        events: The body is a stream of server-sent events, and it matters when each arrives; `stream` is set too.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    stream: bool = False
    events: bool = False

    @property
    def asks_to_close(self) -> bool:
        """Its connection is to end with it."""
        return any(name.lower() == "connection" and "close" in value.lower() for name, value in self.headers)


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How a client is to be set up; the same for every contender.

    Attributes:
        concurrency: Requests in flight at a time, and the size of the connection pool, for each host.
        timeout_s: Total deadline of a request; connecting and each read are cut off no later than that.
        verify: Check certificates.
        ca_file: PEM file with the authorities to trust instead of the client's own; None for the client's own.
        http_version: "1.1" or "2".
        follow_redirects: Follow redirects, at most `max_redirects` of them.
        max_redirects: See `follow_redirects`.
        idle_timeout_s: How long an idle connection is kept; long, since a contender waits while others are measured.
        hosts: How many hosts the requests go to.
        proxy: URL of the HTTP proxy that all requests go through, with its credentials; None for none.
    """

    concurrency: int
    timeout_s: float = 30.0
    verify: bool = True
    ca_file: str | None = None
    http_version: str = "1.1"
    follow_redirects: bool = False
    max_redirects: int = 20
    idle_timeout_s: float = 3600.0
    hosts: int = 1
    proxy: str | None = field(default=None, repr=False)


type Send = Callable[[], int]
"""Perform the prepared request once, read the whole body, return the HTTP status; raise what the library raises."""

type AsyncSend = Callable[[], Awaitable[int]]

type Inspect = Callable[[int, bytes], None]
"""Shown the status and the whole body of each response, decoded, as the client hands it to its user."""

type Observe = Callable[[bytes], object]
"""Shown each piece of a body, decoded, at the moment at which the client hands it to its user."""

type ErrorTable = Sequence[tuple[type[BaseException], ErrorKind | Callable[[BaseException], ErrorKind]]]
"""A library's exceptions → kinds, most specific first; a callable looks into the exception where its class says
too little."""


class Client(ABC):
    """A synchronous client. One object serves all threads of a worker."""

    @abstractmethod
    def open(self, options: ClientOptions) -> None:
        """Build the client and its pool; sends nothing.

        Raises:
            UnsupportedOptionError: The client cannot honour one of the options.
        """

    @abstractmethod
    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        """Make a `send` for one thread; called once for each of the `concurrency` threads, in the main thread.

        The `send` functions of one client may run at the same time, each in a thread of its own, and share the pool.

        Args:
            request: What to send.
            inspect: Where given, the `send` is another closure, which makes the same call of the library and shows
                what came of it; so what is inspected is what is measured, and measuring costs nothing for it.

        Raises:
            UnsupportedOptionError: The client cannot send such a request.
        """

    def prepare_observed(self, request: Request, observe: Observe) -> Send:  # noqa: ARG002 - for those that can
        """As `prepare` for a streamed request, whose body is shown piece by piece as it arrives.

        Args:
            request: What to send.
            observe: Given each piece that the client hands over, as soon as it does; pieces of whatever size it likes.

        Raises:
            UnsupportedOptionError: The client hands over no body before it is complete.
        """
        raise _no_pieces(self)

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[Send]:
        """Make the `send` functions of one thread, which calls one at a time.

        A client whose connections belong to its `send` functions overrides it, so that those of a thread share one.

        Args:
            requests: What to send.
            observe: Shown the pieces of those bodies that are streams of events; None where there are none.
        """
        return [
            self.prepare_observed(request, observe) if observe and request.events else self.prepare(request)
            for request in requests
        ]

    @abstractmethod
    def close(self) -> None:
        """Close every connection and what else the client holds."""


class AsyncClient(ABC):
    """An asynchronous client. One object serves all tasks of a worker's event loop."""

    @abstractmethod
    async def open(self, options: ClientOptions) -> None:
        """As `Client.open`, on the running loop."""

    @abstractmethod
    def prepare(self, request: Request, inspect: Inspect | None = None) -> AsyncSend:
        """Make a `send` for one task, as `Client.prepare`; called on the running loop."""

    def prepare_observed(self, request: Request, observe: Observe) -> AsyncSend:  # noqa: ARG002 - as above
        """As `Client.prepare_observed`, for a task."""
        raise _no_pieces(self)

    def prepare_each(self, requests: Sequence[Request], observe: Observe | None = None) -> list[AsyncSend]:
        """As `Client.prepare_each`, for a task."""
        return [
            self.prepare_observed(request, observe) if observe and request.events else self.prepare(request)
            for request in requests
        ]

    @abstractmethod
    async def close(self) -> None:
        """As `Client.close`."""


def _no_pieces(client: object) -> UnsupportedOptionError:
    return refuse(type(client).__name__, "hand over a stream while it arrives", "leave it out, or leave out --events")


def classify(error: BaseException, table: ErrorTable) -> ErrorKind:
    """Translate what a client raised into its kind, by the first row of `table` that fits; OTHER if none does."""
    for exception_class, kind in table:
        if isinstance(error, exception_class):
            return kind if isinstance(kind, ErrorKind) else kind(error)
    return ErrorKind.OTHER


def kind_of_cause(
    error: BaseException,
    otherwise: ErrorKind = ErrorKind.CONNECT,
    *,
    rows: Sequence[tuple[type[BaseException], ErrorKind]] = (),
) -> ErrorKind:
    """Find the kind that the first telling error behind a library's connection error stands for.

    Args:
        error: What the library raised.
        otherwise: The kind when nothing behind it is more telling.
        rows: The library's own classes that tell more, looked up before the operating system's.
    """
    for cause in causes(error):
        for exception_class, kind in (*rows, *_SYSTEM_ERRORS):
            if isinstance(cause, exception_class):
                return kind
    return otherwise


_SYSTEM_ERRORS: tuple[tuple[type[BaseException], ErrorKind], ...] = (
    (socket.gaierror, ErrorKind.NAME_RESOLUTION),
    (ssl.SSLError, ErrorKind.TLS),
    (ConnectionRefusedError, ErrorKind.CONNECTION_REFUSED),
    (ConnectionResetError, ErrorKind.CONNECTION_RESET),
    (ConnectionAbortedError, ErrorKind.CONNECTION_RESET),
    (BrokenPipeError, ErrorKind.CONNECTION_RESET),
    (TimeoutError, ErrorKind.CONNECT_TIMEOUT),
)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that led to it, outermost first.

    Libraries hide the operating system's error in `__cause__`, `__context__`, `args` or urllib3's `reason`; each
    exception is yielded once.
    """
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        candidate = waiting.pop(0)
        if not isinstance(candidate, BaseException) or id(candidate) in seen:
            continue
        seen.add(id(candidate))
        yield candidate
        waiting += [
            candidate.__cause__,
            candidate.__context__,
            getattr(candidate, "reason", None),
            *candidate.args,
        ]
        if isinstance(candidate, BaseExceptionGroup):
            waiting += candidate.exceptions


def refuse(client: str, setting: str, advice: str) -> UnsupportedOptionError:
    """The error for a setting that a client cannot honour: "requests cannot do HTTP/2; use httpx or pycurl"."""
    return UnsupportedOptionError(f"{client} cannot {setting}; {advice}")


def refuse_http2(client: str, options: ClientOptions) -> None:
    """Raise for HTTP/2 with a client that speaks HTTP/1.1 only."""
    if options.http_version != "1.1":
        raise refuse(client, f"speak HTTP/{options.http_version}", "leave out +h2, or measure httpx or pycurl")


def refuse_proxy(client: str, options: ClientOptions) -> None:
    """Raise for a proxy with a client that cannot be given one."""
    if options.proxy:
        raise refuse(client, "send through a proxy", "leave out --proxy, or measure another client")


def headers_by_name(client: str, request: Request) -> dict[str, str]:
    """The request's headers for a client that takes each name only once.

    Raises:
        UnsupportedOptionError: A name stands twice.
    """
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if name.lower() in map(str.lower, headers):
            separator = "semicolon" if name.lower() == "cookie" else "comma"
            raise refuse(client, f"send the header {name!r} twice", f"join its values with a {separator}")
        headers[name] = value
    return headers


def header_bytes(request: Request) -> list[tuple[bytes, bytes]]:
    """The request's headers for a client that takes bytes, and would not send text as Latin-1."""
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers]


def refuse_beyond_ascii(client: str, request: Request) -> None:
    """Raise for a header that a client would not send as Latin-1.

    Raises:
        UnsupportedOptionError: A value has other characters than those of ASCII.
    """
    for name, value in request.headers:
        if not value.isascii():
            raise refuse(client, f"send the header {name!r} with characters beyond ASCII", "leave them out")


def has_header(request: Request, name: str) -> bool:
    """Whether the caller gave the header, in whatever case."""
    return any(given.lower() == name.lower() for given, _ in request.headers)


def ignore_unverified_warnings() -> None:
    """Silence urllib3's warning on each connection whose certificate the user asked not to check."""
    warnings.filterwarnings("ignore", message="Unverified HTTPS request")


def refusing_cookie_policy() -> DefaultCookiePolicy:
    """A cookie policy that stores no cookie, so that each request is sent like the first."""
    return DefaultCookiePolicy(allowed_domains=())
