"""What is printed in the terminal, compared with snapshots that a person has read.

After a wanted change: `UPDATE_SNAPSHOTS=1 python -m tests tests.unit.test_report_terminal`, then read the difference.
"""

import io
from unittest import TestCase

from rich.console import Console

from http_benchmark.models.experiment import ClientResult, Estimate, LifeCycleEstimates, Reason, Validity
from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.report.lists import ClientRow, print_clients, print_experiment_list
from http_benchmark.report.terminal import print_experiment
from http_benchmark.stats.conclusion import conclude
from tests.records import START, counted_trial, make_block, make_blocks, make_result, noisy_costs
from tests.snapshot_case import SnapshotCase, printed

FACTORS = {
    "pycurl:async": 0.2,
    "pycurl:sync": 0.2006,
    "aiohttp:async": 0.34,
    "requestx:async": 0.42,
    "urllib3:sync": 0.88,
    "requests:sync": 1.24,
    "httpx:sync": 1.38,
    "httpx==0.27.2:async+h2#2": 12.4,
}
EXPERIMENTS = [
    ExperimentSummary(
        id="3f2a91c4-0000-4000-8000-000000000001",
        name="nightly",
        started_at=START,
        status="finished",
        blocks=15,
        contenders=("aiohttp:async", "httpx:async", "requests:sync"),
        tags=("ci",),
    ),
    ExperimentSummary(
        id="9b07aa10-0000-4000-8000-000000000002",
        name="größer [bold]",
        started_at=START,
        status="interrupted",
        blocks=2,
        contenders=("pycurl:sync",),
        tags=(),
    ),
]
CLIENTS = [
    ClientRow("aiohttp", "3.14.5", ("async",), ("1.1",), "pip install http-benchmark"),
    ClientRow("requestx", None, ("sync", "async"), ("1.1", "2"), "pip install 'http-benchmark[requestx]', needs Rust"),
]


def nine_contenders():
    reason = Reason(
        code="machine-busy",
        severity="suspect",
        message="other processes took 12 % of the CPU; stop them and run again, or wait for a quieter moment",
    )
    result = make_result(make_blocks(noisy_costs(FACTORS, 15)), validity=Validity(verdict="suspect", reasons=(reason,)))
    unranked = [
        ClientResult(contender="niquests:sync", library="niquests", mode="sync", status="errors", requests=12_345,
            errors={"timeout": 1200, "http-5xx": 3}, message="ReadTimeout: [Errno 1] no answer in 1 s"),
        ClientResult(contender="requestx:sync", library="requestx", mode="sync", status="unavailable",
            message="not installed; pip install 'http-benchmark[requestx]', needs a Rust toolchain"),
        ClientResult(contender="urllib3:async", library="urllib3", mode="async", status="failed",
            message="worker crashed in two blocks (signal 11)"),
    ]  # fmt: skip
    return result.model_copy(update={"clients": (*result.clients, *unranked)})


