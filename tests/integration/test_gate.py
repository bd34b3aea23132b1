"""`http-benchmark gate` as a user calls it, with versions and trees of a library that no index has."""

import json

from http_benchmark.models.gate import GateResult
from tests.foreign_clients import make_known
from tests.integration.command_case import CommandCase
from tests.network import needs_pypi
from tests.wheelhouse import make_tree, offline

TRIAL = ("--requests", "300", "--slices", "3", "--warmup", "0", "--concurrency", "1", "--no-floor")
SMALL = ("--blocks", "7", *TRIAL, "--seed", "7")
CPU = ("--metric", "cpu_s_per_1k")


class GateTest(CommandCase):
    def setUp(self):
        super().setUp()
        make_known(self, "versions")
        self.wheelhouse, self.variables = offline(self)

    def gate(self, *arguments: str):
        return self.run_command("gate", *arguments, **self.variables)

    def result(self) -> GateResult:
        return GateResult.from_dict(json.loads((self.folder / "gate.json").read_text()))

    def test_two_versions_that_are_the_same(self):
        """Within a wide margin they pass; the answer, the JSON and the stored experiment say so."""
        done = self.run_command(
            *("gate", "sloth==1.0", "sloth==1.1", *SMALL, *CPU, "--margin", "60%", "--json", "gate.json"),
            *("--junit", "gate.xml", "--github"),
            **self.variables,
            GITHUB_STEP_SUMMARY=str(self.folder / "summary.md"),
            GITHUB_OUTPUT=str(self.folder / "outputs"),
        )
        result = self.result()

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn('<testcase name="cpu_s_per_1k"', (self.folder / "gate.xml").read_text())
        self.assertIn("::notice title=sloth==1.0%3Async", done.stdout)
        self.assertIn("| CPU µs/req |", (self.folder / "summary.md").read_text())
        self.assertEqual("outcome=pass\n", (self.folder / "outputs").read_text())
        self.assertIn("pass: not worse by more than 60 %", done.stdout)
        self.assertEqual(("pass", "1.0", "1.1"), (result.outcome, result.baseline.version, result.candidate.version))
        (attempt,) = result.attempts
        (stored,) = self.open_storage().list_experiments()
        self.assertEqual((attempt.experiment_id, "finished", 7), (stored.id, stored.status, attempt.blocks))

    def test_a_summary_that_cannot_be_written_is_found_before_measuring(self):
        """Usage is at fault, and nothing is stored."""
        for variable in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
            done = self.run_command(
                *("gate", "sloth==1.0", "sloth==1.1", *SMALL, *CPU),
                **self.variables,
                GITHUB_ACTIONS="true",
                **{variable: str(self.folder / "nowhere" / "file")},
            )

            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(f"{variable} {self.folder}/nowhere/file: No such file or directory", done.stderr)
            self.assertFalse((self.folder / "benchmark_results.db").exists())

    def test_a_tree_that_is_slower(self):
        """Half as much CPU time again fails, and fails again: exit code 1."""
        tree = make_tree(self.wheelhouse / "tree", "2.0", busy=1.0)
        done = self.gate("sloth==1.0", f"sloth@{tree}", *SMALL, *CPU, "--margin", "10%", "--json", "gate.json")
        result = self.result()

        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("FAIL: worse by more than 10 %, in two experiments: CPU µs/req +", done.stdout)
        self.assertIn("measuring once more, with seed", done.stderr)
        self.assertEqual(["fail-1", "fail-1"], [judged.outcome for judged in result.metrics[0].judgements])
        self.assertEqual(2, len({attempt.experiment_id for attempt in result.attempts}))

    def test_the_plan(self):
        """The installed client is pinned to its version where the other side names one; it starts nothing."""
        done = self.run_command("gate", "null", "null", "--plan")
        self.assertEqual(2, done.returncode)
        self.assertIn("null has the modes sync and async", done.stderr)

        done = self.gate("sloth==1.0", "sloth==1.1", "--plan", "--rate", "100/s")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("gated        cpu_s_per_1k, p50, margin 3 %", done.stdout)
        self.assertIn("judged       after 20 blocks; what they cannot tell, 40 have to", done.stdout)
        self.assertFalse((self.folder / "benchmark_results.db").exists())

    def test_all_faults_at_once(self):
        """Metric, margin and settings, a line each, and exit code 2; then the contenders."""
        done = self.gate("sloth==1.0", "sloth==1.1", "--metric", "cpu", "--margin", "x", "--timeout", "never")
        self.assertEqual((2, 3), (done.returncode, len(done.stderr.splitlines())), done.stderr)
        self.assertRegex(done.stderr, r"unknown metric 'cpu'.*\n.*margin is not a percentage: 'x'.*\n.*timeout")

        done = self.gate("sloth==1.0", "sloth==1.1", "--json", "-", "--markdown", "-")
        self.assertEqual(2, done.returncode)
        self.assertIn("--json and --markdown cannot both go to standard output", done.stderr)

        done = self.gate("sloth==1.0", "sloth==9")
        self.assertEqual(2, done.returncode)
        self.assertRegex(done.stderr, r"(?m)^http-benchmark: sloth==9: there is no version of sloth==9")


class PublishedTest(CommandCase):
    @needs_pypi
    def test_two_published_versions_of_httpx(self):
        """From an empty cache, with one command."""
        done = self.run_command(
            *("gate", "httpx==0.27.2:sync", "httpx==0.28.1:sync", *SMALL, *CPU, "--margin", "60%"),
            HTTP_BENCHMARK_CACHE=str(self.folder / "cache"),
        )

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("Packages that differ: sniffio", done.stdout)
