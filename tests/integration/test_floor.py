"""The floor against the real origin, and in the real command."""

import asyncio
import json
import unittest
from typing import ClassVar

from http_benchmark.clients.base import AsyncSend, ClientOptions, Request
from http_benchmark.clients.floor_adapter import AsyncFloorClient, FloorClient
from http_benchmark.origin.process import OriginProcess
from tests.integration.command_case import CommandCase

ANSWERS = (
    ("GET", "/bytes/0", b"", 200),
    ("GET", "/bytes/1000000", b"", 200),
    ("GET", "/stream/50", b"", 200),
    ("GET", "/gzip", b"", 200),
    ("GET", "/status/404", b"", 404),
    ("GET", "/status/204", b"", 204),
    ("HEAD", "/bytes/1000", b"", 200),
    ("POST", "/bytes/10", b"x" * 300_000, 200),
    ("PUT", "/put", b"x", 200),
    ("DELETE", "/delete", b"", 200),
)
"""What is asked of the origin, and the status."""


class FloorTest(unittest.TestCase):
    origin: ClassVar[OriginProcess]

    @classmethod
    def setUpClass(cls):
        cls.origin = OriginProcess()
        cls.addClassCleanup(cls.origin.stop)

    def test_sync(self):
        """Each answer three times over one connection, read to its end."""
        client = FloorClient()
        client.open(ClientOptions(concurrency=1))
        self.addCleanup(client.close)
        for method, path, body, status in ANSWERS:
            with self.subTest(method=method, path=path):
                before = self.origin.counts()
                send = client.prepare(Request(method, self.origin.url + path, (), body))
                self.assertEqual([status] * 3, [send() for _ in range(3)])
                counts = self.origin.counts() - before
                self.assertEqual((3, 1), (counts.requests, counts.connections))
                self.assertGreaterEqual(counts.bytes_received, 3 * len(body))

    def test_async(self):
        """Likewise, with two tasks at a time."""
        asyncio.run(self._send_all())

    async def _send_all(self) -> None:
        client = AsyncFloorClient()
        await client.open(ClientOptions(concurrency=2))

        async def thrice(send: AsyncSend) -> list[int]:
            return [await send() for _ in range(3)]

        for method, path, body, status in ANSWERS:
            with self.subTest(method=method, path=path):
                before = self.origin.counts()
                sends = [client.prepare(Request(method, self.origin.url + path, (), body)) for _ in range(2)]
                self.assertEqual([[status] * 3] * 2, await asyncio.gather(*map(thrice, sends)))
                counts = self.origin.counts() - before
                self.assertEqual((6, 2), (counts.requests, counts.connections))
        await client.close()


class CommandTest(CommandCase):
    def test_it_runs_when_it_is_named(self):
        """It is a contender like others, in both modes."""
        answer = self.run_command(
            "run", "floor", "--quick", "--blocks", "1", "--requests", "200", "--concurrency", "2", "--json", "-"
        )

        self.assertEqual(0, answer.returncode, answer.stderr)
        self.assertEqual(
            [("floor:async", "ok", 200, {}), ("floor:sync", "ok", 200, {})],
            sorted(
                (client["contender"], client["status"], client["requests"], client["errors"])
                for client in json.loads(answer.stdout)["clients"]
            ),
        )


if __name__ == "__main__":
    unittest.main()
