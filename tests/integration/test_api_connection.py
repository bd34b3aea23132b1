"""Connections of the REST API's server: who is too slow, or says too much before it asks, is let go."""

import asyncio
import contextlib
import logging
import unittest
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from unittest import mock

import uvicorn
from uvicorn.server import ServerState

from http_benchmark.api import connection

HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"


async def answer(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server."""
    config = uvicorn.Config(answer, log_config=None, lifespan="off", ws="none", timeout_keep_alive=600)
    state = ServerState()
    make: Callable[[], asyncio.Protocol] = lambda: connection.Connection(config, state, {})  # noqa: E731
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1")
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        yield reader, writer
        writer.close()


class ConnectionTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        logger = logging.getLogger("uvicorn.error")
        self.addCleanup(logger.setLevel, logger.level)
        logger.setLevel(logging.ERROR)

    async def test_heads_that_never_come(self):
        """The connection ends, whether nothing came, a part, or a part after an answer."""
        for sent in ([b""], [HEAD], [HEAD + b"\r\n", HEAD]):
            with self.subTest(sent), mock.patch.object(connection, "HEAD_PATIENCE_S", 0.05):
                async with connected() as (reader, writer):
                    for whole in sent[:-1]:
                        writer.write(whole)
                        await reader.readuntil(b"ok")
                    writer.write(sent[-1])
                    self.assertEqual(b"", await reader.read())

    async def test_heads_that_come_in_pieces(self):
        """They are waited for, and the next one on the same connection, too."""
        async with connected() as (reader, writer):
            for _ in range(3):
                for piece in (HEAD, b"\r\n"):
                    writer.write(piece)
                    await writer.drain()
                self.assertIn(b"200 OK", await reader.readuntil(b"ok"))

    async def test_large_heads(self):
        """They are refused, and not read to their end."""
        async with connected() as (reader, writer):
            writer.write(HEAD + b"X-Large: " + b"x" * 300_000 + b"\r\n\r\n")
            received = b""
            with contextlib.suppress(ConnectionResetError):  # of what it did not read
                received = await reader.read(20)
            self.assertNotIn(b"200", received)
