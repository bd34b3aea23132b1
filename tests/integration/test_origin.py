"""The origin on the wire: a real process, raw sockets for the edges of HTTP/1.1, http.client for the rest."""

import http.client
import json
import socket
import threading
import time
import unittest
from typing import Self
from urllib.parse import urlsplit

import psutil

from http_benchmark.models.experiment import ServerCounts
from http_benchmark.origin.bodies import MAX_BODY_BYTES
from http_benchmark.origin.parsing import MAX_HEAD_BYTES
from http_benchmark.origin.process import OriginProcess

MIB = 1024**2
PATIENCE_S = 20.0


def get(target: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: a", *headers, "", ""]).encode()


def post(target: str, length: int, *headers: str) -> bytes:
    return "\r\n".join([f"POST {target} HTTP/1.1", "Host: a", f"Content-Length: {length}", *headers, "", ""]).encode()


class Wire:
    """A raw connection to the origin."""

    def __init__(self, origin: OriginProcess, receive_buffer: int = 0) -> None:
        address = urlsplit(origin.url)
        family = socket.AF_INET6 if ":" in address.hostname else socket.AF_INET
        self.socket = socket.socket(family)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect((address.hostname, address.port))
        self._file = self.socket.makefile("rb")

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def status(self) -> int:
        """Read one answer's head; return its status."""
        self.headers = {}
        status = int(self._file.readline().split()[1])
        while line := self._file.readline().rstrip(b"\r\n"):
            name, _, value = line.decode("latin-1").partition(": ")
            self.headers[name.lower()] = value
        return status

    def answer(self) -> tuple[int, bytes]:
        """Read one answer with its body."""
        status = self.status()
        return status, self._file.read(int(self.headers.get("content-length", 0)))

    def rest(self) -> bytes:
        """Read until the origin closes."""
        return self._file.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()


class OriginTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = OriginProcess()
        cls.addClassCleanup(cls.origin.stop)

    def wire(self, **options: int) -> Wire:
        return self.enterContext(Wire(self.origin, **options))

    def client(self) -> http.client.HTTPConnection:
        client = http.client.HTTPConnection(urlsplit(self.origin.url).netloc, timeout=PATIENCE_S)
        self.addCleanup(client.close)
        return client

    # The ordinary

    def test_every_method_gets_the_bytes_it_asked_for(self):
        """/bytes answers any method, drains a body of a MiB, and keeps the connection."""
        client = self.client()
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"):
            for body in (None, b"x" * MIB):
                with self.subTest(method=method, body=bool(body)):
                    client.request(method, "/bytes/1024", body=body)
                    response = client.getresponse()
                    expected = b"" if method == "HEAD" else bytes(range(256)) * 4
                    self.assertEqual((200, "1024"), (response.status, response.getheader("Content-Length")))
                    self.assertEqual(expected, response.read())

    def test_large_bodies_arrive_whole(self):
        """64 MiB with a length, in chunks, and in chunks over HTTP/1.0, where the end of the connection ends them."""
        size = 64 * MIB
        expected = bytes(range(256)) * (size // 256)
        client = self.client()
        for target in (f"/bytes/{size}", f"/stream-bytes/{size}"):
            with self.subTest(target=target):
                client.request("GET", target)
                self.assertTrue(expected == client.getresponse().read())
        wire = self.wire()
        wire.send(b"GET /stream-bytes/%d HTTP/1.0\r\n\r\n" % size)
        self.assertEqual(200, wire.status())
        self.assertTrue(expected == wire.rest())

    def test_empty_bodies(self):
        """Zero bytes or lines are a whole answer, after which the connection goes on."""
        client = self.client()
        for target in ("/bytes/0", "/stream-bytes/0", "/stream/0", "/status/204", "/status/304", "/status/503"):
            with self.subTest(target=target):
                client.request("GET", target)
                self.assertEqual(b"", client.getresponse().read())

    def test_echo_shows_plain_and_chunked_bodies(self):
        """/post shows what was sent, however it was framed."""
        client = self.client()
        for chunked in (False, True):
            with self.subTest(chunked=chunked):
                body = (part for part in (b'{"a":', b" 1}")) if chunked else b'{"a": 1}'
                client.request("POST", "/post", body=body, encode_chunked=chunked)
                self.assertEqual({"a": 1}, json.loads(client.getresponse().read())["json"])

    def test_drip_and_delay_wait(self):
        """/delay and /drip take at least as long as they were told."""
        client = self.client()
        for target, length in (("/delay/0.05", None), ("/drip?duration=0.06&numbytes=3", 3)):
            with self.subTest(target=target):
                started_s = time.monotonic()
                client.request("GET", target)
                body = client.getresponse().read()
                self.assertGreaterEqual(
                    time.monotonic() - started_s, 0.04
                )  # the drip's last rest follows its last byte
                self.assertIn(length, (None, len(body)))

    def test_date_is_right(self):
        """Date is sent, and stays right when the same request comes again later."""
        client = self.client()
        for _ in range(2):
            client.request("GET", "/bytes/1")
            response = client.getresponse()
            response.read()
            sent_s = time.mktime(time.strptime(response.getheader("Date"), "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
            self.assertAlmostEqual(time.time(), sent_s, delta=1.5)
            time.sleep(2.1)

    # The edges of HTTP/1.1

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
        """After the last answer, a client that does not close is disconnected; one that still reads is not."""
        stays = self.wire()
        stays.send(get("/bytes/1", "Connection: close"))
        reads = self.wire(receive_buffer=4096)
        reads.send(get(f"/bytes/{8 * MIB}", "Connection: close"))
        self.assertEqual(200, reads.status())
        deadline_s = time.monotonic() + PATIENCE_S
        with self.assertRaises((ConnectionResetError, BrokenPipeError)):
            while time.monotonic() < deadline_s:
                stays.send(b"x")
                time.sleep(0.1)
        self.assertEqual(8 * MIB, len(reads.rest()))

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
        wire = self.wire()
        wire.send(get(f"/bytes/{32 * MIB}") + get("/bytes/3"))
        wire.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(32 * MIB, len(wire.answer()[1]))
        self.assertEqual((200, b"\0\1\2"), wire.answer())
        self.assertEqual(b"", wire.rest())

    def test_a_client_that_gives_up_waiting_gets_no_answer(self):
        """An answer whose client hung up during the delay is never begun, and so not counted."""
        before = self.origin.counts()
        with Wire(self.origin) as wire:
            wire.send(get("/delay/0.1"))
        time.sleep(0.3)
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

    # The counters

    def test_counters_are_exact(self):
        """Connections, requests, statuses and bytes are what went over the wire, on the fast path and off it."""
        requests = [
            get("/bytes/1024"),
            get("/bytes/1024"),
            get("/bytes/1024"),
            get("/status/503"),
            get("/stream-bytes/100000"),
            post("/anything", 5) + b"hello",
            post("/bytes/10", 100_000) + b"x" * 100_000,
            post("/bytes/10", 100_000) + b"x" * 100_000,
            get("/nothing"),
            get("/bytes/0", "Connection: close"),
        ]
        before = self.origin.counts()
        with Wire(self.origin) as wire:
            for request in requests:
                wire.send(request)
            received = len(wire.rest())
        seen = self.origin.counts() - before

        self.assertEqual(
            ServerCounts(
                requests=10,
                connections=1,
                bytes_received=sum(map(len, requests)),
                bytes_sent=received,
                statuses={200: 8, 404: 1, 503: 1},
                cpu_s=seen.cpu_s,
            ),
            seen,
        )
        self.assertGreater(seen.cpu_s, 0)

    def test_many_connections_at_once(self):
        """Hundreds of connections are held and served together."""
        before = self.origin.counts()
        wires = [self.wire() for _ in range(300)]
        for wire in wires:
            wire.send(get("/bytes/8"))
        self.assertEqual([(200, bytes(range(8)))] * 300, [wire.answer() for wire in wires])
        seen = self.origin.counts() - before
        self.assertEqual((300, 300), (seen.connections, seen.requests))

    def assert_silent(self, wire: Wire) -> None:
        """Nothing was answered yet; a counter reading goes through the same loop, after what was sent before."""
        before = self.origin.counts()
        wire.socket.settimeout(0.02)
        with self.assertRaises(TimeoutError):
            wire.socket.recv(1, socket.MSG_PEEK)
        wire.socket.settimeout(PATIENCE_S)
        self.assertEqual(before.requests, self.origin.counts().requests)

    def settled(self, before: ServerCounts) -> ServerCounts:
        """What was counted since, once it no longer changes."""
        deadline_s = time.monotonic() + PATIENCE_S
        seen = self.origin.counts() - before
        while time.monotonic() < deadline_s:
            time.sleep(0.1)
            last, seen = seen, self.origin.counts() - before
            if seen.bytes_sent == last.bytes_sent > 0:
                return seen
        return seen
