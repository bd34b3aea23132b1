"""How the origin reads requests and puts answers into bytes; no sockets."""

import contextlib
import itertools
import unittest
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bench.fuzzing.damage import DAMAGES
from bench.fuzzing.orders import order
from http_benchmark.origin.answers import Answer, Answers
from http_benchmark.origin.bodies import MAX_BODY_BYTES, MAX_KEPT_BODY_BYTES
from http_benchmark.origin.counters import Counters
from http_benchmark.origin.messages import RefusalError, Request, Response, Stream
from http_benchmark.origin.parsing import MAX_HEAD_BYTES, HeadParser
from http_benchmark.origin.reading import Incoming, Reader
from http_benchmark.origin.routes import respond

HEAD = b"GET /get HTTP/1.1\r\nHost: a\r\n"
PIPELINE = (
    b"\r\nGET /get?a=1 HTTP/1.1\r\nHost: a\r\nX-Empty:\r\n\r\n"
    b"POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    b"PUT /put HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n"
    b"POST /bytes/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz"
    b"HEAD /head HTTP/1.0\r\n\r\n"
)
REQUESTS = [
    ("GET", "/get?a=1", b"", True),
    ("POST", "/post", b"hello", True),
    ("PUT", "/put", b"abc0123456789", True),
    ("POST", "/bytes/1", b"", True),  # drained
    ("HEAD", "/head", b"", False),
]


def reader(kept: dict[bytes, Answer] | None = None) -> Reader:
    return Reader("127.0.0.1", (kept or {}).get, lambda: None, counters=Counters())


def read_all(parts: list[bytes]) -> list[Incoming]:
    taken, reading = [], reader()
    for part in parts:
        reading.feed(part)
        while incoming := reading.next():
            taken.append(incoming)
    return taken


def taken(parts: list[bytes]) -> tuple[list[tuple[str, str, bytes]], bool]:
    """The requests that were read, and whether the rest was refused."""
    requests, reading = [], reader()
    try:
        for part in parts:
            reading.feed(part)
            while incoming := reading.next():
                requests.append((incoming.request.method, incoming.request.target, incoming.request.body))
    except RefusalError:
        return requests, True
    return requests, False


def refusal(data: bytes) -> int | None:
    reading = reader()
    reading.feed(data)
    try:
        while reading.next():
            pass
    except RefusalError as error:
        return error.status
    return None


