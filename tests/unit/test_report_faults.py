"""The table under faults, compared with a snapshot that a person has read."""

from http_benchmark.cli.planned import what_goes_wrong
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.measurement import Distribution, FaultRecord, ServerCounts
from http_benchmark.planning import make_plan
from http_benchmark.report.faults import notes, ordered
from http_benchmark.report.markdown import markdown
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
        for width in (60, 80, 140):
            with self.subTest(width=width):
                self.check(f"experiment_faults_{width}", printed(print_experiment, result, width=width), width=width)

    def test_markdown(self):
        """The same table where there is one, in one line each."""
        blocks = [make_block(self.trial("urllib3:sync"), number=n) for n in (0, 1)]
        text = markdown(make_result(blocks, configuration={"concurrency": 10, "fault": ["reset-in:2%", "delay=2ms"]}))

        self.assertIn(
            "Under faults:\n\n"
            "| contender | faults | failed | unexplained | silent retries | late | recovery | leaks |\n"
            "| --- | --: | --: | --: | --: | --: | --: | --: |\n"
            "| urllib3:sync | 408 | 8 | 0 | 0 | – | 2.10 ms (13.4 ms) | 0 |\n",
            text,
        )

    def test_what_nobody_met(self):
        """It is said, as it was ordered; of what somebody met nothing."""
        orders = ["reset-in:2%", "drop:0.1%", "stalled=1s:burst=1/9000"]
        blocks = [make_block(self.trial("aiohttp:async"))]
        found = notes(make_result(blocks, configuration={"concurrency": 10, "fault": orders}))

        unmet = "Nobody met drop:0.1%, stalled=1s:burst=1/9000: send more requests, or order a larger share."
        self.assertEqual([unmet], [note for note in found if note.startswith("Nobody")])

    def test_what_was_ordered(self):
        """In headings and plans, and nothing where nothing was."""
        texts = ("drop:1%", "delay=2ms")
        self.assertEqual(["faults drop:1%, delay=2ms", ""], [ordered({"fault": list(texts)}), ordered({})])
        plans = [make_plan(ExperimentConfiguration(fault=fault), (), seed=1) for fault in (texts, ())]
        self.assertEqual([["faults       drop:1%, delay=2ms"], []], [what_goes_wrong(plan) for plan in plans])

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
