"""What a connection of the fuzzer goes over: TCP as it is, or TLS on top of it. Neither closes the socket."""

import asyncio
import contextlib
import socket
import ssl
from typing import Protocol

_RECORD_BYTES = 65536  # read at a time below TLS


class Line(Protocol):
    """Bytes in both directions."""

    async def send(self, data: bytes) -> None:
        """Send all of it."""

    async def receive(self, most_bytes: int) -> bytes:
        """What came in, once something did; b"" for the end."""

    async def finish(self) -> None:
        """Say that nothing else will be sent."""


class Plain:
    """TCP."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def receive(self, most_bytes: int) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._socket, most_bytes)

    async def finish(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)


class Encrypted:
    """TLS, which is told to finish by close_notify; TCP stays open below it.

    Args:
        lower: What it goes over.
        context: Whom to trust.
    """

    def __init__(self, lower: Line, context: ssl.SSLContext) -> None:
        self._lower = lower
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname="localhost")

    async def handshake(self) -> None:
        """To be done first.

        Raises:
            OSError: It failed.
        """
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            else:
                await self._flush()
                return

    async def send(self, data: bytes) -> None:
        self._tls.write(data)
        await self._flush()

    async def receive(self, most_bytes: int) -> bytes:
        while True:
            try:
                return self._tls.read(most_bytes)
            except ssl.SSLWantReadError:
                await self._fill()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    async def finish(self) -> None:
        with contextlib.suppress(ssl.SSLError):  # the other side has not said it yet
            self._tls.unwrap()
        await self._flush()

    async def _flush(self) -> None:
        if data := self._out.read():
            await self._lower.send(data)

    async def _fill(self) -> None:
        if data := await self._lower.receive(_RECORD_BYTES):
            self._in.write(data)
        else:
            self._in.write_eof()
