"""The edges of HTTP/1.1 at the origin, on raw sockets: packets, pipelines, bodies, refusals, closing, slow readers."""

import socket
import threading
import time

import psutil

from http_benchmark.origin.bodies import MAX_BODY_BYTES
from http_benchmark.origin.parsing import MAX_HEAD_BYTES
from tests.integration.origin_wire import MIB, PATIENCE_S, OriginTestCase, Wire, get, post


class OriginHTTPTest(OriginTestCase):
    def test_heads_split_over_packets(self):
        """A head that comes in parts is answered once it is whole, first sight or again."""
        wire = self.wire()
        for number in range(3):
            with self.subTest(number=number):
                for byte in get("/bytes/3"):
                    wire.send(bytes((byte,)))
                self.assertEqual((200, b"\0\1\2"), wire.answer())

    def test_pipelined_answers_keep_their_order(self):
        """Requests sent at once are answered in order, over a delay, streams and bodies."""
        wire = self.wire()
        wire.send(
            get("/bytes/1") + get("/delay/0.05") + get("/bytes/2") + post("/anything", 2) + b"hi" + get("/bytes/3"),
            get("/stream-bytes/300000") + get("/bytes/100000") + get("/bytes/4"),
        )
        self.assertEqual((200, b"\0"), wire.answer())
        self.assertIn(b"args", wire.answer()[1])
        self.assertEqual((200, b"\0\1"), wire.answer())
        self.assertIn(b'"data": "hi"', wire.answer()[1])
        self.assertEqual((200, b"\0\1\2"), wire.answer())
        self.assertEqual((200, "chunked"), (wire.status(), wire.headers["transfer-encoding"]))
        rest = b""
        while not rest.endswith(b"0\r\n\r\n"):
            rest += wire._file.readline()
        self.assertEqual(100000, len(wire.answer()[1]))
        self.assertEqual((200, b"\0\1\2\3"), wire.answer())

    def test_known_requests_wait_for_their_turn(self):
        """A request whose answer is known is not answered while another answer is under way, nor out of a body."""
        known = get("/bytes/3")
        wire = self.wire()
        wire.send(known)
        self.assertEqual((200, b"\0\1\2"), wire.answer())

        wire.send(get("/delay/0.5"))
        self.assert_silent(wire)
        wire.send(known)
        self.assertIn(b"args", wire.answer()[1])
        self.assertEqual((200, b"\0\1\2"), wire.answer())

        wire.send(post("/anything", len(known)))
        self.assert_silent(wire)
        wire.send(known)
        self.assertIn(b'"method": "POST"', wire.answer()[1])

    def test_deep_pipelines_are_answered(self):
        """Thousands of requests that are sent without waiting for answers all get theirs."""
        number = 20_000
        wire = self.wire()
        sending = threading.Thread(target=wire.send, args=(get("/bytes/10") * number,))
        sending.start()
        answers = [wire.answer() for _ in range(number)]
        sending.join()

        self.assertEqual([(200, bytes(range(10)))] * number, answers)

    def test_a_body_may_come_later_than_its_head(self):
        """An upload is answered after its body, also when the answer to its head is known already."""
        wire = self.wire()
        for number in range(3):
            with self.subTest(number=number):
                wire.send(post("/bytes/2", 4))
                self.assert_silent(wire)
                wire.send(b"ab")
                self.assert_silent(wire)
                wire.send(b"cd")
                self.assertEqual((200, b"\0\1"), wire.answer())

    def test_chunked_uploads_are_drained(self):
        """A chunked body ends where its last chunk says, and the next request follows."""
        wire = self.wire()
        head = b"POST /bytes/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        wire.send(head + b"3\r\nabc\r\n", b"100000\r\n", b"x" * MIB + b"\r\n0\r\n\r\n" + get("/bytes/1"))
        self.assertEqual((200, b"\0\1"), wire.answer())
        self.assertEqual((200, b"\0"), wire.answer())

    def test_a_client_that_expects_100_is_told_to_continue(self):
        """100 Continue comes before the body, each time; the answer after it."""
        wire = self.wire()
        for number in range(2):
            with self.subTest(number=number):
                wire.send(post("/anything", 2, "Expect: 100-continue"))
                self.assertEqual(100, wire.status())
                wire.send(b"hi")
                self.assertIn(b'"data": "hi"', wire.answer()[1])

    def test_a_body_that_is_too_long_is_not_asked_for(self):
        """413 comes instead of 100 Continue, and the connection is closed."""
        wire = self.wire()
        wire.send(post("/bytes/1", MAX_BODY_BYTES + 1, "Expect: 100-continue"))
        self.assertEqual(413, wire.answer()[0])
        self.assertEqual("close", wire.headers["connection"])
        self.assertEqual(b"", wire.rest())

    def test_refused_clients_get_to_read_why(self):
        """Garbage is 400, a long head 431, a long body 413, even if the client goes on sending; then it is closed."""
        cases = {
            400: (b"GARBAGE\r\n", b"\0" * 1000),
            431: (get("/get", "X: " + "x" * MAX_HEAD_BYTES), b""),
            413: (post("/bytes/1", MAX_BODY_BYTES + 1), b"x" * MIB),
            505: (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", b"x"),
        }
        for status, parts in cases.items():
            with self.subTest(status=status), Wire(self.origin) as wire:
                wire.send(get("/bytes/1"), *parts)
                self.assertEqual((200, b"\0"), wire.answer())
                self.assertEqual(status, wire.answer()[0])
                self.assertEqual(b"", wire.rest())

    def test_a_client_that_stays_is_cut_off(self):
        """After the last answer, a client that does not close is disconnected; one that has yet to read it is not."""
        before = self.origin.counts()
        with Wire(self.origin, receive_buffer=4096) as wire:
            wire.send(get("/bytes/60000") * 1000)
            number = self.settled(before).requests - 1  # more answers than the system buffers, so that one is queued
        reads = self.wire(receive_buffer=4096)
        reads.send(get("/bytes/60000") * (number - 1) + get("/bytes/60000", "Connection: close"))
        stays = self.wire()
        stays.send(get("/bytes/1", "Connection: close"))
        deadline_s = time.monotonic() + PATIENCE_S
        with self.assertRaises((ConnectionResetError, BrokenPipeError)):
            while time.monotonic() < deadline_s:
                stays.send(b"x")
                time.sleep(0.1)
        self.assertEqual([60_000] * number, [len(reads.answer()[1]) for _ in range(number)])

    def test_head_is_answered_without_a_body(self):
        """HEAD has the headers of GET and nothing behind them, so that the next answer follows at once."""
        wire = self.wire()
        for target, header, value in (
            ("/bytes/1024", "content-length", "1024"),
            (f"/bytes/{MIB}", "content-length", str(MIB)),
            ("/stream-bytes/1024", "transfer-encoding", "chunked"),
        ):
            with self.subTest(target=target):
                wire.send(get(target).replace(b"GET", b"HEAD") + get("/bytes/1"))
                self.assertEqual((200, value), (wire.status(), wire.headers[header]))
                self.assertEqual((200, b"\0"), wire.answer())

    def test_connections_close_when_asked(self):
        """Connection: close and HTTP/1.0 end the connection, first sight or again; keep-alive keeps it."""
        closing = get("/bytes/3", "Connection: close")
        for request in (closing, closing, b"GET /bytes/3 HTTP/1.0\r\n\r\n"):
            with self.subTest(request=request), Wire(self.origin) as wire:
                wire.send(request)
                self.assertEqual((200, b"\0\1\2"), wire.answer())
                self.assertEqual(("close", b""), (wire.headers["connection"], wire.rest()))
        wire = self.wire()
        for _ in range(2):
            wire.send(b"GET /bytes/3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            self.assertEqual((200, b"\0\1\2"), wire.answer())
            self.assertEqual("keep-alive", wire.headers["connection"])

    def test_a_client_may_close_its_sending_side(self):
        """What was asked before is still answered, a long stream to its end."""
        for target, length in ((f"/bytes/{32 * MIB}", 32 * MIB), ("/drip?duration=0.2&numbytes=4", 4)):
            with self.subTest(target=target), Wire(self.origin) as wire:
                wire.send(get(target) + get("/bytes/3"))
                wire.socket.shutdown(socket.SHUT_WR)
                self.assertEqual(length, len(wire.answer()[1]))
                self.assertEqual((200, b"\0\1\2"), wire.answer())
                self.assertEqual(b"", wire.rest())

    def test_a_client_that_gives_up_waiting_gets_no_answer(self):
        """An answer whose client hung up during the delay is never begun, and so not counted."""
        before = self.origin.counts()
        with Wire(self.origin) as wire:
            wire.send(get("/delay/0.4"))
        time.sleep(0.6)
        self.assertEqual(0, (self.origin.counts() - before).requests)

    def test_slow_readers_take_no_memory(self):
        """What a client does not read is not made: streams, large bodies and pipelined answers stop after a little."""
        cases = {
            "stream": get(f"/stream-bytes/{512 * MIB}"),
            "large": get(f"/bytes/{1024 * MIB}"),
            "pipelined": get("/bytes/65536") * 5000,
            "lines": get("/stream/1000000"),
        }
        for name, request in cases.items():
            with self.subTest(case=name), Wire(self.origin, receive_buffer=4096) as wire:
                before, memory = self.origin.counts(), psutil.Process(self.origin.pid).memory_info().rss
                wire.send(request)
                self.assertLess(self.settled(before).bytes_sent, 16 * MIB)
                self.assertLess(psutil.Process(self.origin.pid).memory_info().rss - memory, 32 * MIB)
