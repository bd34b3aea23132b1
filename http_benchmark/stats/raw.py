"""Raw samples by column: what the recorder noted of each request, and what its deadline makes of it.

A raw sample is a row of four int64: when the request was due, sent and done (ns of the monotonic clock), and place,
tag and outcome in one number, `place << 20 | tag << 10 | code`, where a code below 100 is that of an `ErrorKind` and
one from 100 on an HTTP status. The tag says which name of a workload it had, the place which concrete request it was.
The last two codes are those of events of a stream.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from http_benchmark.errors import ErrorKind
from http_benchmark.load.events import FIRST_EVENT
from http_benchmark.load.recorder import CODE_BITS, CODE_MASK, PLACE_SHIFT, TAG_MASK

type Integers = NDArray[np.int64]

CODES = 1 << CODE_BITS
"""How many codes there are."""

NOT_SENT = ErrorKind.NOT_SENT.code

LEAST_SLACK_S = 0.010
SLACK_RATIO = 0.01
"""What lies between timeout and deadline; a timer of an event loop has steps of a millisecond, and waits its turn."""

# A request that failed before it was sent says why; its kind is kept even past the deadline.
_NEVER_SENT = [
    kind.code
    for kind in (
        ErrorKind.NAME_RESOLUTION,
        ErrorKind.CONNECTION_REFUSED,
        ErrorKind.CONNECT_TIMEOUT,
        ErrorKind.CONNECT,
        ErrorKind.TLS,
        ErrorKind.POOL_TIMEOUT,
        ErrorKind.INVALID_REQUEST,
        ErrorKind.CANCELLED,
        ErrorKind.NOT_SENT,
    )
]


class Columns(NamedTuple):
    """Samples by column, each of shape (n,), in the order in which they were recorded.

    Attributes:
        intended_ns: When the request was due, on the monotonic clock.
        lag_ns: How much later it was sent, or given up.
        duration_ns: From sending it to having read the whole body, or to the failure.
        code: An `ErrorKind.code` below 100, an HTTP status from 100 on.
        tag: The number of the request's name in a workload; 0 without one, and for requests that were never sent.
        place: Of the request in its mix; 0 without one, and for requests that were never sent.
    """

    intended_ns: Integers
    lag_ns: Integers
    duration_ns: Integers
    code: Integers
    tag: Integers
    place: Integers

    @property
    def response_ns(self) -> Integers:
        """From when the request was due to its end."""
        return self.lag_ns + self.duration_ns

    @property
    def done_ns(self) -> Integers:
        """When it ended, on the monotonic clock."""
        return self.intended_ns + self.lag_ns + self.duration_ns

    def where(self, mask: NDArray[np.bool_]) -> "Columns":
        """Those samples for which the mask, shape (n,), is true."""
        return Columns(*(column[mask] for column in self))


def without_events(raw: Integers) -> Integers:
    """Those samples that are requests."""
    return raw[raw[:, 3] & CODE_MASK < FIRST_EVENT]


def deadline_s(timeout_s: float) -> float:
    """From when on a request counts as a timeout, whatever its client says of it.

    A client's own timer, and the thread or task that it wakes, come a moment after the timeout; an answer that arrives
    within that moment was not waited for beyond measure.
    """
    return timeout_s + max(LEAST_SLACK_S, SLACK_RATIO * timeout_s)


def unpack(raw: Integers, timeout_s: float | None = None) -> Columns:
    """Split raw samples, shape (n, 4), into columns.

    Args:
        raw: As the recorder left them.
        timeout_s: The timeout of a request; one that was sent and ended after its deadline has the code of a timeout.
    """
    intended_ns, started_ns, ended_ns, tagged = raw.T
    duration_ns = ended_ns - started_ns
    code = _with_deadline(tagged & CODE_MASK, duration_ns, timeout_s)
    tag, place = tagged >> CODE_BITS & TAG_MASK, tagged >> PLACE_SHIFT
    return Columns(intended_ns, started_ns - intended_ns, duration_ns, code, tag, place)


def late_answers(raw: Integers, timeout_s: float) -> int:
    """How many requests were answered after their deadline, as if there were none."""
    late = raw[:, 2] - raw[:, 1] > _deadline_ns(timeout_s)
    return int(np.count_nonzero(raw[late, 3] & CODE_MASK >= 100)) if late.any() else 0


def _with_deadline(code: Integers, duration_ns: Integers, timeout_s: float | None) -> Integers:
    if timeout_s is None or not code.size or duration_ns.max() <= _deadline_ns(timeout_s):
        return code
    late = (duration_ns > _deadline_ns(timeout_s)) & ~np.isin(code, _NEVER_SENT)
    return np.where(late, ErrorKind.TIMEOUT.code, code)


def _deadline_ns(timeout_s: float) -> float:
    return deadline_s(timeout_s) * 1e9


def added(first: Integers, second: Integers) -> Integers:
    """The sum of two arrays of counts, of which one may be longer."""
    longer, shorter = (first, second) if first.size >= second.size else (second, first)
    total = longer.copy()
    total[: shorter.size] += shorter
    return total


def errors_by_kind(outcomes: Integers) -> dict[str, int]:
    """Failures by kind, in the order of `ErrorKind`, from the number of requests by code."""
    counts: dict[ErrorKind, int] = {}
    for code in np.flatnonzero(outcomes):
        kind = ErrorKind.of_code(int(code))
        if kind is not None:
            counts[kind] = counts.get(kind, 0) + int(outcomes[code])
    return {kind.value: counts[kind] for kind in ErrorKind if kind in counts}
