"""From the raw samples of one slice to its figures: outcomes, the cut at its start, throughput, times.

What a raw sample is, is in `raw`; what the samples of one name, and those of events, come to, in `tag_figures` and
`event_figures`.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from http_benchmark.load.recorder import BUFFERED_SAMPLES
from http_benchmark.stats.event_figures import EventFigures
from http_benchmark.stats.histogram import Times
from http_benchmark.stats.raw import CODES, NOT_SENT, Columns, Integers, added, errors_by_kind, late_answers, unpack
from http_benchmark.stats.tag_figures import TagFigures

_NEVER_NS = int(np.iinfo(np.int64).max)
_ACK_WINDOWS_NS = [ms * 1_000_000 for ms in (30, 38, 46, 54)]  # TCP delays an acknowledgement by 40 ms


@dataclass(frozen=True, slots=True, eq=False)
class SliceFigures:
    """What the samples of one slice say, ready for its `SliceRecord` and for the distributions of its trial.

    Attributes:
        requests: All requests of the slice, those before the cut and those never sent included.
        errors: How many of them failed, by kind; "not-sent" is one.
        late: Answers after the deadline; they are part of `errors`, as timeouts.
        duration_s: First request sent until last request done.
        throughput_rps: Completions inside the cut, whatever their outcome, per second from the cut to the last one; in
            the open model all but one, from when the first could have been done, which is the shortest response time
            after it was due. None without any, and in the open model with one.
        mean_s, p50_s, max_s: Response times of successful requests inside the cut; None without one. Those never sent
            rank last in the median, and have no part in the others.
        response, service: The times of the same requests; those never sent are censored in `response`.
        lag: Intended until sent, of all requests inside the cut that were sent.
        censored: Requests that were never sent.
        lag_p50_s, lag_p99_s: Quantiles of `lag`, however few there are; None in the closed model.
        in_flight: Mean number of requests in flight over `duration_s`; None without duration.
        delayed_acks: Service times from 38 to 46 ms beyond what the windows of 8 ms before and after let expect.
        over_triple_median: Share of response times above three times their median, which those never sent are; None
            without a median.
        by_tag: What the requests of each name of a workload came to; empty without one.
        events: When the events of streams arrived; None where nobody looked.
        sent_by_place: How often each of a mix's requests was sent, shape (n,) up to the last one that was.
    """

    requests: int
    errors: dict[str, int]
    duration_s: float
    throughput_rps: float | None
    mean_s: float | None
    p50_s: float | None
    max_s: float | None
    response: Times
    service: Times
    lag: Times
    censored: int = 0
    lag_p50_s: float | None = None
    lag_p99_s: float | None = None
    in_flight: float | None = None
    delayed_acks: int = 0
    over_triple_median: float | None = None
    late: int = 0
    by_tag: dict[int, TagFigures] = field(default_factory=dict)
    events: EventFigures | None = None
    sent_by_place: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def cut_requests(requests: int, concurrency: int) -> int:
    """How many requests at the start of a slice are left out of its statistics, in the closed model.

    The first 5 %, at least ten, in whole rounds of the connections, so that the cut does not fall into a burst of
    answers; none where the least would be more than a tenth.
    """
    least = max(10, concurrency)
    if requests < 10 * least:
        return 0
    return ceil(max(requests * 5 // 100, least) / concurrency) * concurrency


class SliceTally:
    """Adds up the samples of one slice, chunk by chunk, in memory that does not grow with them.

    In the closed model, a slice is kept whole until it is over, since what is cut off depends on its size; but only up
    to 65,536 requests (or ten per connection). Of larger ones as much is cut off as of one of that size, and of their
    samples only those are kept that may still turn out to be among the first. In the open model nothing is cut: the
    schedule decides when which connection is used, and a queue without its beginning would be another queue.

    Args:
        timeout_s: Of a request. One that was sent and ended after its deadline (`deadline_s`) counts as a timeout,
            whatever came of it: not every client can be made to give up in time.
        concurrency: Requests in flight at a time.
        open_model: Requests were due by a schedule.
        events: Among the samples are those of events.
    """

    def __init__(
        self,
        timeout_s: float | None = None,
        *,
        concurrency: int = 1,
        open_model: bool = False,
        events: bool = False,
    ) -> None:
        self._events = EventFigures() if events else None
        self._timeout_s = timeout_s
        self._concurrency = concurrency
        self._open_model = open_model
        self._whole = _Whole()
        self._inside = _Inside()
        self._late = 0
        self._undecided: list[Integers] = []  # samples that may have to be cut off
        self._cut_until_ns: int | None = None  # when the last one that is to be cut off was done, as far as is known
        self._most_undecided = max(BUFFERED_SAMPLES, 10 * concurrency)

    def add(self, raw: Integers) -> None:
        """Add samples as the recorder left them, shape (n, 4); the chunks of a slice may come in any order."""
        if self._events:
            raw = self._events.take(raw)
        if not len(raw):
            return
        samples = unpack(raw, self._timeout_s)
        self._whole.count(samples)
        if self._timeout_s is not None:
            self._late += late_answers(raw, self._timeout_s)
        if self._open_model or (self._cut_until_ns is not None and samples.done_ns.min() > self._cut_until_ns):
            self._inside.count(samples)
            return
        self._undecided.append(raw)
        if sum(map(len, self._undecided)) > self._most_undecided:
            self._decide(cut_requests(self._most_undecided, self._concurrency))

    def figures(self) -> SliceFigures:
        """The figures of the slice; asked for once, when all its samples have been added."""
        whole, inside = self._whole, self._inside
        requests = int(whole.outcomes.sum())
        duration_s = (whole.last_done_ns - whole.first_sent_ns) / 1e9 if whole.sent else 0.0
        if self._open_model:
            # One gap less than requests: 5 that are due in 4 s, and are done at once, come at a rate of 1.25/s as
            # completions per second, and of 1/s in truth.
            cut, since_ns = 1, whole.first_due_ns + whole.shortest_ns
        else:
            # Counting from the completion before the first inside, and not from the first inside, keeps answers that
            # come in bursts (a server that answers all connections at once) from being counted without their time.
            cut = cut_requests(min(requests, self._most_undecided), self._concurrency)
            self._decide(cut)
            since_ns = self._cut_until_ns or whole.first_sent_ns
        return SliceFigures(
            requests=requests,
            errors=errors_by_kind(whole.outcomes),
            duration_s=duration_s,
            throughput_rps=_rate_rps(whole.sent - cut, since_ns, whole.last_done_ns),
            mean_s=inside.response.mean_s,
            p50_s=inside.response.quantile(0.5),
            max_s=inside.response.max_s,
            response=inside.response,
            service=inside.service,
            lag=inside.lag,
            censored=inside.response.censored,
            lag_p50_s=inside.lag.quantile(0.5) if self._open_model else None,
            lag_p99_s=inside.lag.quantile(0.99) if self._open_model else None,
            in_flight=whole.busy_ns / 1e9 / duration_s if duration_s else None,
            delayed_acks=_beyond_neighbours(inside.around_ack),
            over_triple_median=_over_triple_median(inside.response),
            late=self._late,
            by_tag=self._by_tag(),
            events=self._events,
            sent_by_place=whole.sent_by_place,
        )

    def _by_tag(self) -> dict[int, TagFigures]:
        by_tag = dict(sorted(self._whole.by_tag.items()))
        for tag, response in self._inside.by_tag.items():
            by_tag[tag].response = response
        return by_tag

    def _decide(self, cut: int) -> None:
        """Count all samples that are kept but the `cut` ones that were done first."""
        raw = np.concatenate([np.empty((0, 4), np.int64), *self._undecided])
        first, self._cut_until_ns = _done_first(raw, cut)
        self._undecided = [raw[first]]
        self._inside.count(unpack(raw[~first], self._timeout_s))


class _Whole:
    """Facts of a whole slice, whatever is cut off.

    Attributes:
        outcomes: How many requests had each code, shape (1024,).
        sent: Requests but those that were never sent.
        first_due_ns: Of all requests.
        first_sent_ns, last_done_ns, shortest_ns: Of those that were sent, the last one of their response times; they
            say nothing without one.
        busy_ns: Sum of all service times.
        by_tag: The outcomes of each name of a workload.
        sent_by_place: See `SliceFigures`.
    """

    def __init__(self) -> None:
        self.outcomes = np.zeros(CODES, dtype=np.int64)
        self.sent = 0
        self.first_due_ns = self.first_sent_ns = self.shortest_ns = _NEVER_NS
        self.last_done_ns = -_NEVER_NS
        self.busy_ns = 0
        self.by_tag: dict[int, TagFigures] = {}
        self.sent_by_place = np.zeros(0, dtype=np.int64)

    def count(self, samples: Columns) -> None:
        """Add samples, at least one."""
        outcomes = np.bincount(samples.code, minlength=CODES)
        self.outcomes += outcomes
        for tag in _tags(samples):
            counted = np.bincount(samples.code[samples.tag == tag], minlength=CODES)
            self.by_tag.setdefault(tag, TagFigures()).outcomes += counted
        self.first_due_ns = min(self.first_due_ns, int(samples.intended_ns.min()))
        if outcomes[NOT_SENT]:
            samples = samples.where(samples.code != NOT_SENT)
        if samples.code.size:
            sent_ns = samples.intended_ns + samples.lag_ns
            self.sent += sent_ns.size
            self.first_sent_ns = min(self.first_sent_ns, int(sent_ns.min()))
            self.last_done_ns = max(self.last_done_ns, int((sent_ns + samples.duration_ns).max()))
            self.shortest_ns = min(self.shortest_ns, int(samples.response_ns.min()))
            self.busy_ns += int(samples.duration_ns.sum())
            self.sent_by_place = added(self.sent_by_place, np.bincount(samples.place))


class _Inside:
    """The times of the requests inside the cut; see `SliceFigures`.

    Attributes:
        around_ack: How many service times lie in each of three windows, of which the middle one is that of delayed
            acknowledgements.
        by_tag: The response times of each name of a workload.
    """

    def __init__(self) -> None:
        self.response, self.service, self.lag = Times(), Times(), Times()
        self.around_ack = np.zeros(3, dtype=np.int64)
        self.by_tag: dict[int, Times] = {}

    def count(self, samples: Columns) -> None:
        """Add samples."""
        unsent = samples.code == NOT_SENT
        if unsent.any():
            self.response.censor(samples.response_ns[unsent])
            samples = samples.where(~unsent)
        self.lag.add(samples.lag_ns)
        successful = (samples.code >= 100) & (samples.code < 400)
        if not successful.all():
            samples = samples.where(successful)
        self.response.add(samples.response_ns)
        self.service.add(samples.duration_ns)
        for tag in _tags(samples):
            self.by_tag.setdefault(tag, Times()).add(samples.response_ns[samples.tag == tag])
        slow_ns = samples.duration_ns[samples.duration_ns >= _ACK_WINDOWS_NS[0]]
        for number, (start_ns, end_ns) in enumerate(pairwise(_ACK_WINDOWS_NS)):
            self.around_ack[number] += np.count_nonzero((slow_ns >= start_ns) & (slow_ns < end_ns))


def _done_first(raw: Integers, count: int) -> tuple[NDArray[np.bool_], int | None]:
    """Which samples were done first, and when the last of them was done.

    Of those done at the same moment the shortest come first, so that the order of the samples does not matter.
    """
    first = np.zeros(len(raw), dtype=np.bool_)
    if not count:
        return first, None
    samples = unpack(raw)
    done_ns = samples.done_ns
    last_ns = np.partition(done_ns, count - 1)[count - 1]
    first[done_ns < last_ns] = True
    tied = np.flatnonzero(done_ns == last_ns)
    by_length = np.lexsort((samples.code[tied], samples.lag_ns[tied], samples.duration_ns[tied]))
    first[tied[by_length[: count - np.count_nonzero(first)]]] = True
    return first, int(last_ns)


def _tags(samples: Columns) -> list[int]:
    """The tags that occur, ascending, without the 0 of those that have none."""
    return [int(tag) for tag in np.flatnonzero(np.bincount(samples.tag)) if tag]


def _rate_rps(completions: int, since_ns: int, until_ns: int) -> float | None:
    return completions * 1e9 / (until_ns - since_ns) if completions > 0 and until_ns > since_ns else None


def _beyond_neighbours(windows: Integers) -> int:
    """How many more lie in the middle window than in the mean of its neighbours."""
    before, inside, after = (int(count) for count in windows)
    return max(0, round(inside - (before + after) / 2))


def _over_triple_median(response: Times) -> float | None:
    median_s = response.quantile(0.5)
    if median_s is None:
        return None
    return (response.above(3 * median_s) + response.censored) / (response.count + response.censored)
