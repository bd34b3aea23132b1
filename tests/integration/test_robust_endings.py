"""Signals at stages of the commands other than in the middle of a block: how they end, and that nothing is left."""

import os
import pty
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress

import psutil

from tests.integration.command_case import PATIENCE_S, CommandCase

BLOCK = ("--slices", "2", "--requests", "100", "--warmup", "0")


class EndingCase(CommandCase):
    warnings = "ignore::ResourceWarning"  # a signal between opening a file and keeping it cannot be helped

    def assert_ends(self, process: subprocess.Popen[str], number: signal.Signals, code: int = 130) -> str:
        """It ends at once and in order with its processes; the rest of standard error."""
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_S)
        self.assert_ended(children)
        self.assertNotIn("Traceback", errors)
        # Python kills itself by SIGINT if that came inside exec(); a shell says 130 then, too
        ended = 128 - process.returncode if process.returncode < 0 else process.returncode
        self.assertEqual(code, ended, errors)
        self.assert_whole()
        return errors

    def assert_whole(self) -> None:
        """The database, if there is one, is intact, and nothing is half written."""
        database = self.folder / "benchmark_results.db"
        if database.exists():
            with closing(sqlite3.connect(database)) as connection:
                self.assertEqual("ok", connection.execute("PRAGMA integrity_check").fetchone()[0])
                tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
                if "experiments" in tables:
                    rows = connection.execute("SELECT status FROM experiments WHERE status = 'running'").fetchall()
                    self.assertEqual([], rows)
        self.assertEqual([], list(self.folder.glob("*.part")))


