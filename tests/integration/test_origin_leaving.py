"""What clients that leave in the middle leave behind at the origin: nothing, and no wrong count."""

import asyncio
import contextlib
import socket
import struct
import time
import unittest

import psutil
import uvloop

from http_benchmark.origin.app import Origin
from http_benchmark.origin.options import PLAIN
from tests.integration.origin_wire import MIB, OriginTestCase, Wire, get, post


class LeavingTest(OriginTestCase):
    def test_uploads_that_are_cut_off_leave_no_memory(self):
        """What came of a body that is to be echoed goes with its connection."""
        origin = psutil.Process(self.origin.pid)
        before = origin.memory_info().rss
        with contextlib.ExitStack() as stack:
            wires = [stack.enter_context(Wire(self.origin)) for _ in range(12)]
            for wire in wires:
                wire.send(post("/post", 16 * MIB) + bytes(15 * MIB))
            self.until(lambda: origin.memory_info().rss - before > 12 * 14 * MIB)

        self.until(lambda: origin.memory_info().rss - before < 60 * MIB)

    def test_a_stream_ends_with_its_client(self):
        """A GiB in pieces of one byte is not made for a client that is gone, nor at the cost of all others."""
        before = self.origin.counts()
        with Wire(self.origin) as wire:
            wire.send(get(f"/stream-bytes/{1024 * MIB}?chunk_size=1"))
            self.assertEqual(200, wire.status())
            other = self.wire()
            other.send(get("/bytes/1"))
            self.assertEqual((200, b"\0"), other.answer())
            wire._file.read(MIB)
        seen = self.settled(before)

        self.assertEqual(2, seen.requests)
        self.assertLess(seen.bytes_sent, 64 * MIB)

    def test_a_client_that_leaves_behind_a_flood_is_noticed(self):
        """With more requests waiting behind a delay than are read, the end is noticed all the same."""
        origin = psutil.Process(self.origin.pid)
        before = origin.num_fds()
        for leaves in ("closes", "resets"):
            with self.subTest(leaves=leaves), Wire(self.origin) as wire:
                wire.send(get("/delay/3600") + get("/bytes/1") * 5000)
                self.until(lambda: origin.num_fds() > before)
                if leaves == "resets":
                    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.until(lambda: origin.num_fds() == before)

    def test_who_hangs_up_during_a_stream_waits_for_no_delay_behind_it(self):
        """The stream is sent to its end; an answer that would be due in an hour holds no connection of nobody."""
        before = self.origin.counts()
        wire = self.wire()
        wire.send(get("/drip?numbytes=2&duration=0.4") + get("/bytes/1") + get("/delay/3600"))
        self.assertEqual(200, wire.status())
        wire.socket.shutdown(socket.SHUT_WR)

        self.assertTrue(wire.rest().endswith(b"\r\n\r\n\0"), "the drip's body, and the answer to the request behind it")
        seen = self.settled(before)
        self.assertEqual((2, 1), (seen.requests, seen.dropped))

    def test_who_reads_the_last_answer_late_gets_it(self):
        """A client that still sends, and reads only after the time that it had to close, is not reset meanwhile."""
        wire = self.wire(receive_buffer=4096)
        wire.send(get("/bytes/60000", "Connection: close"))
        time.sleep(2.5)
        wire.send(get("/bytes/1"))

        self.assertEqual(60_000, len(wire.answer()[1]))
        self.assertEqual(b"", wire.rest())

    def test_who_never_sends_a_whole_head_is_left_alone(self):
        """There is no limit of time: others are served meanwhile, and nothing is counted but the connection."""
        before = self.origin.counts()
        slow = [self.wire() for _ in range(100)]
        for number, wire in enumerate(slow):
            wire.send(get("/bytes/1")[: number % 30])
        wire = self.wire()
        wire.send(get("/bytes/1"))
        self.assertEqual((200, b"\0"), wire.answer())
        seen = self.origin.counts() - before

        self.assertEqual((101, 1), (seen.connections, seen.requests))

    def test_long_heads_may_come_in_small_parts(self):
        """A head of 60 kB, a hundred bytes at a time, is read."""
        wire, head = self.wire(), get("/bytes/1", "X: " + "x" * 60_000)
        for start in range(0, len(head), 100):
            wire.send(head[start : start + 100])

        self.assertEqual((200, b"\0"), wire.answer())


class AbandonedTest(unittest.TestCase):
    def test_an_answer_that_is_due_when_its_client_leaves_is_not_counted(self):
        """Whether the alarm or the end of the connection comes first: what is not sent is not counted."""

        async def leave_when_due() -> int:
            loop = asyncio.get_running_loop()
            origin = Origin(PLAIN)
            server = await loop.create_server(origin.connect, "127.0.0.1", 0)
            async with server:
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                writer.write(get("/delay/0.01"))
                while not origin.counters.bytes_received:  # noqa: ASYNC110 - the origin tells nobody
                    await asyncio.sleep(0)
                (connection,) = origin._connections
                time.sleep(0.02)  # noqa: ASYNC251 - the loop must not get its turn before the answer is due
                connection.abort()
                origin.alarms._ring()
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
                self.assertEqual(b"", await reader.read())
            return origin.counters.requests

        self.assertEqual(0, uvloop.run(leave_when_due()))
