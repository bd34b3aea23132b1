"""The real command in a process of its own, in an empty folder, without this machine's settings."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import ClassVar

import psutil

from http_benchmark.storage import ResultStorage

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
PROGRESS = re.compile(r"\d+ contenders?, \d+ blocks?, |block \d+ of \d+ done")
ORPHANS_PATIENCE_S = 5.0


class CommandCase(unittest.TestCase):
    """Starts the command, and sees to it that nothing of it is left.

    Attributes:
        warnings: What the command's warnings are to it, as for Python's -W.
        before: The command, such as `taskset`, that starts it.
        folder: The current folder of the commands; holds their database.
    """

    warnings: ClassVar[str] = "error"
    before: tuple[str, ...] = ()

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def environment(self, **changes: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HTTP_BENCHMARK_")}
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        return inherited | {"PYTHONPATH": path, "COLUMNS": "200"} | changes

    def command(self, *arguments: str) -> list[str]:
        """What starts the command."""
        return [*self.before, sys.executable, "-W", self.warnings, "-m", "http_benchmark", *arguments]

    def start(self, *arguments: str, **changes: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def run_command(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **changes)
        output, errors = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def run_shell(self, line: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a line of shell in which `$BENCH` is the command."""
        bench = f"{sys.executable} -m http_benchmark"
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.environment(BENCH=bench, **changes),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def read_until(self, process: subprocess.Popen[str], beginning: str) -> list[str]:
        """The lines of standard error up to the first that begins so."""
        lines = [""]
        while not lines[-1].startswith(beginning):
            lines.append(process.stderr.readline())
            if not lines[-1]:
                self.fail(f"no line begins with {beginning!r} in {lines!r}: {process.stdout.read()}")
        return lines[1:]

    def complaints(self, errors: str) -> list[str]:
        """The lines of standard error that are no progress."""
        return [line for line in errors.splitlines() if not PROGRESS.match(line)]

    def children(self, process: subprocess.Popen[str], least: int) -> list[psutil.Process]:
        """The running command's processes, as soon as there are `least` of them."""
        controller = psutil.Process(process.pid)
        children: list[psutil.Process] = []
        while len(children) < least:
            self.assertIsNone(process.poll(), "the command ended")
            children = controller.children(recursive=True)
        return children

    def assert_ended(self, processes: list[psutil.Process]) -> None:
        """None of the processes is there after five seconds."""
        _, alive = psutil.wait_procs(processes, ORPHANS_PATIENCE_S)
        for process in alive:
            process.send_signal(signal.SIGKILL)
        self.assertEqual([], alive)

    def open_storage(self, name: str = "benchmark_results.db") -> ResultStorage:
        return self.enterContext(ResultStorage(self.folder / name))
