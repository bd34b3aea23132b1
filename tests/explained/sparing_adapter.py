"""A client that costs a tenth of what `burning` does, by looking once."""

from burning_look import look

from http_benchmark.clients.base import Client, ClientOptions, Request, Send
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "explained",
    "install": "only a test has it",
    "modes": {"sync": "SparingClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

ERRORS = ((OSError, ErrorKind.OTHER),)


class SparingClient(Client):
    """Answers 200 after a look, and without a connection."""

    def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request) -> Send:
        def send() -> int:
            look()
            return 200

        return send

    def close(self) -> None:
        """Close nothing."""
