"""The origin's HTTP/2 side, over TLS and with prior knowledge: the routes' answers, what is counted, how it ends."""

import asyncio
import contextlib
import functools
import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import h2.connection
import httpx
import psutil

from http_benchmark.errors import TargetError
from http_benchmark.header_marks import header_marks
from http_benchmark.models.measurement import ServerCounts
from http_benchmark.origin.bodies import MAX_KEPT_BODY_BYTES
from http_benchmark.origin.http2 import Http2Origin
from http_benchmark.origin.main import listen
from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.payload import payload
from http_benchmark.origin.process import OriginProcess

PATIENCE_S = 20.0
MIB = 1024**2
WAYS = {"prior knowledge": OriginOptions(http2=True), "TLS": OriginOptions(http2=True, tls=True)}


def trust(origin: OriginProcess) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=origin.ca_file) if origin.ca_file else True


@contextlib.contextmanager
def client_of(origin: OriginProcess, *, http1: bool = False) -> Iterator[httpx.Client]:
    with httpx.Client(
        http1=http1,
        http2=not http1,
        verify=trust(origin),
        base_url=origin.url,
        timeout=PATIENCE_S,
        trust_env=False,
    ) as client:
        yield client


class Http2Case(unittest.TestCase):
    """Has an origin for each way to HTTP/2."""

    @classmethod
    def setUpClass(cls):
        cls.origins = {way: cls.enterClassContext(OriginProcess(options=options)) for way, options in WAYS.items()}


def in_each_way(test: Callable[[Any, OriginProcess, httpx.Client], None]) -> Callable[[Any], None]:
    """Run a test for each way to HTTP/2, with a client of its own."""

    @functools.wraps(test)
    def run(self: Http2Case) -> None:
        for way, origin in self.origins.items():
            with self.subTest(way), client_of(origin) as client:
                test(self, origin, client)

    return run


class AnswersTest(Http2Case):
    @in_each_way
    def test_bodies_arrive_whole(self, origin, client):
        """Of every size, with and without a length known in advance, also when asked for again."""
        for path, size in (("/bytes/0", 0), ("/bytes/1024", 1024), (f"/bytes/{3 * MIB}", 3 * MIB)):
            for _ in range(2):
                response = client.get(path)
                self.assertEqual(("HTTP/2", 200), (response.http_version, response.status_code))
                self.assertEqual((str(size), payload(size)), (response.headers["content-length"], response.content))
        response = client.get(f"/stream-bytes/{MIB}?chunk_size=1000")
        self.assertEqual((None, payload(MIB)), (response.headers.get("content-length"), response.content))

    @in_each_way
    def test_uploads_arrive_whole(self, origin, client):
        """What is uploaded is echoed, or drained and counted; a second upload is not answered with the first."""
        before = origin.counts()
        for text in ("first", "other"):
            self.assertEqual(text, client.post("/post", content=text).json()["data"])
        for pieces in ([], [b"in ", b"pieces"]):  # whose length no header tells
            self.assertEqual(b"".join(pieces).decode(), client.post("/post", content=iter(pieces)).json()["data"])
        body = b"x" * (2 * MIB)
        self.assertEqual(200, client.put("/bytes/1", content=body).status_code)
        self.assertEqual(2 * MIB + 19, (origin.counts() - before).body_bytes_received)

    @in_each_way
    def test_an_upload_may_have_empty_pieces(self, origin, client):
        """Each is a frame of its own."""
        pieces = [b"", b"", b"ab", b"", b"", b"", b"c", b"", b""]
        self.assertEqual("abc", client.post("/anything", content=iter(pieces)).json()["data"])

    @in_each_way
    def test_the_request_is_described(self, origin, client):
        """Query, headers and URL are those of the request, the host taken from where HTTP/2 has it."""
        described = client.get("/anything/a%20b?c=d", headers={"X-Test": "1"}).json()
        self.assertEqual({"c": "d"}, described["args"])
        self.assertEqual(
            ("1", origin.url.partition("://")[2]), tuple(map(described["headers"].get, ("X-Test", "Host")))
        )
        self.assertEqual(f"{origin.url}/anything/a%20b?c=d", described["url"])
        self.assertEqual("127.0.0.1", described["origin"])

    @in_each_way
    def test_answers_without_a_body_have_none(self, origin, client):
        """HEAD tells the length and sends nothing; 204 and 304 have neither."""
        before = origin.counts()
        head = client.head("/bytes/1000")
        self.assertEqual(("1000", b""), (head.headers["content-length"], head.content))
        for status in (204, 304):
            response = client.get(f"/status/{status}")
            self.assertEqual((status, b""), (response.status_code, response.content))
        self.assertEqual(0, (origin.counts() - before).body_bytes_sent)

    @in_each_way
    def test_errors_are_the_routes(self, origin, client):
        """No such path, a method that is not offered, and a body that is too long to be echoed."""
        self.assertEqual(404, client.get("/nowhere").status_code)
        self.assertEqual(405, client.post("/get").status_code)
        self.assertEqual(413, client.post("/post", content=b"x" * (MAX_KEPT_BODY_BYTES + 1)).status_code)
        self.assertEqual(200, client.get("/bytes/1").status_code)

    @in_each_way
    def test_waiting_is_never_shorter_than_asked_for(self, origin, client):
        """/delay, /drip and the queue of /fifo take their time."""
        for path, least_s in (
            ("/delay/0.05", 0.05),
            ("/drip?numbytes=5&duration=0.05", 0.05),
            ("/fifo/0.03", 0.03),
        ):
            started_s = time.perf_counter()
            self.assertEqual(200, client.get(path).status_code)
            self.assertGreaterEqual(time.perf_counter() - started_s, least_s)

    @in_each_way
    def test_requests_of_one_connection_overlap(self, origin, client):
        """A slow answer does not hold up a fast one behind it: streams, not a queue."""
        before = origin.counts()
        with client.stream("GET", "/drip?numbytes=2&duration=30") as slow:
            self.assertEqual(200, slow.status_code)
            self.assertEqual(200, client.get("/bytes/10").status_code)
        self.assertEqual((2, 1), ((origin.counts() - before).requests, (origin.counts() - before).connections))


