"""A connection of the server: heads of requests are bounded, and nobody is waited for without end.

Without that, who has no token could take all memory with one head, and all connections with heads that never end. How
long a body may take is kept by the guard (`security`).
"""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_PATIENCE_S = 10.0
"""For a whole head, since the connection was made or the last answer was given."""


class Connection(H11Protocol):
    """As uvicorn has it with h11, which bounds the head at 64 KiB; closed where no request comes in time."""

    _giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._giving_up is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._giving_up = self.loop.call_later(HEAD_PATIENCE_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
