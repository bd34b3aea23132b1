"""How contenders bear faults: lateness and recovery out of samples, what faults explain, and who is ranked."""

import unittest

import numpy as np

from http_benchmark.errors import ErrorKind
from http_benchmark.load.events import FIRST_EVENT, NEXT_EVENT
from http_benchmark.models.measurement import Distribution, FaultRecord, ServerCounts, TrialRecord
from http_benchmark.stats.faults import FaultTally, fault_score
from http_benchmark.stats.ranking import summarise
from tests.records import make_block, make_slice, make_trial

MS = 1_000_000
RESET = ErrorKind.CONNECTION_RESET.code


def rows(*samples: tuple[int, int, int]) -> np.ndarray:
    """Samples of (sent, done) in ms, and a code."""
    return np.array([(sent * MS, sent * MS, done * MS, code) for sent, done, code in samples])


def tally(*chunks: np.ndarray, timeout_s: float = 1.0, follows: bool = True) -> FaultTally:
    made = FaultTally(timeout_s, follows=follows)
    made.begin()
    for chunk in chunks:
        made.add(chunk)
    return made


def trial(errors: dict[str, int], met: dict[str, int], *, contender: str = "a", **fields) -> TrialRecord:
    """A trial of 1000 requests in one slice."""
    server = ServerCounts(requests=1000, faults=met)
    fields = {"server": server, "sent": 1000, "faults": FaultRecord()} | fields
    return make_trial(contender, [make_slice(requests=1000, errors=errors, server=server)], **fields)


class TallyTest(unittest.TestCase):
    def test_recovery_is_from_the_first_failure_to_the_next_success(self):
        """Failed at 20 and 30, succeeded at 37: 17 ms. A success after a success is none."""
        found = tally(rows((0, 10, 200), (10, 20, RESET), (20, 30, RESET), (30, 37, 200), (37, 40, 200)))
        self.assertEqual((1, 0.017), (found.recovery.count, found.recovery.max_s))

    def test_an_answer_that_is_an_error_is_no_success(self):
        """503 fails, and what follows on it recovers."""
        found = tally(rows((0, 10, 503), (10, 12, 200)))
        self.assertEqual(0.002, found.recovery.max_s)

    def test_threads_are_kept_apart(self):
        """One fails last, the samples of the next one begin earlier: nothing is known of the first one's recovery."""
        found = tally(rows((0, 10, 200), (10, 20, RESET), (0, 5, 200), (5, 9, RESET), (9, 12, 200)))
        self.assertEqual((1, 0.003), (found.recovery.count, found.recovery.max_s))

    def test_a_recovery_over_two_chunks(self):
        """Chunks of one slice go on where the one before ended; those of another slice do not."""
        failed, well = rows((0, 10, RESET)), rows((10, 14, 200))
        self.assertEqual(0.004, tally(failed, well).recovery.max_s)
        found = tally(failed)
        found.begin()
        found.add(well)
        self.assertEqual(0, found.recovery.count)

    def test_nothing_follows_in_the_open_model(self):
        """There the next request waits for its time."""
        self.assertEqual(0, tally(rows((0, 10, RESET), (10, 12, 200)), follows=False).recovery.count)

    def test_events_are_no_requests(self):
        """Two events, noted after the answer that brought them, neither fail nor recover: 5 ms, once."""
        answers = rows((0, 10, RESET), (10, 15, 200), (10, 12, FIRST_EVENT), (12, 14, NEXT_EVENT), (15, 20, 200))
        found = tally(answers)
        self.assertEqual((1, 0.005), (found.recovery.count, found.recovery.max_s))

    def test_lateness_is_what_is_beyond_the_deadline(self):
        """Given up at 1004 ms, answered at 1500 ms: 4 and 500 ms late; given up too early is not late."""
        timeout = ErrorKind.TIMEOUT.code
        found = tally(rows((0, 1004, timeout), (0, 1500, 200), (0, 900, timeout), (0, 1000, 200), (0, 9, RESET)))
        self.assertEqual(
            (3, 0.0, 0.004, 0.5), (found.late.count, found.late.min_s, found.late.quantile(0.5), found.late.max_s)
        )


class ScoreTest(unittest.TestCase):
    def unexplained(self, errors: dict[str, int], met: dict[str, int]) -> int:
        return fault_score([trial(errors, met)]).unexplained

    def test_without_faults_there_is_no_score(self):
        """A trial that was not ordered any says nothing of how it would bear them."""
        self.assertIsNone(fault_score([make_trial("a")]))

    def test_each_fault_explains_one_failure(self):
        """Twenty resets explain twenty failures of any kind, and no more."""
        self.assertEqual(0, self.unexplained({"connection-reset": 15, "timeout": 5}, {"reset-in": 20}))
        self.assertEqual(3, self.unexplained({"connection-reset": 23}, {"reset-in": 20}))
        self.assertEqual(3, self.unexplained({"connection-reset": 18, "timeout": 5}, {"reset-in": 20}))

    def test_what_slows_down_explains_timeouts_only(self):
        """A thousand delays explain no reset."""
        self.assertEqual(2, self.unexplained({"timeout": 5, "protocol": 2}, {"delay": 1000}))
        self.assertEqual(1, self.unexplained({"timeout": 5}, {"jitter": 4}))

    def test_a_slow_line_explains_every_timeout(self):
        """It was met once, when the connection was opened, and by each request on it."""
        slow = trial({"timeout": 50}, {}, server=ServerCounts(requests=1000, faults={"bandwidth": 10}))
        self.assertEqual(0, fault_score([slow]).unexplained)

    def test_trials_are_summed_up(self):
        """Median over the trials of the median, the longest of all, the most leaks."""
        records = [
            FaultRecord(
                late_s=Distribution(count=1, p50=p50, max=most),
                recovery_s=Distribution(count=0),
                leaked_connections=leaked,
            )
            for p50, most, leaked in ((0.1, 0.2, 0), (0.3, 0.9, 2), (0.2, 0.3, None))
        ]
        score = fault_score([trial({}, {"drop": 3, "delay": 5}, faults=record) for record in records])
        self.assertEqual((0.2, 0.9, None, None), (score.late_p50_s, score.late_max_s, score.recovery_p50_s,
            score.recovery_max_s))  # fmt: skip
        self.assertEqual((2, [("delay", 15), ("drop", 9)]), (score.leaked_connections, [*score.met.items()]))


class RankingTest(unittest.TestCase):
    def statuses(self, *trials: TrialRecord) -> dict[str, tuple[str, int | None]]:
        clients, _ = summarise([make_block(*trials)], "throughput_rps")
        return {client.contender: (client.status, client.rank) for client in clients}

    def test_who_fails_as_ordered_is_ranked(self):
        """What the faults explain does not count against a contender; other failures do, and to fail always."""
        self.assertEqual(
            {"a": ("ok", 1), "b": ("errors", None), "c": ("errors", None)},
            self.statuses(
                trial({"connection-reset": 20}, {"reset-in": 20}),
                trial({"connection-reset": 25}, {"reset-in": 20}, contender="b"),
                trial({"connection-reset": 1000}, {"drop": 1000}, contender="c"),
            ),
        )

    def test_without_faults_a_failure_is_a_failure(self):
        """Two in a thousand are too many."""
        self.assertEqual({"a": ("errors", None)}, self.statuses(trial({"timeout": 2}, {}, faults=None)))
