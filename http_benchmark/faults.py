"""What can be ordered to go wrong between a client and the bundled origin: the closed list, and how `--fault` names it.

Which requests meet a fault is drawn in `origin.faults`, what it looks like on the wire is in `origin.scripts`.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Self

from http_benchmark.errors import ConfigurationError
from http_benchmark.units import parse_duration, parse_percent, parse_size

SYNTAX = "KIND[=AMOUNT][:SHARE], where SHARE is such as 1% or burst=20/1000"

MOST_SECONDS = 3600.0
"""Longest wait that can be ordered."""

_DIGITS = 9  # of seconds: 1100ms is the same as 1.1s

_BURST = re.compile(r"burst=(?P<count>\d{1,9})/(?P<out_of>\d{1,9})")


class FaultKind(StrEnum):
    """The closed list. The names appear in options, JSON, tables and the database."""

    DELAY = "delay"
    JITTER = "jitter"
    BANDWIDTH = "bandwidth"
    SLOW_ACCEPT = "slow-accept"
    IDLE_CLOSE = "idle-close"
    RESET_BEFORE = "reset-before"
    RESET_IN = "reset-in"
    RESET_AFTER = "reset-after"
    DROP = "drop"
    TRUNCATED = "truncated"
    CLOSE_AFTER = "close-after"
    STALLED = "stalled"
    STALLED_BODY = "stalled-body"
    TRICKLE = "trickle"
    UNAVAILABLE = "unavailable"
    GARBAGE = "garbage"
    BAD_CHUNK = "bad-chunk"
    BAD_GZIP = "bad-gzip"


AMOUNTS = {
    FaultKind.DELAY: "50ms",
    FaultKind.JITTER: "20ms",
    FaultKind.BANDWIDTH: "1MiB/s",
    FaultKind.SLOW_ACCEPT: "100ms",
    FaultKind.IDLE_CLOSE: "2s",
    FaultKind.STALLED: "5s",
    FaultKind.STALLED_BODY: "5s",
    FaultKind.TRICKLE: "5s",
}
"""Kinds that need an amount, each with an example: seconds, of bandwidth bytes per second."""

ON_CONNECTIONS = frozenset({FaultKind.BANDWIDTH, FaultKind.SLOW_ACCEPT, FaultKind.IDLE_CLOSE})
"""Kinds that a connection meets; all others are met by a request."""

SLOWING = frozenset({FaultKind.DELAY, FaultKind.JITTER, FaultKind.BANDWIDTH, FaultKind.SLOW_ACCEPT})
"""Kinds that can fail a request by its deadline only; all others can break one."""

UNANSWERED = frozenset({FaultKind.RESET_BEFORE, FaultKind.DROP, FaultKind.GARBAGE})
"""Kinds in place of an answer: the request was read, and no answer was begun."""

BREAKING = frozenset(
    {
        FaultKind.RESET_IN,
        FaultKind.TRUNCATED,
        FaultKind.BAD_CHUNK,
        FaultKind.STALLED,
        FaultKind.STALLED_BODY,
        FaultKind.TRICKLE,
    }
)
"""Kinds that break an answer, or keep the rest of it back: a client that does not get it whole has to fail."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One order.

    Attributes:
        kind: What goes wrong.
        amount: How long, seconds; of bandwidth bytes per second; 0 where the kind has no amount.
        share: Of the requests or connections that meet it, 0…1.
        burst: (n, m) for n in a row of each m, instead of a share.
    """

    kind: FaultKind
    amount: float = 0.0
    share: float = 1.0
    burst: tuple[int, int] | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "reset-in:1%", "delay=50ms", "stalled=5s:burst=20/1000".

        Raises:
            ConfigurationError: It is no fault.
        """
        order, colon, which = (part.strip() for part in text.strip().lower().partition(":"))
        name, equals, amount = (part.strip() for part in order.partition("="))
        try:
            kind = _kind(name)
            share, burst = _share(which) if colon else (1.0, None)
            return cls(kind, _amount(kind, amount, given=bool(equals)), share, burst)
        except ValueError as error:
            raise ConfigurationError(f"fault {text!r}: {error}") from None


def parse_faults(texts: Sequence[str]) -> tuple[Fault, ...]:
    """Read all, and report the faults of all at once.

    Raises:
        ConfigurationError: With one line for each text that is no fault, or that orders one again.
    """
    faults: dict[Fault, str] = {}
    wrong: list[str] = []
    for text in texts:
        try:
            fault = Fault.parse(text)
        except ConfigurationError as error:
            wrong += error.faults
            continue
        if fault in faults:
            wrong.append(f"fault {text!r} says the same as {faults[fault]!r}; give it once")
        faults.setdefault(fault, text)
    if wrong:
        raise ConfigurationError(wrong)
    return tuple(faults)


def _kind(name: str) -> FaultKind:
    kinds = [kind.value for kind in FaultKind]
    if name not in kinds:
        near = get_close_matches(name, kinds, n=2)
        advice = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(kinds)}"
        raise ValueError(f"unknown kind {name!r}; {advice}")
    return FaultKind(name)


def _amount(kind: FaultKind, text: str, *, given: bool) -> float:
    example = AMOUNTS.get(kind)
    if example is None:
        if given:
            raise ValueError(f"{kind} takes no amount, got {text!r}; write {kind}")
        return 0.0
    if not text:
        raise ValueError(f"{kind} needs an amount; write for example {kind}={example}")
    if kind is FaultKind.BANDWIDTH:
        amount, most = _bandwidth(text, example), float("inf")
    else:
        amount, most = round(parse_duration(text), _DIGITS), MOST_SECONDS
    if not 0 < amount <= most:
        limit = f" and at most {most:.0f} s" if most == MOST_SECONDS else ""
        raise ValueError(f"{kind} must be above 0{limit}, got {text!r}; write for example {kind}={example}")
    return amount


def _bandwidth(text: str, example: str) -> float:
    with suppress(ValueError):
        if text.endswith("/s"):
            return float(parse_size(text.removesuffix("/s")))
    raise ValueError(f"not bytes per second: {text!r}; write for example bandwidth={example}")


def _share(text: str) -> tuple[float, tuple[int, int] | None]:
    if match := _BURST.fullmatch(text):
        count, out_of = int(match["count"]), int(match["out_of"])
        if not 0 < count <= out_of:
            raise ValueError(f"a burst must be 1 or more, and not longer than what it is part of, got {text!r}")
        return count / out_of, (count, out_of)
    if not text.endswith("%"):
        raise ValueError(f"not a share: {text!r}; write for example 1% or burst=20/1000")
    share = parse_percent(text) / 100
    if not 0 < share <= 1:
        raise ValueError(f"a share must be above 0 and at most 100%, got {text!r}")
    return share, None