class JournalTest(Http2Case):
    @in_each_way
    def test_requests_are_written_down(self, origin, client):
        """Method, target, version and headers, with the authority as Host; a connection's end is not shown."""
        origin.start_journal()
        for _ in range(2):
            client.get("/bytes/1?x=1", headers={"X-Mixed": "A b"})
        seen = origin.journal()
        for request in seen.requests:
            self.assertEqual(("GET", "/bytes/1?x=1", "2"), (request.method, request.target, request.version))
            self.assertEqual(("host", origin.url.partition("://")[2]), request.headers[0])
            self.assertEqual("A b", request.header("x-mixed"))
        (connection,) = seen.connections
        self.assertEqual((2, origin.ca_file is not None), (len(seen.requests), connection.tls))
        self.assertIsNone(connection.closed_ns)

    def test_bodies_that_come_at_once_are_told_apart(self):
        """Though they share a connection."""
        bodies = [bytes([number]) * 300_000 for number in range(8)]
        for origin in self.origins.values():
            with self.subTest(origin.url):
                origin.start_journal()
                asyncio.run(self.post_at_once(origin, bodies))
                seen = origin.journal()
                self.assertEqual(
                    {(len(body), hashlib.sha256(body).hexdigest()) for body in bodies},
                    {(request.body_bytes, request.body_sha256) for request in seen.requests},
                )
                self.assertEqual((8, 1), (len(seen.requests), len(seen.connections)))

    @staticmethod
    async def post_at_once(origin: OriginProcess, bodies: list[bytes]) -> None:
        async with httpx.AsyncClient(http1=False, http2=True, verify=trust(origin), trust_env=False) as client:
            await asyncio.gather(*(client.post(f"{origin.url}/status/200", content=body) for body in bodies))


class CountsTest(Http2Case):
    @in_each_way
    def test_what_it_shows_is_counted_and_nothing_else_is_made_up(self, origin, client):
        """Requests by status and protocol, connections, bodies; no bytes of heads, no handshakes."""
        before = origin.counts()
        for path in ("/bytes/100", "/bytes/100", "/status/503"):
            client.get(path)
        with client_of(origin, http1=True) as other:
            self.assertEqual("HTTP/1.1", other.get("/bytes/1").http_version)

        seen = origin.counts() - before
        self.assertEqual((4, {200: 3, 503: 1}), (seen.requests, seen.statuses))
        self.assertEqual(({"1.1": 1, "2": 3}, 2), (seen.protocols, seen.connections))
        self.assertEqual((0, 201), (seen.body_bytes_received, seen.body_bytes_sent))
        self.assertGreater(seen.cpu_s, 0)
        self.assertEqual({None}, self.unseen(seen))

    @in_each_way
    def test_requests_by_method_and_target(self, origin, client):
        """At first sight and again; those that nobody waits for, too."""
        origin.take_requested()
        for path in ("/bytes/1?a=%20", "/bytes/1?a=%20", "/anything/%C3%A4"):
            client.get(path)
        client.head("/bytes/1")
        with self.assertRaises(httpx.ReadTimeout):
            client.get("/delay/600", timeout=0.1)

        expected = {"GET /bytes/1?a=%20": 2, "GET /anything/%C3%A4": 1, "HEAD /bytes/1": 1, "GET /delay/600": 1}
        headers = header_marks(
            tuple((name, client.headers[name]) for name in ("accept", "accept-encoding", "user-agent"))
        )
        self.assertEqual({f"{line}\n{headers}": times for line, times in expected.items()}, origin.take_requested())

    @in_each_way
    def test_a_client_that_hangs_up_while_it_waits_is_dropped(self, origin, client):
        """Its request is no answer of any status."""
        before = origin.counts()
        with self.assertRaises(httpx.ReadTimeout):
            client.get("/delay/600", timeout=0.1)
        client.close()
        deadline_s = time.monotonic() + PATIENCE_S
        while not (origin.counts() - before).dropped and time.monotonic() < deadline_s:
            time.sleep(0.01)
        seen = origin.counts() - before
        self.assertEqual((0, 1, {}), (seen.requests, seen.dropped, seen.statuses))

    def unseen(self, seen: ServerCounts) -> set[int | None]:
        return {
            seen.bytes_received,
            seen.bytes_sent,
            seen.header_bytes_received,
            seen.tls_handshakes,
            seen.tls_resumptions,
            seen.closed,
            seen.reset_by_client,
        }