class ReaderTest(unittest.TestCase):
    @given(st.sets(st.integers(1, len(PIPELINE) - 1)))
    def test_requests_are_the_same_however_they_are_cut(self, cuts):
        """Pipelined requests with and without bodies arrive whole, wherever the packets end."""
        edges = [0, *sorted(cuts), len(PIPELINE)]
        parts = [PIPELINE[start:end] for start, end in itertools.pairwise(edges)]

        requests = [incoming.request for incoming in read_all(parts)]

        self.assertEqual(
            REQUESTS, [(request.method, request.target, request.body, request.keep_alive) for request in requests]
        )
        self.assertEqual((("Host", "a"), ("X-Empty", "")), requests[0].headers)

    def test_one_byte_at_a_time(self):
        """The same with a packet per byte."""
        self.assertEqual(len(REQUESTS), len(read_all([bytes((byte,)) for byte in PIPELINE])))

    @given(st.integers(0, len(PIPELINE)), st.integers(0, 30), st.binary(max_size=30))
    def test_nothing_that_comes_in_is_a_fault_of_ours(self, start, removed, inserted):
        """Damaged requests are read, waited for, answered or refused, and nothing else is raised."""
        reading = reader()
        reading.feed(PIPELINE[:start] + inserted + PIPELINE[start + removed :])
        with contextlib.suppress(RefusalError):
            while incoming := reading.next():
                Answers().prepare(incoming.request, respond(incoming.request))

    @given(st.integers(0, 2**32), st.data())
    def test_damage_is_read_the_same_however_it_is_cut(self, seed, data):
        """Of damaged requests, as many are taken and as many refused in parts as at once; nothing else is raised."""
        random = Random(seed)
        damaged = random.choice(DAMAGES)(random, b"".join(order(random, calm=True).wire for _ in range(2)))
        edges = sorted(data.draw(st.sets(st.integers(1, max(1, len(damaged))), max_size=20)))
        parts = [damaged[start:end] for start, end in itertools.pairwise([0, *edges, len(damaged)])]

        self.assertEqual(taken([damaged]), taken(parts))

    @given(
        st.sampled_from(["", "/", "//[", "/basic-auth/", "/cookies/set?", "/status/", "/get?"]),
        st.text(st.characters(min_codepoint=33, max_codepoint=255)),
    )
    def test_any_target_is_answered(self, prefix, rest):
        """No target and no header value is a fault of ours, however odd."""
        headers = (("Host", "a"), ("Authorization", f"Basic {rest}"), ("Cookie", rest))
        for target in (prefix + rest, "/cookies", "/basic-auth/a/b"):
            self.assertIn(respond(Request("GET", target, headers)).status, range(200, 600))

    def test_a_kept_answer_is_found_without_parsing(self):
        """A head whose answer is kept comes with that answer, after as much body as it announced."""
        head = b"POST /bytes/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
        answers = Answers()
        answer = answers.prepare(HeadParser.parse(head), Response())
        reading = reader({head: answer})

        reading.feed(head + b"xy")
        self.assertIsNone(reading.next())
        reading.feed(b"z" + head)
        incoming = reading.next()

        self.assertEqual((answer, None), (incoming.answer, incoming.request))
        self.assertIsNone(reading.next())
        self.assertFalse(reading.between_requests)

    def test_garbage_is_refused(self):
        """What is no HTTP/1.1 is refused, as soon as that can be seen."""
        cases = {
            b"hello\n": 400,
            b"\x16\x03\x01\x02\x00\x01": 400,
            b"GET /get\r\n\r\n": 505,  # HTTP/0.9
            b"GET /get HTTP/3.7\r\n": 400,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 400,
            b"GET /get HTTP/1.1\r\n\r\n": 400,  # no Host
            HEAD + b"Host: b\r\n\r\n": 400,
            HEAD + b"Bad Header: 1\r\n\r\n": 400,
            HEAD + b"Content-Length: x\r\n\r\n": 400,
            HEAD + b"Content-Length: -1\r\n\r\n": 400,
            HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n": 400,
            HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n": 400,
            HEAD + b"Transfer-Encoding: gzip\r\n\r\n": 400,
            HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n": 501,
            HEAD + b"Expect: miracles\r\n\r\n": 417,
            HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n": 400,
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n": 400,
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc": 400,
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 5000: 400,
        }
        for data, status in cases.items():
            with self.subTest(data=data[-60:]):
                self.assertEqual(status, refusal(data))

    def test_limits_hold(self):
        """A head beyond 64 KiB is 431, a body beyond its limit 413; at the limit both pass."""
        fill = MAX_HEAD_BYTES - len(HEAD) - len(b"X: \r\n\r\n")
        post = b"POST /%s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
        chunked = b"POST /bytes/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n"
        cases = {
            HEAD + b"X: " + b"x" * fill + b"\r\n\r\n": None,
            HEAD + b"X: " + b"x" * (fill + 1) + b"\r\n\r\n": 431,
            HEAD + b"X: " + b"x" * MAX_HEAD_BYTES: 431,
            post % (b"bytes/1", MAX_BODY_BYTES): None,
            post % (b"bytes/1", MAX_BODY_BYTES + 1): 413,
            post % (b"post", MAX_KEPT_BODY_BYTES + 1): 413,
            chunked % MAX_BODY_BYTES: None,
            chunked % (MAX_BODY_BYTES + 1): 413,
            chunked % 0 + b"T: x\r\n" * 20000: 431,
        }
        for data, status in cases.items():
            with self.subTest(data=data[:80], length=len(data)):
                self.assertEqual(status, refusal(data))

    def test_an_upgrade_is_not_taken_up(self):
        """A request that offers to upgrade is answered as any other."""
        head = HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
        self.assertEqual(["/get", "/get"], [incoming.request.target for incoming in read_all([head, head])])

    def test_keep_alive_follows_version_and_header(self):
        """HTTP/1.1 stays open unless told to close, HTTP/1.0 closes unless told to stay open."""
        cases = {
            (b"1.1", b""): True,
            (b"1.1", b"Connection: Close\r\n"): False,
            (b"1.1", b"Connection: x, close\r\n"): False,
            (b"1.0", b""): False,
            (b"1.0", b"Connection: Keep-Alive\r\n"): True,
        }
        for (version, header), keep_alive in cases.items():
            with self.subTest(version=version, header=header):
                head = b"GET / HTTP/%s\r\nHost: a\r\n%s\r\n" % (version, header)
                self.assertEqual(keep_alive, HeadParser.parse(head).keep_alive)


