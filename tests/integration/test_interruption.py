"""Runs that are cut off, and runs side by side: what is saved, what is left running."""

import signal
import subprocess

import psutil

from http_benchmark.models.measurement import BlockRecord
from tests.integration.command_case import CommandCase

CONTENDERS = ("urllib3", "null:async")
BLOCK = ("--slices", "2", "--requests", "100", "--warmup", "0", "--concurrency", "4")
PROCESSES = 1 + len(CONTENDERS)  # with the origin
MANY_BLOCKS = 1000


class InterruptionTest(CommandCase):
    warnings = "ignore::ResourceWarning"  # a signal between opening a file and keeping it cannot be helped

    def start_long_run(self) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
        """A run that has finished its second block, and its processes in the middle of a later one."""
        process = self.start("run", *CONTENDERS, *BLOCK, "--blocks", str(MANY_BLOCKS))
        self.read_until(process, f"block 2 of {MANY_BLOCKS} done")
        return process, self.children(process, PROCESSES)

    def stored_blocks(self) -> list[BlockRecord]:
        """The blocks of the only experiment, each of them whole."""
        storage = self.open_storage()
        [summary] = storage.list_experiments()
        blocks = storage.get_blocks(summary.id)
        self.assertEqual(len(blocks), summary.blocks)
        self.assertEqual(list(range(len(blocks))), [block.number for block in blocks])
        for block in blocks:
            self.assertEqual(["urllib3:sync", "null:async"], [trial.contender for trial in block.trials])
            self.assertEqual([2, 2], [len(trial.slices) for trial in block.trials])
            self.assertEqual(100, block.trials[0].server.requests)
        return blocks

    def assert_ends_in_order(self, number: signal.Signals) -> None:
        """Exit code 130; the finished blocks are saved and shown, now and later."""
        process, children = self.start_long_run()
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)

        self.assertEqual((130, []), (process.returncode, self.complaints(errors)))
        self.assert_ended(children)
        done = f"{len(self.stored_blocks())} of {MANY_BLOCKS:,} blocks"
        self.assertIn("interrupted", output)
        self.assertIn(done, output)
        self.assertRegex(output, r"urllib3:sync +\d")
        [summary] = self.open_storage().list_experiments()
        self.assertEqual("interrupted", summary.status)
        self.assertIn(done, self.run_command("results", "show", summary.id).stdout)

    def test_ctrl_c(self):
        """Ctrl-C ends all processes, and what was measured is not lost."""
        self.assert_ends_in_order(signal.SIGINT)

    def test_sigterm(self):
        """To be told to end is as good as Ctrl-C."""
        self.assert_ends_in_order(signal.SIGTERM)

    def test_an_impatient_user(self):
        """Ctrl-C again and again is as good as once: what was measured is saved and shown, and nothing is left."""
        process, children = self.start_long_run()
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue

        output, errors = process.communicate()
        self.assertEqual((130, []), (process.returncode, self.complaints(errors)))
        self.assert_ended(children)
        self.assertIn(f"{len(self.stored_blocks())} of {MANY_BLOCKS:,} blocks", output)
        [summary] = self.open_storage().list_experiments()
        self.assertEqual("interrupted", summary.status)

    def test_a_killed_controller(self):
        """After kill -9 the database opens and has each block that was reported; no process is left after 5 s."""
        process, children = self.start_long_run()
        process.kill()
        rest = process.stderr.read().splitlines()
        reported = 2 + sum(line.startswith("block ") for line in rest)

        self.assert_ended(children)
        self.assertIn(len(self.stored_blocks()), {reported, reported + 1})
        self.assertIn("running", self.run_command("results", "list").stdout)
        again = self.run_command("run", *CONTENDERS, *BLOCK, "--blocks", "1")
        self.assertEqual((0, []), (again.returncode, self.complaints(again.stderr)))

    def test_two_runs_write_into_one_database(self):
        """Runs at the same time both end well, each with all its blocks."""
        runs = [self.start("run", *CONTENDERS, *BLOCK, "--blocks", "3", "--name", name) for name in ("one", "two")]
        for run in runs:
            _, errors = run.communicate(timeout=60)
            self.assertEqual((0, []), (run.returncode, self.complaints(errors)))

        storage = self.open_storage()
        experiments = storage.list_experiments()
        self.assertEqual({"one", "two"}, {row.name for row in experiments})
        for row in experiments:
            self.assertEqual(("finished", 3), (row.status, row.blocks))
            self.assertEqual([0, 1, 2], [block.number for block in storage.get_blocks(row.id)])