class BrokenOffTest(unittest.IsolatedAsyncioTestCase):
    """Clients that leave in the middle of what they send."""

    async def test_nothing_goes_on_for_a_client_that_left(self):
        """Granian hands over what is missing of a body as empty pieces, without an end."""
        with listen("127.0.0.1", 0) as listener:
            origin, address = Http2Origin(None), listener.getsockname()
            await origin.listen(listener)
        idle = asyncio.all_tasks()
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(*address)
            writer.write(self.unfinished_upload(b"abc"))
            while origin.counts()["body_bytes_received"] < 3:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
        (answering,) = asyncio.all_tasks() - idle
        writer.transport.abort()
        await asyncio.wait({answering}, timeout=PATIENCE_S)

        self.assertTrue(answering.done())
        self.assertEqual((0, 0), (origin.counts()["requests"], origin.counts()["dropped"]))
        await origin.end(PATIENCE_S)

    @staticmethod
    def unfinished_upload(content: bytes) -> bytes:
        client = h2.connection.H2Connection()
        client.initiate_connection()
        fields = {":method": "POST", ":path": "/status/200", ":scheme": "http", ":authority": "a"}
        client.send_headers(1, fields.items())
        client.send_data(1, content)
        return client.data_to_send()


class LifeTest(unittest.TestCase):
    def test_it_ends_with_its_standard_input(self):
        """Silently, in the middle of answers too, with exit code 0."""
        for way, options in WAYS.items():
            arguments = ["http_benchmark.origin.main", f"--child={os.getpid()}", f"--options={options.to_json()}"]
            with (
                self.subTest(way),
                subprocess.Popen(
                    [sys.executable, "-m", *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                ) as process,
            ):
                url = json.loads(process.stdout.readline())["urls"][0]
                with (
                    httpx.Client(http1=False, http2=True, verify=False, timeout=PATIENCE_S) as client,
                    client.stream("GET", f"{url}/drip?numbytes=2&duration=60") as response,
                ):
                    self.assertEqual(200, response.status_code)
                    output, errors = process.communicate(timeout=PATIENCE_S)
                self.assertEqual((0, b"", b""), (process.returncode, output, errors))

    def test_it_dies_with_its_parent(self):
        """When the controller is killed outright the origin goes too, its threads in Rust included."""
        program = (
            "import time; from http_benchmark.origin.process import OriginProcess; "
            "from http_benchmark.origin.options import OriginOptions; "
            "print(OriginProcess(options=OriginOptions(http2=True)).pid, flush=True); time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
            origin = psutil.Process(int(parent.stdout.readline()))
            parent.kill()
        psutil.wait_procs([origin], timeout=PATIENCE_S)
        self.assertFalse(origin.is_running() and origin.status() != psutil.STATUS_ZOMBIE)

    def test_signals_end_it_in_the_foreground(self):
        """SIGTERM ends it with exit code 0 and without a word."""
        arguments = ["http_benchmark.origin.main", f"--options={WAYS['TLS'].to_json()}"]
        with subprocess.Popen(
            [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            _, ca_file = process.stdout.readline().split()
            self.assertTrue(os.path.exists(ca_file))  # noqa: PTH110 - a name read from a process
            process.send_signal(signal.SIGTERM)
            self.assertEqual((0, ""), (process.wait(PATIENCE_S), process.stderr.read()))
            self.assertFalse(os.path.exists(ca_file))  # noqa: PTH110 - as above

    def test_it_listens_on_the_port_it_is_given_and_shares_it_with_nobody(self):
        """A taken port is an error that says which; a second origin on it is refused, too."""
        options = OriginOptions(http2=True)
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with self.assertRaisesRegex(TargetError, rf"127\.0\.0\.1 port {port}: Address already in use"):
                OriginProcess(port=port, options=options)
        with OriginProcess(port=port, options=options) as origin:
            self.assertEqual(f"http://127.0.0.1:{port}", origin.url)
            with self.assertRaisesRegex(TargetError, rf"127\.0\.0\.1 port {port}: Address already in use"):
                OriginProcess(port=port, options=options)


if __name__ == "__main__":
    unittest.main()
