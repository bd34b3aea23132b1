"""A client whose process dies once, and then never again."""

import os
from pathlib import Path

from http_benchmark.clients.base import Client, ClientOptions, Request, Send
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "misbehaving",
    "install": "only a test has it",
    "modes": {"sync": "UnluckyClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

ERRORS = ((OSError, ErrorKind.OTHER),)


class UnluckyClient(Client):
    """Ends its process in its first request, unless it finds the mark that it left when it did so."""

    def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request) -> Send:
        def send() -> int:
            mark = Path(os.environ["UNLUCKY_MARK"])
            if not mark.exists():
                mark.touch()
                os._exit(3)
            return 200

        return send

    def close(self) -> None:
        """Close nothing."""
