"""Sound requests of every route of the origin, each with what its answer has to be."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from http_benchmark.origin.routes import ROUTES

BLOCK = bytes(range(256))
_READ = ("GET", "HEAD")
_ANY = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_FAULTY = "/fault/"  # what begins like that breaks the rules of HTTP on purpose


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for, before it is put into bytes.

    Attributes:
        target: Path and query.
        methods: Those that the route answers.
        status: The answer's; None where any will do.
        content: The answer's body; None where it is not known beforehand.
        headers: Those that belong to it.
        waits: The answer comes later, unless the client hangs up before.
        unsized: The answer's length is not announced.
    """

    target: str
    methods: tuple[str, ...] = _READ
    status: int | None = 200
    content: bytes | None = None
    headers: tuple[str, ...] = ()
    waits: bool = False
    unsized: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One request, and what its answer has to be.

    Attributes:
        head, body: What is sent.
        content_bytes: Length of the body, without chunks around it.
        method: With HEAD, the answer has no body.
        status, content, waits: As in `Ask`.
        closes: No other answer comes after this one.
        continues: "100 Continue" comes before the body is read.
    """

    head: bytes
    body: bytes
    content_bytes: int
    method: str
    status: int | None
    content: bytes | None
    waits: bool
    closes: bool
    continues: bool

    @property
    def wire(self) -> bytes:
        """All of it."""
        return self.head + self.body


def payload(length: int) -> bytes:
    """What /bytes answers with."""
    return (BLOCK * (length // 256 + 1))[:length]


def order(random: Random, *, calm: bool = False, lasting: bool = False) -> Order:
    """A sound request.

    Args:
        random: Where the choices come from.
        calm: Only what is answered at once, however its digits are changed, and not to HEAD.
        lasting: None that ends the connection.
    """
    ask = RECIPES[random.choice(_CALM if calm else _PATHS)](random)
    method = random.choice([method for method in ask.methods if method != "HEAD"] if calm else ask.methods)
    version, connection = _version(random, lasting=lasting)
    content, body, framing, continues = _upload(random, method, version)
    fields = [f"Host: {random.choice(('a', 'localhost:80', '[::1]'))}", *ask.headers, *connection, *framing]
    fields += [f"X-Fuzz-{number}: {'x' * random.randrange(40)}" for number in range(random.choice((0, 0, 0, 1, 30)))]
    head = "\r\n".join((f"{method} {ask.target} HTTP/{version}", *fields, "", "")).encode("latin-1")
    keeps = (version == "1.1" and not connection) or connection == ["Connection: keep-alive"]
    return Order(
        head,
        body,
        len(content),
        method,
        ask.status,
        ask.content,
        ask.waits,
        closes=not keeps or (ask.unsized and version == "1.0"),
        continues=continues,
    )


def unknown_routes() -> list[str]:
    """Routes of the origin that nothing here asks for."""
    return [route.path for route in ROUTES if route.path not in RECIPES and not route.path.startswith(_FAULTY)]


def faulty_routes() -> list[str]:
    """Routes that go wrong on purpose."""
    return [route.path for route in ROUTES if route.path.startswith(_FAULTY)]


def _version(random: Random, *, lasting: bool) -> tuple[str, list[str]]:
    if lasting or random.random() < 0.85:
        return "1.1", random.choice(([], [], ["Connection: keep-alive"]))
    if random.random() < 0.5:
        return "1.1", ["Connection: close"]
    return "1.0", random.choice(([], ["Connection: keep-alive"]))


def _upload(random: Random, method: str, version: str) -> tuple[bytes, bytes, list[str], bool]:
    """A body as meant and as sent, the headers that announce it, and whether the origin is to ask for it."""
    if method in ("GET", "HEAD", "OPTIONS") or random.random() < 0.2:
        return b"", b"", random.choice(([], [], ["Content-Length: 0"])), False
    content = _content(random)
    framing = [f"Content-Type: {random.choice(('text/plain', 'application/json', _FORM))}"]
    continues = version == "1.1" and bool(content) and random.random() < 0.2
    if continues:
        framing.append("Expect: 100-continue")
    if version == "1.1" and random.random() < 0.4:
        body = _chunks(random, content)
        return content, body, [*framing, "Transfer-Encoding: chunked"], continues
    return content, content, [*framing, f"Content-Length: {len(content)}"], continues


def _content(random: Random) -> bytes:
    kind = random.randrange(6)
    if kind == 0:
        return random.randbytes(random.choice((0, 1, 50, 3000)))
    if kind == 1:
        return b"a=1&b=%20&" * random.randrange(50)
    if kind == 2:
        return b'{"a": [1, 2.5, null, "\\u00e9"]}'
    if kind == 3:
        return b"[" * (depth := random.choice((1, 30, 400, 5000))) + b"]" * depth
    return bytes(random.choice((1, 100, 5000, 100_000)))


def _chunks(random: Random, content: bytes) -> bytes:
    """The same in chunks, with extensions and trailer fields now and then."""
    body, extension = b"", random.choice((b"", b"", b";a=b"))
    while content:
        size = random.randint(1, max(1, len(content)))
        body += b"%x%s\r\n%s\r\n" % (size, extension, content[:size])
        content = content[size:]
    return body + b"0\r\n" + random.choice((b"", b"", b"T: 1\r\n")) + b"\r\n"


# What each route is asked for


def _anything(random: Random) -> Ask:
    return Ask("/anything" + random.choice(("", "/", "/a/b?c=d", "/%ff/%00?%ff=%")), _ANY)


def _status(random: Random) -> Ask:
    status = random.randint(200, 599)
    return Ask(f"/status/{status}", _ANY, status, b"")


def _bytes(random: Random) -> Ask:
    length = random.choice((0, 1, 1024, 1024, 1024, 65536, 65537, random.randrange(400_000)))
    return Ask(f"/bytes/{length}", _ANY, content=payload(length))


def _stream(random: Random) -> Ask:
    return Ask(f"/stream/{random.randrange(6)}", unsized=True)


def _stream_bytes(random: Random) -> Ask:
    length, size = random.randrange(50_000), random.choice((100, 1024, 10240, 262144))
    return Ask(f"/stream-bytes/{length}?chunk_size={size}", content=payload(length), unsized=True)


def _delay(random: Random) -> Ask:
    return Ask(f"/delay/{random.choice((0.0, 0.001, random.random() / 20)):.4f}", _ANY, waits=True)


def _fifo(random: Random) -> Ask:
    target = f"/fifo/{random.random() / 1000:.5f}?queue={random.randrange(2000)}"
    return Ask(target, _ANY, content=b"served\n", waits=True)


def _stall(random: Random) -> Ask:
    return Ask(f"/fifo/0.0001/stall/0/{random.random() / 50:.4f}?queue={random.randrange(2000)}", _ANY, waits=True)


def _busy(random: Random) -> Ask:
    return Ask(f"/busy/{random.random() / 2000:.6f}?dial={random.randrange(9)}", _ANY, content=b"done\n")


def _dial(random: Random) -> Ask:
    return Ask(f"/busy/dial/{random.randrange(9)}/0.00001", _ANY, 204, b"")


def _drip(random: Random) -> Ask:
    size, delay_s = random.randint(1, 20), random.choice((0, 0, 0.005))
    target = f"/drip?numbytes={size}&duration={random.random() / 20:.4f}&delay={delay_s}&code=203"
    return Ask(target, status=203, content=b"*" * size, waits=bool(delay_s))


def _encoded(random: Random) -> Ask:
    return Ask(f"/encoded/{random.choice(('gzip', 'deflate', 'brotli'))}/{random.choice((0, 1, 1000, 300_000))}")


def _redirect(random: Random) -> Ask:
    return Ask(f"/redirect/{random.randint(1, 100)}", _ANY, 302, b"")


def _login(random: Random) -> Ask:
    good = random.random() < 0.5
    credentials = base64.b64encode(b"user:pass" if good else random.randbytes(9)).decode()
    return Ask("/basic-auth/user/pass", status=200 if good else 401, headers=(f"Authorization: Basic {credentials}",))


def _cookies(random: Random) -> Ask:
    return Ask("/cookies", headers=(f"Cookie: a={random.randrange(99)}; b=c",))


def _plain(target: str, *methods: str, status: int = 200) -> Callable[[Random], Ask]:
    return lambda random: Ask(target + random.choice(("", f"?q={random.randrange(50)}")), methods or _READ, status)


_FORM = "application/x-www-form-urlencoded"

RECIPES: dict[str, Callable[[Random], Ask]] = {
    "/get": _plain("/get"),
    "/head": _plain("/head"),
    "/post": _plain("/post", "POST"),
    "/put": _plain("/put", "PUT"),
    "/patch": _plain("/patch", "PATCH"),
    "/delete": _plain("/delete", "DELETE"),
    "/anything/*": _anything,
    "/headers": _plain("/headers"),
    "/status/{code}": _status,
    "/bytes/{n}": _bytes,
    "/stream/{n}": _stream,
    "/stream-bytes/{n}": _stream_bytes,
    "/delay/{s}": _delay,
    "/fifo/{service_s}": _fifo,
    "/fifo/{service_s}/stall/{after_s}/{length_s}": _stall,
    "/busy/{cpu_s}": _busy,
    "/busy/dial/{name}/{cpu_s}": _dial,
    "/drip": _drip,
    "/gzip": _plain("/gzip"),
    "/deflate": _plain("/deflate"),
    "/brotli": _plain("/brotli"),
    "/encoded/{encoding}/{n}": _encoded,
    "/redirect/{n}": _redirect,
    "/cookies": _cookies,
    "/cookies/set": _plain("/cookies/set", status=302),
    "/basic-auth/{user}/{password}": _login,
    "/json": _plain("/json"),
    "/uuid": _plain("/uuid"),
    "nothing": _plain("/nothing/here", *_ANY, status=404),
    "bad parameter": _plain("/status/1000", *_ANY, status=400),
    "wrong method": _plain("/json", "POST", "PUT", "DELETE", status=405),
}
"""What to ask each route for, by its path; the last three are no routes."""

_PATHS = tuple(RECIPES)
_CALM = tuple(
    path
    for path in _PATHS
    if not path.startswith(("/delay", "/fifo", "/busy", "/drip", "/stream", "/bytes", "/encoded"))
)
