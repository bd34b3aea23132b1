"""The table under faults, compared with a snapshot that a person has read."""

from http_benchmark.models.measurement import Distribution, FaultRecord, ServerCounts
from http_benchmark.report.terminal import print_experiment
from tests.records import make_block, make_result, make_slice, make_trial
from tests.snapshot_case import SnapshotCase, printed


class FaultReportTest(SnapshotCase):
    def test_under_faults(self):
        """What was ordered, how each bore it, and what failed; who failed beyond the faults is not ranked."""
        blocks = [
            make_block(*map(self.trial, ("aiohttp:async", "urllib3:sync", "broken:sync")), number=n) for n in (0, 1)
        ]
        result = make_result(blocks, configuration={"concurrency": 10, "fault": ["reset-in:2%", "delay=2ms"]})
        for width in (80, 140):
            with self.subTest(width=width):
                self.check(f"experiment_faults_{width}", printed(print_experiment, result, width=width), width=width)

    def trial(self, contender: str):
        met = {"delay": 200, "reset-in": 4}
        server = ServerCounts(requests=204, faults=met)
        errors = {
            "aiohttp:async": {},
            "urllib3:sync": {"connection-reset": 3, "incomplete-response": 1},
            "broken:sync": {"protocol": 9},
        }[contender]
        record = FaultRecord(
            late_s=Distribution(count=0),
            recovery_s=Distribution(count=4, p50=0.0021, max=0.0134) if errors else Distribution(count=0),
            leaked_connections=2 if contender == "broken:sync" else 0,
        )
        messages = {"protocol": "BadStatusLine: no"} if contender == "broken:sync" else {}
        return make_trial(
            contender,
            [make_slice(errors=errors, server=server)],
            server=server,
            sent=200 if contender == "aiohttp:async" else 204,
            faults=record,
            messages=messages,
        )
