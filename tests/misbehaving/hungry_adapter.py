"""A client that takes all the memory that it can get."""

import resource

from http_benchmark.clients.base import Client, ClientOptions, Request, Send
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "misbehaving",
    "install": "only a test has it",
    "modes": {"sync": "HungryClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

ERRORS = ((OSError, ErrorKind.OTHER),)

LIMIT_BYTES = 1 << 29
BITE_BYTES = 1 << 24


class HungryClient(Client):
    """Keeps what it allocates, and may have little: the whole machine's would hurt others."""

    def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request) -> Send:
        kept: list[bytearray] = []

        def send() -> int:
            resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
            while True:
                kept.append(bytearray(BITE_BYTES))

        return send

    def close(self) -> None:
        """Close nothing."""
