"""The origin's routes: which request gets which response; no sockets."""

import base64
import gzip
import itertools
import json
import re
import sys
import unittest
import zlib
from typing import Any

import brotli

from http_benchmark.origin.events import EVENT_STREAMS
from http_benchmark.origin.messages import Request, Response, Stream
from http_benchmark.origin.payload import BLOCK_BYTES, Pieces, payload
from http_benchmark.origin.routes import MAX_BODY_BYTES, ROUTES, keeps_body, respond

HOST = ("Host", "origin:80")


def ask(target: str, method: str = "GET", *headers: tuple[str, str], body: bytes = b"") -> Response:
    return respond(Request(method, target, (HOST, *headers), peer="127.0.0.9", body=body))


def body_of(response: Response) -> bytes:
    return b"".join(response.body.pieces) if isinstance(response.body, Stream) else response.body


def document(response: Response) -> Any:
    return json.loads(body_of(response))


class SizesTest(unittest.TestCase):
    def test_bytes_are_the_same_for_any_method(self):
        """Byte i of /bytes/{n} is i modulo 256, whatever the method."""
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            with self.subTest(method=method):
                self.assertEqual(bytes(range(256)) + b"\0\1", body_of(ask("/bytes/258", method)))

    def test_a_large_body_is_never_built(self):
        """Beyond 64 KiB the body is a stream of the shared block with a length."""
        stream = ask(f"/bytes/{MAX_BODY_BYTES}").body

        self.assertEqual((MAX_BODY_BYTES, BLOCK_BYTES), (stream.length, len(next(iter(stream.pieces)))))

    def test_pieces_join_to_the_payload(self):
        """However the payload is cut, its bytes are the same, across the end of the shared block too."""
        length = BLOCK_BYTES + 1000
        expected = bytes(i % 256 for i in range(length))
        for piece_bytes in (1000, 10240, BLOCK_BYTES - 1, BLOCK_BYTES):
            with self.subTest(piece_bytes=piece_bytes):
                self.assertEqual(expected, b"".join(Pieces(length, piece_bytes)))
        self.assertEqual(b"", payload(0))

    def test_stream_bytes_come_in_chunks(self):
        """/stream-bytes has no length; chunk_size sets the size of its chunks."""
        stream = ask("/stream-bytes/25?chunk_size=10").body

        self.assertEqual((None, [10, 10, 5]), (stream.length, [len(piece) for piece in stream.pieces]))

    def test_events(self):
        """/sse/{n} sends n numbered events, /tokens/{n} n tokens and a [DONE], gap apart, the same when read again."""
        for target, expected in (
            ("/sse/2?gap=0.5", [b'id: 0\ndata: {"number": 0}\n\n', b'id: 1\ndata: {"number": 1}\n\n']),
            ("/tokens/0?gap=0.5", [b"data: [DONE]\n\n"]),
        ):
            with self.subTest(target):
                response = ask(target)
                self.assertEqual("text/event-stream", response.content_type)
                self.assertEqual((None, 0.5), (response.body.length, response.body.pause_s))
                self.assertEqual([expected] * 2, [list(response.body.pieces) for _ in range(2)])
        *tokens, _ = ask("/tokens/3").body.pieces
        choices = [json.loads(token.removeprefix(b"data: "))["choices"][0] for token in tokens]
        self.assertEqual(["token0 ", "token1 ", "token2 "], [choice["delta"]["content"] for choice in choices])

    def test_which_paths_are_streams_of_events(self):
        """Those that `--events` accepts, and no others."""
        streams = {route.path for route in ROUTES if route.path.startswith(EVENT_STREAMS)}
        found = {
            route.path
            for route in ROUTES
            if ask(re.sub(r"{\w+}", "1", route.path), min(route.methods)).content_type == "text/event-stream"
        }

        self.assertEqual({"/sse/{n}", "/tokens/{n}"}, found)
        self.assertEqual(found, streams)

    def test_stream_numbers_its_lines(self):
        """/stream/{n} gives n JSON lines with ids from 0, and again the same ones when iterated again."""
        response = ask("/stream/3?a=1")
        for _ in range(2):
            lines = [json.loads(line) for line in body_of(response).splitlines()]
            self.assertEqual([0, 1, 2], [line["id"] for line in lines])
            self.assertEqual({"a": "1"}, lines[0]["args"])

    def test_drip_spreads_its_bytes_over_the_duration(self):
        """/drip sends numbytes pieces of one byte, duration / numbytes apart, after the delay."""
        response = ask("/drip?numbytes=4&duration=2&code=206&delay=1.5")

        self.assertEqual((206, 1.5, 4, 0.5), (response.status, response.delay_s, response.body.length, 0.5))
        self.assertEqual([b"*"] * 4, list(response.body.pieces))
        self.assertEqual(0.5, response.body.pause_s)

    def test_a_long_drip_takes_no_memory(self):
        """Ten million pieces of one byte are not built beforehand."""
        pieces = ask("/drip?numbytes=10000000").body.pieces

        self.assertEqual([b"*"] * 3, list(itertools.islice(pieces, 3)))
        self.assertLess(sys.getsizeof(pieces), 1000)


