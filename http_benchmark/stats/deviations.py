"""What is held against a contender's work, beside what was ordered and what the others did.

Four cases. It did less: fewer requests, smaller uploads, answers left unread. It did other work: another protocol,
connections that are not kept, failures passed off as successes. It did something by itself that its library may not let
anybody switch off: silent retries, a few more connections, longer headers; that is shown, and it stays ranked. And what
a failed or repeated request explains, a connection or a part of a body, is held against nobody, and nothing more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median, median_low

from http_benchmark.models.measurement import Requested
from http_benchmark.models.work import Count, Deviation, DeviationCode, Severity, Work
from http_benchmark.units import counted

A_FEW = 3
"""Connections beyond the concurrency in a trial that a pool may open by a race, each with another request; …"""

A_FEW_RATIO = 0.5
"""… or so many of the concurrency, where that is more, on average over the trials."""

MOST_RATIO = 0.01
"""Share of the requests; what happens more often belongs to each request, and is no accident."""

MOST_HEADERS_OFF = 0.5
"""By how much headers may be longer or shorter than the others' before that is shown."""

_ERROR_BYTES = 2048  # most that the body of an error, or of an answer that a fault made, has
_TOO_LONG = 413  # status of a request that is refused before its body was read
_AGREEING = 3  # others who were sent less, before more is held against somebody
_ESCAPED = 2  # how many bytes of an answer a byte of a request header explains, where the origin echoes it as JSON


@dataclass(frozen=True, slots=True)
class Span:
    """Between what a figure may be, for all that is known."""

    low: float
    high: float

    def beyond(self, other: "Span") -> float:
        """By how much all of this lies above the other (positive) or below it (negative); 0 where they meet."""
        return max(0.0, self.low - other.high) - max(0.0, other.low - self.high)

    def farthest(self, other: "Span") -> float:
        """How far a figure of this may be from one of the other."""
        return max(self.high - other.low, other.high - self.low)


@dataclass(frozen=True, slots=True)
class Account:
    """A contender's work, and what it takes to judge it.

    Attributes:
        work: Without its deviations.
        http_version: That was ordered.
        checks_certificates: It was not seen to trust a server that it must not trust.
        uses_proxy: It was not seen to go past a proxy that it was given.
        trials: How many there were.
        concurrency: Of each of them.
        missing: Requests that never came while they should have, though they did not fail without an answer.
        unanswered: Requests that failed without an answer, and attempts that were repeated.
        body_bytes: Length of the body of each request, or of the longest of those that differ.
        mixed: The requests of a workload differ, so that sizes of the average request say nothing.
        requested: Which requests came; None where that is not known.
        redirects: Answers that another request, of whatever target, was to follow.
        extra_connections: Those that nothing explains, over all trials.
        most_connections: Needed and seen in the trial with most of them; None where they were not counted.
    """

    work: Work
    http_version: str = "1.1"
    checks_certificates: bool = True
    uses_proxy: bool = True
    trials: int = 0
    concurrency: int = 0
    missing: int = 0
    unanswered: int = 0
    body_bytes: int = 0
    mixed: bool = False
    requested: Requested | None = None
    redirects: int = 0
    extra_connections: int = 0
    most_connections: Count | None = None

    @property
    def requests(self) -> int:
        """Requests that the origin read."""
        return self.work.requests.seen or 0

    @property
    def explained(self) -> int:
        """Requests that explain something unusual: failed, repeated by the harness or by the client."""
        return self.work.failures_reported + (self.work.retries_seen or 0)

    @property
    def excused(self) -> int:
        """Those of them that had no answer: each explains a connection, a reset, a part of a body."""
        return self.unanswered + (self.work.retries_seen or 0)

    def per_request(self, count: int | None, *, error: int = 0) -> Span | None:
        """A number of bytes, by request that went well; None where requests differ, or none went well.

        Each of the others may have moved nothing, or as much.

        Args:
            count: Of all requests together.
            error: Bytes that a request may have moved which did not go well, where that is more.
        """
        troubled = max(self.explained, self.work.failures_seen or 0)
        if count is None or self.mixed or self.requests <= troubled:
            return None
        high = count / (self.requests - troubled)
        return Span(max(0.0, count - troubled * max(high, error)) / self.requests, high)


def deviations(account: Account, others: Sequence[Account]) -> tuple[Deviation, ...]:
    """All that is not as ordered, in the order of the codes.

    Args:
        account: The contender's.
        others: Those of the other contenders of the run.
    """
    if account.work.requests.seen is None:
        return (*_proxy(account), *_late(account))
    return (
        *_requests_missing(account),
        *_other_requests(account),
        *_other_headers(account),
        *_errors_swallowed(account),
        *_body_unread(account),
        *_upload(account),
        *_answers(account, others),
        *_protocol(account),
        *_certificates(account),
        *_proxy(account),
        *_connections(account),
        *_tls_handshakes(account),
        *_asked_ahead(account),
        *_retries_hidden(account),
        *_late(account),
        *_headers(account, others),
    )


