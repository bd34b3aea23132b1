"""A client that reads the status of an answer and leaves the rest unread."""

import http.client
import socket

from fair_client import ERRORS, FairClient

CAPABILITIES = {
    "distribution": "unfair",
    "install": "only a test has it",
    "modes": {"sync": "HastyClient"},
    "http2": False,
    "custom_ca": True,
    "skip_verify": True,
    "follow_redirects": [],
    "pool_limit": True,
    "stream": False,
    "total_timeout": False,
}

__all__ = ["CAPABILITIES", "ERRORS", "HastyClient"]

_STATUS_LINE_BYTES = len("HTTP/1.1 200")


class HastyClient(FairClient):
    """Closes with what it did not read still in the system's buffers, since the connection is of no use any more."""

    name = "hasty"

    def answer(self, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        start = connection.sock.recv(_STATUS_LINE_BYTES, socket.MSG_WAITALL)
        connection.close()
        if len(start) < _STATUS_LINE_BYTES:
            raise http.client.RemoteDisconnected("no answer")
        return int(start[-3:]), b""
