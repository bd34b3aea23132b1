"""The client that answers every request by itself: what is left is the harness's own cost."""

from http_benchmark.clients.base import (
    AsyncClient,
    AsyncSend,
    Client,
    ClientOptions,
    ErrorTable,
    Inspect,
    Observe,
    Request,
    Send,
)
from http_benchmark.errors import ErrorKind

CAPABILITIES = {
    "distribution": "http-benchmark",
    "install": "part of http-benchmark",
    "modes": {"sync": "NullClient", "async": "AsyncNullClient"},
    "http2": True,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": ["sync", "async"],
    "pool_limit": True,
    "stream": True,
    "total_timeout": True,
}

ERRORS: ErrorTable = ((OSError, ErrorKind.OTHER),)  # raised by nobody; a load loop needs a class to catch


class NullClient(Client):
    """Answers 200 at once, without a connection."""

    def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request, inspect: Inspect | None = None) -> Send:  # noqa: ARG002 - answers the same
        def send() -> int:
            return 200

        return send

    def prepare_observed(self, request: Request, observe: Observe) -> Send:  # noqa: ARG002 - it gets no events
        return self.prepare(request)

    def close(self) -> None:
        """Close nothing."""


class AsyncNullClient(AsyncClient):
    """Answers 200 at once; never gives the loop back, since it never waits."""

    async def open(self, options: ClientOptions) -> None:
        """Open nothing."""

    def prepare(self, request: Request, inspect: Inspect | None = None) -> AsyncSend:  # noqa: ARG002 - as above
        async def send() -> int:
            return 200

        return send

    def prepare_observed(self, request: Request, observe: Observe) -> AsyncSend:  # noqa: ARG002 - as above
        return self.prepare(request)

    async def close(self) -> None:
        """Close nothing."""
