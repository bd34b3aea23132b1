"""The origin over TLS: the same answers, an authority for its clients, and a count of handshakes."""

import http.client
import json
import socket
import ssl
import stat
import time
import unittest
from pathlib import Path
from urllib.parse import urlsplit

from http_benchmark.origin.options import OriginOptions
from http_benchmark.origin.process import OriginProcess

PATIENCE_S = 20.0
MIB = 1024**2
_BUSY_THEN_DUE = (  # the client is gone when the origin is done with the first
    b"GET /busy/0.3 HTTP/1.1\r\nHost: a\r\n\r\nGET /fifo/0 HTTP/1.1\r\nHost: a\r\n\r\n"
)


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = cls.enterClassContext(OriginProcess(options=OriginOptions(tls=True)))

    def setUp(self):
        self.before = self.origin.counts()

    def client(self, context: ssl.SSLContext | None = None) -> http.client.HTTPSConnection:
        context = context or ssl.create_default_context(cafile=self.origin.ca_file)
        address = urlsplit(self.origin.url)
        client = http.client.HTTPSConnection(address.hostname, address.port, timeout=PATIENCE_S, context=context)
        self.addCleanup(client.close)
        return client

    def ask(self, client: http.client.HTTPSConnection, *request: object, **more: object) -> tuple[int, bytes]:
        client.request(*request, **more)
        with client.getresponse() as response:
            return response.status, response.read()

    def test_who_trusts_its_authority_gets_the_same_answers(self):
        """Small and large, plain and in chunks, with a body and again over the same connection."""
        self.assertTrue(self.origin.url.startswith("https://127.0.0.1:"))
        client = self.client()
        self.assertEqual((200, bytes(range(256)) * 4), self.ask(client, "GET", "/bytes/1024"))
        self.assertEqual((200, bytes(range(256)) * 4), self.ask(client, "GET", "/bytes/1024"))
        self.assertEqual((200, bytes(range(256)) * (MIB // 64)), self.ask(client, "GET", f"/bytes/{4 * MIB}"))
        self.assertEqual((200, bytes(range(256)) * 400), self.ask(client, "GET", "/stream-bytes/102400"))
        status, body = self.ask(client, "POST", "/post", body=b"x" * MIB)
        self.assertEqual((200, "x" * MIB), (status, json.loads(body)["data"]))
        self.assertEqual(f"{self.origin.url}/post", json.loads(body)["url"])

        seen = self.origin.counts() - self.before
        self.assertEqual((5, 1, 1, 0), (seen.requests, seen.connections, seen.tls_handshakes, seen.tls_resumptions))
        self.assertEqual({"1.1": 5}, seen.protocols)

    def test_a_resumed_session_is_counted(self):
        """A second connection with the session of the first is a handshake, and a resumption."""
        context = ssl.create_default_context(cafile=self.origin.ca_file)
        session = None
        for _ in range(2):
            with self.connected(context, session) as connection:
                connection.sendall(b"GET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n")
                connection.recv(MIB)  # the ticket comes with the first data
                session = connection.session

        seen = self.origin.counts() - self.before
        self.assertEqual((2, 2, 1), (seen.connections, seen.tls_handshakes, seen.tls_resumptions))

    def test_the_end_of_an_answer_that_closes_is_said(self):
        """After `Connection: close` the whole answer arrives, then TLS's own good-bye: nothing was cut off."""
        context = ssl.create_default_context(cafile=self.origin.ca_file)
        for path, length in (("/bytes/10", 10), (f"/bytes/{MIB}", MIB), ("/stream-bytes/300000", 300000)):
            with self.subTest(path), self.connected(context, None) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                answer = b""
                while data := connection.recv(MIB):  # raises SSLEOFError where the good-bye is missing
                    answer += data
                self.assertGreaterEqual(len(answer), length)

    def test_who_leaves_behind_a_flood_is_not_answered(self):
        """Clients that leave before the second of many answers is due get one; nothing else is counted, or said."""
        clients = 5
        for _ in range(clients):
            with self.connected(ssl.create_default_context(cafile=self.origin.ca_file), None) as connection:
                flood = b"GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n" * 2000
                connection.sendall(_BUSY_THEN_DUE + flood)
        deadline_s = time.monotonic() + PATIENCE_S
        while (self.origin.counts() - self.before).dropped < clients and time.monotonic() < deadline_s:
            time.sleep(0.01)

        seen = self.origin.counts() - self.before
        self.assertEqual((clients, clients), (seen.requests, seen.dropped))
        self.assertEqual("", self.origin.complaints())

    def test_who_does_not_trust_its_authority_gets_nothing(self):
        """A failed handshake is no connection, and leaves the origin as it was."""
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.ask(self.client(ssl.create_default_context()), "GET", "/status/204")
        self.assertEqual(204, self.ask(self.client(), "GET", "/status/204")[0])

        seen = self.origin.counts() - self.before
        self.assertEqual((1, 1, 1), (seen.requests, seen.connections, seen.tls_handshakes))

    def test_a_client_in_the_clear_gets_nothing(self):
        """Plain HTTP on a TLS port is closed."""
        address = urlsplit(self.origin.url)
        client = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE_S)
        self.addCleanup(client.close)
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            self.ask(client, "GET", "/status/204")

    def connected(self, context: ssl.SSLContext, session: ssl.SSLSession | None) -> ssl.SSLSocket:
        address = urlsplit(self.origin.url)
        connection = socket.create_connection((address.hostname, address.port), PATIENCE_S)
        return context.wrap_socket(connection, server_hostname=address.hostname, session=session)


class AuthorityTest(unittest.TestCase):
    def test_the_file_is_private_and_goes_with_the_origin(self):
        """Each origin has an authority of its own, in a folder for this user alone, which its end removes."""
        options = OriginOptions(tls=True)
        with OriginProcess(options=options) as one, OriginProcess(options=options) as other:
            files = [Path(origin.ca_file) for origin in (one, other)]
            self.assertEqual(2, len({file.read_text() for file in files}))
            self.assertEqual([0o700] * 2, [stat.S_IMODE(file.parent.stat().st_mode) for file in files])
        self.assertEqual([False] * 2, [file.parent.exists() for file in files])

    def test_without_tls_there_is_none(self):
        """A plain origin has nothing to be trusted."""
        with OriginProcess() as origin:
            self.assertIsNone(origin.ca_file)
            self.assertEqual(0, origin.counts().tls_handshakes)


if __name__ == "__main__":
    unittest.main()
