"""What is said of a gate: by outcome, in the terminal."""

from datetime import UTC, datetime
from typing import Any
from unittest import TestCase
from xml.etree import ElementTree

from http_benchmark.cli.gating import exit_code
from http_benchmark.models.experiment import Reason, Target, Validity
from http_benchmark.models.gate import (
    GateArm,
    GateAttempt,
    GateMetric,
    GateResult,
    MetricJudgement,
    PackageDifference,
)
from http_benchmark.report import gate_words
from http_benchmark.report.gate import print_gate
from http_benchmark.report.gate_markdown import gate_markdown
from http_benchmark.report.github import annotations
from http_benchmark.report.junit import junit
from tests.snapshot_case import SnapshotCase, printed

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_judgement(attempt: int = 1, outcome: str = "pass", effect: float = 0.4, **changes: Any) -> MetricJudgement:
    figures: dict[str, Any] = {
        "attempt": attempt,
        "outcome": outcome,
        "blocks": 20,
        "baseline": 0.5,
        "candidate": 0.5 * (1 + effect / 100),
        "effect_percent": effect,
        "low_percent": effect - 0.8,
        "high_percent": effect + 0.9,
        "half_width_percent": 0.7,
    }
    return MetricJudgement(**(figures | changes))


def a_gate(outcome: str = "pass", *metrics: GateMetric, attempts: int = 1, **changes: Any) -> GateResult:
    arms = [
        GateArm(contender=f"httpx=={version}:sync", library="httpx", mode="sync", version=version)
        for version in ("0.27.2", "0.28.1")
    ]
    figures: dict[str, Any] = {
        "id": "3f2a91c4-0000-4000-8000-000000000000",
        "name": "httpx==0.27.2:sync → httpx==0.28.1:sync",
        "status": "finished",
        "started_at": NOON,
        "finished_at": NOON,
        "outcome": outcome,
        "baseline": arms[0],
        "candidate": arms[1],
        "margin_percent": 3.0,
        "seed": 42,
        "configuration": {"method": "GET", "concurrency": 10},
        "environment": {},
        "target": Target(kind="bundled", url="http://127.0.0.1:8080/bytes/1024"),
        "metrics": metrics or (GateMetric(metric="cpu_s_per_1k", outcome="pass", judgements=(a_judgement(),)),),
        "attempts": tuple(
            GateAttempt(experiment_id=f"{number}7f0c21e-0000", seed=number, status="finished", blocks=20)
            for number in range(attempts)
        ),
    }
    return GateResult(**(figures | changes))


def a_failed_gate() -> GateResult:
    """CPU time fails twice, throughput once; something else is installed, and the machine was busy."""
    failed = GateMetric(
        metric="cpu_s_per_1k",
        outcome="fail",
        judgements=(a_judgement(1, "fail-1", 10.4), a_judgement(2, "fail-1", 9.8)),
    )
    calm = {"baseline": 2000.0, "candidate": 1990.0}
    false_alarm = GateMetric(
        metric="throughput_rps",
        outcome="pass",
        judgements=(a_judgement(1, "fail-1", 5.2), a_judgement(2, "pass", 0.5, **calm)),
    )
    busy = Reason(code="machine-busy", severity="suspect", message="other processes used 20 % of a processor")
    return a_gate(
        "fail",
        failed,
        false_alarm,
        attempts=2,
        differences=(PackageDifference(package="sniffio", baseline="1.3.1", candidate=None),),
        validity=Validity(verdict="suspect", reasons=(busy,)),
    )


def an_inconclusive_gate() -> GateResult:
    """Too much noise for CPU time, and a server that limits the throughput."""
    noisy = GateMetric(
        metric="cpu_s_per_1k",
        outcome="inconclusive",
        judgements=(a_judgement(outcome="inconclusive", blocks=40, half_width_percent=4.2),),
    )
    limited = GateMetric(
        metric="throughput_rps",
        outcome="inconclusive",
        judgements=(a_judgement(outcome="inconclusive", withheld=("server-limited",)),),
    )
    return a_gate("inconclusive", noisy, limited)


class TerminalTest(SnapshotCase):
    def test_a_pass(self):
        """With the least that there is."""
        self.check("gate_pass", printed(print_gate, a_gate()))

    def test_a_failure(self):
        """What failed twice, what failed once, what else differs."""
        self.check("gate_fail", printed(print_gate, a_failed_gate()))
        self.check("gate_fail_60", printed(print_gate, a_failed_gate(), width=60), width=60)

    def test_inconclusive_in_ascii(self):
        """Each metric says why."""
        self.check("gate_inconclusive", printed(print_gate, an_inconclusive_gate(), encoding="ascii"))


class MarkdownTest(SnapshotCase):
    def test_a_failure(self):
        """The marker, the outcome as a heading, a table, and why."""
        self.check("gate_markdown", gate_markdown(a_failed_gate()), width=300)

    def test_nothing_is_read_as_markup(self):
        """A path may have anything in it; an @ mentions nobody."""
        arm = GateArm(contender="httpx@../a|b_`c`<i>:sync", library="httpx", mode="sync", version="1")
        text = gate_markdown(a_gate(candidate=arm))

        self.assertIn("httpx@\u200b../a\\|b\\_\\`c\\`\\<i\\>:sync 1", text)
        self.assertTrue(text.startswith("<!-- http-benchmark gate -->\n## pass: "))


