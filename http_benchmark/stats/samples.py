"""From the raw samples of one slice to its figures: outcomes, the cut at its start, throughput, times.

A raw sample is a row of three int64: the intended time (ns since the slice started), the lag (ns, sent − intended), and
duration and outcome in one number, `duration_ns << 10 | code`, where a code below 100 is that of an `ErrorKind` and one
from 100 on an HTTP status.
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from http_benchmark.errors import ErrorKind
from http_benchmark.stats.quantiles import quantile

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]

CODE_BITS = 10
_CODE_MASK = (1 << CODE_BITS) - 1

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
    )
]


class Columns(NamedTuple):
    """The samples of a slice by column, each of shape (n,), in the order in which they were recorded.

    Attributes:
        intended_ns: When the request was due, since the slice started.
        lag_ns: How much later it was sent.
        duration_ns: From sending it to having read the whole body, or to the failure.
        code: An `ErrorKind.code` below 100, an HTTP status from 100 on.
    """

    intended_ns: Integers
    lag_ns: Integers
    duration_ns: Integers
    code: Integers


@dataclass(frozen=True, slots=True, eq=False)
class SliceFigures:
    """What the samples of one slice say, ready for its `SliceRecord` and for the distributions of its trial.

    Attributes:
        requests: All requests of the slice, those before the cut included.
        errors: How many of them failed, by kind.
        duration_s: First request sent until last request done.
        throughput_rps: Completions inside the cut, whatever their outcome, per second from the cut to the last one;
            None without any.
        mean_s, p50_s, max_s: Response times of successful requests inside the cut; None without one.
        response_s, service_s, lag_s: The times of the same requests, shape (m,), in order of completion.
    """

    requests: int
    errors: dict[str, int]
    duration_s: float
    throughput_rps: float | None
    mean_s: float | None
    p50_s: float | None
    max_s: float | None
    response_s: Floats
    service_s: Floats
    lag_s: Floats


def unpack(raw: Integers) -> Columns:
    """Split raw samples, shape (n, 3), into columns."""
    packed = raw[:, 2]
    return Columns(raw[:, 0], raw[:, 1], packed >> CODE_BITS, packed & _CODE_MASK)


def cut_requests(requests: int, concurrency: int) -> int:
    """How many requests at the start of a slice are left out of its statistics.

    The first 5 %, at least ten, in whole rounds of the connections, so that the cut does not fall into a burst of
    answers; none where the least would be more than a tenth.
    """
    least = max(10, concurrency)
    if requests < 10 * least:
        return 0
    return ceil(max(requests * 5 // 100, least) / concurrency) * concurrency


def slice_figures(raw: Integers, timeout_s: float | None = None, *, concurrency: int = 1) -> SliceFigures:
    """Compute the figures of one slice.

    Args:
        raw: Samples as the recorder left them, shape (n, 3), in any order.
        concurrency: Requests in flight at a time.
        timeout_s: The deadline of a request. One that was sent and took longer counts as a timeout, whatever came of
            it: not every client can be made to give up in time.
    """
    intended_ns, lag_ns, duration_ns, code = unpack(raw)
    code = _with_deadline(code, duration_ns, timeout_s)
    sent_ns = intended_ns + lag_ns
    ended_ns = sent_ns + duration_ns
    by_completion = np.argsort(ended_ns, kind="stable")
    cut = cut_requests(len(raw), concurrency)
    inside = by_completion[cut:]
    successful = inside[(code[inside] >= 100) & (code[inside] < 400)]
    service_s = duration_ns[successful] / 1e9
    lag_s = lag_ns[successful] / 1e9
    response_s = (lag_ns + duration_ns)[successful] / 1e9
    return SliceFigures(
        requests=len(raw),
        errors=_errors_by_kind(code),
        duration_s=float(ended_ns.max() - sent_ns.min()) / 1e9 if len(raw) else 0.0,
        throughput_rps=_throughput_rps(sent_ns, ended_ns[by_completion], cut),
        mean_s=float(response_s.mean()) if response_s.size else None,
        p50_s=quantile(np.sort(response_s), 0.5),
        max_s=float(response_s.max()) if response_s.size else None,
        response_s=response_s,
        service_s=service_s,
        lag_s=lag_s,
    )


def _with_deadline(code: Integers, duration_ns: Integers, timeout_s: float | None) -> Integers:
    if timeout_s is None:
        return code
    late = (duration_ns > timeout_s * 1e9) & ~np.isin(code, _NEVER_SENT)
    return np.where(late, ErrorKind.TIMEOUT.code, code)


def _errors_by_kind(code: Integers) -> dict[str, int]:
    """Failures by kind, in the order of `ErrorKind`."""
    counts: dict[ErrorKind, int] = {}
    for value, count in zip(*np.unique(code, return_counts=True), strict=True):
        kind = ErrorKind.of_code(int(value))
        if kind is not None:
            counts[kind] = counts.get(kind, 0) + int(count)
    return {kind.value: counts[kind] for kind in ErrorKind if kind in counts}


def _throughput_rps(sent_ns: Integers, ended_ns: Integers, cut: int) -> float | None:
    """Completions per second after those that were cut off; from the first one sent where none was.

    Counting from the completion before the first inside, and not from the first inside, keeps answers that come in
    bursts (a server that answers all connections at once) from being counted without the time that they took.

    Args:
        sent_ns: In any order.
        ended_ns: Ascending.
        cut: How many of `ended_ns` are left out.
    """
    if not ended_ns.size:
        return None
    started_ns = ended_ns[cut - 1] if cut else sent_ns.min()
    return (ended_ns.size - cut) * 1e9 / float(ended_ns[-1] - started_ns) if ended_ns[-1] > started_ns else None