class AnswersTest(unittest.TestCase):
    def setUp(self):
        self.answers = Answers()

    def wire(self, request: Request, response: Response) -> bytes:
        head, _, body = self.answers.prepare(request, response).wire.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Date: ")]
        return b"\n".join(lines) + b"\n\n" + body

    def test_an_answer_says_how_long_its_body_is(self):
        """Content-Length where the length is known, chunks where not, the end of the connection for HTTP/1.0."""
        chunks = Response(body=Stream((b"x",)))
        octets = b"Content-Type: application/octet-stream\n"
        cases = {
            (Request("GET", "/"), Response(body=b"ab")): b"200 OK\n" + octets + b"Content-Length: 2\n\nab",
            (Request("HEAD", "/"), Response(body=b"ab")): b"200 OK\n" + octets + b"Content-Length: 2\n\n",
            (Request("GET", "/"), Response(204)): b"204 No Content\n\n",
            (Request("GET", "/"), Response(304)): b"304 Not Modified\n\n",
            (Request("GET", "/"), Response(599)): b"599 Unknown\n" + octets + b"Content-Length: 0\n\n",
            (Request("GET", "/"), chunks): b"200 OK\n" + octets + b"Transfer-Encoding: chunked\n\n",
            (Request("GET", "/", version="1.0"), chunks): b"200 OK\n" + octets + b"Connection: close\n\n",
            (Request("GET", "/", keep_alive=False), Response(204)): b"204 No Content\nConnection: close\n\n",
            (Request("GET", "/", version="1.0"), Response(204)): b"204 No Content\nConnection: keep-alive\n\n",
        }
        for (request, response), expected in cases.items():
            with self.subTest(request=request, response=response):
                self.assertEqual(b"HTTP/1.1 " + expected, self.wire(request, response))

    def keeps(self, request: Request, response: Response, head: bytes = b"head") -> bool:
        self.answers.renew()
        self.answers.keep(head, request, response, self.answers.prepare(request, response))
        return head in self.answers.of_peer(request.peer)

    def test_only_repeatable_answers_are_kept(self):
        """An answer that depends on more than the head, or is large, is made anew each time."""
        request, response = Request("GET", "/"), Response(body=b"x")
        self.assertTrue(self.keeps(request, response))
        self.assertTrue(self.keeps(Request("POST", "/", content_length=9), response))
        self.assertFalse(self.keeps(Request("POST", "/", content_length=1, body=b"x"), response))
        self.assertFalse(self.keeps(Request("POST", "/", chunked=True), response))
        self.assertFalse(self.keeps(Request("POST", "/", content_length=9, expects_continue=True), response))
        self.assertFalse(self.keeps(request, Response(repeatable=False)))
        self.assertFalse(self.keeps(request, Response(body=b"x" * 200_000)))
        self.assertFalse(self.keeps(request, response, b"h" * 5000))

    def test_answers_are_kept_apart_by_peer_and_forgotten(self):
        """One client's echo is never another's; when the second is over, all go."""
        self.assertTrue(self.keeps(Request("GET", "/", peer="10.0.0.1"), Response()))
        self.assertEqual({}, self.answers.of_peer("10.0.0.2"))
        self.answers.renew()
        self.assertEqual({}, self.answers.of_peer("10.0.0.1"))

    def test_a_peer_is_forgotten_after_its_last_connection(self):
        """Connections share what is kept for their address; without any, it goes with the second."""
        held = self.answers.of_peer("10.0.0.1")
        self.assertTrue(self.keeps(Request("GET", "/", peer="10.0.0.2"), Response()))
        self.assertIs(held, self.answers.of_peer("10.0.0.1"))
        self.answers.renew()

        self.assertEqual(["10.0.0.1"], list(self.answers._by_peer))

    def test_ever_new_heads_do_not_fill_memory(self):
        """The number of kept answers is bounded."""
        request, response = Request("GET", "/"), Response()
        answer = self.answers.prepare(request, response)
        for number in range(5000):
            self.answers.keep(b"%d" % number, request, response, answer)
        self.assertEqual(1024, len(self.answers.of_peer("")))

    def test_only_plain_answers_take_the_fast_path(self):
        """An answer that waits, streams, closes or follows a body is not sent at first sight of its head."""
        plain, stream = Response(body=b"x"), Response(body=Stream((b"x",)))
        cases = [
            (True, Request("GET", "/"), plain),
            (True, Request("HEAD", "/"), stream),
            (False, Request("GET", "/"), stream),
            (False, Request("GET", "/"), Response(delay_s=0.1)),
            (False, Request("GET", "/", keep_alive=False), plain),
            (False, Request("POST", "/", content_length=1), plain),
        ]
        for immediate, request, response in cases:
            with self.subTest(request=request, response=response):
                self.assertEqual(immediate, self.answers.prepare(request, response).immediate)
