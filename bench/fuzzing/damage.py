"""Ways to spoil what is sent: each takes sound requests as bytes and gives something else."""

from collections.abc import Callable
from random import Random

type Damage = Callable[[Random, bytes], bytes]

_TOKENS = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\0",
    b":",
    b" ",
    b"\t",
    b"\xff\xfe",
    b"\xc3\x28",
    b"%0d%0aX: 1",
    b"9" * 30,
    b"-1",
    b"0x10",
    b"+5",
    b"1e9",
    b"\r\nHost: b",
    b"\r\n folded",
    b"\r\nX : 1",
    b"\r\nContent-Length:",
    b"\r\nContent-Length: 5",
    b"\r\nContent-Length: 18446744073709551616",
    b"\r\nContent-Length: 5, 5",
    b"\r\nContent-Length: \xb2",
    b"\r\nTransfer-Encoding: chunked",
    b"\r\nTransfer-Encoding: chunked, chunked",
    b"\r\nTransfer-Encoding: gzip, chunked",
    b"\r\nTransfer-Encoding:\x0bchunked",
    b"\r\nTransfer-Encoding: identity",
    b"\r\nConnection: close, keep-alive",
    b"\r\nConnection: upgrade\r\nUpgrade: websocket",
    b"\r\nExpect: 100-continue",
    b"\r\nExpect: 200-ok",
    b"\r\nCookie: " + b"\\" * 3000,
    b"\r\nAuthorization: Basic \xe9===",
    b"\r\nContent-Type: " + b"\x80" * 9,
)
_PIECES = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /\r\n\r\n",
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\n",
    b"GET  /get  HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /get HTTP/1.2\r\nHost: a\r\n\r\n",
    b"GET /get HTTP/0.9\r\nHost: a\r\n\r\n",
    b"GET /get HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET /get http/1.1\r\nHost: a\r\n\r\n",
    b"GET /get RTSP/1.0\r\n\r\n",
    b"SOURCE /get ICE/1.0\r\n\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://user:pass@[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET //[ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /get? HTTP/1.1\r\nHost:\r\n\r\n",
    b"POST /post HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
    b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
    b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000000000005\r\nhello",
    b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
    b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * 5000,
    b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
    b"POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: x\r\n" * 12000,
    b"POST /bytes/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 134217729\r\n\r\n",
    b"GET /bytes/0000000000000000000000000000001 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\r\n" * 3000,
)


def flip_bits(random: Random, data: bytes) -> bytes:
    """Some bits, here and there."""
    spoiled = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 10))):
        spoiled[random.randrange(len(spoiled))] ^= 1 << random.randrange(8)
    return bytes(spoiled)


def cut_off(random: Random, data: bytes) -> bytes:
    """The end is missing."""
    return data[: random.randrange(1, len(data))]


def cut_out(random: Random, data: bytes) -> bytes:
    """Something in the middle is missing."""
    start = random.randrange(len(data))
    return data[:start] + data[start + random.choice((1, 2, 20)) :]


def repeat(random: Random, data: bytes) -> bytes:
    """Something is there twice, or many times."""
    start = random.randrange(len(data))
    end = start + random.choice((1, 2, 20, 200))
    return data[:end] + data[start:end] * random.choice((1, 1, 50)) + data[end:]


def put_in(random: Random, data: bytes) -> bytes:
    """Something that parsers stumble over, at a likely place."""
    start = random.choice((random.randrange(len(data)), max(0, data.find(b"\r\n")), max(0, data.find(b"\r\n\r\n"))))
    return data[:start] + random.choice(_TOKENS) + data[start:]


def put_before(random: Random, data: bytes) -> bytes:
    """Something before it that is no request, or an odd one."""
    return random.choice(_PIECES) + data


def noise(random: Random, data: bytes) -> bytes:
    """Any bytes, in its place or behind it."""
    return random.choice((b"", data)) + random.randbytes(random.choice((1, 10, 1000, 100_000)))


def swell(random: Random, data: bytes) -> bytes:
    """A target, a header or a number of headers that is about as long as can be, or longer."""
    length = random.choice((4000, 60_000, 65_000, 66_000, 300_000))
    filling = random.choice(
        (b"/" + b"a" * length, b" HTTP/1.1\r\nX: " + b"x" * length, b" HTTP/1.1\r\n" + b"X: 1\r\n" * (length // 6))
    )
    return data.replace(b" HTTP/1.1\r\n", filling + (b"" if filling.endswith(b"\n") else b" HTTP/1.1\r\n"), 1)


_LIKELY = (put_in, put_before)
DAMAGES: tuple[Damage, ...] = (flip_bits, cut_off, cut_out, repeat, noise, swell, *_LIKELY, *_LIKELY)
"""All of them; the likelier ones twice."""
