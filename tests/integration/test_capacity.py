"""`capacity` and `run` with several concurrencies, as a user types them: few short probes and blocks."""

import json
import signal

from http_benchmark.models.capacity import CapacityResult
from http_benchmark.models.scaling import ScalingResult
from tests.integration.command_case import CommandCase
from tests.servers import refused_port

SHORT = ("--slo", "p50<500ms,errors<1%", "--duration", "0.25s", "--concurrency", "8", "--seed", "1")
SMALL = ("--blocks", "2", "--slices", "1", "--requests", "40", "--warmup", "0", "--no-floor")


class CapacityTest(CommandCase):
    def assert_no_complaints(self, errors: str) -> None:
        """Standard error has progress and no more."""
        progress = ("block ", "1 contender, ", "2 contenders, ", "wrote ")
        lines = [line for line in errors.splitlines() if not line.startswith(progress)]
        self.assertEqual([], lines)

    def test_a_search_prints_its_answer(self):
        """Capacity with a sentence, the curve and the JSON; every block has a search that came to its end."""
        done = self.run_command(
            "capacity", "urllib3", *SHORT, "--blocks", "2", "--json", "capacity.json", "--picture", "capacity.svg",
            COLUMNS="100",
        )  # fmt: skip
        result = CapacityResult.from_dict(json.loads((self.folder / "capacity.json").read_text()))
        [contender] = result.contenders

        self.assertEqual(0, done.returncode, done.stderr)
        self.assert_no_complaints(done.stderr)
        self.assertIn("block 2 of 2: urllib3:sync sustains", done.stderr)
        self.assertIn("p50 of the response time, ms", (self.folder / "capacity.svg").read_text(encoding="utf-8"))
        self.assertRegex(done.stdout, r"urllib3:sync sustains [\d,]+ requests/s \(2 blocks, no interval\)")
        self.assertIn("p50 over arrivals/s:  ● urllib3:sync  ─ p50 < 500 ms", done.stdout)
        self.assertEqual(("finished", 2, "poisson"), (result.status, result.blocks, result.arrivals))
        self.assertEqual("p50<500ms,errors<1%", result.slo)
        self.assertTrue(all(search.complete for search in result.searches))
        for search in result.searches:
            self.assertLess(search.passed_rps, search.failed_rps)
            for probe in search.probes:
                self.assertEqual(probe.passed, not probe.violated and probe.kept_up)
                self.assertGreaterEqual(probe.requests, 100)
                self.assertIsNotNone(probe.server_cpu_ratio)
        self.assertEqual(2, contender.blocks)
        self.assertEqual(["sync"], [check.mode for check in result.pacing])

    def test_json_alone_on_standard_output(self):
        """With --json - people read standard error."""
        done = self.run_command("capacity", "urllib3", *SHORT, "--blocks", "1", "--arrivals", "constant", "--json", "-")
        document = json.loads(done.stdout)

        self.assertEqual((0, "http-benchmark/capacity/1"), (done.returncode, document["schema"]))
        self.assertEqual("constant", document["arrivals"])
        self.assertIn("Verdict:", done.stderr)

    def test_a_plan_runs_nothing(self):
        """--plan says what would be searched, and how long that takes."""
        done = self.run_command("capacity", "urllib3", "aiohttp", "--slo", "p99<20ms", "--plan")

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        for pattern in (
            r"contenders +urllib3:sync, aiohttp:async",
            r"objective +p99 < 20 ms and errors < 0.1 %",
            r"arrivals +poisson",
            r"repeated +7 blocks",
            r"time +about \d+m",
        ):
            self.assertRegex(done.stdout, pattern)
        self.assertEqual([], list(self.folder.iterdir()))

    def test_mistakes(self):
        """One line per fault, exit code 2, nothing is started."""
        for arguments, *faults in (
            (["urllib3"], "--slo"),
            (["htpx", "--slo", "p98<20ms,p50<3"], "'p98'", "'p50<3' needs a unit", "'htpx'"),
            (["urllib3", "--slo", "p99<20ms", "--arrivals", "uniform"], "'uniform'"),
            (["urllib3", "--slo", "p99<20ms", "--concurrency", "1,8"], "1,8"),
            (["urllib3", "--slo", "p99<20ms", "--rate", "5/s"], "--rate"),
            (["urllib3", "--slo", "p99<20ms", "--json", "no/such/folder.json"], "no/such/folder.json"),
            (["urllib3", "--slo", "p99<20ms", "--picture", "no/such/folder.svg"], "no/such/folder.svg"),
            (["urllib3", "--slo", "p99<20ms", "--picture", "capacity.gif"], "ends in none of .svg, .png"),
        ):
            with self.subTest(arguments):
                done = self.run_command("capacity", *arguments)
                lines = done.stderr.splitlines()
                self.assertEqual((2, ""), (done.returncode, done.stdout))
                self.assertEqual(len(faults), len(lines), done.stderr)
                for fault, line in zip(faults, lines, strict=True):
                    self.assertIn(fault, line)

    def test_no_target(self):
        """A target that refuses every connection is exit code 4, and it is said why; no empty picture is left."""
        url = f"http://127.0.0.1:{refused_port()}/"
        done = self.run_command("capacity", "urllib3", *SHORT, "--blocks", "2", "--url", url, "--picture", "none.png")

        self.assertEqual(4, done.returncode)
        self.assertIn("none.png is not written: there are no figures for it", done.stderr)
        self.assertEqual([], list(self.folder.iterdir()))
        self.assertIn("urllib3:sync: the target gave no answer in the warm-up", " ".join(done.stdout.split()))

    def test_ctrl_c(self):
        """What was found until then is shown and written; no process is left."""
        process = self.start("capacity", "urllib3", *SHORT, "--blocks", "50", "--json", "capacity.json")
        self.read_until(process, "block 1 of 50: urllib3:sync sustains")
        children = self.children(process, 2)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
        result = CapacityResult.from_dict(json.loads((self.folder / "capacity.json").read_text()))

        self.assertEqual(130, process.returncode, errors)
        self.assert_no_complaints(errors)
        self.assert_ended(children)
        self.assertIn(f"{result.blocks} of 50 blocks, seed 1, interrupted", output)
        self.assertRegex(output, "urllib3:sync sustains")
        self.assertEqual("interrupted", result.status)
        self.assertGreaterEqual(result.blocks, 1)


