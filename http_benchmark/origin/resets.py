"""Resetting a connection (RST) instead of closing it (FIN)."""

import asyncio
import fcntl
import socket
import struct
import sys

_NO_LINGER = struct.pack("ii", 1, 0)  # closing then discards what is unsent, and resets
_SIOCOUTQNSD = 0x894B  # Linux: bytes in the kernel's buffer that were not sent yet


def unsent_bytes(transport: asyncio.Transport) -> int:
    """What was written and has not left this machine's buffers; outside Linux only what the kernel has not taken."""
    waiting = transport.get_write_buffer_size()
    if sys.platform == "linux":
        answer = fcntl.ioctl(_socket(transport).fileno(), _SIOCOUTQNSD, bytes(4))
        waiting += int.from_bytes(answer, sys.byteorder)
    return waiting


def reset(transport: asyncio.Transport) -> None:
    """Reset the connection, now."""
    _socket(transport).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def _socket(transport: asyncio.Transport) -> socket.socket:
    found: socket.socket = transport.get_extra_info("socket")
    return found
