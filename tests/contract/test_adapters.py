"""One suite over every installed client, sync and async: each does the same work and reports it the same way.

Where a library forces a difference, it stands here as data with its reason, so that a change of it is noticed.
"""

import contextlib
import functools
import gc
import hashlib
import os
import random
import shutil
import sys
import tempfile
import time
import unittest
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

from http_benchmark.clients import OWN_CLIENTS, installed_clients, known_clients
from http_benchmark.clients.base import Request
from http_benchmark.errors import ErrorKind, UnsupportedOptionError
from tests.contract.contenders import Contender, contenders
from tests.servers import ScriptedServer, black_hole, make_certificate, refused_port

HEADERS = (("User-Agent", "contract/1"), ("Accept", "*/*"), ("Accept-Encoding", "gzip"), ("X-Mixed-Case", "a b"))
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
SHORT_S = 0.3

LOWER_CASE_NAMES = {"requestx:sync", "requestx:async"}  # hyper writes header names in lower case
ORDER_OF_ITS_OWN = {"requestx:async"}  # its defaults keep their places, though with the caller's values
FORCED_HEADERS = {  # sent where the caller gives none, without a public way to leave them out
    "requestx:sync": {"accept", "accept-encoding"},
    "requestx:async": {"accept", "accept-encoding", "connection", "user-agent"},
}
ONE_HEADER_PER_NAME = {"requests:sync", "requestx:sync", "requestx:async"}  # they take a dict
CONNECTION_PER_SEND = {"pycurl:sync", "floor:sync", "floor:async"}  # the connection belongs to the prepared send
DECODES_NOTHING = {"floor:sync", "floor:async"}
WITHOUT_TLS = {"floor:sync", "floor:async"}
CLOSES_WHEN_FORGOTTEN = {"requestx:sync", "requestx:async"}  # its close() keeps the connections until collected
KEEPS_COOKIES = {"requestx:sync"}  # stores them without a public way to refuse

KINDS = {
    "/slow-head": ErrorKind.TIMEOUT,
    "/slow-body": ErrorKind.TIMEOUT,
    "/reset": ErrorKind.CONNECTION_RESET,
    "/reset-body": ErrorKind.CONNECTION_RESET,
    "/close": ErrorKind.CONNECTION_RESET,
    "/truncated": ErrorKind.INCOMPLETE_RESPONSE,
    "/truncated-chunked": ErrorKind.INCOMPLETE_RESPONSE,
    "/garbage": ErrorKind.PROTOCOL,
    "/bad-chunk": ErrorKind.PROTOCOL,
    "/bad-gzip": ErrorKind.DECODING,
}
_REQUESTX_SAYS_TOO_LITTLE = {  # "error sending request", "error decoding response body", and no cause
    "/garbage": ErrorKind.CONNECTION_RESET,
    "/bad-chunk": ErrorKind.INCOMPLETE_RESPONSE,
    "/bad-gzip": ErrorKind.INCOMPLETE_RESPONSE,
    "/reset-body": ErrorKind.INCOMPLETE_RESPONSE,
}
OTHER_KINDS = {
    "requestx:sync": _REQUESTX_SAYS_TOO_LITTLE,
    "requestx:async": _REQUESTX_SAYS_TOO_LITTLE,
    "urllib3:sync": {"/bad-chunk": ErrorKind.INCOMPLETE_RESPONSE},  # http.client reads it and says no more
}
ONE_TIMEOUT = {"aiohttp:async", "requestx:sync", "requestx:async"}  # connecting cannot be told from waiting


def for_each_contender(test: Callable[[Any, Contender], None]) -> Callable[[Any], None]:
    """Run a test method once for every contender, each on a clean record of the server."""

    @functools.wraps(test)
    def run(self: AdapterContractCase) -> None:
        for contender in contenders():
            if contender.name in self.not_tested:
                continue
            with self.subTest(contender.name):
                self.server.forget()
                test(self, contender)

    return run


