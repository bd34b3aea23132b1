"""What each connection of a fuzzing round does, decided by its seed before it is opened."""

from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Literal

from bench.fuzzing.damage import DAMAGES
from bench.fuzzing.orders import Order, faulty_routes, order, unknown_routes

type Tls = Literal["none", "spoken", "broken"]
type Ending = Literal["answered", "half-close", "close", "reset"]

_LARGE = (
    b"GET /bytes/1073741824 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /stream-bytes/1073741824?chunk_size=7 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /stream/1000000 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /stream-bytes/100000000 HTTP/1.0\r\n\r\n",
    b"GET /drip?numbytes=10485760&duration=3600&x=%d HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /drip?numbytes=10485760&duration=0 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /drip?numbytes=0000000000000000000099999999999 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /bytes/0000000000000000000099999999999 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /status/0000000000000000000099999 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /delay/nan HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /delay/1e-320 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /bytes/9 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n" + bytes(1_000_000),
    b"POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 16777216\r\n\r\n" + b"x" * 2_000_000,
    b"PUT /put HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + b"y" * 900_000,
    b"POST /post HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    b"GET /bytes/65536 HTTP/1.1\r\nHost: a\r\n\r\n" * 200,
    b"GET /bytes/60000?x=%d HTTP/1.1\r\nHost: a\r\n\r\n",
)
_LONG = (
    b"GET /delay/3600 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /delay/3600?x=%d HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /fifo/3600?queue=%d HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /fifo/0/stall/3600/3600?queue=%d HTTP/1.1\r\nHost: a\r\n\r\n",
)
_FLOOD = b"GET /bytes/1 HTTP/1.1\r\nHost: a\r\n\r\n" * 2000  # more than the origin reads while an answer waits


@dataclass(frozen=True, slots=True)
class Script:
    """One connection.

    Attributes:
        name: Seed, round and number, to be found again by.
        address: Where it comes from, one of the many addresses of the loopback.
        orders: Sound requests that are sent first, in order.
        sound: Nothing else is sent.
        trusts: The origin keeps to the rules, so that what does not is a finding; under faults that are ordered it need
            not.
        parts: What is sent, piece by piece.
        rest_s: Between two pieces.
        waits_for_continue: The body of the only order is held back until the origin asks for it.
        read_bytes, read_rest_s: How much is read at a time, and the pause after it, a hundred times; what then is left
            is read as fast as it comes. Of 0 bytes nothing is read.
        read_after_s: When reading starts.
        window_bytes: Receive buffer of the socket; 0 for the system's.
        ending: "answered" half-closes when the answers to all orders are there, "half-close" after the last piece; both
            read to the end. "close" and "reset" leave in the middle of whatever happens.
        ends_after_s: A pause before the half-close, or when it is time to leave.
        tls: "spoken" sends its parts over TLS; "broken" sends them as they are to who expects TLS.
    """

    name: str
    address: str
    orders: tuple[Order, ...]
    sound: bool
    parts: tuple[bytes, ...]
    trusts: bool = True
    rest_s: float = 0.0
    waits_for_continue: bool = False
    read_bytes: int = 65536
    read_rest_s: float = 0.0
    read_after_s: float = 0.0
    window_bytes: int = 0
    ending: Ending = "answered"
    ends_after_s: float = 0.0
    tls: Tls = "none"

    @property
    def leaves(self) -> bool:
        """It goes before everything is over."""
        return self.ending in ("close", "reset")

    @property
    def expected(self) -> tuple[Order, ...]:
        """The orders that are answered when nobody leaves."""
        for number, one in enumerate(self.orders, 1):
            if one.closes:
                return self.orders[:number]
        return self.orders


def lasting(random: Random, name: str) -> Script:
    """Sound requests that keep the connection, all answers read: everything is known exactly."""
    return _sound(random, name, lasting=True)


def drained(random: Random, name: str) -> Script:
    """Any requests, sound or not, all answers read: every answer is known."""
    return random.choice((_sound, _sound, _damaged, _damaged, _damaged, _hesitant, _mute))(random, name)


def wild(random: Random, name: str) -> Script:
    """The same, or leaving in the middle, or never reading, or asking for more than anybody could read."""
    return random.choice((drained, _leaving, _leaving, _tempted, _tempted, _betrayed))(random, name)


def _sound(random: Random, name: str, *, lasting: bool = False) -> Script:
    orders = tuple(order(random, lasting=lasting) for _ in range(random.choice((1, 1, 2, 5, 20))))
    parts, rest_s = cut(random, b"".join(one.wire for one in orders))
    read_bytes, read_rest_s = random.choice(((65536, 0.0), (65536, 0.0), (random.choice((1, 50, 1000)), 0.001)))
    return Script(
        name,
        _address(random),
        orders,
        sound=True,
        parts=parts,
        rest_s=rest_s,
        read_bytes=read_bytes,
        read_rest_s=read_rest_s,
        read_after_s=random.choice((0, 0, 0.1)),
        window_bytes=random.choice((0, 0, 2048)),
        ending=random.choice(("answered", "answered", "half-close")),
        ends_after_s=random.choice((0, 0, random.random() / 50)),
    )


