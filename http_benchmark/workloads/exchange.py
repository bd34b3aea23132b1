"""One request and its answer by the standard library's client, with one deadline for all of it."""

import http.client
import io
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from http_benchmark.clients.base import ClientOptions, Request

_UPLOADING = frozenset({"POST", "PUT", "PATCH"})  # have a length, be it 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A response.

    Attributes:
        status: The HTTP status.
        headers: (name, value) pairs.
        body: The whole body.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def exchange(request: Request, options: ClientOptions) -> Answer:
    """Send a request on a connection of its own and read the answer.

    Args:
        request: To an http or https URL without user and password.
        options: Deadline for connecting, sending and reading together, and certificates, are as for the clients.

    Raises:
        OSError: The server is not there, or the deadline has passed (`TimeoutError`).
        http.client.HTTPException: What came is no answer.
    """
    deadline = _Deadline(options.timeout_s)
    try:
        with _connected(urlsplit(request.url), options, deadline) as connected:
            return _exchanged(request, _TimedSocket(connected, deadline))
    except TimeoutError:
        raise TimeoutError(f"no whole answer within {options.timeout_s:g} s") from None


def _exchanged(request: Request, connected: "_TimedSocket") -> Answer:
    url = urlsplit(request.url)
    headers = _with_own(request)
    kind = http.client.HTTPConnection if url.scheme == "http" else http.client.HTTPSConnection
    connection = kind(url.netloc)
    connection.sock = connected
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    has_host = any(name.lower() == "host" for name, _ in headers)
    connection.putrequest(request.method, target, skip_host=has_host, skip_accept_encoding=True)
    for header in headers:
        connection.putheader(*header)
    connection.endheaders(request.body or None)
    with connection.getresponse() as response:
        return Answer(response.status, tuple(response.getheaders()), response.read())


class _Deadline:
    """A moment, so many seconds from now."""

    def __init__(self, timeout_s: float) -> None:
        self._ends_s = time.monotonic() + timeout_s

    def left_s(self) -> float:
        """What is left until then.

        Raises:
            TimeoutError: Nothing.
        """
        left_s = self._ends_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s


class _TimedReader(io.RawIOBase):
    """Reads from a socket, each time within what is left."""

    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._deadline.left_s())
        return self._socket.recv_into(buffer)


class _TimedSocket:
    """What the standard library's client needs of a socket; who opened that closes it."""

    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._socket, self._deadline))

    def sendall(self, data: Any) -> None:
        self._socket.settimeout(self._deadline.left_s())
        self._socket.sendall(data)

    def close(self) -> None:
        pass


def _connected(url: SplitResult, options: ClientOptions, deadline: _Deadline) -> socket.socket:
    host, secure = url.hostname or "", url.scheme == "https"
    connected = socket.create_connection((host, url.port or (443 if secure else 80)), timeout=deadline.left_s())
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not secure:
            return connected
        connected.settimeout(deadline.left_s())
        return _tls(options).wrap_socket(connected, server_hostname=host)
    except BaseException:
        connected.close()
        raise


def _tls(options: ClientOptions) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca_file)
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _with_own(request: Request) -> list[tuple[str, str]]:
    """The headers of a request, with those that follow from its body."""
    headers, names = list(request.headers), {name.lower() for name, _ in request.headers}
    if (request.body or request.method in _UPLOADING) and "content-length" not in names:
        headers.append(("Content-Length", str(len(request.body))))
    return headers
