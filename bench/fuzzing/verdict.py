"""Whether a connection went as it must, and whether the origin's counters agree with all of them together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields

from bench.fuzzing.orders import Order
from bench.fuzzing.replies import Reply
from bench.fuzzing.talk import Outcome
from http_benchmark.models.measurement import ServerCounts

_LEAST_REQUEST_BYTES = 14  # "GET / HTTP/1.0" and the line ends; no request is shorter


def fault_of(outcome: Outcome) -> str | None:
    """What went wrong on one connection, in words; None if nothing did."""
    script, replies = outcome.script, outcome.replies
    if not script.trusts:
        return outcome.fault
    for number, (one, reply) in enumerate(zip(script.expected, replies, strict=False)):
        if not _answers(one, reply):
            return (
                f"answer {number} is {reply.status} with {len(reply.content)} bytes, "
                f"for {one.head[:80]!r}, which is answered {one.status}"
            )
    if outcome.fault:
        return outcome.fault
    if script.sound and len(replies) > len(script.expected):
        return f"{len(replies)} answers to {len(script.expected)} requests"
    if outcome.drained and not script.leaves and len(replies) < _at_least(outcome):
        return f"{len(replies)} answers to {len(script.expected)} requests, then the end"
    return None


def _answers(one: Order, reply: Reply) -> bool:
    if one.status is not None and reply.status != one.status:
        return False
    content = b"" if one.method == "HEAD" else one.content
    return reply.closes == one.closes and content in (None, reply.content)


def _at_least(outcome: Outcome) -> int:
    """Answers that had to come: all, or those before the first that a client which hangs up does not wait for."""
    expected = outcome.script.expected
    if outcome.script.ending == "answered":
        return len(expected)
    return next((number for number, one in enumerate(expected) if one.waits), len(expected))


@dataclass(slots=True)
class Bounds:
    """What a counter may be: at least, and at most; None where that cannot be known."""

    least: int = 0
    most: int | None = 0

    def add(self, least: int, most: int | None) -> None:
        """Take in one connection."""
        self.least += least
        self.most = None if self.most is None or most is None else self.most + most

    def hold(self, count: int) -> bool:
        """Whether the counter may be that."""
        return self.least <= count and (self.most is None or count <= self.most)


@dataclass
class Ledger:
    """What the origin must have counted, from what the connections know; equal bounds where that is all."""

    connections: Bounds = field(default_factory=Bounds)
    tls_handshakes: Bounds = field(default_factory=Bounds)
    closed: Bounds = field(default_factory=Bounds)
    reset_by_client: Bounds = field(default_factory=Bounds)
    requests: Bounds = field(default_factory=Bounds)
    dropped: Bounds = field(default_factory=Bounds)
    bytes_received: Bounds = field(default_factory=Bounds)
    body_bytes_received: Bounds = field(default_factory=Bounds)
    bytes_sent: Bounds = field(default_factory=Bounds)
    statuses: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> "Ledger":
        """From all connections since the counters were read."""
        ledger = cls()
        for outcome in outcomes:
            ledger.add(outcome)
        return ledger

    def add(self, outcome: Outcome) -> None:
        """Take in one connection; one whose handshake failed counts nowhere."""
        if outcome.script.tls == "broken":
            return
        statuses = [reply.status for reply in outcome.replies]
        if outcome.begun is not None:
            statuses.append(outcome.begun)
        self.statuses.update(statuses)
        whole = outcome.drained and outcome.script.trusts
        closes = int(bool(outcome.replies) and outcome.replies[-1].closes)
        over_tls = int(outcome.script.tls == "spoken")
        least = 0 if over_tls and outcome.script.leaves else 1  # it may be gone before the origin's handshake is over
        self.connections.add(least, 1)
        self.tls_handshakes.add(least * over_tls, over_tls)
        self.closed.add(closes, closes if whole else 1)
        self.reset_by_client.add(0, 0 if whole and not outcome.script.leaves else 1)
        self.requests.add(len(statuses), len(statuses) if whole else _requests_at_most(outcome))
        self.bytes_sent.add(outcome.received_bytes, outcome.received_bytes if whole else None)
        read_all = whole and outcome.finished and not closes
        self.bytes_received.add(outcome.sent_least if read_all else 0, outcome.sent_most)
        if read_all and outcome.script.sound:
            answered, expected = len(outcome.replies), outcome.script.expected
            read = expected[: answered + 1]  # the next one was waiting when the client hung up, and those behind it
            self.dropped.add(len(read) - answered, len(read) - answered)
            content_bytes = sum(one.content_bytes for one in read)
            self.body_bytes_received.add(content_bytes, content_bytes)
        else:
            self.dropped.add(0, 1 if outcome.script.trusts else _requests_at_most(outcome))  # a slow accept reads all
            self.body_bytes_received.add(0, outcome.sent_most)

    def faults(self, seen: ServerCounts) -> list[str]:
        """Where the counters are wrong, in words."""
        faults = []
        for name in (counter.name for counter in fields(self) if counter.name != "statuses"):
            bounds, count = getattr(self, name), getattr(seen, name)
            if not bounds.hold(count):
                faults.append(f"the origin counted {count} {name}, where {bounds.least} to {bounds.most} are right")
        short = {status: count for status, count in self.statuses.items() if seen.statuses.get(status, 0) < count}
        if short:
            faults.append(f"the origin counted {seen.statuses}, but these came: {short}")
        for what, counts in (("statuses", seen.statuses), ("protocols", seen.protocols)):
            if sum(counts.values()) != seen.requests:
                faults.append(f"the origin counted {seen.requests} requests, but {sum(counts.values())} {what}")
        return faults


def _requests_at_most(outcome: Outcome) -> int:
    """As many as fit into what was sent, and a refusal of the rest."""
    return outcome.sent_most // _LEAST_REQUEST_BYTES + 1


def grows(sizes: Sequence[int], *, allowed: int) -> bool:
    """Whether sizes after equal work rise by more than `allowed` from the second quarter to the last, in the middle.

    The first quarter is not looked at: caches fill and the allocator finds its arenas.
    """
    quarter = len(sizes) // 4
    if quarter < 5:
        return False
    early, late = sorted(sizes[quarter : 2 * quarter]), sorted(sizes[-quarter:])
    return late[quarter // 2] - early[quarter // 2] > allowed