def _hesitant(random: Random, name: str) -> Script:
    """A client that sends its body when it is asked to."""
    while not (one := order(random)).continues:
        pass
    return Script(name, _address(random), (one,), sound=True, parts=(one.head, one.body), waits_for_continue=True)


def _damaged(random: Random, name: str) -> Script:
    before = tuple(order(random, calm=True, lasting=True) for _ in range(random.randrange(4)))
    victims = b"".join(order(random, calm=True).wire for _ in range(random.randint(1, 3)))
    damaged = random.choice(DAMAGES)(random, victims)
    parts, rest_s = cut(random, b"".join(one.wire for one in before) + damaged)
    return Script(
        name,
        _address(random),
        before,
        sound=False,
        parts=parts,
        rest_s=rest_s,
        ending="half-close",
        ends_after_s=random.choice((0, 0, 0.05, 0.2)),
    )


def _mute(random: Random, name: str) -> Script:
    """A client that says nothing, or the beginning of something, and stops."""
    beginning = order(random, calm=True).wire
    parts = random.choice(((), (), (beginning[: random.randrange(len(beginning.partition(b"\r\n\r\n")[0]) + 3)],)))
    return Script(
        name, _address(random), (), sound=True, parts=parts, ending="half-close", ends_after_s=random.random() / 2
    )


def _leaving(random: Random, name: str) -> Script:
    return _cut_short(random, random.choice((_sound, _sound, _damaged, _mute))(random, name))


def _tempted(random: Random, name: str) -> Script:
    """A client that asks for what is large or takes long, and leaves.

    Nothing large is sent behind what takes long: the origin would not read it, and TCP could not tell of the end.
    """
    large, long = random.choice(_LARGE), random.choice(_LONG)
    wire = random.choice((large, large, large + long, long, long + _FLOOD, _FLOOD))
    wire = wire.replace(b"%d", b"%d" % random.randrange(10**9))
    if random.random() < 0.1 and unknown_routes():
        path = random.choice(unknown_routes())
        wire = f"GET {path.replace('{', '').replace('}', '').replace('*', '')} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    return _cut_short(random, Script(name, _address(random), (), sound=False, parts=(wire,)))


def _betrayed(random: Random, name: str) -> Script:
    """A client of routes that go wrong on purpose, with sound requests around."""
    paths = [random.choice(faulty_routes()).replace("{s}", "0.05") for _ in range(random.randint(1, 3))]
    wires = [f"{random.choice(('GET', 'POST'))} {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in paths]
    wires.insert(random.randrange(len(wires) + 1), order(random, calm=True).wire)
    parts, rest_s = cut(random, b"".join(wires))
    script = Script(
        name,
        _address(random),
        (),
        sound=False,
        parts=parts,
        trusts=False,
        rest_s=rest_s,
        ending="half-close",
        ends_after_s=random.choice((0, 0.02, 0.2)),
    )
    return script if random.random() < 0.7 else _cut_short(random, script)


def _cut_short(random: Random, script: Script) -> Script:
    """The same, but it leaves early, and perhaps never reads."""
    reads = random.random() < 0.5
    return replace(
        script,
        waits_for_continue=False,
        read_bytes=script.read_bytes if reads else 0,
        read_after_s=0.0,
        window_bytes=random.choice((0, 2048)),
        ending=random.choice(("close", "reset")),
        ends_after_s=random.choice((0.0, random.random() / 100, random.random() / 5)),
    )


def cut(random: Random, wire: bytes) -> tuple[tuple[bytes, ...], float]:
    """Cut what is sent into pieces, with the pause between two of them; never so many that it takes long."""
    rest_s = random.choice((0.0, 0.0, 0.0005))
    match random.randrange(5):
        case 0 if len(wire) < 600:
            edges = list(range(len(wire) + 1))
        case 1:
            edges = _line_ends(wire)[:200]
        case 2 | 3:
            edges = [random.randrange(len(wire)) for _ in range(random.randint(1, 10))]
        case _:
            edges = []
    edges = sorted({0, len(wire), *edges})
    return tuple(wire[start:end] for start, end in pairwise(edges)), rest_s


def _line_ends(wire: bytes) -> list[int]:
    return [place + 1 for place, byte in enumerate(wire[:20_000]) if byte in b"\r\n"]


def _address(random: Random) -> str:
    """Half of all come from 127.0.0.1, the others from anywhere on the loopback."""
    if random.random() < 0.5:
        return "127.0.0.1"
    return f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}"
