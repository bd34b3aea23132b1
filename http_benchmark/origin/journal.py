"""What the origin writes down when it is asked to: each request with its body's hash, each connection with its end.

The counters say how much was seen; the journal says what. It is off by default, since it hashes every body, and answers
nothing out of what was prepared for an equal head before.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from http_benchmark.clock import monotonic_ns
from http_benchmark.origin.messages import Request

type Ending = Literal["client", "client-reset", "origin"]
"""Who ended a connection first: the client in order, the client by a reset, or the origin."""


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request that came in whole.

    Attributes:
        connection: The number of its connection.
        method, target: As in the request line.
        version: "1.0", "1.1" or "2".
        headers: (name, value) pairs as sent, in order; over HTTP/2 after its authority, as Host.
        body_bytes, body_sha256: Of the body without its framing.
        at_ns: When its end was read, on the monotonic clock.
    """

    connection: int
    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    body_bytes: int
    body_sha256: str
    at_ns: int

    def header(self, name: str) -> str | None:
        """A header's first value; None if it was not sent."""
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class SeenConnection:
    """One connection.

    Attributes:
        number: From 1 on, in order of appearance since the origin was started.
        tls: Whether it is encrypted.
        opened_ns, closed_ns: On the monotonic clock; `closed_ns` is None while it is open, and where it is
            not shown (HTTP/2).
        ended: By whom; None likewise.
    """

    number: int
    tls: bool
    opened_ns: int
    closed_ns: int | None = None
    ended: Ending | None = None


@dataclass(frozen=True, slots=True)
class Entries:
    """What the journal holds, both in order of appearance."""

    requests: tuple[SeenRequest, ...] = ()
    connections: tuple[SeenConnection, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For the line to the controller."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, after a way through JSON."""
        return cls(
            tuple(
                SeenRequest(**values | {"headers": tuple((name, value) for name, value in values["headers"])})
                for values in fields["requests"]
            ),
            tuple(SeenConnection(**values) for values in fields["connections"]),
        )


class Journal:
    """Collects entries of the connections that are opened while it is on.

    Attributes:
        on: Whether connections that are opened now are written down.
    """

    def __init__(self) -> None:
        self.on = False
        self._pages: list[Page] = []
        self._by_address: dict[str, Page] = {}
        self._number = 0

    def start(self) -> None:
        """Begin anew: switch on, and forget everything, with the connections that are open."""
        self.on = True
        self._pages = []
        self._by_address = {}

    def open_page(self, *, tls: bool) -> "Page":
        """A page for a new connection."""
        self._number += 1
        page = Page(self._number, tls=tls)
        self._pages.append(page)
        return page

    def page_of(self, address: str, *, tls: bool) -> "Page":
        """The page of a connection of which nothing is known but the client's address and port."""
        if address not in self._by_address:
            self._by_address[address] = self.open_page(tls=tls)
        return self._by_address[address]

    def entries(self) -> Entries:
        """All that was written down since `start`."""
        requests = (request for page in self._pages for request in page.requests)
        connections = tuple(page.connection() for page in self._pages)
        return Entries(tuple(sorted(requests, key=lambda request: request.at_ns)), connections)


class Page:
    """What is written down of one connection.

    Attributes:
        requests: Those that came in whole, in order.
    """

    def __init__(self, number: int, *, tls: bool) -> None:
        self.requests: list[SeenRequest] = []
        self._number = number
        self._tls = tls
        self._opened_ns = monotonic_ns()
        self._closed_ns: int | None = None
        self._ended: Ending | None = None
        self._begin_body()

    def take(self, content: bytes) -> None:
        """A part of the body of the request that is being read."""
        self._body_bytes += len(content)
        self._digest.update(content)

    def note(self, request: Request) -> None:
        """A request has come in whole."""
        self.requests.append(
            SeenRequest(
                connection=self._number,
                method=request.method,
                target=request.target,
                version=request.version,
                headers=request.headers,
                body_bytes=self._body_bytes,
                body_sha256=self._digest.hexdigest(),
                at_ns=monotonic_ns(),
            )
        )
        self._begin_body()

    def end(self, ended: Ending) -> None:
        """The connection is closed."""
        self._ended = ended
        self._closed_ns = monotonic_ns()

    def connection(self) -> SeenConnection:
        """The connection as it is now."""
        return SeenConnection(self._number, self._tls, self._opened_ns, self._closed_ns, self._ended)

    def _begin_body(self) -> None:
        self._digest = hashlib.sha256()
        self._body_bytes = 0
