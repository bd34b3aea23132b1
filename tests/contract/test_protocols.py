"""Every client against the origin over TLS and HTTP/2: what it has to speak, which certificates it has to refuse."""

import contextlib
import functools
import unittest
from collections.abc import Callable
from typing import Any, get_args

from http_benchmark.clients.base import Request
from http_benchmark.errors import ErrorKind
from http_benchmark.origin.options import CertificateKind, OriginOptions
from http_benchmark.origin.process import OriginProcess
from tests.contract.contenders import Contender, contenders

HEADERS = (("User-Agent", "contract/1"), ("Accept", "*/*"), ("Accept-Encoding", "gzip"))
WITHOUT_TLS = {"floor:sync", "floor:async"}
WITHOUT_CUSTOM_CA = {"requestx:sync", "requestx:async"}
KINDS = set(get_args(CertificateKind))
SHORT_S = 0.3
CONNECTION_PER_THREAD = {"pycurl:sync", "httpx:sync"}  # over HTTP/2 their threads cannot share one


def for_each(able: Callable[[Contender], bool]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test method once for every contender that has an ability."""

    def decorate(test: Callable[[Any, Contender], None]) -> Callable[[Any], None]:
        @functools.wraps(test)
        def run(self: unittest.TestCase) -> None:
            for contender in filter(able, contenders()):
                with self.subTest(contender.name):
                    test(self, contender)

        return run

    return decorate


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origins = {
            kind: cls.enterClassContext(OriginProcess(options=OriginOptions(tls=True, certificate=kind)))
            for kind in KINDS
        }

    @for_each(lambda contender: contender.name not in WITHOUT_TLS | WITHOUT_CUSTOM_CA)
    def test_the_runs_authority_is_trusted_and_connections_are_kept(self, contender):
        """Ten requests of two workers over at most two handshakes, all over HTTP/1.1."""
        origin = self.origins["good"]
        before = origin.counts()
        with contender.opened(concurrency=2, ca_file=origin.ca_file) as client:
            client.send_at_once(Request("GET", f"{origin.url}/bytes/1000", HEADERS), workers=2, times=5)
        seen = origin.counts() - before
        self.assertEqual((10, {200: 10}, {"1.1": 10}), (seen.requests, seen.statuses, seen.protocols))
        self.assertIn(seen.tls_handshakes, (1, 2))
        self.assertEqual(seen.connections, seen.tls_handshakes)

    @for_each(lambda contender: contender.name not in WITHOUT_TLS)
    def test_each_faulty_certificate_is_refused(self, contender):
        """Wrong host, expired, from an unknown authority, self-signed: an error of TLS, and no request."""
        for kind in KINDS - {"good"}:
            origin = self.origins[kind]
            before = origin.counts()
            ca_file = None if contender.name in WITHOUT_CUSTOM_CA else origin.ca_file
            with self.subTest(kind):
                url = f"{origin.url}/status/204"
                self.assertEqual(ErrorKind.TLS, contender.kind_of(url, headers=HEADERS, ca_file=ca_file))
                self.assertEqual(0, (origin.counts() - before).requests)

    @for_each(lambda contender: contender.name not in WITHOUT_TLS and contender.capabilities.skip_verify)
    def test_none_is_refused_where_the_check_is_off(self, contender):
        """`verify=False` takes names and dates for granted, too."""
        for kind in KINDS:
            with self.subTest(kind), contender.opened(verify=False) as client:
                self.assertEqual(200, client.send(Request("GET", f"{self.origins[kind].url}/bytes/1", HEADERS)))


class Http2Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origins = {
            way: cls.enterClassContext(OriginProcess(options=OriginOptions(tls=tls, http2=True)))
            for way, tls in (("prior knowledge", False), ("TLS", True))
        }

    @for_each(lambda contender: contender.capabilities.http2)
    def test_it_is_spoken_both_ways(self, contender):
        """With prior knowledge and over TLS, each method with its body whole, streamed or not."""
        for way, origin in self.origins.items():
            with self.subTest(way):
                before = origin.counts()
                with contender.opened(http_version="2", ca_file=origin.ca_file) as client:
                    for method, body in (
                        ("GET", b""),
                        ("HEAD", b""),
                        ("POST", b"x" * 100_000),
                        ("PUT", b""),
                        ("DELETE", b""),
                    ):
                        for stream in (False, True):
                            request = Request(method, f"{origin.url}/bytes/100000", HEADERS, body, stream=stream)
                            self.assertEqual(200, client.send(request))
                seen = origin.counts() - before
                self.assertEqual((10, {"2": 10}), (seen.requests, seen.protocols))
                self.assertEqual((200_000, 800_000), (seen.body_bytes_received, seen.body_bytes_sent))

    @for_each(lambda contender: contender.capabilities.http2 and contender.name not in CONNECTION_PER_THREAD)
    def test_requests_in_flight_share_one_connection(self, contender):
        """Twenty workers need no second connection, however many requests they send."""
        for way, origin in self.origins.items():
            with self.subTest(way):
                before = origin.counts()
                with contender.opened(concurrency=20, http_version="2", ca_file=origin.ca_file) as client:
                    client.send_at_once(Request("GET", f"{origin.url}/delay/0.01", HEADERS), workers=20, times=3)
                seen = origin.counts() - before
                self.assertEqual((60, 1), (seen.requests, seen.connections))

    @for_each(lambda contender: contender.name in CONNECTION_PER_THREAD)
    def test_a_connection_per_thread_is_kept(self, contender):
        """Where threads cannot share one, each keeps its own."""
        for way, origin in self.origins.items():
            with self.subTest(way):
                before = origin.counts()
                with contender.opened(concurrency=3, http_version="2", ca_file=origin.ca_file) as client:
                    client.send_at_once(Request("GET", f"{origin.url}/bytes/1", HEADERS), workers=3, times=5)
                seen = origin.counts() - before
                self.assertEqual((15, 3), (seen.requests, seen.connections))

    @for_each(lambda contender: contender.capabilities.http2)
    def test_a_server_without_it_is_an_error_and_no_fallback(self, contender):
        """Ordered to speak HTTP/2, a client sends no request over HTTP/1.1."""
        for tls in (False, True):
            with self.subTest(tls=tls), OriginProcess(options=OriginOptions(tls=tls)) as origin:
                url = f"{origin.url}/status/204"
                kind = contender.kind_of(url, headers=HEADERS, http_version="2", ca_file=origin.ca_file)
                self.assertIn(kind, (ErrorKind.PROTOCOL, ErrorKind.TLS, ErrorKind.CONNECTION_RESET))
                self.assertNotIn(204, origin.counts().statuses)

    @for_each(lambda contender: contender.capabilities.http2)
    def test_an_unknown_authority_is_refused(self, contender):
        """Certificates are checked for HTTP/2 as for HTTP/1.1."""
        options = OriginOptions(tls=True, http2=True, certificate="unknown-authority")
        with OriginProcess(options=options) as origin:
            url = f"{origin.url}/status/204"
            kind = contender.kind_of(url, headers=HEADERS, http_version="2", ca_file=origin.ca_file)
            self.assertEqual((ErrorKind.TLS, 0), (kind, origin.counts().requests))

    @for_each(lambda contender: contender.capabilities.http2)
    def test_a_slow_answer_is_a_timeout_and_the_client_is_as_good_as_new(self, contender):
        """Over HTTP/2 a request can be given up without its connection; here it does not end, so it is not counted."""
        for way, origin in self.origins.items():
            with self.subTest(way):
                url = f"{origin.url}/delay/600"
                kind = contender.kind_of(
                    url, headers=HEADERS, http_version="2", ca_file=origin.ca_file, timeout_s=SHORT_S
                )
                self.assertEqual(ErrorKind.TIMEOUT, kind)
                listed = tuple(exception_class for exception_class, _ in contender.adapter.ERRORS)
                with contender.opened(http_version="2", ca_file=origin.ca_file, timeout_s=SHORT_S) as client:
                    with contextlib.suppress(*listed):
                        client.send(Request("GET", url, HEADERS))
                    self.assertEqual(200, client.send(Request("GET", f"{origin.url}/bytes/10", HEADERS)))


if __name__ == "__main__":
    unittest.main()