class AdapterContractCase(unittest.TestCase):
    """One server for all tests of a class, and who takes no part in them."""

    server: ClassVar[ScriptedServer]
    not_tested: ClassVar[set[str]] = set()

    @classmethod
    def setUpClass(cls):
        cls.server = ScriptedServer()
        cls.addClassCleanup(cls.server.close)


class RequestTest(AdapterContractCase):
    @for_each_contender
    def test_every_method_arrives_as_itself(self, contender):
        """GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS reach the server under their names."""
        with contender.opened() as client:
            for method in METHODS:
                self.assertEqual(200, client.send(Request(method, self.server.url("/status/200"), HEADERS)))
        self.assertEqual(list(METHODS), [request.method for request in self.server.requests])

    @for_each_contender
    def test_a_body_arrives_intact(self, contender):
        """Nothing, 1 KiB and 1 MiB of binary data reach the server byte for byte."""
        for size in (0, 1024, 1 << 20):
            for method in ("POST", "PUT"):
                body = random.Random(size).randbytes(size)
                self.server.forget()
                with contender.opened() as client:
                    client.send(Request(method, self.server.url("/status/200"), HEADERS, body))
                (received,) = self.server.requests
                self.assertEqual(
                    (method, size, hashlib.sha256(body).hexdigest()),
                    (received.method, received.body_bytes, received.body_sha256),
                )

    @for_each_contender
    def test_the_headers_on_the_wire_are_those_given(self, contender):
        """Besides Host and the body's length, exactly the caller's headers are sent, in their order."""
        for method, body in (("GET", b""), ("POST", b"x")):
            self.server.forget()
            with contender.opened() as client:
                client.send(
                    Request(method, self.server.url("/status/200"), (*HEADERS, ("Connection", "keep-alive")), body)
                )
            expected = [*HEADERS, ("Connection", "keep-alive")]
            sent = [(n, v) for n, v in self.server.requests[0].headers if n.lower() not in {"host", "content-length"}]
            if contender.name in LOWER_CASE_NAMES:
                expected = [(name.lower(), value) for name, value in expected]
            if contender.name in ORDER_OF_ITS_OWN:
                expected, sent = sorted(expected), sorted(sent)
            self.assertEqual(expected, sent)

    @for_each_contender
    def test_no_header_is_added(self, contender):
        """Given no headers, a client sends Host alone, or what it is known to force."""
        with contender.opened() as client:
            client.send(Request("GET", self.server.url("/status/200")))
        self.assertEqual(
            FORCED_HEADERS.get(contender.name, set()) | {"host"},
            {name.lower() for name, _ in self.server.requests[0].headers},
        )

    @for_each_contender
    def test_a_body_brings_only_its_length(self, contender):
        """Given no headers and a body, even a large one, a client adds Content-Length, no Content-Type or Expect."""
        with contender.opened() as client, warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # aiohttp would have bytes above 1 MiB in a file
            client.send(Request("POST", self.server.url("/status/200"), body=bytes((1 << 20) + 1)))
        self.assertEqual(
            FORCED_HEADERS.get(contender.name, set()) | {"host", "content-length"},
            {name.lower() for name, _ in self.server.requests[0].headers},
        )

    @for_each_contender
    def test_a_header_given_twice_is_sent_twice_or_refused(self, contender):
        """A repeated name is never merged or dropped in silence."""
        twice = (("X-Twice", "1"), ("X-Twice", "2"))
        with contender.opened() as client:
            request = Request("GET", self.server.url("/status/200"), twice)
            if contender.name in ONE_HEADER_PER_NAME:
                with self.assertRaisesRegex(UnsupportedOptionError, "X-Twice"):
                    client.send(request)
            else:
                client.send(request)
                sent = [value for name, value in self.server.requests[0].headers if name == "X-Twice"]
                self.assertEqual(["1", "2"], sent)

    @for_each_contender
    def test_no_cookie_is_kept(self, contender):
        """A cookie that the server sets does not come back, except from who is known to force it."""
        with contender.opened() as client:
            client.send(Request("GET", self.server.url("/cookie"), HEADERS), times=2)
        returned = any(name.lower() == "cookie" for name, _ in self.server.requests[1].headers)
        self.assertEqual(contender.name in KEEPS_COOKIES, returned)

    @for_each_contender
    def test_the_environment_changes_nothing(self, contender):
        """Proxies and passwords that the environment names are not used."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        netrc = Path(folder.name, "netrc")
        netrc.write_text("machine 127.0.0.1 login someone password secret\n")
        netrc.chmod(0o600)
        nowhere = f"http://127.0.0.1:{refused_port()}"
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        environment = dict.fromkeys(names, nowhere) | {"NETRC": str(netrc), "no_proxy": "", "NO_PROXY": ""}
        with mock.patch.dict(os.environ, environment):
            with contender.opened() as client:
                self.assertEqual(200, client.send(Request("GET", self.server.url("/status/200"), HEADERS)))
            self.assertEqual(nowhere, os.environ["HTTP_PROXY"])
        self.assertNotIn("authorization", {name.lower() for name, _ in self.server.requests[0].headers})


class AnswerTest(AdapterContractCase):
    @for_each_contender
    def test_a_status_is_an_int_and_no_error(self, contender):
        """200, 404 and 503 are returned; nothing is raised."""
        with contender.opened() as client:
            for status in (200, 404, 503):
                answer = client.send(Request("GET", self.server.url(f"/status/{status}"), HEADERS))
                self.assertEqual((status, int), (answer, type(answer)))

    @for_each_contender
    def test_an_answer_without_a_body_leaves_the_connection_usable(self, contender):
        """After HEAD, 204 and 304 the next request goes over the same connection."""
        for stream in (False, True):
            self.server.forget()
            with contender.opened() as client:
                for method, status in (("HEAD", 200), ("GET", 204), ("GET", 304), ("GET", 200)):
                    request = Request(method, self.server.url(f"/status/{status}"), HEADERS, stream=stream)
                    self.assertEqual(status, client.send(request))
            self.assertEqual({1, 2, 3, 4} if contender.name in CONNECTION_PER_SEND else {1}, self._connections())

    @for_each_contender
    def test_connections_are_kept_alive(self, contender):
        """50 requests of one worker go over one connection."""
        with contender.opened() as client:
            client.send(Request("GET", self.server.url("/bytes/1024"), HEADERS), times=50)
        self.assertEqual((50, {1}), (len(self.server.requests), self._connections()))

    @for_each_contender
    def test_a_streamed_body_is_read_to_its_end(self, contender):
        """10 MiB with a length, then chunked: read whole, as the reused connection shows."""
        for path in (f"/bytes/{10 << 20}", f"/chunked/{10 << 20}"):
            self.server.forget()
            with contender.opened() as client:
                self.assertEqual(200, client.send(Request("GET", self.server.url(path), HEADERS, stream=True), 2))
            self.assertEqual({1}, self._connections())

    @for_each_contender
    def test_the_pool_is_as_large_as_the_concurrency(self, contender):
        """Four workers at once never have more than four connections, and use more than one."""
        with contender.opened(concurrency=4) as client:
            client.send_at_once(Request("GET", self.server.url("/hold/20"), HEADERS), workers=4, times=5)
        self.assertEqual(20, len(self.server.requests))
        self.assertIn(self.server.connections, (2, 3, 4))

    @for_each_contender
    def test_redirects_are_followed_only_when_asked(self, contender):
        """A 302 is an answer by default; asked to, a client follows to the end or refuses to be set up so."""
        request = Request("GET", self.server.url("/redirect/3"), HEADERS)
        with contender.opened() as client:
            self.assertEqual(302, client.send(request))
        if contender.follows:
            with contender.opened(follow_redirects=True) as client:
                self.assertEqual(200, client.send(request))
        else:
            with self.assertRaises(UnsupportedOptionError), contender.opened(follow_redirects=True):
                pass

    @for_each_contender
    def test_the_limit_of_redirects_is_the_last_one_followed(self, contender):
        """With a limit of 20, twenty redirects are followed, and twenty-one are too many."""
        if contender.follows:
            with contender.opened(follow_redirects=True, max_redirects=20) as client:
                self.assertEqual(200, client.send(Request("GET", self.server.url("/redirect/20"), HEADERS)))
            kind = contender.kind_of(self.server.url("/redirect/21"), follow_redirects=True, max_redirects=20)
            self.assertEqual(ErrorKind.TOO_MANY_REDIRECTS, kind)

    @for_each_contender
    def test_a_cancelled_request_leaves_the_client_usable(self, contender):
        """Cancelling an asynchronous request frees its place in the pool."""
        if contender.mode == "async":
            with contender.opened() as client:
                client.cancel(Request("GET", self.server.url("/hold/200"), HEADERS), after_s=0.03)
                self.assertEqual(200, client.send(Request("GET", self.server.url("/status/200"), HEADERS)))

    def _connections(self) -> set[int]:
        return {request.connection for request in self.server.requests}


class FailureTest(AdapterContractCase):
    @for_each_contender
    def test_the_same_fault_of_the_server_has_the_same_kind(self, contender):
        """Slow, reset, cut off, garbled: one kind for all clients, but for the known exceptions."""
        for path, usual_kind in KINDS.items():
            if path == "/bad-gzip" and contender.name in DECODES_NOTHING:
                continue
            with self.subTest(contender=contender.name, path=path):
                kind = OTHER_KINDS.get(contender.name, {}).get(path, usual_kind)
                self.assertEqual(kind, contender.kind_of(self.server.url(path), headers=HEADERS, timeout_s=SHORT_S))

    @for_each_contender
    def test_a_fault_in_a_streamed_body_has_the_same_kind(self, contender):
        """Read as a stream, a body that is slow or cut off fails as it does read whole."""
        for path in ("/slow-body", "/truncated", "/bad-gzip"):
            if path == "/bad-gzip" and contender.name in DECODES_NOTHING:
                continue
            with self.subTest(contender=contender.name, path=path):
                kind = OTHER_KINDS.get(contender.name, {}).get(path, KINDS[path])
                url = self.server.url(path)
                self.assertEqual(kind, contender.kind_of(url, headers=HEADERS, stream=True, timeout_s=SHORT_S))

    @for_each_contender
    def test_a_failed_request_leaves_the_client_usable(self, contender):
        """After a timeout, a reset and a cut body the pool's one connection can be replaced."""
        listed = tuple(exception_class for exception_class, _ in contender.adapter.ERRORS)
        for stream in (False, True):
            with contender.opened(timeout_s=SHORT_S) as client:
                for path in ("/slow-body", "/reset", "/truncated", "/status/200"):
                    status = None
                    with contextlib.suppress(*listed):
                        status = client.send(Request("GET", self.server.url(path), HEADERS, stream=stream))
                self.assertEqual(200, status)

    @for_each_contender
    def test_nobody_listening_is_connection_refused(self, contender):
        """A port without a listener, by address and by name."""
        for host in ("127.0.0.1", "localhost"):
            kind = contender.kind_of(f"http://{host}:{refused_port()}/")
            self.assertEqual(ErrorKind.CONNECTION_REFUSED, kind)

    @for_each_contender
    def test_an_unknown_host_is_name_resolution(self, contender):
        """A name that cannot exist (RFC 6761)."""
        self.assertEqual(ErrorKind.NAME_RESOLUTION, contender.kind_of("http://nonexistent.invalid/"))

    @for_each_contender
    def test_a_black_hole_is_connect_timeout(self, contender):
        """Where connecting hangs, the kind says so, as far as the client can tell."""
        with black_hole() as port:
            kind = ErrorKind.TIMEOUT if contender.name in ONE_TIMEOUT else ErrorKind.CONNECT_TIMEOUT
            self.assertEqual(kind, contender.kind_of(f"http://127.0.0.1:{port}/", timeout_s=SHORT_S))


