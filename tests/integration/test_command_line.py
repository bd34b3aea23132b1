"""The command line as a user types it: what it prints, where, and with which exit code."""

import http.client
import json
import signal
import unittest
from urllib.parse import urlsplit

from http_benchmark import __version__
from http_benchmark.clients import known_clients
from http_benchmark.models.experiment import ExperimentResult
from tests.integration.command_case import CommandCase
from tests.servers import refused_port

SMALL = ("--blocks", "1", "--slices", "1", "--requests", "50", "--warmup", "0")
COMMANDS = (
    (),
    ("run",),
    ("clients",),
    ("origin",),
    ("results",),
    ("results", "list"),
    ("results", "show"),
    ("results", "delete"),
    ("db",),
    ("db", "upgrade"),
    ("db", "current"),
)


class RunTest(CommandCase):
    def test_a_run_prints_its_answer_and_saves_it(self):
        """The ranking on standard output, nothing on standard error, and the same result in the database."""
        done = self.run_command("run", "urllib3", "pycurl:async", *SMALL, "--name", "nightly", "--tag", "a,b")

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        for text in ("nightly", "urllib3:sync", "pycurl:async", "block 1 of 1 done", "Verdict: suspect"):
            self.assertIn(text, done.stdout)
        [summary] = self.open_storage().list_experiments()
        self.assertEqual(("nightly", "finished", 1), (summary.name, summary.status, summary.blocks))
        self.assertIn(summary.id, done.stdout)

    def test_json_alone_on_standard_output(self):
        """With --json - standard output is one document of the published schema; people read standard error."""
        done = self.run_command("run", "urllib3", "requests", *SMALL, "--json", "-")
        document = json.loads(done.stdout)
        result = ExperimentResult.from_dict(document)

        self.assertEqual((0, "http-benchmark/experiment/1"), (done.returncode, document["schema"]))
        self.assertEqual({"urllib3:sync": 50, "requests:sync": 50}, {one.contender: one.requests for one in result.clients})
        self.assertIn("Verdict: suspect", done.stderr)
        stored = self.run_command("results", "show", result.id, "--json", "-")
        self.assertEqual((0, document, ""), (stored.returncode, json.loads(stored.stdout), stored.stderr))

    def test_json_into_a_file(self):
        """The file has the document; standard output is for people."""
        done = self.run_command("run", "null:sync", *SMALL, "--json", "result.json")

        self.assertIn("Verdict", done.stdout)
        self.assertEqual(1, ExperimentResult.from_dict(json.loads((self.folder / "result.json").read_text())).blocks)

    def test_a_plan_runs_nothing(self):
        """--plan says who, what and how long; no database is made, no server started."""
        done = self.run_command("run", "urllib3", "aiohttp", "--plan", "--concurrency", "32", "--blocks", "7")

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        for pattern in (r"contenders +urllib3:sync, aiohttp:async", r"concurrency +32", r"blocks +7", r"time +about"):
            self.assertRegex(done.stdout, pattern)
        self.assertEqual([], list(self.folder.iterdir()))

    def test_nothing_could_be_measured(self):
        """A target that refuses every connection is exit code 4, and the results say why."""
        done = self.run_command("run", "urllib3", *SMALL, "--url", f"http://127.0.0.1:{refused_port()}/")

        self.assertEqual((4, ""), (done.returncode, done.stderr))
        self.assertIn("connection-refused 50", done.stdout)

    def test_strict(self):
        """With --strict a verdict other than valid is exit code 1."""
        self.assertEqual(1, self.run_command("run", "null:sync", *SMALL, "--strict").returncode)

    def test_verbosity_before_and_after_the_subcommand(self):
        """-v says more, wherever it stands, and never a header's value or a body; without it nothing is logged."""
        secret = ("--header", "Authorization: secret", "--method", "POST", "--body", "secret")
        quiet = self.run_command("run", "urllib3", *SMALL, *secret)
        before = self.run_command("-v", "run", "urllib3", *SMALL, *secret)
        after = self.run_command("run", "urllib3", *SMALL, *secret, "-v")
        both = self.run_command("-v", "run", "urllib3", *SMALL, *secret, "-v", "--log-file", "run.log")

        self.assertEqual("", quiet.stderr)
        self.assertIn("INFO", before.stderr)
        self.assertNotIn("DEBUG", before.stderr)
        self.assertEqual(len(before.stderr.splitlines()), len(after.stderr.splitlines()))
        self.assertIn("DEBUG", both.stderr)
        log = (self.folder / "run.log").read_text()
        self.assertIn("Authorization", log)
        self.assertNotIn("secret", log + both.stderr + before.stderr)

    def test_settings_have_their_precedence(self):
        """Arguments over the environment over the file over the defaults; a file may be named."""

        def concurrency(*arguments: str, **environment: str) -> str:
            plan = self.run_command("run", "null:sync", "--plan", *arguments, **environment).stdout
            return next(line.split()[1] for line in plan.splitlines() if line.startswith("concurrency"))

        self.assertEqual("10", concurrency())
        (self.folder / "pyproject.toml").write_text("[tool.http-benchmark]\nconcurrency = 2\n")
        self.assertEqual("2", concurrency())
        (self.folder / "http-benchmark.toml").write_text("concurrency = 3\n")
        self.assertEqual("3", concurrency())
        (self.folder / "other.toml").write_text("concurrency = 4\n")
        self.assertEqual("4", concurrency("--config", "other.toml"))
        self.assertEqual("5", concurrency(HTTP_BENCHMARK_CONCURRENCY="5"))
        self.assertEqual("6", concurrency("--concurrency", "6", HTTP_BENCHMARK_CONCURRENCY="5"))