class TestSnapshots(SnapshotCase):
    def test_experiment(self):
        """Eighty columns: heading, verdict with its reason, ranking, who is not ranked and why, sentences, notes."""
        self.check("experiment_80", printed(print_experiment, nine_contenders()))

    def test_experiment_in_ascii(self):
        """The same content in the same columns, in ASCII alone."""
        text = printed(print_experiment, nine_contenders(), encoding="ascii")

        self.check("experiment_ascii", text)
        self.assertTrue(text.isascii())
        self.assertEqual(
            [len(line) for line in printed(print_experiment, nine_contenders()).splitlines()],
            [len(line) for line in text.splitlines()],
        )

    def test_wide_experiment(self):
        """With room, each contender takes one line and has a bar."""
        self.check("experiment_wide", printed(print_experiment, nine_contenders(), width=130), width=130)

    def test_few_blocks_by_cpu(self):
        """Three blocks ranked by CPU time: costs instead of speeds, no interval, and it is said."""
        result = make_result(
            make_blocks({"a:sync": [1.0] * 3, "b:async": [2.5] * 3}), "cpu_s_per_1k", status="interrupted"
        )

        self.check("experiment_few_blocks", printed(print_experiment, result))

    def test_work(self):
        """Who did other work and why, what the origin saw of each, and what is only shown."""
        trials = [
            counted_trial("pycurl:async", requests=1003, body_bytes_received=100_300),
            counted_trial("requestx:sync", connections=12, header_bytes_received=190_000),
            counted_trial("aiohttp:async", connections=1000),
            counted_trial("httpx==0.27.2:sync#2", statuses={200: 980, 503: 20}),
        ]
        blocks = [make_block(*trials)] * 6

        self.check("experiment_work", printed(print_experiment, conclude(make_result(blocks), blocks)))

    def test_very_many_connections(self):
        """Contenders one after the other: what that means, how long connecting took, and the origin's memory."""
        life_cycle = LifeCycleEstimates(connect_all_s=Estimate(estimate=2.51))
        result = make_result(make_blocks({"a:async": [1.0] * 3, "b:async": [2.5] * 3}), turns="trials")
        first, second = result.clients
        clients = (
            first.model_copy(update={"life_cycle": life_cycle, "origin_memory_bytes": 120 * 1024**2}),
            second.model_copy(update={"life_cycle": life_cycle, "origin_memory_bytes": 135 * 1024**2}),
        )

        self.check("experiment_many", printed(print_experiment, result.model_copy(update={"clients": clients})))

    def test_experiment_list(self):
        """Stored experiments; a name in brackets is no markup."""
        self.check("experiment_list", printed(print_experiment_list, EXPERIMENTS))

    def test_narrow_lists(self):
        """Names are wrapped between words; what can be looked up elsewhere gives way."""
        self.check("experiment_list_60", printed(print_experiment_list, EXPERIMENTS, width=60), width=60)
        self.check("clients_60", printed(print_clients, CLIENTS, width=60), width=60)

    def test_clients(self):
        """Known clients, and how to get the missing one."""
        self.check("clients", printed(print_clients, CLIENTS))


