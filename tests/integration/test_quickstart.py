"""The quickstart, typed word by word and in its order; what it shows is what comes, in shape.

Loads are bounded by variables, since what they measure is of no interest here. What sets up is left to `make setup`,
with which continuous integration begins, and to `test_end_to_end`; whole suites of questions to `test_conform`.
"""

import json
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from urllib.request import urlopen

from tests.contract.documents import blocks, section, text_of
from tests.integration.command_case import PATIENCE_S, CommandCase

SETTING_UP = ("make setup", ". .venv/bin/activate", "python3.12 -m venv .venv", ".venv/bin/pip install .")
ASKING = ("http-benchmark conform httpx", "http-benchmark conform httpx+h2")
SERVING = "http-benchmark origin --port 8080"
BOUNDS = {"HTTP_BENCHMARK_REQUESTS": "20", "HTTP_BENCHMARK_WARMUP": "0", "HTTP_BENCHMARK_BLOCKS": "2"}
FEWEST_UNTIL = {"HTTP_BENCHMARK_BLOCKS": "11"}
NOISE = "http-benchmark run httpx:sync httpx:sync"
IN_CI = "http-benchmark run urllib3 requests --name ci --tag nightly --seed 7 --json - --strict"
NAMES = ("3f2a", "91bc")
"""What the document calls two experiments that can be compared; here, those of `NOISE`."""


class QuickstartTest(CommandCase):
    def setUp(self):
        super().setUp()
        folder = self.folder / "bin"
        folder.mkdir()
        command = folder / "http-benchmark"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m http_benchmark "$@"\n')
        command.chmod(0o755)
        self.text = text_of("docs/quickstart.md")

    def test_every_line_does_what_it_says(self):
        """Each ends well, the first run as the README shows it, `doctor` as the quickstart does."""
        printed = {line: self.typed(line) for line in self.lines()}

        self.check_ranking(printed["http-benchmark run --quick"])
        self.check_doctor(printed["http-benchmark doctor"])
        self.assertIn("httpx:sync#2", printed[NOISE])
        self.assertEqual("ci", json.loads(printed[IN_CI])["name"])
        self.assertTrue((self.folder / "result.json").is_file() and (self.folder / "clients.csv").is_file())

    def lines(self) -> list[str]:
        """What is to be typed."""
        lines = [line for block in blocks(self.text, "console") for line in block.splitlines()]
        left_out = (*SETTING_UP, *ASKING)
        self.assertEqual([], [line for line in left_out if line not in lines])
        lines = [line for line in lines if line not in left_out]
        self.assertGreater(len(lines), 30)
        lines.insert(lines.index(NOISE), NOISE)  # "run it again", as the document says
        return lines

    def typed(self, line: str) -> str:
        if line == SERVING:
            return self.served(line)
        for name, identifier in zip(NAMES, self.experiments(), strict=False):
            line = line.replace(name, identifier)
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.environment_of(line),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        with self.subTest(line):
            self.assertIn(
                done.returncode, (0, 1) if line == IN_CI else (0,), done.stderr
            )  # 1: so little is never valid
            self.assertNotIn("Traceback", done.stderr)
        return done.stdout

    def served(self, line: str) -> str:
        """The origin answers until Ctrl-C; on a free port, since that of the document may be taken."""
        words = shlex.split(line.replace("8080", "0"))
        with subprocess.Popen(
            words, cwd=self.folder, env=self.environment_of(line), stdout=subprocess.PIPE, text=True
        ) as process:
            said = process.stdout.readline()
            with urlopen(said.split()[2] + "/get") as answer:
                self.assertEqual(200, answer.status)
            process.send_signal(signal.SIGINT)
        self.assertEqual(0, process.returncode)
        return said

    def environment_of(self, line: str) -> dict[str, str]:
        bounds = {} if "--plan" in line or " run " not in line else BOUNDS
        environment = self.environment(TOKEN="of the examples", **bounds, COLUMNS="80")
        environment |= FEWEST_UNTIL if "--until" in line else {}
        return environment | {"PATH": f"{self.folder / 'bin'}:{environment['PATH']}"}

    def experiments(self) -> list[str]:
        """Those of `NOISE`, the earlier one first."""
        database = self.folder / "benchmark_results.db"
        if not database.exists():
            return []
        with closing(sqlite3.connect(database)) as connection:
            return [
                row[0] for row in connection.execute("SELECT id FROM experiments ORDER BY started_at LIMIT 2 OFFSET 1")
            ]

    def check_ranking(self, printed: str) -> None:
        """The lines that every ranking has, columns and all, and the contenders."""
        (shown,) = blocks(section(text_of("README.md"), "A ranking"), "text")
        (columns,) = re.findall(r"^ #  contender .*$", shown, re.MULTILINE)
        self.assertIn(columns.split(), [line.split() for line in printed.splitlines()])
        for beginning in (
            "Verdict: ",  # of a quick run never valid; a busy machine makes it worse
            "  quick: ",
            "Equal work",  # in a line, or where a busy client opened one connection more, in a table
            "Ranked by throughput.",
            "Requests/s and CPU:",
        ):
            self.assertIn(f"\n{beginning}", shown)
            self.assertIn(f"\n{beginning}", printed)
        for contender in re.findall(r"^[ =]\d  (\w+:\w+)", shown, re.MULTILINE):
            if not contender.startswith("requestx"):  # is built where there is a Rust toolchain
                self.assertRegex(printed, rf"(?m)^[ =]\d+  {contender} ")

    def check_doctor(self, printed: str) -> None:
        """What it looks at, and the word for each."""
        (shown,) = blocks(section(self.text, "Is this machine fit for it?"), "text")
        findings = [re.split(r"\s{2,}", line) for line in shown.split("\n\n")[0].splitlines()]
        self.assertGreater(len(findings), 3)
        for what, _, word in findings:
            self.assertRegex(printed, rf"(?m)^{re.escape(what)}\s")
            self.assertIn(word, ("fit", "limits", "unfit"))
