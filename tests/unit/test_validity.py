"""What makes a run one that is not to be trusted, and what does not."""

import unittest
from datetime import UTC, datetime

from http_benchmark.models.experiment import ClientResult
from http_benchmark.models.measurement import BlockRecord, Distribution, ServerCounts, SliceRecord, TrialRecord
from http_benchmark.stats.validity import judge

NOTHING = Distribution(count=0)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def block(server_cpu_s: float) -> BlockRecord:
    """One slice of one second in which the origin used that much CPU time."""
    measured = SliceRecord(
        round=0,
        position=0,
        started_s=0,
        duration_s=1.0,
        requests=100,
        throughput_rps=100.0,
        cpu_s=0.1,
        mean_s=0.01,
        p50_s=0.01,
        max_s=0.01,
        server=ServerCounts(requests=100, cpu_s=server_cpu_s),
    )
    trial = TrialRecord(
        contender="a:sync",
        library="a",
        version="1",
        mode="sync",
        slices=(measured,),
        response_time_s=NOTHING,
        service_time_s=NOTHING,
        lag_s=NOTHING,
    )
    return BlockRecord(number=0, started_at=NOW, finished_at=NOW, trials=(trial,))


def client(**values) -> ClientResult:
    return ClientResult(contender="a:sync", library=values.pop("library", "a"), mode="sync", status="ok", **values)


class JudgeTest(unittest.TestCase):
    def codes(self, clients=(), blocks=None, *, quick=False, shared_cpus=False):
        validity = judge(
            list(clients),
            [block(0.1)] * 6 if blocks is None else blocks,
            concurrency=10,
            quick=quick,
            shared_cpus=shared_cpus,
        )
        return validity.verdict, [reason.code for reason in validity.reasons]

    def test_nothing_against_it(self):
        """Equal work, an idle origin, blocks enough."""
        fair = client(sent_requests=600, server_requests=600, connections_opened=10)

        self.assertEqual(("valid", []), self.codes([fair]))

    def test_reasons(self):
        """Each circumstance has its code."""
        for code, arguments in (
            ("quick", {"quick": True}),
            ("shared-processor", {"shared_cpus": True}),
            ("too-few-blocks", {"blocks": [block(0.1)] * 5}),
            ("server-limited", {"blocks": [block(0.71)] * 6}),
            ("unequal-work", {"clients": [client(sent_requests=600, server_requests=601)]}),
            ("extra-connections", {"clients": [client(connections_opened=11)]}),
        ):
            with self.subTest(code=code):
                self.assertEqual(("suspect", [code]), self.codes(**arguments))

    def test_a_busy_origin_is_judged_by_its_median_slice(self):
        """One slice that the machine disturbed does not condemn the run."""
        self.assertEqual(("valid", []), self.codes(blocks=[block(0.9), *[block(0.1)] * 5]))

    def test_failed_requests_may_be_missing_at_the_origin(self):
        """A client that gave up after its timeout is not accused of doing less, one that did more still is."""
        gave_up = client(sent_requests=600, server_requests=590, errors={"timeout": 10})
        repeated = client(sent_requests=600, server_requests=610, errors={"timeout": 10})

        self.assertEqual(("valid", []), self.codes([gave_up]))
        self.assertEqual(("suspect", ["unequal-work"]), self.codes([repeated]))

    def test_the_null_client_need_not_reach_the_origin(self):
        """It answers by itself; that is what it is for."""
        self.assertEqual(("valid", []), self.codes([client(library="null", sent_requests=9, server_requests=0)]))

    def test_a_foreign_server_that_counts_nothing_accuses_nobody(self):
        """What was not counted is no deviation."""
        self.assertEqual(("valid", []), self.codes([client(sent_requests=600)]))