class StoredResultsTest(CommandCase):
    def test_list_show_and_delete(self):
        """What was run is listed, shown by the beginning of its id, and gone once deleted."""
        self.assertIn("No experiments", self.run_command("results", "list").stdout)
        self.run_command("run", "null:sync", *SMALL, "--name", "one")
        self.run_command("run", "null:async", *SMALL, "--name", "two")
        newest, oldest = json.loads(self.run_command("results", "list", "--json", "-").stdout)
        self.assertEqual(("two", "one"), (newest["name"], oldest["name"]))
        self.assertIn(newest["id"][:8], self.run_command("results", "list").stdout)

        shown = self.run_command("results", "show", newest["id"][:8])
        self.assertIn("null:async", shown.stdout)
        refused = self.run_command("results", "delete", newest["id"])
        self.assertEqual(130, refused.returncode, "nobody was there to confirm it")
        self.assertEqual(0, self.run_command("results", "delete", newest["id"][:8], "--yes").returncode)
        self.assertEqual(["one"], [row["name"] for row in json.loads(self.run_command("results", "list", "--json", "-").stdout)])

    def test_the_database_is_made_and_told_of(self):
        """`db current` makes nothing; `db upgrade` makes the tables, and is harmless when repeated."""
        self.assertIn("database empty", self.run_command("db", "current").stdout)
        self.assertEqual([], list(self.folder.iterdir()))
        self.assertIn("upgraded: empty to ", self.run_command("db", "upgrade", "--database", "other.db").stdout)
        self.assertIn("up to date", self.run_command("db", "upgrade", HTTP_BENCHMARK_DATABASE_URL="other.db").stdout)
        self.assertIn("up to date", self.run_command("db", "current", "--database", "sqlite:///other.db").stdout)


class OtherCommandsTest(CommandCase):
    def test_clients(self):
        """Each known client with its version, for people and as JSON."""
        names = sorted(set(known_clients()) - {"null"})
        done = self.run_command("clients")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        for name in names:
            self.assertIn(name, done.stdout)
        document = json.loads(self.run_command("clients", "--json", "-").stdout)
        self.assertEqual(names, [client["name"] for client in document])
        self.assertEqual(["sync", "async"], next(one["modes"] for one in document if one["name"] == "httpx"))

    def test_origin(self):
        """It says where it listens, answers, and ends in order on SIGINT and SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                process = self.start("origin")
                url = self.read_until(process, "listening on ")[0].split()[2]
                client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
                client.request("GET", "/bytes/5")
                self.assertEqual(5, len(client.getresponse().read()))
                client.close()
                process.send_signal(number)
                self.assertEqual((0, ""), (process.wait(10), process.stderr.read()))

    def test_help(self):
        """Every command has help with an example or what it does, also on odd terminals, and on a closed one."""
        for command in COMMANDS:
            with self.subTest(command):
                done = self.run_command(*command, "--help", LANG="C", LC_ALL="C", COLUMNS="40", TERM="dumb")
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                self.assertIn("Usage: ", done.stdout)
                self.assertNotIn("\x1b", done.stdout)
        self.assertIn(__version__, self.run_command("--version").stdout)

    def test_output_in_ascii(self):
        """Where the terminal knows ASCII only, everything is said in ASCII."""
        for arguments in (("run", "null:sync", "urllib3", *SMALL), ("run", "--plan"), ("clients",), ("results", "list")):
            with self.subTest(arguments):
                done = self.run_command(*arguments, PYTHONIOENCODING="ascii", COLUMNS="40")
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                self.assertTrue(done.stdout.isascii())


class PipeTest(CommandCase):
    def test_a_reader_that_has_enough(self):
        """When the other end of the pipe is closed the command ends quietly."""
        for line in ("clients", "--help", "run --help", "run null:sync --plan", "clients --json -", "results list",
            f"run null:sync --json - {' '.join(SMALL)}", f"run null:sync {' '.join(SMALL)}"):  # fmt: skip
            for reader in ("head -1", "true"):
                with self.subTest(line, reader=reader):
                    self.assertEqual("", self.run_shell(f"$BENCH {line} 2>errors | {reader} >&2; grep -v '^block\\|Tracexx' errors | grep -i 'error\\|exception\\|traceback'").stdout)

    def test_closed_streams(self):
        """Without standard output, standard error or standard input a run measures and saves all the same."""
        small = " ".join(SMALL)
        for closing in (">&-", "2>&-", "<&-", "<&- >&- 2>&-"):
            with self.subTest(closing):
                done = self.run_shell(f"$BENCH run urllib3 {small} --name '{closing}' {closing}")
                self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(4, len([row for row in self.open_storage().list_experiments() if row.status == "finished"]))


