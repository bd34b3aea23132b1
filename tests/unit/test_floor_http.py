"""The floor's reading of responses, and the bytes that it sends."""

import http.client
import socket
import unittest

from hypothesis import given
from hypothesis import strategies as st

from http_benchmark.clients.base import Request
from http_benchmark.clients.floor_http import (
    IncompleteResponseError,
    MalformedResponseError,
    Response,
    on_the_wire,
)
from http_benchmark.errors import UnsupportedOptionError

OK = b"HTTP/1.1 200 OK\r\n"


def feed(response: Response, *parts: bytes) -> bool:
    """Feed one part after the other as a socket would; an empty one is the connection's end."""
    complete = False
    for part in parts:
        complete = response.feed(bytearray(part.ljust(4096, b"?")), len(part))
    return complete


def read(*parts: bytes, bodiless: bool = False) -> tuple[int, bool]:
    """Status and whether the connection can be used again, of a response that the last part completes, no other."""
    response = Response(bodiless=bodiless)
    for part in parts[:-1]:
        assert not feed(response, part), f"complete after {part!r}"
    assert feed(response, parts[-1]), "not complete"
    return response.status, response.reusable


class ResponseTest(unittest.TestCase):
    def test_a_body_of_a_known_length(self):
        """Complete with the last byte, in one piece or several."""
        self.assertEqual((200, True), read(OK + b"Content-Length: 5\r\n\r\nhello"))
        self.assertEqual((200, True), read(OK + b"content-length:5\r\n\r\nhe", b"l", b"lo"))
        self.assertEqual((200, True), read(OK + b"Content-Length: 0\r\n\r\n"))

    def test_a_head_in_pieces(self):
        """Cut in the middle of its end, and byte by byte."""
        whole = OK + b"Content-Length: 1\r\n\r\nx"

        self.assertEqual((200, True), read(OK + b"Content-Length: 1\r\n\r", b"\nx"))
        self.assertEqual((200, True), read(*(whole[i : i + 1] for i in range(len(whole)))))

    def test_chunks(self):
        """With extensions and trailers, in one piece and byte by byte."""
        head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
        body = b"5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nDigest: z\r\n\r\n"

        self.assertEqual((200, True), read(head + body))
        self.assertEqual((200, True), read(head, *(body[i : i + 1] for i in range(len(body)))))

    def test_until_the_end_of_the_connection(self):
        """A body without a length ends with the connection, which is then gone."""
        self.assertEqual((200, False), read(OK + b"\r\nhello", b"world", b""))

    def test_answers_without_a_body(self):
        """HEAD, 204 and 304 end with their head, whatever it says."""
        self.assertEqual((200, True), read(OK + b"Content-Length: 5\r\n\r\n", bodiless=True))
        for status in (204, 304):
            answer = b"HTTP/1.1 %d Whatever\r\nContent-Length: 5\r\n\r\n" % status
            self.assertEqual((status, True), read(answer))

    def test_interim_responses_are_passed_over(self):
        """100 and 103 precede the real one, in the same piece or before it."""
        interim, real = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", OK + b"Content-Length: 1\r\n\r\nx"

        self.assertEqual((200, True), read(interim + interim + real))
        self.assertEqual((200, True), read(interim, real))

    def test_the_connection_stays_as_the_head_says(self):
        """`Connection: close`, HTTP/1.0 without keep-alive, and more bytes than announced end it."""
        length = b"Content-Length: 1\r\n\r\nx"
        for answer, reusable in (
            (OK + b"Connection: Close\r\n" + length, False),
            (b"HTTP/1.0 200 OK\r\n" + length, False),
            (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length, True),
            (OK + length + b"y", False),
            (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\ny", False),
        ):
            with self.subTest(answer):
                self.assertEqual((200, reusable), read(answer))

    def test_one_after_the_other(self):
        """A head equal to the last one, and a different one after it."""
        response = Response(bodiless=False)
        for head, expected in ((OK, 200), (OK, 200), (b"HTTP/1.1 404 No\r\n", 404)):
            response.begin()
            self.assertTrue(feed(response, head + b"Content-Length: 2\r\n\r\nab"))
            self.assertEqual((expected, True), (response.status, response.reusable))

    def test_what_is_no_response(self):
        """Each fault has its class, so its kind."""
        chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
        for parts, error in (
            ((b"",), ConnectionResetError),
            ((b"HTTP/1.1 100 Continue\r\n\r\n", b""), ConnectionResetError),
            ((OK, b""), IncompleteResponseError),
            ((OK + b"Content-Length: 5\r\n\r\nhell", b""), IncompleteResponseError),
            ((chunked + b"5\r\nhello\r\n", b""), IncompleteResponseError),
            ((b"SSH-2.0-OpenSSH",), MalformedResponseError),
            ((b"HTTP/1.1 abc\r\n\r\n",), MalformedResponseError),
            ((b"HTTP/2 200\r\n\r\n",), MalformedResponseError),
            ((OK + b"Content-Length: -5\r\n\r\n",), MalformedResponseError),
            ((chunked + b"xyz\r\n",), MalformedResponseError),
            ((chunked + b"-1\r\n",), MalformedResponseError),
            ((OK, *[b"X: " + b"a" * 4000] * 17), MalformedResponseError),
        ):
            with self.subTest(parts[0]), self.assertRaises(error):
                feed(Response(bodiless=False), *parts)

    @given(st.binary(max_size=300), st.lists(st.integers(1, 40), max_size=6), st.data())
    def test_any_cut_gives_the_same(self, body, chunk_sizes, data):
        """Wherever the network cuts a chunked response, it ends with its last byte, as http.client finds too."""
        chunks, rest = b"", body
        for size in chunk_sizes:
            part, rest = rest[:size], rest[size:]
            chunks += b"%x\r\n%s\r\n" % (len(part), part) if part else b""
        whole = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
        cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=5)))
        parts = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

        self.assertEqual((200, True), read(*parts))
        self.assertEqual(body[: len(body) - len(rest)], read_by_http_client(whole))


