"""The origin as its users see it: endpoints over http.client, and counters that are exact."""

import json
import re
import time

from http_benchmark.models.measurement import ServerCounts
from tests.integration.origin_wire import MIB, OriginTestCase, Wire, get, post


class OriginTest(OriginTestCase):
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
            for number, request in enumerate(requests):
                self.until(lambda number=number: (self.origin.counts() - before).requests == number)
                wire.send(request)
            received = wire.rest()
        seen = self.origin.counts() - before
        chunked = 100_000 + 9 * len("2800\r\n\r\n") + len("1ea0\r\n\r\n") + len("0\r\n\r\n")
        (echoed,) = re.findall(rb"application/json\r\nContent-Length: (\d+)", received)

        self.assertEqual(
            ServerCounts(
                requests=10,
                dropped=0,
                broken=0,
                statuses={200: 8, 404: 1, 503: 1},
                protocols={"1.1": 10},
                connections=1,
                closed=1,
                closed_on_request=1,
                reset_by_client=0,
                asked_ahead=0,
                tls_handshakes=0,
                tls_resumptions=0,
                bytes_received=sum(map(len, requests)),
                header_bytes_received=sum(map(len, requests)) - 200_005,
                body_bytes_received=200_005,
                bytes_sent=len(received),
                body_bytes_sent=3 * 1024 + chunked + int(echoed) + 2 * 10 + len("there is nothing at /nothing\n"),
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
