"""The origin's faults as they come over the wire, seen by raw sockets: its `/fault/` routes."""

import time

import psutil

from http_benchmark.origin.payload import payload
from tests.integration.origin_wire import PATIENCE_S, OriginTestCase, Wire, get, post

BODY = payload(1024)
HALF = BODY[:512]


class FaultRoutesTest(OriginTestCase):
    def ask(self, path: str) -> Wire:
        wire = self.wire()
        wire.send(get(f"/fault/{path}"))
        return wire

    def until_reset(self, wire: Wire) -> bytes:
        """All that comes before a reset; fails where the connection ends in order."""
        came = b""
        with self.assertRaises(ConnectionResetError):
            while data := wire.socket.recv(65536):
                came += data
        return came

    def test_reset_before_any_byte(self):
        """The connection is reset instead of an answer, and no answer is counted."""
        before = self.origin.counts()
        self.assertEqual(b"", self.until_reset(self.ask("reset")))
        self.assertEqual(0, (self.origin.counts() - before).requests)

    def test_drop(self):
        """The request is read, body and all, and the connection closed in order without an answer."""
        before = self.origin.counts()
        wire = self.wire()
        wire.send(post("/fault/drop", 4))
        self.assert_silent(wire)
        wire.send(b"four")
        self.assertEqual(b"", wire.rest())
        self.assertEqual(0, (self.origin.counts() - before).requests)

    def test_reset_in_the_body(self):
        """Head and half of the body come, then a reset; the answer counts as begun."""
        before = self.origin.counts()
        head, _, body = self.until_reset(self.ask("reset-body")).partition(b"\r\n\r\n")
        self.assertIn(b"Content-Length: 1024", head)
        self.assertEqual(HALF, body)
        self.assertEqual({200: 1}, (self.origin.counts() - before).statuses)

    def test_reset_after_the_answer(self):
        """The whole answer comes before the reset."""
        self.assertTrue(self.until_reset(self.ask("reset-after")).endswith(b"\r\n\r\n" + BODY))

    def test_truncated(self):
        """Head and half of the body come, then the end of the connection, in order."""
        wire = self.ask("truncated")
        self.assertEqual((200, "1024"), (wire.status(), wire.headers["content-length"]))
        self.assertEqual(HALF, wire.rest())

    def test_truncated_chunked(self):
        """Half of the first chunk comes, its line and end counted, then the end of the connection."""
        wire = self.ask("truncated-chunked")
        self.assertEqual((200, "chunked"), (wire.status(), wire.headers["transfer-encoding"]))
        self.assertEqual(b"400\r\n" + BODY[: (5 + 1024 + 2) // 2 - 5], wire.rest())

    def test_stalled(self):
        """A part of the head comes at once, the rest after the silence, and the connection goes on."""
        wire = self.ask("stalled/0.4")
        begun = wire.socket.recv(65536)
        started_s = time.monotonic()
        self.assertTrue(begun.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertNotIn(b"\r\n\r\n", begun)
        self.assertTrue(self._until(wire, b"\r\n\r\n" + BODY))
        self.assertGreater(time.monotonic() - started_s, 0.3)
        wire.send(get("/bytes/3"))
        self.assertEqual((200, b"\0\1\2"), wire.answer())

    def test_stalled_body(self):
        """Head and half of the body come at once, the other half after the silence."""
        wire = self.ask("stalled-body/0.4")
        self.assertEqual(200, wire.status())
        self.assertEqual(HALF, wire._file.read(512))
        started_s = time.monotonic()
        self.assertEqual(BODY[512:], wire._file.read(512))
        self.assertGreater(time.monotonic() - started_s, 0.3)

    def test_trickle(self):
        """The body comes in many small pieces over the time that was asked for."""
        wire = self.ask("trickle/0.5")
        started_s = time.monotonic()
        self.assertEqual(200, wire.status())
        begun = wire._file.read1()
        self.assertLess(len(begun), 512)
        self.assertEqual(BODY, begun + wire._file.read(1024 - len(begun)))
        self.assertGreater(time.monotonic() - started_s, 0.4)

    def test_garbage(self):
        """What comes is no HTTP."""
        came = self.ask("garbage").rest()
        self.assertTrue(came)
        self.assertFalse(came.startswith(b"HTTP/"))

    def test_a_bad_chunk(self):
        """The second chunk has no size."""
        wire = self.ask("bad-chunk")
        self.assertEqual((200, "chunked"), (wire.status(), wire.headers["transfer-encoding"]))
        self.assertEqual(b"4\r\nfour\r\nno size\r\nbytes\r\n", wire.rest())

    def test_bad_gzip(self):
        """The answer is complete and its connection goes on, but its body is not compressed as it says."""
        wire = self.ask("bad-gzip")
        status, body = wire.answer()
        self.assertEqual((200, "gzip"), (status, wire.headers["content-encoding"]))
        self.assertEqual(b"\x1f\x8b", body[:2])
        wire.send(get("/bytes/1"))
        self.assertEqual((200, b"\0"), wire.answer())

    def test_unavailable(self):
        """503 says when to try again, and the connection goes on."""
        wire = self.ask("unavailable")
        self.assertEqual((503, b"try again\n"), wire.answer())
        self.assertEqual("1", wire.headers["retry-after"])
        wire.send(get("/bytes/1"))
        self.assertEqual((200, b"\0"), wire.answer())

    def test_close_after(self):
        """The answer does not say that the connection is closed, and it is."""
        wire = self.ask("close-after")
        self.assertEqual((200, BODY), wire.answer())
        self.assertNotIn("connection", wire.headers)
        self.assertEqual(b"", wire.rest())

    def test_a_head_alone_is_cut_in_halves(self):
        """To an answer without a body happens in its head what otherwise happens in the body."""
        wire = self.wire()
        wire.send(get("/fault/truncated").replace(b"GET", b"HEAD"))
        came = wire.rest()
        self.assertTrue(came.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertNotIn(b"\r\n\r\n", came)

    def test_the_same_again(self):
        """A head that was seen before meets the same fault."""
        for number in range(3):
            with self.subTest(number=number):
                self.assertEqual(b"", self.until_reset(self.ask("reset")))

    def test_a_client_that_gave_up_is_let_go(self):
        """Who hangs up during a silence leaves no connection behind at the origin."""
        wire = self.ask("stalled/60")
        wire.socket.recv(65536)
        address = wire.socket.getsockname()[1]
        wire._file.close()
        wire.socket.close()
        self.until(lambda: address not in self._connected())

    def _until(self, wire: Wire, ending: bytes) -> bool:
        came = b""
        deadline_s = time.monotonic() + PATIENCE_S
        while not came.endswith(ending) and time.monotonic() < deadline_s:
            came += wire.socket.recv(65536)
        return came.endswith(ending)

    def _connected(self) -> set[int]:
        connections = psutil.Process(self.origin.pid).net_connections("tcp")
        return {connection.raddr.port for connection in connections if connection.raddr}
