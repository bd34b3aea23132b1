"""What tests need on the other side beyond the bundled origin: HTTP/2 in its raw form, a closed port."""

import contextlib
import socket
import ssl
import threading
from typing import Self

SLOW_S = 3.0
"""How long a silent client is waited for."""


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


def refused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