class EchoTest(unittest.TestCase):
    def test_get_tells_what_was_sent(self):
        """/get answers with httpbin's keys; repeated arguments and headers are gathered."""
        response = ask("/get?a=1&a=2&b=", "GET", ("x-one", "1"), ("X-One", "2"))

        self.assertEqual(
            {
                "args": {"a": ["1", "2"], "b": ""},
                "headers": {"Host": "origin:80", "X-One": "1,2"},
                "origin": "127.0.0.9",
                "url": "http://origin:80/get?a=1&a=2&b=",
            },
            document(response),
        )
        self.assertEqual("application/json", response.content_type)

    def test_uploads_show_their_body(self):
        """A body is shown as text, as JSON if it is JSON, as fields if it is a form, in base64 if it is binary."""
        form = ("Content-Type", "application/x-www-form-urlencoded")
        cases = {
            "text": ((), b"hi", {"data": "hi", "form": {}, "json": None}),
            "json": ((), b'{"a": [1]}', {"data": '{"a": [1]}', "form": {}, "json": {"a": [1]}}),
            "form": ((form,), b"a=1&b=%20", {"data": "", "form": {"a": "1", "b": " "}, "json": None}),
            "binary": (
                (),
                b"\xff\x00",
                {"data": "data:application/octet-stream;base64,/wA=", "form": {}, "json": None},
            ),
            "empty": ((), b"", {"data": "", "form": {}, "json": None}),
        }
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for name, (headers, body, expected) in cases.items():
                with self.subTest(method=method, body=name):
                    answer = document(ask(f"/{method.lower()}", method, *headers, body=body))
                    self.assertEqual(expected, {key: answer[key] for key in ("data", "form", "json")})

    def test_deep_json_is_answered(self):
        """JSON nested to any depth is read, or shown as null where it cannot be; it takes about as much as it took."""
        for depth in (10, 300, 400, 900, *range(1_400, 1_600, 3), 5_000, 100_000):
            with self.subTest(depth=depth):
                body = b"[" * depth + b"0," * 1000 + b"0" + b"]" * depth
                answer = ask("/post", "POST", body=body)
                self.assertEqual(200, answer.status)
                self.assertLess(len(answer.body), 4 * len(body) + 500)

    def test_anything_answers_every_method_and_path(self):
        """/anything and all below it tell the method."""
        for target in ("/anything", "/anything/a/b"):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
                with self.subTest(target=target, method=method):
                    self.assertEqual(method, document(ask(target, method))["method"])

    def test_only_echoing_routes_keep_the_body(self):
        """/bytes drains an upload; /post shows it."""
        self.assertEqual(
            (False, True, False), tuple(keeps_body(Request("POST", path)) for path in ("/bytes/1", "/post", "/nothing"))
        )

    def test_headers_and_cookies_are_shown(self):
        """/headers shows the headers, /cookies the cookies."""
        self.assertEqual({"headers": {"Host": "origin:80", "A": "b"}}, document(ask("/headers", "GET", ("A", "b"))))
        self.assertEqual({"cookies": {"a": "1", "b": "2"}}, document(ask("/cookies", "GET", ("Cookie", "a=1; b=2"))))

    def test_cookies_are_set(self):
        """/cookies/set sets each argument as a cookie and redirects to /cookies."""
        response = ask("/cookies/set?a=1&b=2")

        self.assertEqual(302, response.status)
        self.assertEqual(
            (("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/"), ("Location", "/cookies")), response.headers
        )

    def test_a_cookie_cannot_smuggle_a_header(self):
        """A line break in a cookie's value is refused."""
        self.assertEqual(400, ask("/cookies/set?a=1%0d%0aX-Evil:%201").status)

    def test_compressed_answers_decompress(self):
        """/gzip, /deflate and /brotli are encoded as their header says."""
        cases = {
            "/gzip": ("gzip", "gzipped", gzip.decompress),
            "/deflate": ("deflate", "deflated", zlib.decompress),
            "/brotli": ("br", "brotli", brotli.decompress),
        }
        for target, (encoding, key, decompress) in cases.items():
            with self.subTest(target=target):
                response = ask(target)
                self.assertEqual((("Content-Encoding", encoding),), response.headers)
                self.assertIs(True, json.loads(decompress(body_of(response)))[key])


