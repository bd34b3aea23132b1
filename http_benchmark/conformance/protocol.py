"""The messages between the suite and a prober: frozen values that travel as JSON lines. Standard library only.

The suite says `Open`, then any number of `Send`s, `Close`, `Forget`, and then perhaps `Open` again; the prober answers
each with `Opened`, `Sent`, `Closed` or `Forgotten`, or with `Broken` when it cannot.
"""

import random
from dataclasses import asdict, dataclass, field
from typing import Any

from http_benchmark.clients.base import ClientOptions

_PART_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to be sent; as `clients.base.Request`, but its body, which can be long, is told by its size.

    Attributes:
        body_bytes: Size of the body, whose content is `made_body`.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body_bytes: int = 0
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """Import the client if that was not done yet, and set it up.

    Attributes:
        module: The adapter's module.
        class_name: The adapter's class in it.
        options: How to set the client up.
        environment: Variables to set until it is closed.
    """

    module: str
    class_name: str
    options: ClientOptions
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Left:
    """What a process holds: None where the system does not tell.

    Attributes:
        threads: Native threads.
        descriptors: Open files and sockets.
    """

    threads: int | None
    descriptors: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The client is ready.

    Attributes:
        before: What the process held before; the first `Open` has imported the library by then.
    """

    before: Left


@dataclass(frozen=True, slots=True)
class Send:
    """Send requests, each `times` times.

    Attributes:
        asks: What to send. Each is prepared once, and all of them before the first is sent.
        times: How often each is sent by its `send`.
        at_once: Each has a thread or task of its own, and all start together; otherwise one follows the other.
        inspect: Look at the bodies, which uses the adapter's inspecting `send`; otherwise the one that is measured.
        cancel_after_s: Cancel what is not done by then; of asynchronous clients only.
    """

    asks: tuple[Ask, ...]
    times: int = 1
    at_once: bool = False
    inspect: bool = False
    cancel_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request.

    Attributes:
        duration_s: From calling `send` to its end.
        status: What `send` returned; None if it raised.
        kind: The `ErrorKind` of what it raised by the adapter's table, `UNLISTED` for what is not in it, or None.
        error: What it raised, class and message; None if it returned.
        body_bytes, body_sha256: Of the body as shown; None where none was shown.
    """

    duration_s: float
    status: int | None = None
    kind: str | None = None
    error: str | None = None
    body_bytes: int | None = None
    body_sha256: str | None = None


UNLISTED = "unlisted"
"""The kind of an exception that the adapter does not know: in a run it would end the trial."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The answers, in the order of the requests, those of one request together."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """Close the client, but keep a reference to it."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The client is closed.

    Attributes:
        tasks: Tasks of the event loop that are not done; None for a synchronous client.
    """

    tasks: int | None


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop the reference to the closed client, and collect garbage."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Nothing refers to the client any more.

    Attributes:
        after: What the process holds now.
        complaints: What Python said of things that nobody closed, or that failed where nobody could be told.
    """

    after: Left
    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The prober cannot do that.

    Attributes:
        reason: For a person.
        kind: "unavailable" (the library is not installed), "unsupported" (a setting that the client refuses) or
            "failed".
    """

    reason: str
    kind: str


type Message = Open | Opened | Send | Sent | Close | Closed | Forget | Forgotten | Broken

_TYPES: dict[str, type[Message]] = {
    message.__name__: message for message in (Open, Opened, Send, Sent, Close, Closed, Forget, Forgotten, Broken)
}


def made_body(length: int) -> bytes:
    """The body of an upload: bytes that look random and are the same each time.

    Of a large one every MiB is the first, turned by one byte more, which takes a fraction of the time.
    """
    part = random.Random(length).randbytes(min(length, _PART_BYTES))
    turned = (part[turn:] + part[:turn] for turn in range(-(-length // _PART_BYTES)))
    return b"".join(turned)[:length]


def encode(message: Message) -> dict[str, Any]:
    """Turn a message into what JSON can carry."""
    return {"type": type(message).__name__, **asdict(message)}


def decode(fields: dict[str, Any]) -> Message:
    """The inverse of `encode`.

    Raises:
        ValueError: It is no message of this protocol.
    """
    values = dict(fields)
    message_type = _TYPES.get(values.pop("type", ""))
    if message_type is None:
        raise ValueError(f"no message of this protocol: {fields!r}")
    if message_type is Open:
        values["options"] = ClientOptions(**values["options"])
    elif message_type is Opened:
        values["before"] = Left(**values["before"])
    elif message_type is Send:
        values["asks"] = tuple(
            Ask(**ask | {"headers": tuple((name, value) for name, value in ask["headers"])}) for ask in values["asks"]
        )
    elif message_type is Sent:
        values["answers"] = tuple(Answer(**answer) for answer in values["answers"])
    elif message_type is Forgotten:
        values["after"] = Left(**values["after"])
        values["complaints"] = tuple(values["complaints"])
    return message_type(**values)
