"""Whether a client has hung up, told without reading what it sent before."""

import asyncio
import select
import socket

_HANGUP = getattr(select, "POLLRDHUP", 0)  # Linux tells of the end of what is sent; elsewhere only errors are told


def hung_up(transport: asyncio.Transport) -> bool:
    """Whether the client has closed its sending side or is gone."""
    connection: socket.socket = transport.get_extra_info("socket")
    poll = select.poll()
    poll.register(connection.fileno(), _HANGUP)  # errors are told in any case
    return bool(poll.poll(0))


def gone(transport: asyncio.Transport) -> bool:
    """Whether nothing that is written now gets to the client.

    When a TLS client closes TCP, uvloop throws away what is written, but says so by `is_closing` one turn later only.
    """
    return transport.is_closing() or (not transport.can_write_eof() and hung_up(transport))