class JUnitTest(TestCase):
    def cases(self, gate: GateResult, **options: bool) -> dict[str, tuple[str, str] | None]:
        """By name, how each ended: the tag and the message; None for a success."""
        document = ElementTree.fromstring(junit(gate, **options))
        return {
            case.get("name"): next(((child.tag, child.get("message")) for child in case), None)
            for case in document.iter("testcase")
        }

    def test_a_failure(self):
        """A failing case with the figures, one that passes, and what the runs were as properties."""
        text = junit(a_failed_gate())
        document = ElementTree.fromstring(text)
        suite = document.find("testsuite")
        said = "CPU µs/req: fail, +9.8 % (500 → 549, 99 % bounds +9.0 to +10.7 %)"

        self.assertEqual({"cpu_s_per_1k": ("failure", said), "throughput_rps": None}, self.cases(a_failed_gate()))
        self.assertEqual(("2", "1", "0"), tuple(suite.get(name) for name in ("tests", "failures", "skipped")))
        self.assertEqual(
            {"httpx==0.27.2:sync → httpx==0.28.1:sync"}, {case.get("classname") for case in suite.iter("testcase")}
        )
        properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
        self.assertEqual(("42", "httpx==0.28.1:sync 0.28.1"), (properties["seed"], properties["candidate"]))

    def test_noise_is_skipped_unless_it_is_to_fail(self):
        """With the reason."""
        self.assertEqual({"skipped"}, {case[0] for case in self.cases(an_inconclusive_gate()).values()})
        strict = self.cases(an_inconclusive_gate(), fail_on_inconclusive=True)
        self.assertEqual({"failure"}, {case[0] for case in strict.values()})
        self.assertIn("too much noise", strict["cpu_s_per_1k"][1])

    def test_a_candidate_that_crashed(self):
        """It is a failing case of its own."""
        cases = self.cases(a_gate("fail", cause="candidate-failed", attempts=2))
        self.assertEqual("failure", cases["candidate"][0])


class GitHubTest(TestCase):
    def test_annotations(self):
        """An error for the whole and for what failed; with its title and figures escaped as GitHub reads them."""
        title = "::error title=httpx==0.27.2%3Async → httpx==0.28.1%3Async::"
        self.assertEqual(
            [
                f"{title}FAIL: worse by more than 3 %25, in two experiments: CPU µs/req +9.8 %25",
                f"{title}CPU µs/req: fail, +9.8 %25 (500 → 549, 99 %25 bounds +9.0 to +10.7 %25)",
            ],
            annotations(a_failed_gate()),
        )
        self.assertEqual(["::warning "] * 3, [line[:10] for line in annotations(an_inconclusive_gate())])
        self.assertEqual(["::notice "], [line[:9] for line in annotations(a_gate())])

    def test_nothing_gets_out_of_its_place(self):
        """A line end in a path would begin another command."""
        arm = GateArm(contender="httpx@a,b\n::error::x:sync", library="httpx", mode="sync")
        (line,) = annotations(a_gate(candidate=arm))
        self.assertNotIn("\n", line)
        self.assertIn("httpx@a%2Cb%0A%3A%3Aerror%3A%3Ax%3Async::pass", line)


class WordsTest(TestCase):
    def test_what_is_held_against_the_candidate(self):
        """It stands before all figures."""
        gate = a_gate("fail", cause="candidate-failed", attempts=2)
        self.assertEqual(
            "the candidate crashed, hung or could not be set up, in both experiments", gate_words.headline(gate)
        )

    def test_a_gate_that_did_not_finish(self):
        """It says nothing of the candidate."""
        self.assertIn("baseline could not be measured", gate_words.headline(a_gate(status="failed")))
        self.assertIn("interrupted", gate_words.headline(a_gate("inconclusive", status="interrupted")))

    def test_a_source_tree_is_described(self):
        """Its commit, and whether it was changed."""
        source = {"kind": "tree", "path": "../h", "revision": "a1b2c3d", "changed": True, "packages": {}}
        environment = {"libraries": {"httpx@../h": "0.29"}, "sources": {"httpx@../h": source}}
        self.assertIn(
            "httpx@../h: version 0.29, commit a1b2c3d and changes.", gate_words.notes(a_gate(environment=environment))
        )


class ExitCodeTest(TestCase):
    def test_by_outcome(self):
        """Only a failure is one; noise is one where it is asked for; without a baseline nothing was measured."""
        for expected, strict, gate in (
            (0, True, a_gate("pass")),
            (0, True, a_gate("improvement")),
            (1, False, a_gate("fail")),
            (0, False, a_gate("inconclusive")),
            (3, True, a_gate("inconclusive")),
            (4, False, a_gate("inconclusive", status="failed")),
            (130, True, a_gate("inconclusive", status="interrupted")),
        ):
            with self.subTest(outcome=gate.outcome, status=gate.status, strict=strict):
                self.assertEqual(expected, exit_code(gate, fail_on_inconclusive=strict))
