"""What the origin's integration tests share: a raw connection, and a test case with a running origin."""

import http.client
import socket
import time
import unittest
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from http_benchmark.models.measurement import ServerCounts
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


class OriginTestCase(unittest.TestCase):
    """Has one origin for all its tests, as `self.origin`."""

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

    def assert_silent(self, wire: Wire) -> None:
        """Nothing was answered yet; a counter reading goes through the same loop, after what was sent before."""
        before = self.origin.counts()
        wire.socket.settimeout(0.02)
        with self.assertRaises(TimeoutError):
            wire.socket.recv(1, socket.MSG_PEEK)
        wire.socket.settimeout(PATIENCE_S)
        self.assertEqual(before.requests, self.origin.counts().requests)

    def until(self, condition: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline_s)
            time.sleep(0.002)

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
