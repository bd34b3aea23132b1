"""`explain`, live: clients of which it is known what they spend, and where."""

import json
import shutil
import sys

from http_benchmark.origin.process import OriginProcess
from http_benchmark.profiling import allocations
from tests.foreign_clients import make_known
from tests.integration.command_case import ROOT, CommandCase

sys.path.insert(0, str(ROOT / "tests" / "explained"))

QUICK = ("--concurrency", "2", "--quick", "--blocks", "1", "--duration", "0.3s")


class ExplainTest(CommandCase):
    def setUp(self):
        super().setUp()
        make_known(self, "explained")

    def stored(self, *contenders):
        """The ID of an experiment with these contenders."""
        answer = self.run_command("run", *contenders, *QUICK, "--json", "run.json")
        self.assertIn(answer.returncode, (0, 4), answer.stderr)
        return json.loads((self.folder / "run.json").read_text(encoding="utf-8"))["id"]

    def test_a_client_that_burns_is_found_out(self):
        """Two thirds in the pool itself, a third in what it calls; system calls and allocations as in its code."""
        from burning_pool import ALLOCATIONS, BLOCK_BYTES, SYSCALLS

        identifier = self.stored("burning", "sparing:sync")
        answer = self.run_command(
            *("explain", identifier, "sparing:sync", "burning", "--sample", "3s"),
            *("--json", "why.json", "--output", "why.html"),
        )

        self.assertEqual(0, answer.returncode, answer.stderr)
        self.assertIn("difference goes through burning_pool.py, and", answer.stdout)
        found = json.loads((self.folder / "why.json").read_text(encoding="utf-8"))
        self.assertEqual(
            ("burning:sync", "sparing:sync"), (found["dearer"]["contender"], found["cheaper"]["contender"])
        )
        self.assertEqual("burning_pool.py", found["file"]["name"])
        spent = {part["name"]: part["us"] / found["file"]["dearer_us"] for part in found["inside"]}
        self.assertAlmostEqual(1 / 3, spent["burning_look.py"], delta=0.15)
        dearer = found["dearer"]
        if shutil.which("strace"):
            calls = {call["name"]: call["per_request"] for call in dearer["syscalls_by_name"]}
            self.assertEqual(SYSCALLS, calls["getppid"])
        else:
            self.assertIn("strace is not here", dearer["not_told"][0])
        if allocations.library():
            more = dearer["allocated_bytes"] - found["cheaper"]["allocated_bytes"]
            self.assertAlmostEqual(ALLOCATIONS * BLOCK_BYTES, more, delta=0.1 * ALLOCATIONS * BLOCK_BYTES)
            blocks = dearer["allocations"] - found["cheaper"]["allocations"]
            self.assertGreaterEqual(blocks, 2 * ALLOCATIONS)  # and a few for its loops, as the interpreter likes
            self.assertLess(blocks, 50)
        page = (self.folder / "why.html").read_text(encoding="utf-8")
        self.assertIn("burning_pool.py", page)
        self.assertNotIn("http://", page.partition("<script")[0])

    def test_what_cannot_be_explained(self):
        """One line each, and nothing is measured or written."""
        identifier = self.stored("null:sync", "null:async")
        for arguments, expected in (
            (("nobody", "null:sync"), "did not measure 'nobody'; choose from null:"),
            (("null", "null:sync"), "has 2 contenders 'null'"),
            (("null:sync",), "explain takes two contenders, got null:sync"),
            (("null:sync", "null:async", "--sample", "soon"), "sample is not a duration: 'soon'"),
            (("null:sync", "null:async", "--sample", "0s"), "sample must be above 0, got 0s"),
            (("null:sync", "null:async", "--output", "why.pdf"), "output must end in .html or .svg, got why.pdf"),
            (("null:sync", "null:async", "--output", "no/such/folder.html"), "--output no/such/folder.html"),
            (("null:sync", "null:async", "--url", "/delay/1", "--method", "POST"), "No such option"),
        ):
            with self.subTest(arguments):
                answer = self.run_command("explain", identifier, *arguments)

                self.assertEqual(2, answer.returncode)
                self.assertIn(expected, answer.stderr)
                self.assertEqual("", answer.stdout)
        answer = self.run_command("explain", "none")
        self.assertIn("no experiment 'none'", answer.stderr)

    def test_a_client_that_is_gone(self):
        """It was installed when it was measured."""
        identifier = self.stored("burning", "sparing")
        gone = self.run_command("explain", identifier, "sparing", "burning", PYTHONPATH=str(ROOT))

        self.assertEqual(2, gone.returncode)
        self.assertEqual("", gone.stdout)
        self.assertIn("burning", gone.stderr)

    def test_a_target_that_is_gone(self):
        """It was reached when it was measured: the exit code is that of a target that cannot be."""
        with OriginProcess() as origin:
            url = f"{origin.url}/get"
            answer = self.run_command("run", "urllib3", "requests", "--url", url, *QUICK, "--json", "run.json")
        self.assertEqual(0, answer.returncode, answer.stderr)
        identifier = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))["id"]
        gone = self.run_command("explain", identifier, "urllib3", "requests")

        self.assertEqual((4, ""), (gone.returncode, gone.stdout))
        self.assertIn("the target gave no answer in the warm-up", gone.stderr)

    def test_another_version(self):
        """What is installed is not what was measured: that is told, and `--force` explains it all the same."""
        identifier = self.stored("burning", "sparing")
        folder = self.folder / "newer"
        shutil.copytree(ROOT / "tests" / "explained", folder)
        (folder / "explained-1.0.dist-info").rename(folder / "explained-1.1.dist-info")
        metadata = folder / "explained-1.1.dist-info" / "METADATA"
        metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.1"))
        path = f"{folder}:{ROOT}"
        arguments = ("explain", identifier, "sparing", "burning", "--sample", "0.5s", "--json", "-")

        refused = self.run_command(*arguments, PYTHONPATH=path)
        self.assertEqual(2, refused.returncode)
        self.assertIn("burning:sync: 1.0 was measured, and 1.1 is installed", refused.stderr)
        forced = self.run_command(*arguments, "--force", PYTHONPATH=path)
        self.assertEqual(0, forced.returncode, forced.stderr)
        dearer = json.loads(forced.stdout)["dearer"]
        self.assertEqual(("1.1", "1.0", None), (dearer["version"], dearer["version_then"], dearer["cpu_us"]))

    def test_the_rate_is_kept(self):
        """In the open model a thread sleeps until its request is due, in the closed one it never does."""
        if not shutil.which("strace"):
            self.skipTest("strace is not here")
        identifier = self.stored("burning", "sparing", "--rate", "1500/s")
        answer = self.run_command("explain", identifier, "burning", "sparing", "--sample", "6s", "--json", "-")

        self.assertEqual(0, answer.returncode, answer.stderr)
        cheaper = json.loads(answer.stdout)["cheaper"]
        calls = {call["name"]: call["per_request"] for call in cheaper["syscalls_by_name"]}
        self.assertGreater(calls.get("clock_nanosleep", 0.0), 0.1)  # a busy machine is late, and sleeps less

    def test_a_file_that_cannot_be_written(self):
        """What was found out is printed all the same."""
        identifier = self.stored("burning", "sparing")
        (self.folder / "why.html.part").mkdir()  # where the page is written first
        answer = self.run_command(
            "explain", identifier, "burning", "sparing", "--sample", "0.5s", "--output", "why.html"
        )

        self.assertEqual(2, answer.returncode)
        self.assertIn("--output why.html: Is a directory; choose another file", answer.stderr)
        self.assertIn("burning:sync spends", answer.stdout)

    def test_without_tools(self):
        """What strace would tell is not told without it; py-spy is found beside this Python."""
        identifier = self.stored("burning", "sparing")
        answer = self.run_command(
            "explain", identifier, "burning", "sparing", "--sample", "0.5s", PATH=str(self.folder)
        )
        self.assertEqual(0, answer.returncode, answer.stderr)
        self.assertIn("system calls are not told: strace is not here", answer.stdout)


class LibraryTest(CommandCase):
    def test_the_connection_pool_of_httpx(self):
        """With 64 connections, the time that httpx needs more than aiohttp goes through its library's pool."""
        answer = self.run_command(
            *("run", "httpx:async", "aiohttp", "--concurrency", "64"),
            *("--quick", "--blocks", "1", "--duration", "0.5s", "--json", "run.json"),
        )
        self.assertEqual(0, answer.returncode, answer.stderr)
        identifier = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))["id"]

        answer = self.run_command("explain", identifier)

        self.assertEqual(0, answer.returncode, answer.stderr)
        self.assertIn("goes through httpcore/_async/connection_pool.py, and", answer.stdout)
        self.assertIn("httpx:async spends", answer.stdout.splitlines()[0])
