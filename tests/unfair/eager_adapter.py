"""A client that asks for answers before they are wanted."""

from http.client import HTTPConnection, parse_headers
from typing import BinaryIO
from urllib.parse import urlsplit

from fair_client import ERRORS, FairClient

from http_benchmark.clients.base import Inspect, Request, Send

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "EagerClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "EagerClient"]

_AHEAD = 5


class EagerClient(FairClient):
    """Sends five requests at once, which have no body, and takes an answer whenever one is asked for."""

    name = "eager"

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        send_one = super().prepare(request, inspect)
        connection = self._connections[-1]
        answers = _Answers(connection)
        url = urlsplit(request.url)
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers)
        wire = f"{request.method} {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n{head}\r\n".encode()

        def send() -> int:
            if connection.sock is None:
                return send_one()
            return answers.next(wire)

        return send


class _Answers:
    """Those that one connection is due."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._file: BinaryIO | None = None
        self._due = 0

    def next(self, wire: bytes) -> int:
        """Read an answer; ask for more when none is due."""
        if self._file is None:
            self._file = self._connection.sock.makefile("rb")
        if not self._due:
            self._connection.sock.sendall(wire * _AHEAD)
            self._due = _AHEAD
        self._due -= 1
        status = int(self._file.readline().split()[1])
        self._file.read(int(parse_headers(self._file)["Content-Length"]))
        return status