type _Found = Iterator[Deviation]


def _requests_missing(account: Account) -> _Found:
    """None of those seen is a repeated one that came at another time."""
    if account.missing:
        ordered = account.work.requests.ordered or 0
        seen = min(account.requests, ordered - account.missing)
        what = f"the origin saw {seen:,} of {counted(ordered, 'request')}"
        yield Deviation(code="requests-missing", severity="less-work", what=what, ordered=ordered, seen=seen)


def _other_requests(account: Account) -> _Found:
    """Another method or target than ordered: in place of what was ordered, or besides.

    A failed or repeated request may not have come; where fewer came than were sent, that is said already. Besides what
    was ordered, a few may be others', of whom one came late.
    """
    requested = account.requested
    if requested is None:
        return
    fewer = max(0, (account.work.requests.ordered or 0) - account.requests)
    replaced = requested.missing - requested.unknown - max(fewer, account.missing, account.unanswered)
    unordered = requested.unordered - account.redirects
    besides = unordered if unordered > MOST_RATIO * account.requests else 0
    if max(replaced, besides) <= 0:
        return
    if unordered >= replaced:
        what = f"sent {counted(unordered, 'request')} that nobody ordered, such as {requested.example_unordered}"
    else:
        what = f"sent others in place of {counted(replaced, 'ordered request')}, such as {requested.example_missing}"
    seen = max(replaced, unordered)
    yield Deviation(code="other-requests", severity="other-work", what=what, ordered=0, seen=seen)


def _other_headers(account: Account) -> _Found:
    """Of a repeated or unanswered request nobody knows which of two was meant."""
    requested = account.requested
    if requested is not None and requested.headers > account.excused:
        what = f"sent {counted(requested.headers, 'header')} not as ordered, such as {requested.example_header}"
        yield Deviation(code="other-headers", severity="other-work", what=what, ordered=0, seen=requested.headers)


def _errors_swallowed(account: Account) -> _Found:
    seen, reported = account.work.failures_seen or 0, account.explained
    if seen > reported:
        failures = counted(seen, "failure")
        what = (
            f"reported {reported:,} of {failures} that the origin saw (a status from 400 on, none, or a broken answer)"
        )
        yield Deviation(code="errors-swallowed", severity="other-work", what=what, ordered=reported, seen=seen)


def _body_unread(account: Account) -> _Found:
    """A reset comes from a socket that is closed with something unread in it.

    Who gave up on an answer resets its connection, and so may who closes one that the origin ends. And a reset that
    comes late is counted for whoever has its turn by then; so there must be as many connections beyond those needed,
    since one that was reset is of no use any more.
    """
    resets, explained = account.work.reset_by_client or 0, account.excused + (account.work.closed or 0)
    if min(resets - explained, account.extra_connections) > max(A_FEW, MOST_RATIO * account.requests):
        what = (
            f"left answers unread: it reset {counted(resets, 'connection')} in {counted(account.requests, 'request')}"
        )
        yield Deviation(code="body-unread", severity="less-work", what=what, ordered=explained, seen=resets)


def _upload(account: Account) -> _Found:
    """Bodies as long as ordered; each repeated or unanswered request may have carried all of one, or nothing."""
    ordered, seen = account.work.request_body_bytes.ordered, account.work.request_body_bytes.seen
    explained = account.excused + account.work.statuses.get(_TOO_LONG, 0)
    if ordered is None or seen is None or abs(seen - ordered) <= account.body_bytes * explained:
        return
    severity: Severity = "less-work" if seen < ordered else "other-work"
    what = f"uploaded {seen:,} bytes of bodies, {ordered:,} were ordered"
    yield Deviation(code="upload-differs", severity=severity, what=what, ordered=ordered, seen=seen)


def _answers(account: Account, others: Sequence[Account]) -> _Found:
    """Answers as long as the others got, as far as its request headers, which some routes echo, do not explain it.

    What most have counts, its own included, so that one that asks for something else does not speak against the rest.
    Of two contenders nobody can tell whose answers are right: less is held against the one, more is not against the
    other, nor is it where fewer than three agree on less.
    """
    own, known = _answer(account), _known(_answer, others)
    if own is None or not known:
        return
    theirs = _middle([own, *known], median_low) if len(known) > 1 else known[0]
    if _agree(own, theirs):
        return
    difference = own.beyond(theirs)
    agreeing = sum(_agree(size, theirs) for size in known)
    more: Severity = "other-work" if agreeing >= _AGREEING else "shown"
    explained = _is_echoed(abs(difference), account, others)
    severity: Severity = "shown" if explained else "less-work" if difference < 0 else more
    seen, ordered = (own.high, theirs.low) if difference < 0 else (own.low, theirs.high)
    what = f"was sent {_bytes(seen)} of body per request, the others {_bytes(ordered)}"
    yield Deviation(code="answers-differ", severity=severity, what=what, ordered=ordered, seen=seen)


def _answer(account: Account) -> Span | None:
    return account.per_request(account.work.response_body_bytes, error=_ERROR_BYTES)


