"""A client that claims to have sent what it has not."""

from http_benchmark.clients.base import Client, ClientOptions, Request, Send
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "misbehaving",
    "install": "only a test has it",
    "modes": {"sync": "IdleClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

ERRORS = ((OSError, ErrorKind.OTHER),)


class IdleClient(Client):
    """Answers 200 without a connection."""

    def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request) -> Send:
        def send() -> int:
            return 200

        return send

    def close(self) -> None:
        """Close nothing."""
