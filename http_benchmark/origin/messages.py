"""What travels between the wire and the routes: requests as read, responses as meant, refusals.

Nothing here knows sockets; `parsing` and `bodies` make requests, `answers` turns responses into bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from http_benchmark.faults import Fault
from http_benchmark.origin.queues import Service
from http_benchmark.origin.requested import entry

type Buffer = bytes | memoryview


class RefusalError(Exception):
    """The peer breaks HTTP or a limit: it is answered with this status, and the connection is closed.

    Attributes:
        status: The HTTP status of the answer.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: In capitals.
        target: As it stood in the request line, for example "/get?a=1".
        headers: (name, value) pairs as sent, in order.
        version: "1.0", "1.1" or "2".
        keep_alive: The connection stays open after the answer.
        content_length: Bytes of body that follow the head; 0 when there is none or it is chunked.
        chunked: The body comes in chunks.
        expects_continue: The client waits for "100 Continue" before it sends the body.
        peer: The client's address.
        number: Which of those read of its connection it is, from 1 on; answers that were kept are not counted.
        scheme: "http", or "https" over TLS.
        body: The body, where the route keeps it.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    version: str = "1.1"
    keep_alive: bool = True
    content_length: int = 0
    chunked: bool = False
    expects_continue: bool = False
    peer: str = ""
    number: int = 1
    scheme: str = "http"
    body: bytes = b""

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path cut at its slashes and decoded: ("status", "503") for "/status/503"."""
        path = self.target.partition("?")[0]
        if "://" in path:  # with scheme and host, as proxies are asked
            path = path.partition("://")[2].partition("/")[2]
        return tuple(unquote(segment) for segment in path.removeprefix("/").split("/"))

    @property
    def entry(self) -> str:
        """As it is counted; see `requested`."""
        return entry(f"{self.method} {self.target}", self.headers)

    @property
    def query(self) -> str:
        """What stands behind the question mark, as sent."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """The header's values, joined with commas; "" when it was not sent."""
        return ",".join(value for key, value in self.headers if key.lower() == name)


@dataclass(frozen=True, slots=True)
class Stream:
    """A body that is sent piece by piece, as fast as the client reads it.

    Attributes:
        pieces: None of them empty. If the response is repeatable, they can be iterated again and again.
        length: Bytes in all; None sends them chunked.
        pause_s: Rest between two pieces.
    """

    pieces: Iterable[Buffer]
    length: int | None = None
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Response:
    """One response, before it is put into bytes.

    Attributes:
        headers: Beyond Date, Content-Type, Content-Length, Transfer-Encoding and Connection.
        delay_s: How long to wait before the answer starts.
        service: The queue that the request has to go through before the answer starts.
        fault: What goes wrong while it is sent.
        repeatable: An equal request head gets the equal response, so that it may be prepared once.
        refusal: The request could not be read, so that the connection ends.
    """

    status: int = 200
    body: bytes | Stream = b""
    content_type: str = "application/octet-stream"
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    service: Service | None = None
    fault: Fault | None = None
    repeatable: bool = True
    refusal: bool = False
