"""A client that never ends a request, whatever its timeout."""

import threading

from http_benchmark.clients.base import Client, ClientOptions, Request, Send
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "misbehaving",
    "install": "only a test has it",
    "modes": {"sync": "HangingClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

ERRORS = ((OSError, ErrorKind.OTHER),)


class HangingClient(Client):
    """Waits for what never comes."""

    def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request) -> Send:
        def send() -> int:
            threading.Event().wait()
            return 200

        return send

    def close(self) -> None:
        """Close nothing."""