@unittest.skipUnless(shutil.which("openssl"), "no openssl command to make a certificate with")
class TlsTest(AdapterContractCase):
    not_tested = WITHOUT_TLS

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.pem = make_certificate(Path(folder.name))
        cls.server = ScriptedServer(cls.pem)
        cls.addClassCleanup(cls.server.close)

    @for_each_contender
    def test_a_self_signed_server_is_refused(self, contender):
        """Certificates are checked unless the user says otherwise."""
        self.assertEqual(ErrorKind.TLS, contender.kind_of(self.server.url("/status/200")))

    @for_each_contender
    def test_the_runs_own_authority_is_trusted_or_refused_clearly(self, contender):
        """`ca_file` makes the server trusted; a client that cannot take it says so when it is opened."""
        request = Request("GET", self.server.url("/status/200"), HEADERS)
        if contender.capabilities.custom_ca:
            with contender.opened(ca_file=str(self.pem)) as client:
                self.assertEqual(200, client.send(request))
        else:
            with (
                self.assertRaisesRegex(UnsupportedOptionError, contender.capabilities.name),
                contender.opened(ca_file=str(self.pem)),
            ):
                pass

    @for_each_contender
    def test_the_check_can_be_switched_off_or_the_client_refuses(self, contender):
        """`verify=False` reaches a self-signed server without a warning, or is refused."""
        request = Request("GET", self.server.url("/status/200"), HEADERS)
        if contender.capabilities.skip_verify:
            with contender.opened(verify=False) as client:
                self.assertEqual(200, client.send(request))
        else:
            with (
                self.assertRaisesRegex(UnsupportedOptionError, contender.capabilities.name),
                contender.opened(verify=False),
            ):
                pass


