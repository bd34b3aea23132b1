"""How contenders bear ordered faults: what they met, what failed beyond it, lateness, recovery, leaks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from http_benchmark.errors import ErrorKind
from http_benchmark.faults import ON_CONNECTIONS, SLOWING
from http_benchmark.models.experiment import FaultScore
from http_benchmark.models.measurement import Distribution, TrialRecord
from http_benchmark.stats.histogram import Times
from http_benchmark.stats.raw import Columns, Integers, unpack, without_events

_DEADLINES = (ErrorKind.TIMEOUT, ErrorKind.CONNECT_TIMEOUT, ErrorKind.POOL_TIMEOUT)


class FaultTally:
    """What the samples of a trial say about faults, chunk by chunk.

    Args:
        timeout_s: The deadline of a request.
        follows: A thread or task sends its next request as soon as one has ended, and its samples come together, in
            order: the closed model. Only there it can be told how long it took to recover.

    Attributes:
        late: How much later than the deadline those requests ended that did not keep it; 0 for one given up before.
        recovery: From the end of a failed request to that of the next success of the same thread or task; of several
            failures in a row from the first.
    """

    def __init__(self, timeout_s: float, *, follows: bool) -> None:
        self.late, self.recovery = Times(), Times()
        self._timeout_s = timeout_s
        self._follows = follows
        self._last_done_ns = 0
        self._failed_ns: int | None = None  # when the first failure ended that no success has followed yet

    def begin(self) -> None:
        """The chunks of another slice follow."""
        self._last_done_ns, self._failed_ns = 0, None

    def add(self, raw: Integers) -> None:
        """Add samples as the recorder left them, shape (n, 4), in the order of the samples file."""
        samples = unpack(without_events(raw), self._timeout_s)
        too_long = samples.code == ErrorKind.TIMEOUT.code
        self.late.add(samples.duration_ns[too_long] - round(self._timeout_s * 1e9))
        if self._follows:
            self._follow(samples)

    def _follow(self, samples: Columns) -> None:
        sent_ns, done_ns = samples.intended_ns + samples.lag_ns, samples.done_ns
        succeeded = (samples.code >= 100) & (samples.code < 400)
        recovered: list[int] = []
        for sent, done, success in zip(sent_ns.tolist(), done_ns.tolist(), succeeded.tolist(), strict=True):
            if sent < self._last_done_ns:  # the samples of another thread or task begin
                self._failed_ns = None
            if not success:
                self._failed_ns = self._failed_ns or done
            elif self._failed_ns is not None:
                recovered.append(done - self._failed_ns)
                self._failed_ns = None
            self._last_done_ns = done
        self.recovery.merge(Times(recovered))


def fault_score(trials: Sequence[TrialRecord]) -> FaultScore | None:
    """How one contender bore the faults over all its trials; None where none were ordered."""
    records = [trial.faults for trial in trials if trial.faults is not None]
    if not records:
        return None
    met = _met(trials)
    leaked = [record.leaked_connections for record in records if record.leaked_connections is not None]
    late_p50_s, late_max_s = _typical([record.late_s for record in records])
    recovery_p50_s, recovery_max_s = _typical([record.recovery_s for record in records])
    return FaultScore(
        met=met,
        unexplained=_unexplained(_errors(trials), met, slow_lines=_slow_lines(trials)),
        late_p50_s=late_p50_s,
        late_max_s=late_max_s,
        recovery_p50_s=recovery_p50_s,
        recovery_max_s=recovery_max_s,
        leaked_connections=max(leaked, default=None),
    )


def _met(trials: Sequence[TrialRecord]) -> dict[str, int]:
    """Faults in measured slices, opening requests included, most frequent first."""
    met = Counter[str]()
    for trial in trials:
        for measured in trial.slices:
            met.update(measured.server.faults if measured.server else {})
    return dict(met.most_common())


def _errors(trials: Sequence[TrialRecord]) -> Counter[str]:
    errors = Counter[str]()
    for trial in trials:
        for measured in trial.slices:
            errors.update(measured.errors)
    return errors


def _slow_lines(trials: Sequence[TrialRecord]) -> bool:
    """Whether connections were slow, which each of their requests may suffer from."""
    met = {kind for trial in trials if trial.server for kind in trial.server.faults}
    return bool(met & SLOWING & ON_CONNECTIONS)


def _unexplained(errors: Mapping[str, int], met: Mapping[str, int], *, slow_lines: bool) -> int:
    """Failures beyond what the faults explain: each explains one, those that only slow down explain timeouts only."""
    breaking = sum(count for kind, count in met.items() if kind not in SLOWING)
    slowing = sum(count for kind, count in met.items() if kind in SLOWING)
    timeouts = sum(errors.get(kind, 0) for kind in _DEADLINES)
    others = sum(errors.values()) - timeouts
    left = max(0, breaking - others)  # what no other failure needs may explain a timeout, too
    return max(0, others - breaking) + (0 if slow_lines else max(0, timeouts - slowing - left))


def _typical(trials: Sequence[Distribution | None]) -> tuple[float | None, float | None]:
    """Median over the trials of the median, and the longest of all."""
    medians = [trial.p50 for trial in trials if trial is not None and trial.p50 is not None]
    longest = [trial.max for trial in trials if trial is not None and trial.max is not None]
    return (median(medians) if medians else None), max(longest, default=None)
