"""Real servers on loopback that do what a test tells them, and record what they were sent.

`ScriptedServer` speaks HTTP/1.1 on raw sockets; the path says how it answers, also wrongly. The bundled origin is for
measuring; this one is for misbehaving. It runs in a process of its own (`python -m tests.servers`), since a client
that holds the interpreter's lock while it waits would keep a server in the same process from answering.
"""

import contextlib
import hashlib
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from http_benchmark.utils.child import Child

SLOW_S = 3.0
"""How long the slow answers take."""


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire; `connection` counts from 1."""

    connection: int
    head: str
    body_sha256: str
    body_bytes: int

    @property
    def method(self) -> str:
        return self.head.split(" ", 1)[0]

    @property
    def target(self) -> str:
        return self.head.split(" ", 2)[1]

    @property
    def headers(self) -> list[tuple[str, str]]:
        lines = self.head.split("\r\n")[1:]
        return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]


class ScriptedServer:
    """A scripted server in a child process, started at once; a context manager that stops it.

    Args:
        pem: A file with the certificate and key to speak TLS with; None for no TLS.

    Paths: /status/{code}, /bytes/{n}, /chunked/{n}, /redirect/{n}, /hold/{ms}, /slow-head, /slow-body, /reset,
    /reset-body, /close, /truncated, /truncated-chunked, /garbage, /bad-chunk, /bad-gzip, /cookie.
    """

    def __init__(self, pem: Path | None = None) -> None:
        self._child = Child("tests.servers", [str(pem)] if pem else [], name="the scripted server")
        self._origin = f"{'https' if pem else 'http'}://127.0.0.1:{self._child.listen(10)['port']}"

    @property
    def requests(self) -> list[Received]:
        """What came in since the last `forget`, in order."""
        return [Received(**values) for values in self._ask("requests")]

    @property
    def connections(self) -> int:
        """How many connections were accepted since the last `forget`."""
        return int(self._ask("connections"))

    @property
    def open_connections(self) -> int:
        return int(self._ask("open"))

    def url(self, path: str) -> str:
        return self._origin + path

    def forget(self) -> None:
        """Clear the record; connections that are open now count no longer."""
        self._ask("forget")

    def close(self) -> None:
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, what: str) -> Any:
        return self._child.ask({"what": what}, 10)["answer"]


class _Script:
    """What runs in the child: a thread per connection."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self._lock = threading.Lock()
        self._requests: list[Received] = []
        self._connections = 0
        self._open = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def answer(self, what: str) -> object:
        """Answer a question of the parent."""
        with self._lock:
            match what:
                case "requests":
                    return [asdict(received) for received in self._requests]
                case "connections":
                    return self._connections
                case "open":
                    return self._open
                case "forget":
                    self._requests.clear()
                    self._connections = 0
        return None

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open += 1
            self._connections += 1
            number = self._connections
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while (received := self._read(connection, number)) and self._answer(connection, received):
                pass
        except OSError:
            pass  # the client went away, or would not have this certificate
        finally:
            connection.close()
            with self._lock:
                self._open -= 1

    def _read(self, connection: socket.socket, number: int) -> Received | None:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            data += chunk
        head, _, rest = data.partition(b"\r\n\r\n")
        digest, missing = hashlib.sha256(rest), _content_length(head) - len(rest)
        while missing > 0:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            digest.update(chunk)
            missing -= len(chunk)
        received = Received(number, head.decode("latin-1"), digest.hexdigest(), _content_length(head))
        with self._lock:
            self._requests.append(received)
        return received

    def _answer(self, connection: socket.socket, received: Received) -> bool:
        """Answer one request; False when the connection is to be closed."""
        name, _, argument = received.target.lstrip("/").partition("/")
        script: Callable[[socket.socket, Received, str], bool | None] = getattr(
            self, f"_do_{name.replace('-', '_')}", self._do_garbage
        )
        return script(connection, received, argument) is not False

    def _do_status(self, connection: socket.socket, received: Received, argument: str) -> None:
        without_body = received.method == "HEAD" or argument in {"204", "304"}
        length = b"" if argument == "204" else b"Content-Length: 5\r\n"
        connection.sendall(
            f"HTTP/1.1 {argument} Whatever\r\n".encode() + length + b"\r\n" + (b"" if without_body else b"hello")
        )

    def _do_bytes(self, connection: socket.socket, _: Received, argument: str) -> None:
        connection.sendall(_head(int(argument)) + bytes(int(argument)))

    def _do_chunked(self, connection: socket.socket, _: Received, argument: str) -> None:
        chunk = b"1000\r\n" + bytes(4096) + b"\r\n"
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * (int(argument) // 4096) + b"0\r\n\r\n"
        )

    def _do_redirect(self, connection: socket.socket, _: Received, argument: str) -> None:
        if argument == "0":
            connection.sendall(_head(2) + b"ok")
        else:
            connection.sendall(
                f"HTTP/1.1 302 Found\r\nLocation: /redirect/{int(argument) - 1}\r\nContent-Length: 0\r\n\r\n".encode()
            )

    def _do_cookie(self, connection: socket.socket, _: Received, __: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: taste=sweet; Path=/\r\nContent-Length: 2\r\n\r\nok")

    def _do_hold(self, connection: socket.socket, _: Received, argument: str) -> None:
        time.sleep(int(argument) / 1000)
        connection.sendall(_head(2) + b"ok")

    def _do_slow_head(self, connection: socket.socket, _: Received, __: str) -> bool:
        time.sleep(SLOW_S)
        connection.sendall(_head(2) + b"ok")
        return False

    def _do_slow_body(self, connection: socket.socket, _: Received, __: str) -> bool:
        connection.sendall(_head(10) + b"hello")
        time.sleep(SLOW_S)
        return False

    def _do_reset(self, connection: socket.socket, _: Received, __: str) -> bool:
        _close_by_reset(connection)
        return False

    def _do_reset_body(self, connection: socket.socket, _: Received, __: str) -> bool:
        connection.sendall(_head(10) + b"hello")
        time.sleep(0.05)  # or the reset throws away what is still on its way
        _close_by_reset(connection)
        return False

    def _do_close(self, _: socket.socket, __: Received, ___: str) -> bool:
        return False

    def _do_truncated(self, connection: socket.socket, _: Received, __: str) -> bool:
        connection.sendall(_head(10) + b"hello")
        return False

    def _do_truncated_chunked(self, connection: socket.socket, _: Received, __: str) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        return False

    def _do_garbage(self, connection: socket.socket, _: Received, __: str) -> bool:
        connection.sendall(b"this is no answer\r\n\r\n")
        return False

    def _do_bad_chunk(self, connection: socket.socket, _: Received, __: str) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n")
        return False

    def _do_bad_gzip(self, connection: socket.socket, _: Received, __: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")


class Http2Server:
    """Answers every request on one HTTP/2 connection after another with an empty 200; prior knowledge or ALPN."""

    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    _HEADERS, _SETTINGS = 1, 4
    _END_STREAM_AND_HEADERS = 0x5
    _ACK = 0x1
    _STATUS_200 = b"\x88"  # entry 8 of HPACK's static table

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests = 0
        self.prefaces: list[bytes] = []
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(SLOW_S)
            with contextlib.suppress(OSError):
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                self._serve(connection)
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        with stream:
            self.prefaces.append(stream.read(len(self.PREFACE)))
            connection.sendall(self._frame(self._SETTINGS, 0, 0))
            while len(head := stream.read(9)) == 9:
                stream.read(int.from_bytes(head[:3]))
                kind, flags, stream_id = head[3], head[4], int.from_bytes(head[5:])
                if kind == self._SETTINGS and not flags & self._ACK:
                    connection.sendall(self._frame(self._SETTINGS, self._ACK, 0))
                elif kind == self._HEADERS:
                    self.requests += 1
                    connection.sendall(
                        self._frame(self._HEADERS, self._END_STREAM_AND_HEADERS, stream_id, self._STATUS_200)
                    )

    @staticmethod
    def _frame(kind: int, flags: int, stream_id: int, payload: bytes = b"") -> bytes:
        return len(payload).to_bytes(3) + bytes((kind, flags)) + stream_id.to_bytes(4) + payload


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port on which connecting neither succeeds nor fails: it listens, but its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield listener.getsockname()[1]


def refused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def make_certificate(folder: Path) -> Path:
    """Write a self-signed certificate for 127.0.0.1 and its key into one PEM file.

    Raises:
        FileNotFoundError: There is no `openssl` command.
    """
    pem, key = folder / "server.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(pem)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    pem.write_text(pem.read_text() + key.read_text())
    return pem


def server_tls(pem: Path, *protocols: str) -> ssl.SSLContext:
    """A server's TLS context with that certificate, offering these protocols by ALPN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def _head(length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _close_by_reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def main() -> None:
    """Serve until the parent closes standard input, and answer its questions in JSON lines."""
    script = _Script(server_tls(Path(sys.argv[1])) if len(sys.argv) > 1 else None)
    _say({"port": script.port})
    for line in sys.stdin:
        _say({"answer": script.answer(json.loads(line)["what"])})


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
