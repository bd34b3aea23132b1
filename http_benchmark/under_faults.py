"""A trial while the bundled origin goes wrong to order: the faults begin anew with each order, and leave a record.

What the samples say of faults is found out in `stats.faults`; what goes wrong at all is decided in the origin.
"""

import time

from http_benchmark.models.measurement import FaultRecord
from http_benchmark.stats.faults import FaultTally
from http_benchmark.stats.quantiles import distribution
from http_benchmark.targets import OpenTarget
from http_benchmark.worker.process import Take
from http_benchmark.worker.samples import Samples

_CLOSING_GRACE_S = 0.5  # loopback takes less than a millisecond; a busy origin takes longer


class UnderFaults:
    """How one contender bears the faults of one trial.

    Args:
        contender: Its name.
        target: The origin that goes wrong.
        timeout_s: Of a request, with all its attempts.
        follows: As for `FaultTally`.
        retried: The harness repeats failed requests, so that one has several deadlines, and waits in between.
    """

    def __init__(self, contender: str, target: OpenTarget, timeout_s: float, *, follows: bool, retried: bool) -> None:
        self._contender = contender
        self._target = target
        self._retried = retried
        self._tally = FaultTally(timeout_s, follows=follows)
        self._orders = 0

    def begin(self, take: Take, *, measured: bool) -> Take:
        """Have the faults start anew with the order that follows.

        Args:
            take: Takes the samples of the order.
            measured: They tell how the contender bore the faults, too.
        """
        self._target.expect(self._contender, self._orders)
        self._orders += 1
        if not measured:
            return take
        tally = self._tally
        tally.begin()

        def take_twice(samples: Samples) -> None:
            take(samples)
            tally.add(samples)

        return take_twice

    def record(self) -> FaultRecord:
        """How the client bore the faults; to be asked for when it is closed."""
        return FaultRecord(
            late_s=None if self._retried else distribution(self._tally.late),
            recovery_s=distribution(self._tally.recovery),
            leaked_connections=self._leaked_connections(),
        )

    def _leaked_connections(self) -> int | None:
        """How many connections are still open when the origin has had time to notice that they were closed."""
        until_s = time.monotonic() + _CLOSING_GRACE_S
        while (left := self._target.open_connections(self._contender)) and time.monotonic() < until_s:
            time.sleep(_CLOSING_GRACE_S / 50)
        return left