class StatusTest(unittest.TestCase):
    def test_status_answers_as_told(self):
        """/status/{code} answers any method with that status and no body."""
        for method in ("GET", "POST", "DELETE"):
            for status in (200, 204, 404, 503, 599):
                with self.subTest(method=method, status=status):
                    response = ask(f"/status/{status}", method)
                    self.assertEqual((status, b""), (response.status, response.body))

    def test_redirects_count_down(self):
        """/redirect/{n} leads over n redirects to /get."""
        self.assertEqual((("Location", "/redirect/2"),), ask("/redirect/3").headers)
        self.assertEqual((("Location", "/get"),), ask("/redirect/1").headers)
        self.assertEqual(302, ask("/redirect/1").status)
        elsewhere = ask("/redirect-to?url=http://localhost:1/a%3Fb=c")
        self.assertEqual((302, (("Location", "http://localhost:1/a?b=c"),)), (elsewhere.status, elsewhere.headers))

    def test_basic_auth_lets_in_who_knows_the_password(self):
        """200 with the right credentials, 401 with a challenge for none, wrong or malformed ones."""
        right = base64.b64encode(b"ann:secret").decode()
        wrong = base64.b64encode(b"ann:guess").decode()
        cases = {f"Basic {right}": 200, f"Basic {wrong}": 401, f"Bearer {right}": 401, "Basic *": 401, "": 401}
        for header, status in cases.items():
            with self.subTest(header=header):
                response = ask("/basic-auth/ann/secret", "GET", ("Authorization", header))
                self.assertEqual(status, response.status)
                self.assertEqual(status == 401, "WWW-Authenticate" in dict(response.headers))

    def test_delay_takes_fractions(self):
        """/delay waits fractions of a second, and up to a minute and beyond."""
        self.assertEqual([0.25, 60.0], [ask(f"/delay/{text}").delay_s for text in ("0.25", "60")])

    def test_fixed_and_fresh_documents(self):
        """/json is always the same; /uuid never is, and says so."""
        self.assertEqual(ask("/json"), ask("/json"))
        self.assertTrue(ask("/json").repeatable)
        self.assertNotEqual(ask("/uuid").body, ask("/uuid").body)
        self.assertFalse(ask("/uuid").repeatable)

    def test_bad_parameters_are_refused(self):
        """A parameter out of range or no number at all is answered 400 with the value."""
        for target in (
            "/bytes/-1", "/bytes/x", "/bytes/٣", f"/bytes/{MAX_BODY_BYTES + 1}", "/bytes/" + "9" * 5000, "/status/99",
            "/status/600", "/status/100", "/delay/-1", "/delay/nan", "/delay/inf", "/delay/x", "/stream/x",
            "/bytes/" + "0" * 20 + f"{MAX_BODY_BYTES + 1}", "/drip?numbytes=" + "0" * 20 + "99999999999",
            "/stream-bytes/10?chunk_size=0", "/redirect-to", "/redirect-to?url=a%0Ab", "/redirect/0",
            "/drip?numbytes=0", "/drip?code=1000", "/sse/x", "/tokens/5?gap=-1",
        ):  # fmt: skip
            with self.subTest(target=target[:40]):
                self.assertEqual(400, ask(target).status)

    def test_unknown_paths_and_methods(self):
        """404 for a path that is nowhere, 405 with Allow for a method that is not offered, OPTIONS tells."""
        for target in ("/", "/nothing", "/bytes", "/bytes/1/2", "/get/", "*"):
            with self.subTest(target=target):
                self.assertEqual(404, ask(target).status)
        refused = ask("/get", "POST")
        self.assertEqual((405, (("Allow", "GET, HEAD, OPTIONS"),)), (refused.status, refused.headers))
        self.assertEqual((("Allow", "GET, HEAD, OPTIONS"),), ask("/get", "OPTIONS").headers)

    def test_absolute_targets_find_their_route(self):
        """A target in the form that proxies get is routed by its path."""
        self.assertEqual(503, ask("http://origin:80/status/503").status)

    def test_every_endpoint_is_there(self):
        """The endpoints that users of httpbin know, those with known answers, and those that go wrong."""
        known = """/get /post /put /patch /delete /head /anything/* /headers /status/{code} /bytes/{n} /stream/{n}
            /stream-bytes/{n} /delay/{s} /drip /gzip /deflate /brotli /redirect/{n} /redirect-to /cookies /cookies/set
            /basic-auth/{user}/{password} /json /uuid /encoded/{encoding}/{n} /sse/{n} /tokens/{n}
            /fifo/{service_s} /fifo/{service_s}/stall/{after_s}/{length_s} /busy/{cpu_s} /busy/dial/{name}/{cpu_s}
            /fault/reset /fault/reset-body /fault/reset-after /fault/drop /fault/drop-reused /fault/truncated
            /fault/truncated-chunked /fault/close-after /fault/stalled/{s} /fault/stalled-body/{s} /fault/trickle/{s}
            /fault/garbage /fault/bad-chunk /fault/bad-gzip /fault/unavailable"""
        self.assertCountEqual(known.split(), [route.path for route in ROUTES])
