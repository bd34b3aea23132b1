"""What less or other work than was ordered means for a verdict, that of a run and that of a capacity alike.

What is held against a contender is found in `deviations`; what is not named here is shown, and gives no reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from http_benchmark.models.work import Deviation, DeviationCode, Work
from http_benchmark.stats.evidence import Figures
from http_benchmark.stats.rules import Rule, count


class Worked(Protocol):
    """What these rules look at."""

    @property
    def works(self) -> Mapping[str, Work]:
        """Contender → its work."""


@dataclass(frozen=True, slots=True)
class OnlyWorks:
    """The works, where nothing else of an `Evidence` is known."""

    works: Mapping[str, Work]


def _deviations(seen: Worked, codes: tuple[DeviationCode, ...]) -> dict[str, Deviation]:
    """The first of these deviations of each contender that has one, whose figures are furthest apart first."""
    found = {
        name: deviation
        for name, work in seen.works.items()
        for deviation in reversed(work.deviations)
        if deviation.code in codes
    }
    return dict(sorted(found.items(), key=lambda item: -abs((item[1].seen or 0.0) - (item[1].ordered or 0.0))))


def _seen(codes: tuple[DeviationCode, ...]) -> Callable[[Worked], Figures]:
    """What was seen of those who did other work than was ordered, in one of these ways."""
    return lambda seen: {name: found.seen or 0.0 for name, found in _deviations(seen, codes).items()}


def _ordered(codes: tuple[DeviationCode, ...]) -> Callable[[Worked, str], float]:
    """What a contender should have done instead."""
    return lambda seen, name: _deviations(seen, codes)[name].ordered or 0.0


def _unchecked(seen: Worked) -> Figures:
    """A target that does not count what it is sent."""
    uncounted = (work.requests.ordered and work.requests.seen is None for work in seen.works.values())
    return {"": 1.0} if any(uncounted) else {}


def _unknown(seen: Worked) -> Figures:
    """Requests that were counted without what they were."""
    unknown = {name: float(work.unknown_requests) for name, work in seen.works.items() if work.unknown_requests}
    return dict(sorted(unknown.items(), key=lambda item: -item[1]))


def _rule(code: str, message: str, *codes: DeviationCode) -> Rule[Worked]:
    return Rule(code, _seen(codes), _ordered(codes), message, count)


WORK_RULES: tuple[Rule[Worked], ...] = (
    _rule(
        "extra-connections",
        "more connections in a trial than the {limit} that were needed ({who}): opened without need, or not kept alive",
        *("no-reuse", "extra-connections"),
    ),
    _rule(
        "unequal-work",
        "the origin saw another number of requests than was sent ({who}; the first sent {limit}): "
        "a client did not send some, or repeated some by itself",
        *("requests-missing", "retries-hidden"),
    ),
    _rule(
        "unequal-work",
        "requests came on a connection before the answer to the one before was sent ({who}): a client asks ahead",
        "asked-ahead",
    ),
    _rule(
        "unequal-work",
        "the origin saw requests of another method or target than was ordered ({who}), or fewer of one and more of "
        "another",
        "other-requests",
    ),
    _rule(
        "unequal-work",
        "requests came without headers as they were ordered ({who} times)",
        "other-headers",
    ),
    _rule(
        "unequal-work",
        "the origin saw more failures ({who}) than were reported ({limit} by the first): a client hides them",
        "errors-swallowed",
    ),
    _rule(
        "unequal-work",
        "clients reset their connections ({who} times), which they do where answers are left unread",
        "body-unread",
    ),
    _rule(
        "unequal-work",
        "not all requests were made in the version of HTTP that was ordered ({who} of {limit})",
        "protocol",
    ),
    _rule(
        "unequal-work",
        "requests went to a server with a certificate of an unknown authority, or for another host ({who}): "
        "nobody checked it",
        "certificate-unchecked",
    ),
    _rule(
        "unequal-work",
        "requests did not come to the proxy that was given ({who} of {limit} that was sent beforehand)",
        "proxy-unused",
    ),
    _rule(
        "unequal-work",
        "more TLS handshakes ({who}) than connections that need one ({limit} for the first)",
        "tls-handshakes",
    ),
    _rule(
        "bytes-off",
        "answers differ in size from what the others were sent (bytes of body: {who}; {limit} is usual), so the work "
        "was not the same; look at the request headers that each client sends",
        "answers-differ",
    ),
    _rule(
        "bytes-off",
        "bodies were not uploaded as ordered (bytes: {who}; {limit} for the first), so the work was not the same",
        "upload-differs",
    ),
    Rule(
        "work-unchecked",
        _unchecked,
        None,
        "equal work was not checked: the target does not count; run the same against the bundled origin, too",
        severity="note",
    ),
    Rule(
        "work-unchecked",
        _unknown,
        None,
        "nobody knows which these requests were ({who}): they could not be read, or there were too many different ones "
        "for the origin's memory; use fewer, or shorter, targets",
        count,
        severity="note",
    ),
)
"""In a verdict they stand in this order."""