def read_by_http_client(whole: bytes) -> bytes:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(whole)
        response = http.client.HTTPResponse(theirs)
        response.begin()
        return response.read()


class WireTest(unittest.TestCase):
    def test_the_bytes_of_a_request(self):
        """The line, Host, the caller's headers in their order, the length, the body."""
        request = Request("PUT", "http://example:8080/a b?q=ü#f", (("X-B", "1"),), b"\x00\xff")

        self.assertEqual(
            (
                "example",
                8080,
                b"PUT /a%20b?q=%C3%BC HTTP/1.1\r\nHost: example:8080\r\nX-B: 1\r\nContent-Length: 2\r\n\r\n\x00\xff",
            ),
            on_the_wire(request),
        )

    def test_what_follows_from_the_url(self):
        """An empty path is /, port 80 is not named, an IPv6 address keeps its brackets in Host."""
        for url, host, port, head in (
            ("http://h", "h", 80, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            ("http://h:80/?x", "h", 80, b"GET /?x HTTP/1.1\r\nHost: h\r\n\r\n"),
            ("http://[::1]:81/%2F", "::1", 81, b"GET /%2F HTTP/1.1\r\nHost: [::1]:81\r\n\r\n"),
        ):
            with self.subTest(url):
                self.assertEqual((host, port, head), on_the_wire(Request("GET", url)))

    def test_the_callers_own_host_and_length(self):
        """They are sent instead of ours; a POST without a body says that it has none."""
        own = Request("POST", "http://h/", (("host", "other"), ("content-length", "0")))

        self.assertEqual(b"POST / HTTP/1.1\r\nhost: other\r\ncontent-length: 0\r\n\r\n", on_the_wire(own)[2])
        self.assertIn(b"\r\nContent-Length: 0\r\n", on_the_wire(Request("POST", "http://h/"))[2])

    def test_what_it_cannot_do_is_refused_by_name(self):
        """TLS, and a user in the URL."""
        for url in ("https://h/", "http://user:secret@h/"):
            with self.subTest(url), self.assertRaisesRegex(UnsupportedOptionError, "floor cannot"):
                on_the_wire(Request("GET", url))

    def test_a_refusal_repeats_no_password(self):
        """What stands before the @ is not shown."""
        with self.assertRaises(UnsupportedOptionError) as caught:
            on_the_wire(Request("GET", "http://user:secret@h/"))
        self.assertNotIn("secret", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
