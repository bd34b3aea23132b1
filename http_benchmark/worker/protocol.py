"""The messages between controller and worker: frozen values that travel as JSON lines. Standard library only.

The controller says `Open`, then any number of `Run`s, perhaps `Reconnect`, then `Finish`; the worker answers each with
`Opened`, `Ran`, `Reconnected` or `Finished`, or with `Broken` when it cannot go on.
"""

import base64
from dataclasses import asdict, dataclass, field
from typing import Any

from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.load.mix import Mix
from http_benchmark.load.ramp import CONNECT_RPS
from http_benchmark.load.schedule import Arrivals, Stop


@dataclass(frozen=True, slots=True)
class Open:
    """Import a client and make it ready.

    Attributes:
        module: The adapter's module.
        class_name: The adapter's class in it.
        options, request: What to set up and what to send.
        retry_delays_s: Wait before each further attempt; empty for no retries.
        think_time_s: Pause of each thread or task after each request.
        mix: What to send instead of the one request, which then only opens connections; None for that one.
        stripe, stripes: Which of the processes that share the mix's order this is, and how many there are.
        origins: Scheme, host and port of each of the server's addresses; URLs begin with the first one's. The threads
            or tasks send to one after the other, and again from the first one on; empty to leave all as they are.
        connect_rps: How many connections are opened per second.
        apart: Note the samples of each thread or task apart, so that what followed on a failure can be told.
        import_name: The library's module.
    """

    module: str
    class_name: str
    options: ClientOptions
    request: Request
    retry_delays_s: tuple[float, ...] = ()
    think_time_s: float = 0.0
    mix: Mix | None = None
    stripe: int = 0
    stripes: int = 1
    origins: tuple[str, ...] = ()
    connect_rps: float = CONNECT_RPS
    apart: bool = False
    import_name: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """The client is ready.

    Attributes:
        import_s: How long importing it took.
        construction_s: How long building the client and preparing its requests took, without importing it.
        base_memory_bytes: Resident memory before that; None where it cannot be read.
        library_file: Where the library was imported from; None for a client without one.
    """

    import_s: float
    construction_s: float
    base_memory_bytes: int | None
    library_file: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Send requests.

    Attributes:
        stop: Until when, in the closed model.
        arrivals: When requests are due, in the open model; `stop` and the think time then say nothing.
        starts_at_ns: Moment of the monotonic clock at which the schedule starts, so that several processes start
            together; None for as soon as everything is ready.
        opening: First send one unmeasured request per connection (many connections are opened one after the other, and
            some send more meanwhile); in a worker's first run one more before them, alone, whose time is
            `Ran.first_request_s`.
        measured: This is no warm-up: before the first such run, collect garbage and start the peak of memory anew.
        deck: With which deck of a mix to begin.
    """

    stop: Stop = field(default_factory=Stop)
    arrivals: Arrivals | None = None
    starts_at_ns: int | None = None
    opening: bool = False
    measured: bool = True
    deck: int = 0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a `Run` came to; its samples are in the samples file.

    Attributes:
        started_ns, ended_ns: On the monotonic clock, without the opening requests; the open model's schedule starts at
            `started_ns`.
        user_ns, system_ns: CPU time of the process and of its ended children meanwhile, all threads.
        opening_requests: Unmeasured requests sent before `started_ns`.
        opening_by_place: Each of a mix's requests that was among them, by its place, and how often it was sent.
        opening_errors: How many of them failed, by kind.
        retries: Attempts beyond the first.
        memory_bytes: Resident memory at the end, without the recorder's pages.
        messages: The first raw message of each error kind since the start.
        exhausted: Turns of the open model that found every thread or task busy. Those that were never sent are in the
            samples, as `ErrorKind.NOT_SENT`.
        voluntary_switches, involuntary_switches: Context switches meanwhile, all threads.
        threads: Native threads, the most that were there at the two ends, the harness's own included; None where it
            cannot be read.
        gc: Garbage collections meanwhile, by generation: (collections, total ns, longest ns).
        idle_ns, idle_cpu_ns: How long the process has waited since it answered last, and the CPU time it used for that.
        first_request_s: See `Run.opening`; None where it was not measured, or failed.
        connect_all_s: How long a worker's first opening took after the request alone, until the last one was answered;
            None where it was not measured, or a request failed.
    """

    started_ns: int
    ended_ns: int
    user_ns: int
    system_ns: int
    opening_requests: int
    retries: int
    memory_bytes: int | None
    messages: dict[str, str] = field(default_factory=dict)
    opening_errors: dict[str, int] = field(default_factory=dict)
    opening_by_place: tuple[tuple[int, int], ...] = ()
    exhausted: int = 0
    voluntary_switches: int | None = None
    involuntary_switches: int | None = None
    threads: int | None = None
    gc: tuple[tuple[int, int, int], ...] = ()
    idle_ns: int = 0
    idle_cpu_ns: int = 0
    first_request_s: float | None = None
    connect_all_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Send requests one after the other, each over a connection of its own, with a second client set up for this.

    The first failure ends it. Where the client cannot send the header `Connection: close`, nothing is sent.

    Attributes:
        requests: How many.
    """

    requests: int


@dataclass(frozen=True, slots=True)
class Reconnected:
    """What a `Reconnect` came to.

    Attributes:
        durations_s: Of the successful requests, connecting included.
        sent: How many were sent.
    """

    durations_s: tuple[float, ...]
    sent: int


@dataclass(frozen=True, slots=True)
class Finish:
    """Close the client."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The client is closed.

    Attributes:
        peak_memory_bytes: Peak of resident memory from the first measured run's beginning to the last run's end,
            without the recorder's pages; None without a run.
        close_s: How long closing took.
    """

    peak_memory_bytes: int | None
    close_s: float


@dataclass(frozen=True, slots=True)
class Broken:
    """The worker cannot go on.

    Attributes:
        reason: For a person.
        kind: "unavailable" (the library is not installed), "unsupported" (a setting that the client cannot honour)
            or "failed".
    """

    reason: str
    kind: str


type Message = Open | Opened | Run | Ran | Reconnect | Reconnected | Finish | Finished | Broken

_TYPES: dict[str, type[Message]] = {
    message.__name__: message for message in (Open, Opened, Run, Ran, Reconnect, Reconnected, Finish, Finished, Broken)
}


def encode(message: Message) -> dict[str, Any]:
    """Turn a message into what JSON can carry."""
    fields = asdict(message)
    if isinstance(message, Open):
        requests = [fields["request"], *(fields["mix"]["requests"] if fields["mix"] else ())]
        for request in requests:
            request["body"] = base64.b64encode(request["body"]).decode("ascii")
    return {"type": type(message).__name__, **fields}


def decode(fields: dict[str, Any]) -> Message:
    """The inverse of `encode`.

    Raises:
        ValueError: It is no message of this protocol.
    """
    values = dict(fields)
    message_type = _TYPES.get(values.pop("type", ""))
    if message_type is None:
        raise ValueError(f"no message of this protocol: its type is {fields.get('type')!r}")
    if message_type is Open:
        values["request"] = _request(values["request"])
        values["mix"] = _mix(values.get("mix"))
        values["options"] = ClientOptions(**values["options"])
        values["retry_delays_s"] = tuple(values["retry_delays_s"])
        values["origins"] = tuple(values["origins"])
    elif message_type is Run:
        values["stop"] = Stop(**values["stop"])
        values["arrivals"] = Arrivals(**values["arrivals"]) if values.get("arrivals") else None
    elif message_type is Ran:
        for name in ("gc", "opening_by_place"):
            values[name] = tuple(map(tuple, values[name]))
    elif message_type is Reconnected:
        values["durations_s"] = tuple(values["durations_s"])
    return message_type(**values)


def _request(fields: dict[str, Any]) -> Request:
    headers = tuple(tuple(pair) for pair in fields["headers"])
    return Request(**fields | {"body": base64.b64decode(fields["body"]), "headers": headers})


def _mix(fields: dict[str, Any] | None) -> Mix | None:
    if fields is None:
        return None
    return Mix(
        requests=tuple(map(_request, fields["requests"])),
        tags=tuple(fields["tags"]),
        order=tuple(fields["order"]),
        deck=fields["deck"],
    )
