"""The adapter of sloth, a library that tests make in several versions (tests/wheelhouse.py)."""

from http.client import HTTPException
from urllib.parse import urlsplit

import sloth

from http_benchmark.clients.base import Client, ClientOptions, Inspect, Request, Send
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "sloth",
    "install": "only a test has it",
    "modes": {"sync": "SlothClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

ERRORS = ((HTTPException, ErrorKind.PROTOCOL), (TimeoutError, ErrorKind.TIMEOUT), (OSError, ErrorKind.CONNECTION_RESET))


class SlothClient(Client):
    """One connection for each thread."""

    def open(self, options: ClientOptions) -> None:
        self._timeout_s = options.timeout_s
        self._connections: list[sloth.Connection] = []

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:
        url = urlsplit(request.url)
        connection = sloth.Connection(url.netloc, self._timeout_s)
        self._connections.append(connection)
        headers = dict(request.headers)
        if inspect is None:
            return lambda: connection.get(url.path, headers)

        def send_inspected() -> int:
            status = connection.get(url.path, headers)
            inspect(status, b"")
            return status

        return send_inspected

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
