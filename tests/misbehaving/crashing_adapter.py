"""A client whose process dies in its first request."""

import os
import signal

from http_benchmark.clients.base import Client, ClientOptions, Request, Send
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "misbehaving",
    "install": "only a test has it",
    "modes": {"sync": "CrashingClient"},
    "http2": False,
    "custom_ca": False,
    "skip_verify": False,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

ERRORS = ((OSError, ErrorKind.OTHER),)


class CrashingClient(Client):
    """Takes its process with it, as a fault in native code does."""

    def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request) -> Send:
        def send() -> int:
            os.kill(os.getpid(), signal.SIGSEGV)
            return 200

        return send

    def close(self) -> None:
        """Close nothing."""