def _head(account: Account) -> Span | None:
    return account.per_request(account.work.request_header_bytes)


def _is_echoed(difference: float, account: Account, others: Sequence[Account]) -> bool:
    """Whether other headers, which some routes echo, may explain answers that differ by so many bytes."""
    own, known = _head(account), _known(_head, others)
    return own is None or not known or difference <= _ESCAPED * own.farthest(_middle(known))


def _agree(one: Span, other: Span) -> bool:
    return -MOST_RATIO * other.low <= one.beyond(other) <= MOST_RATIO * other.high


def _protocol(account: Account) -> _Found:
    ordered, protocols = account.http_version, account.work.protocols
    spoken = [f"HTTP/{version} in {counted(n, 'request')}" for version, n in protocols.items() if version != ordered]
    if spoken:
        yield Deviation(
            code="protocol",
            severity="other-work",
            what=f"spoke {', '.join(spoken)}, HTTP/{ordered} was ordered",
            ordered=sum(protocols.values()),
            seen=protocols.get(ordered, 0),
        )


def _certificates(account: Account) -> _Found:
    if not account.checks_certificates:
        what = "does not check certificates: it sent a request to a server with a wrong one"
        yield Deviation(code="certificate-unchecked", severity="other-work", what=what, ordered=0, seen=1)


def _proxy(account: Account) -> _Found:
    if not account.uses_proxy:
        what = "does not use the proxy that it was given"
        yield Deviation(code="proxy-unused", severity="other-work", what=what, ordered=1, seen=0)


def _connections(account: Account) -> _Found:
    """A few more than needed are an accident of the pool; more are another pool, or none."""
    extra, most = account.extra_connections, account.most_connections
    if not extra or most is None:
        return
    code: DeviationCode = "extra-connections"
    severity: Severity = "other-work"
    by_trial, what = extra / account.trials, "opened more connections than it was given"
    if by_trial <= max(min(A_FEW, account.concurrency - 1), A_FEW_RATIO * account.concurrency):
        severity, what = "shown", "opened a few connections more than needed"
    elif by_trial > account.concurrency and extra > MOST_RATIO * account.requests:
        code, what = "no-reuse", "does not keep connections"
    what += f" ({most.seen or 0:,} in a trial, {most.ordered or 0:,} ordered)"
    yield Deviation(code=code, severity=severity, what=what, ordered=most.ordered, seen=most.seen)


def _tls_handshakes(account: Account) -> _Found:
    ordered, seen = account.work.tls_handshakes.ordered, account.work.tls_handshakes.seen
    if ordered is not None and seen is not None and seen > ordered:
        what = f"made {counted(seen, 'TLS handshake')} on {counted(ordered, 'connection')} with TLS"
        yield Deviation(code="tls-handshakes", severity="other-work", what=what, ordered=ordered, seen=seen)


def _asked_ahead(account: Account) -> _Found:
    """Answers that were asked for before they were wanted take no time when they are; who gives one up disconnects."""
    ahead = account.work.asked_ahead
    if ahead:
        what = f"asked ahead: {counted(ahead, 'request')} came before the answer to the one before was sent"
        yield Deviation(code="asked-ahead", severity="other-work", what=what, ordered=0, seen=ahead)


def _retries_hidden(account: Account) -> _Found:
    repeated = account.work.retries_seen
    if repeated:
        ordered, seen = account.work.requests.ordered or 0, account.requests
        what = f"repeated {counted(repeated, 'request')} by itself: the origin saw {seen:,}, {ordered:,} were ordered"
        yield Deviation(code="retries-hidden", severity="shown", what=what, ordered=ordered, seen=seen)


def _late(account: Account) -> _Found:
    late = account.work.late
    if late:
        what = f"took {counted(late, 'answer')} that came after the deadline"
        yield Deviation(code="late", severity="shown", what=what, ordered=0, seen=late)


def _headers(account: Account, others: Sequence[Account]) -> _Found:
    own, known = _head(account), _known(_head, others)
    if own is None or not known:
        return
    theirs = _middle(known)
    shorter, longer = own.high * (1 + MOST_HEADERS_OFF) < theirs.low, own.low > theirs.high * (1 + MOST_HEADERS_OFF)
    if shorter or longer:
        seen, ordered = (own.high, theirs.low) if shorter else (own.low, theirs.high)
        what = f"sent {_bytes(seen)} of headers per request, the others {_bytes(ordered)}"
        yield Deviation(code="headers-differ", severity="shown", what=what, ordered=ordered, seen=seen)


def _known(figure: Callable[[Account], Span | None], accounts: Sequence[Account]) -> list[Span]:
    return [span for span in map(figure, accounts) if span is not None]


def _middle(spans: Sequence[Span], middle: Callable[[Sequence[float]], float] = median) -> Span:
    return Span(middle([span.low for span in spans]), middle([span.high for span in spans]))


def _bytes(number: float) -> str:
    return counted(round(number), "byte")
