"""What the origin writes down when it is asked to."""

import hashlib
import socket
import struct

from http_benchmark.origin.journal import Entries
from tests.integration.origin_wire import OriginTestCase, get, post

NOTHING = hashlib.sha256(b"").hexdigest()


class JournalTest(OriginTestCase):
    def setUp(self):
        self.origin.start_journal()

    def entries(self, closed: int) -> Entries:
        """The journal, once so many connections are closed."""

        def settled() -> bool:
            connections = self.origin.journal().connections
            return sum(connection.closed_ns is not None for connection in connections) == closed

        self.until(settled)
        return self.origin.journal()

    def test_each_request_is_written_down(self):
        """Connection, method, target, version, headers as sent; equal heads too, which else get a kept answer."""
        with self.wire() as wire:
            for _ in range(3):
                wire.send(get("/bytes/5?x=1", "X-Mixed: A b"))
                wire.answer()
            seen = self.origin.journal()
        (number,) = {request.connection for request in seen.requests}
        self.assertEqual([number], [connection.number for connection in seen.connections])
        for request in seen.requests:
            self.assertEqual(("GET", "/bytes/5?x=1", "1.1"), (request.method, request.target, request.version))
            self.assertEqual((("Host", "a"), ("X-Mixed", "A b")), request.headers)
            self.assertEqual((0, NOTHING), (request.body_bytes, request.body_sha256))
        self.assertEqual(3, len(seen.requests))
        self.assertEqual(sorted({request.at_ns for request in seen.requests}), [r.at_ns for r in seen.requests])

    def test_a_body_is_measured_and_hashed(self):
        """With a length, chunked, and where the route shows it; without the framing."""
        body = bytes(range(256)) * 300
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:1000], body[1000:]))
        with self.wire() as wire:
            wire.send(post("/status/200", len(body)), body)
            wire.answer()
            head = b"POST /status/200 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            wire.send(head, chunks, b"0\r\n\r\n")
            wire.answer()
            wire.send(post("/post", len(body)), body)
            wire.answer()
            wire.send(get("/bytes/1"))
            wire.answer()
            requests = self.origin.journal().requests
        expected = [(len(body), hashlib.sha256(body).hexdigest())] * 3 + [(0, NOTHING)]
        self.assertEqual(expected, [(request.body_bytes, request.body_sha256) for request in requests])

    def test_who_ended_a_connection(self):
        """The client in order, the client by a reset, the origin after its last answer."""
        for ending in ("client", "client-reset", "origin"):
            with self.subTest(ending):
                self.origin.start_journal()
                with self.wire() as wire:
                    wire.send(get("/bytes/1", *(["Connection: close"] if ending == "origin" else [])))
                    wire.answer()
                    if ending == "client-reset":
                        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                (connection,) = self.entries(closed=1).connections
                self.assertEqual((ending, False), (connection.ended, connection.tls))
                self.assertLess(connection.opened_ns, connection.closed_ns)

    def test_a_connection_that_is_open_has_no_end(self):
        """Neither a time nor somebody who ended it."""
        with self.wire() as wire:
            wire.send(get("/bytes/1"))
            wire.answer()
            (connection,) = self.origin.journal().connections
        self.assertEqual((None, None), (connection.ended, connection.closed_ns))

    def test_it_begins_anew_when_started_again(self):
        """What was there is forgotten, connections that are still open too; numbers go on."""
        with self.wire() as old:
            old.send(get("/bytes/1"))
            old.answer()
            (before,) = self.origin.journal().connections
            self.origin.start_journal()
            old.send(get("/bytes/2"))
            old.answer()
            self.assertEqual(Entries(), self.origin.journal())
        with self.wire() as new:
            new.send(get("/bytes/3"))
            new.answer()
            self.assertEqual(
                [(before.number + 1, "/bytes/3")],
                [(request.connection, request.target) for request in self.origin.journal().requests],
            )


class SilentOriginTest(OriginTestCase):
    def test_nothing_is_written_down_unasked(self):
        """The journal is empty until it is started."""
        with self.wire() as wire:
            wire.send(get("/bytes/1"))
            wire.answer()
        self.assertEqual(Entries(), self.origin.journal())


class EncodedTest(OriginTestCase):
    def test_a_body_is_compressed_as_its_header_says(self):
        """`/encoded/gzip/1000` has 1000 bytes once it is unpacked; what is not known is refused."""
        import gzip

        with self.wire() as wire:
            wire.send(get("/encoded/gzip/1000"))
            status, body = wire.answer()
            self.assertEqual(
                (200, "gzip", 1000), (status, wire.headers["content-encoding"], len(gzip.decompress(body)))
            )
            wire.send(get("/encoded/rot13/1000"))
            self.assertEqual(400, wire.answer()[0])