class ScalingTest(CommandCase):
    def test_levels(self):
        """Tables, sentences and curves; each level is a stored experiment, found by the common tag."""
        done = self.run_command(
            "run", "urllib3", "null:sync", "--concurrency", "1,4", *SMALL, "--json", "scaling.json", COLUMNS="100"
        )
        result = ScalingResult.from_dict(json.loads((self.folder / "scaling.json").read_text()))
        stored = {row.id: row for row in self.open_storage().list_experiments()}

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(["block 1 of 2 done", "block 2 of 2 done"],
            [line.partition(",")[0] for line in done.stderr.splitlines() if line.startswith("block")])  # fmt: skip
        self.assertRegex(done.stdout, r"requests/s +c=1 +c=4")
        self.assertIn("requests/s over concurrency:", done.stdout)
        self.assertEqual([(1, 2), (4, 2)], [(level.concurrency, level.blocks) for level in result.levels])
        self.assertEqual({level.experiment_id for level in result.levels}, stored.keys())
        self.assertEqual({(f"scaling-{result.id[:8]}",)}, {row.tags for row in stored.values()})
        self.assertEqual(["null:sync", "urllib3:sync"], [curve.contender for curve in result.contenders])
        for curve in result.contenders:
            self.assertEqual([1, 4], [point.concurrency for point in curve.points])
            self.assertGreater(curve.retention.estimate, 0)
        show = self.run_command("results", "show", result.levels[1].experiment_id)
        self.assertIn("concurrency 4, 2 blocks", show.stdout)

    def test_a_plan_runs_nothing(self):
        """--plan names the levels and the time of all of them."""
        done = self.run_command("run", "urllib3", "--concurrency", "1,8,64", "--plan")

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"levels +concurrency 1, 8, 64;")
        self.assertRegex(done.stdout, r"time in all +about")
        self.assertEqual([], list(self.folder.iterdir()))

    def test_mistakes(self):
        """Wrong lists of concurrencies are exit code 2."""
        for value, *more, fault in (
            ("1,x", "'1,x'"),
            ("8,8", "twice"),
            ("1,8", "--rate", "5/s", "closed model"),
            ("2,8", "--processes", "4", "processes"),
        ):
            with self.subTest(value, more=more):
                done = self.run_command("run", "urllib3", "--concurrency", value, *more)
                self.assertEqual((2, ""), (done.returncode, done.stdout))
                self.assertIn(fault, done.stderr)

    def test_no_target(self):
        """A target that refuses every connection is exit code 4."""
        url = f"http://127.0.0.1:{refused_port()}/"
        done = self.run_command("run", "urllib3", "--concurrency", "1,4", *SMALL, "--url", url)

        self.assertEqual(4, done.returncode)
        self.assertIn("Not comparable:", done.stdout)