class StagesTest(EndingCase):
    def test_while_it_is_loaded(self):
        """Ctrl-C before the command line is there, and before settings are read, is no traceback."""
        program = (
            "import sys, threading, signal, os, time\n"
            "from http_benchmark.__main__ import main\n"
            "class Slow:\n"
            "    def find_spec(self, name, *_):\n"
            "        if name == {name!r}:\n"
            "            os.kill(os.getpid(), signal.SIGINT)\n"
            "            time.sleep(30)\n"
            "sys.meta_path.insert(0, Slow())\n"
            "sys.argv = ['http-benchmark', 'clients']\n"
            "main()\n"
        )
        for name in ("click", "http_benchmark.redaction", "http_benchmark.cli.clients", "rich.console"):
            with self.subTest(name):
                done = subprocess.run(
                    [sys.executable, "-c", program.replace("{name!r}", repr(name))],
                    cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=20, check=False,
                )  # fmt: skip
                self.assertEqual((130, ""), (done.returncode, done.stdout), done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_before_the_first_block(self):
        """While the floor of the machine is looked for."""
        process = self.start("run", "urllib3", *BLOCK[:4], "--warmup", "0.2s", "--blocks", "3")
        self.read_until(process, "checking the floor")
        self.assert_ends(process, signal.SIGTERM)

    def test_while_warming_up(self):
        """Nothing was measured, which is what is said."""
        process = self.start("run", "urllib3", *BLOCK[:4], "--warmup", "60s", "--blocks", "3", "--no-floor")
        self.read_until(process, "1 contender, 3 blocks")
        self.children(process, 2)
        self.assert_ends(process, signal.SIGINT)

    def test_several_levels(self):
        """All levels end, each as interrupted."""
        process = self.start("run", "urllib3", *BLOCK, "--concurrency", "1,2", "--blocks", "500", "--no-floor")
        self.read_until(process, "block 1 of 500")
        self.assert_ends(process, signal.SIGTERM)
        self.assertEqual(["interrupted"] * 2, [row.status for row in self.open_storage().list_experiments()])

    def test_while_a_save_waits(self):
        """For another process that writes: the block that was to be saved is, once that one is done."""
        self.assertEqual(0, self.run_command("db", "upgrade").returncode)
        process = self.start("run", "null:sync", *BLOCK, "--blocks", "900", "--no-floor")
        self.read_until(process, "block 2 of 900")
        with closing(sqlite3.connect(self.folder / "benchmark_results.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(1)  # a block takes milliseconds, so a save waits; if it does not yet, the run ends all the same
            process.send_signal(signal.SIGINT)
            time.sleep(1)
            other.execute("ROLLBACK")
            answer, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(130, process.returncode, errors)
        [summary] = self.open_storage().list_experiments()
        self.assertEqual("interrupted", summary.status)
        self.assertIn(f"{summary.blocks} of 900 blocks", answer)
        self.assert_whole()

    def test_capacity_gate_and_conform(self):
        """In the middle of a search, of a gate, of the checks."""
        for arguments, sign, number in (
            (("capacity", "urllib3", "--slo", "p99<1s"), "1 contender", signal.SIGINT),
            (("gate", "urllib3", "urllib3"), "", signal.SIGHUP),
            (("conform", "urllib3:sync"), "1 contender, ", signal.SIGTERM),
        ):
            with self.subTest(arguments):
                process = self.start(*arguments)
                self.read_until(process, sign)
                self.children(process, 1)
                self.assert_ends(process, number)

    def test_while_printing(self):
        """An answer that nobody reads to its end keeps no command that was told to end."""
        many = ("--slices", "600", "--requests", "600", "--warmup", "0", "--blocks", "1", "--no-floor")
        self.assertEqual(0, self.run_command("run", "null:sync", *many).returncode)
        process = self.start("results", "export", "--all", "--format", "csv", "--rows", "slices")
        self.assertTrue(select.select([process.stdout], [], [], PATIENCE_S)[0])
        time.sleep(0.1)  # until the pipe is full; if it is not yet, the command ends all the same
        process.send_signal(signal.SIGTERM)
        self.assertEqual(130, process.wait(20))

    def test_servers(self):
        """What runs until it is told to end has done so: exit code 0, also when its terminal is gone."""
        for name, number in (("origin", signal.SIGHUP), ("origin", signal.SIGTERM), ("serve", signal.SIGHUP)):
            with self.subTest(name, number=number.name):
                process = self.start(name, "--port", "0")
                process.stdout.readline()
                self.assertEqual("", self.assert_ends(process, number, code=0))


class HangUpTest(EndingCase):
    def start_in_terminal(self, *arguments: str, before: tuple[str, ...] = ()) -> tuple[int, int]:
        """The command as the leader of a terminal's session; its process and the terminal's other end."""
        pid, terminal = pty.fork()
        if not pid:
            os.chdir(self.folder)
            self.before = before
            command = self.command(*arguments)
            os.execvpe(command[0], command, self.environment(TERM="xterm", COLUMNS="80"))
        self.addCleanup(self.reap, pid)
        return pid, terminal

    def reap(self, pid: int) -> None:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def wait_for_blocks(self, count: int) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            if (self.folder / "benchmark_results.db").exists():
                with suppress(Exception):
                    if any(row.blocks >= count for row in self.open_storage().list_experiments()):
                        return
            time.sleep(0.1)
        self.fail("no block was measured")

    def test_a_terminal_that_is_gone(self):
        """What was measured is saved as interrupted, and nothing goes on behind the user's back."""
        pid, terminal = self.start_in_terminal("run", "urllib3", *BLOCK, "--blocks", "500", "--no-floor")
        self.wait_for_blocks(2)
        children = psutil.Process(pid).children(recursive=True)
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        self.assert_ended(children)
        self.assertTrue(os.WIFEXITED(status), status)
        self.assert_whole()
        [summary] = self.open_storage().list_experiments()
        self.assertEqual("interrupted", summary.status)
        self.assertGreaterEqual(summary.blocks, 2)

    def test_nohup(self):
        """It goes on to its end when it was told not to mind."""
        nohup = shutil.which("nohup")
        if not nohup:
            self.skipTest("there is no nohup")
        self.before = (nohup,)
        process = self.start("run", "null:sync", *BLOCK, "--blocks", "3", "--no-floor")
        self.read_until(process, "block 1 of 3")
        process.send_signal(signal.SIGHUP)
        _, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(0, process.returncode, errors)
        [summary] = self.open_storage().list_experiments()
        self.assertEqual(("finished", 3), (summary.status, summary.blocks))