class TestTerminal(TestCase):
    def test_nothing_measured(self):
        """Interrupted before the first block, or with every contender failed, it says so."""
        failed = ClientResult(contender="a", library="a", mode="sync", status="failed", message="crashed")

        self.assertIn("No block was finished.", printed(print_experiment, make_result([])))
        text = printed(
            print_experiment, make_result(make_blocks({"a": [1.0]})).model_copy(update={"clients": (failed,)})
        )
        self.assertIn("No contender was ranked.", text)
        self.assertIn("a: failed: crashed", text)

    def test_no_figure(self):
        """A contender without a figure for the primary metric is listed as such."""
        result = make_result(make_blocks({"a": [1.0], "b": [1.0]}))
        blind = result.clients[0].model_copy(update={"rank": None, "group": None, "throughput_rps": None})
        text = printed(print_experiment, result.model_copy(update={"clients": (result.clients[1], blind)}))

        self.assertIn("a: no figure for the throughput", text)

    def test_retries(self):
        """What the harness tried again is shown apart from the requests, and only where there was any."""
        result = make_result(make_blocks({"a": [1.0], "b": [1.0]}))
        retried = result.clients[1].model_copy(update={"retries": 1234})

        self.assertNotIn("Retries", printed(print_experiment, result))
        text = printed(print_experiment, result.model_copy(update={"clients": (result.clients[0], retried)}))
        self.assertIn(f"Retries, counted apart from requests: {retried.contender} 1,234.", text)

    def test_equal_work(self):
        """One line where all did as ordered, the table with -v; where nobody counted, a note at the verdict."""
        blocks = [make_block(counted_trial("a:sync"), counted_trial("b:sync"))]
        equal = make_result(blocks)
        uncounted = [make_block(counted_trial(trial={"server": None}))] * 6
        foreign = conclude(make_result(uncounted), uncounted)

        self.assertIn("\nEqual work: 2 contenders, as ordered.\n", printed(print_experiment, equal))
        detailed = printed(lambda result, console: print_experiment(result, console, verbose=True), equal)
        self.assertRegex(detailed, r"(?m)^b:sync +1,000 +1,000 +10 +100\+100 +100\+500$")
        text = printed(print_experiment, foreign)
        self.assertIn(
            "\nVerdict: valid\n  work-unchecked: equal work was not checked: the target does not count;", text
        )
        self.assertNotIn("Equal work", text)

    def test_encryption(self):
        """Handshakes and those that resumed a session, where there were any."""
        with_tls = make_result([make_block(counted_trial(tls_handshakes=12, tls_resumptions=8))])

        self.assertRegex(printed(print_experiment, with_tls), r"(?m)^a:sync +1,000 +1,000 +10 +12 \(8\) ")

    def test_empty_list(self):
        """Without experiments there is no table."""
        self.assertEqual("No experiments found.\n", printed(print_experiment_list, []))

    def test_default_name(self):
        """A name that is the contenders in another order is shown alone."""
        row = EXPERIMENTS[0].model_copy(update={"name": "requests:sync, aiohttp:async, httpx:async", "tags": ()})
        text = printed(print_experiment_list, [row], width=130)

        self.assertTrue(text.endswith("15  requests:sync, aiohttp:async, httpx:async\n"), text)

    def test_foreign_letters_in_ascii(self):
        """What ASCII does not have does not stop the report."""
        self.assertIn("gr??er [bold]", printed(print_experiment_list, EXPERIMENTS, width=130, encoding="ascii"))
        self.assertIn("größer [bold]", printed(print_experiment_list, EXPERIMENTS, width=130))

    def test_narrow(self):
        """Below eighty columns no name and no figure is broken; the cost and what it consists of give way."""
        text = printed(
            lambda result, console: print_experiment(result, console, verbose=True), nine_contenders(), width=60
        )

        self.assertLessEqual(max(map(len, text.splitlines())), 60)
        self.assertRegex(text, r"(?m)^=1  pycurl:async +4,992  0.201  0.602     0  a\n +1.2.3 +4,977–5,011$")
        self.assertRegex(text, r"(?m)^ 8  httpx==0.27.2 +80.7   12.4   37.2     0  g\n    :async\+h2#2 +80.3–81.1$")
        self.assertRegex(text, r"(?m)^requestx:async +3,150  3,150 +150 ")

    def test_one_block_of_one(self):
        """The heading counts in grammar: "0 of 1 block", "1 block"."""
        result = nine_contenders().model_copy(update={"blocks": 0, "planned_blocks": 1})
        self.assertIn("0 of 1 block,", printed(print_experiment, result))
        self.assertIn("1 block,", printed(print_experiment, result.model_copy(update={"blocks": 1})))

    def test_narrow_in_the_open_model(self):
        """At seventy columns names and lags are whole; the cost, which the CPU time tells, gives way."""
        open_model = nine_contenders().model_copy(update={"load_model": "open"})
        text = printed(print_experiment, open_model, width=70)

        self.assertLessEqual(max(map(len, text.splitlines())), 70)
        self.assertRegex(text, r"(?m)^ 4  requestx:async +2,380 ")
        self.assertIn("lag", text)
        self.assertNotIn("speed", text)

    def test_very_narrow(self):
        """At forty columns contender, requests per second and group are left and unbroken; at 59 the times, too."""
        text = printed(print_experiment, nine_contenders(), width=40)

        self.assertLessEqual(max(map(len, text.splitlines())), 40)
        self.assertRegex(text, r"(?m)^=1  pycurl:async +4,992  a\n +1.2.3 +4,977–5,011$")
        self.assertRegex(text, r"(?m)^ 4  requestx:async +2,380  c$")
        times = printed(print_experiment, nine_contenders(), width=59)
        self.assertRegex(times, r"(?m)^ 4  requestx:async +2,380 +0.420 +1.26 +0  c$")

    def test_colour_on_a_terminal_only(self):
        """The verdict is coloured where the console is a terminal."""
        plain, coloured = io.StringIO(), io.StringIO()
        print_experiment(nine_contenders(), Console(file=plain, width=80))
        print_experiment(
            nine_contenders(), Console(file=coloured, width=80, force_terminal=True, color_system="standard")
        )

        self.assertNotIn("\x1b[", plain.getvalue())
        self.assertIn("\x1b[1;33msuspect", coloured.getvalue())
