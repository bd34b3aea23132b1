"""What the HTTP/2 connections of a fuzzing round send: sound frames by h2, damaged ones, and floods."""

import struct
from random import Random

import h2.connection

from bench.fuzzing.damage import cut_off, cut_out, flip_bits, noise, repeat

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_TARGETS = ("/get", "/bytes/1024", "/bytes/70000", "/status/418", "/headers", "/delay/0.01", "/delay/3600", "/stream/3")
_DATA, _HEADERS, _PRIORITY, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = (
    0, 1, 2, 3, 4, 6, 7, 8, 9,
)  # fmt: skip
_END_HEADERS = 4


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    """One frame (RFC 9113, section 4.1); its parts need not fit together."""
    return struct.pack(">I", len(content))[1:] + struct.pack(">BBI", kind, flags, stream) + content


def client() -> h2.connection.H2Connection:
    """The client's side of a connection, which has said its preface."""
    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    return connection


def ask(connection: h2.connection.H2Connection, target: str, body: bytes = b"") -> int:
    """Send a request; return its stream."""
    stream = connection.get_next_available_stream_id()
    fields = ((":method", "POST" if body else "GET"), (":path", target), (":scheme", "http"), (":authority", "a"))
    connection.send_headers(stream, fields, end_stream=not body)
    if body:
        connection.send_data(stream, body, end_stream=True)
    return stream


def wire(random: Random) -> bytes:
    """All that one connection sends, most of it wrong."""
    return random.choice((_damaged, _damaged, _damaged, _odd, _odd, _resets, _floods, _prefaces))(random)


def _requests(random: Random) -> bytes:
    connection = client()
    for _ in range(random.choice((1, 3, 20))):
        ask(connection, random.choice(_TARGETS), random.choice((b"", b"", bytes(3000))))
    return connection.data_to_send()


def _damaged(random: Random) -> bytes:
    """Sound frames, then the same with bits flipped, parts missing or repeated, or any bytes behind them."""
    sound = _requests(random)
    start = random.choice((0, len(PREFACE), len(PREFACE)))
    return sound[:start] + random.choice((flip_bits, cut_off, cut_out, repeat, noise))(random, sound[start:])


def _odd(random: Random) -> bytes:
    """Frames of any kind, flags, stream and content between sound ones."""
    frames = [
        frame(
            random.choice((*range(10), random.randrange(256))),
            random.randrange(256),
            random.choice((0, 0, 1, 2, 3, 2**31 - 1, 2**32 - 1)),
            random.randbytes(random.choice((0, 1, 4, 5, 6, 8, 100, 16_384, 16_385))),
        )
        for _ in range(random.randint(1, 5))
    ]
    return _requests(random) + b"".join(frames)


def _resets(random: Random) -> bytes:
    """A storm: requests that are reset as soon as they are made (CVE-2023-44487)."""
    connection = client()
    for _ in range(random.choice((10, 100, 500))):
        connection.reset_stream(ask(connection, random.choice(_TARGETS)), error_code=random.choice((0, 8)))
    return connection.data_to_send()


def _floods(random: Random) -> bytes:
    """Much of what must be answered or kept: settings, pings, endless headers, empty data, windows."""
    piece = random.choice(
        (
            frame(_SETTINGS, 0, 0),
            frame(_SETTINGS, 0, 0, struct.pack(">HI", random.randrange(8), random.randrange(2**32))),
            frame(_PING, 0, 0, bytes(8)),
            frame(_PRIORITY, 0, 5, struct.pack(">IB", random.choice((0, 5)), 1)),
            frame(_CONTINUATION, 0, 1, b"\x40\x01a\x01b" * 100),
            frame(_DATA, 0, 1),
            frame(_WINDOW_UPDATE, 0, random.choice((0, 1)), struct.pack(">I", random.choice((0, 1, 2**31 - 1)))),
            frame(_RST_STREAM, 0, random.choice((0, 1, 9)), bytes(4)),
            frame(_GOAWAY, 0, 0, bytes(8)),
        )
    )
    opened = frame(_HEADERS, random.choice((0, _END_HEADERS)), 1, b"\x82\x84\x86\x41\x01a")
    return PREFACE + frame(_SETTINGS, 0, 0) + opened + piece * random.choice((10, 1000))


def _prefaces(random: Random) -> bytes:
    """Beginnings that are none, or come twice, or belong to HTTP/1.1."""
    upgrade = (
        b"GET /get HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    )
    return random.choice(
        (
            PREFACE[: random.randrange(len(PREFACE))],
            flip_bits(random, PREFACE) + frame(_SETTINGS, 0, 0),
            PREFACE * 2,
            PREFACE + frame(_PING, 0, 0, bytes(8)),  # settings have to come first
            PREFACE,
            upgrade,
            upgrade + PREFACE,
            b"GET /get HTTP/1.1\r\nHost: a\r\n\r\n" + PREFACE,
            random.randbytes(200),
        )
    )