class PlainTest(unittest.TestCase):
    def test_who_speaks_no_tls_refuses_it_by_name(self):
        """An https URL is never sent to in the clear."""
        for contender in (contender for contender in contenders() if contender.name in WITHOUT_TLS):
            named = f"{contender.capabilities.name} .* https://"
            with (
                self.subTest(contender.name),
                contender.opened() as client,
                self.assertRaisesRegex(UnsupportedOptionError, named),
            ):
                client.send(Request("GET", "https://127.0.0.1/"))


class LifeTest(AdapterContractCase):
    @for_each_contender
    def test_http2_is_spoken_or_refused(self, contender):
        """A client without HTTP/2 says so instead of speaking HTTP/1.1."""
        if not contender.capabilities.http2:
            with (
                self.assertRaisesRegex(UnsupportedOptionError, contender.capabilities.name),
                contender.opened(http_version="2"),
            ):
                pass

    @for_each_contender
    def test_closing_leaves_nothing_behind(self, contender):
        """After close no connection is open, and nothing complains of a forgotten one."""
        complaints: list[object] = []
        with warnings.catch_warnings(), mock.patch.object(sys, "unraisablehook", complaints.append):
            warnings.simplefilter("error")
            with contender.opened(concurrency=2) as client:
                client.send_at_once(Request("GET", self.server.url("/hold/5"), HEADERS), workers=2, times=2)
            if contender.name not in CLOSES_WHEN_FORGOTTEN:
                self.assertTrue(self._all_closed(within_s=2.0), "open after close")
            del client
            gc.collect()
        self.assertEqual([], complaints)
        self.assertTrue(self._all_closed(within_s=2.0), "open after collection")

    def _all_closed(self, within_s: float) -> bool:
        deadline_s = time.monotonic() + within_s
        while self.server.open_connections and time.monotonic() < deadline_s:
            time.sleep(0.01)
        return self.server.open_connections == 0


class PresenceTest(unittest.TestCase):
    def test_every_known_client_is_tested(self):
        """A client that is not installed is skipped by name, so that its absence is seen."""
        for name, capabilities in known_clients().items():
            with self.subTest(name):
                if name not in OWN_CLIENTS and name not in installed_clients():
                    self.skipTest(f"{name} is not installed: {capabilities.install}")


if __name__ == "__main__":
    unittest.main()
