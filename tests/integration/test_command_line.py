"""The command line as a user types it: what it prints, where, and with which exit code."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import click

from http_benchmark import __version__
from http_benchmark.cli.main import cli
from http_benchmark.clients import OWN_CLIENTS, known_clients
from http_benchmark.config import OTHER_OPTIONS, Settings
from http_benchmark.models.experiment import ExperimentResult
from tests.integration.command_case import CommandCase
from tests.servers import refused_port

SMALL = ("--blocks", "1", "--slices", "1", "--requests", "50", "--warmup", "0")
LINE = " ".join(SMALL)
COMMANDS = (
    (),
    ("run",),
    ("capacity",),
    ("clients",),
    ("origin",),
    ("results",),
    ("results", "list"),
    ("results", "show"),
    ("results", "compare"),
    ("results", "delete"),
    ("db",),
    ("db", "upgrade"),
    ("db", "downgrade"),
    ("db", "check"),
    ("db", "current"),
)

WRONG_RUNS = (
    (["requets"], "did you mean requests"),
    (["requests:async"], "requests has no async mode"),
    (["requests+h2"], "requests cannot speak HTTP/2"),
    (["aiohttp", "--http", "2"], "aiohttp cannot speak HTTP/2"),
    (["httpx+h2", "--http", "1.1"], "contradict"),
    (["--events"], "/bytes/1024"),
    (["requestx", "--events", "--url", "/sse/5"], "requestx cannot hand over"),
    (["--fault", "bandwidth=1MiB"], "'1mib'"),
    (["--ca", "broken.toml"], "'broken.toml'"),
    (["--tls", "--url", "https://127.0.0.1/"], "'https://127.0.0.1/'"),
    (["httpx==0.1"], "httpx==0.1"),
    (["--url", "localhost:8080/get"], "'localhost:8080/get'"),
    (["--method", "FETCH"], "'FETCH'"),
    (["--header", "no colon"], "'Name: value'"),
    (["--header", "X-A: b\r\nX-C: d"], "'X-A'"),
    (["--method", "HEAD", "--body", "x"], "HEAD"),
    (["--method", "POST", "--body", "@missing.bin"], "'missing.bin'"),
    (["--method", "POST", "--body-size", "5XB"], "'5XB'"),
    (["--method", "POST", "--body", "x", "--body-size", "5"], "contradict"),
    (["--concurrency", "0"], "0"),
    (["--until", "2%", "--blocks", "5"], "got blocks 5"),
    (["--duration", "-1s"], "-1"),
    (["--duration", "1s", "--requests", "5"], "contradict"),
    (["--timeout", "0"], "0"),
    (["--blocks", "0"], "0"),
    (["--primary", "speed"], "'speed'"),
    (["--seed", "x"], "'x'"),
    (["--config", "missing.toml"], "'missing.toml'"),
    (["--config", "broken.toml"], "'broken.toml'"),
    (["--config", "unknown.toml"], "'concurency'; did you mean concurrency?"),
    (["--database", "no/such/folder.db"], "no/such/folder.db"),
    (["--database", "text.db"], "text.db"),
    (["--json", "no/such/folder.json"], "no/such/folder.json"),
    (["--log-file", "no/such/folder.log"], "'no/such/folder.log'"),
    (["--frobnicate"], "--frobnicate"),
)
WRONG_COMMANDS = (
    (["runn"], "'runn'"),
    (["results", "show", "3f2a"], "'3f2a'"),
    (["results", "delete", "3f2a", "--yes"], "'3f2a'"),
    (["results", "list", "--limit", "0"], "0"),
    (["results", "list", "--client", "a b"], "'a b'"),
    (["results", "prune"], "say what may go: --older-than 90d"),
    (["results", "prune", "--older-than", "old"], "'old'"),
    (["results", "tag", "3f2a"], "no tag is named"),
    (["results", "tag", "3f2a", "x"], "'3f2a'"),
    (["results", "list", "--since", "yesterday"], "--since is no moment: 'yesterday'"),
    (["origin", "--port", "99999"], "99999"),
    (["capacity", "null"], "such as 'p99<20ms'"),
    (["results", "export", "3f2a"], "an HdrHistogram log"),
    (["db", "current", "--database", "text.db"], "text.db"),
)


class RunTest(CommandCase):
    def test_a_run_prints_its_answer_and_saves_it(self):
        """The ranking on standard output, the progress on standard error, and the same result in the database."""
        done = self.run_command("run", "urllib3", "pycurl:async", *SMALL, "--name", "nightly", "--tag", "a,b")

        self.assertEqual((0, []), (done.returncode, self.complaints(done.stderr)))
        for text in ("nightly", "urllib3:sync", "pycurl:async", "Verdict: suspect"):
            self.assertIn(text, done.stdout)
        self.assertIn("block 1 of 1 done\n", done.stderr)
        self.assertNotIn("block 1 of 1 done", done.stdout)
        [summary] = self.open_storage().list_experiments()
        self.assertEqual(("nightly", "finished", 1), (summary.name, summary.status, summary.blocks))
        self.assertIn(summary.id, done.stdout)

    def test_the_course_of_each_contender(self):
        """A bar for each slice, of the run and of what is stored of it."""
        done = self.run_command("run", "null:sync", *SMALL, "--slices", "3", "--name", "course")
        shown = self.run_command("results", "show", self.open_storage().list_experiments()[0].id)
        course = re.search(r"(?m)^null:sync +[▁-█]{3} +[\d,]+ +[\d,]+$", done.stdout)

        self.assertIsNotNone(course, done.stdout)
        self.assertIn(course[0], shown.stdout)

    def test_json_alone_on_standard_output(self):
        """With --json - standard output is one document of the published schema; people read standard error."""
        done = self.run_command("run", "urllib3", "requests", *SMALL, "--json", "-")
        document = json.loads(done.stdout)
        result = ExperimentResult.from_dict(document)

        self.assertEqual((0, "http-benchmark/experiment/1"), (done.returncode, document["schema"]))
        self.assertEqual(
            {"urllib3:sync": 50, "requests:sync": 50}, {one.contender: one.requests for one in result.clients}
        )
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
        contenders = r"contenders +urllib3:sync, aiohttp:async"
        for pattern in (contenders, r"concurrency +32", r"repeated +7 blocks", r"time +about"):
            self.assertRegex(done.stdout, pattern)
        self.assertEqual([], list(self.folder.iterdir()))

    def test_nothing_could_be_measured(self):
        """A target that refuses every connection is exit code 4, and the results say why."""
        done = self.run_command("run", "urllib3", *SMALL, "--url", f"http://127.0.0.1:{refused_port()}/")

        self.assertEqual((4, []), (done.returncode, self.complaints(done.stderr)))
        self.assertIn("connection-refused 50", done.stdout)

    def test_failed_requests_are_an_answer(self):
        """A run in which all fail, or of a workload a quarter, has measured that; nobody is ranked."""
        (self.folder / "mixed.toml").write_text(
            '[[request]]\nurl = "/status/503"\n[[request]]\nweight = 3\nurl = "/get"\n'
        )
        for arguments in (("--url", "/status/404"), ("--workload", "mixed.toml")):
            with self.subTest(arguments):
                done = self.run_command("run", "urllib3", *SMALL, *arguments)
                self.assertEqual((0, []), (done.returncode, self.complaints(done.stderr)))
                self.assertIn("No contender was ranked.", done.stdout)

    def test_strict(self):
        """With --strict a verdict other than valid is exit code 1."""
        self.assertEqual(1, self.run_command("run", "null:sync", *SMALL, "--strict").returncode)

    def test_verbosity_before_and_after_the_subcommand(self):
        """-v says more, wherever it stands, and never a header's value, a body or a password."""
        url = f"http://127.0.0.1:{refused_port()}/"
        secret = ("--header", "Authorization: canary-4711", "--method", "POST", "--body", "canary-4711", "--url", url)
        before = self.run_command("-v", "run", "urllib3", *SMALL, *secret)
        after = self.run_command("run", "urllib3", *SMALL, *secret, "-v")
        both = self.run_command("-v", "run", "urllib3", *SMALL, *secret, "-v", "--log-file", "run.log")

        for done in (before, after):
            self.assertIn("INFO", done.stderr)
            self.assertNotIn("DEBUG", done.stderr)
        self.assertIn("DEBUG", both.stderr)
        log = (self.folder / "run.log").read_text()
        self.assertIn("Authorization", log)
        self.assertNotIn("canary-4711", log + both.stderr + both.stdout)

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

    def test_every_option_has_a_variable(self):
        """So have the options that are no settings; what the file says of `verbose` counts too."""
        (self.folder / "http-benchmark.toml").write_text("verbose = 1\n")
        plan = self.run_command("run", "null:sync", HTTP_BENCHMARK_PLAN="1")
        self.assertRegex(plan.stdout, r"contenders +null:sync")
        done = self.run_command(
            "run", "null:sync", *SMALL, HTTP_BENCHMARK_STRICT="1", HTTP_BENCHMARK_JSON="-", HTTP_BENCHMARK_NAME="one"
        )
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertEqual("one", json.loads(done.stdout)["name"])
        self.assertIn("INFO", done.stderr)
        self.assertNotIn("DEBUG", done.stderr)
        self.assertIn("DEBUG", self.run_command("run", "null:sync", *SMALL, HTTP_BENCHMARK_VERBOSE="2").stderr)
        listed = self.run_command("results", "list", HTTP_BENCHMARK_LIMIT="1", HTTP_BENCHMARK_OFFSET="1")
        self.assertEqual(3, len(listed.stdout.splitlines()))
        self.assertIn("one", listed.stdout)
        identifier = listed.stdout.splitlines()[-1].split()[0]
        self.assertEqual(0, self.run_command("results", "delete", identifier, HTTP_BENCHMARK_YES="1").returncode)
        wrong = self.run_command("origin", HTTP_BENCHMARK_PORT="99999")
        self.assertEqual(2, wrong.returncode)

    def test_the_known_variables_are_those_of_the_options(self):
        """An option of any command can be set in the environment."""
        commands = [cli.get_command(click.Context(cli), name) for name in cli.list_commands(click.Context(cli))]
        commands += [child for group in commands if isinstance(group, click.Group) for child in group.commands.values()]
        options = {
            (option.envvar or f"HTTP_BENCHMARK_{option.opts[-1].removeprefix('--').replace('-', '_').upper()}")
            .removeprefix("HTTP_BENCHMARK_")
            .lower()
            for command in commands
            for option in command.params
            if isinstance(option, click.Option)
        }
        known = {*Settings.model_fields, *OTHER_OPTIONS, "header", "database", "workload_host", "no_verify", "no_floor"}
        self.assertEqual(set(), options - known)
        # A folder of environments has no option, and a token must not have one.
        self.assertEqual({"cache", "token"}, OTHER_OPTIONS - options)


class StoredResultsTest(CommandCase):
    def test_list_show_and_delete(self):
        """What was run is listed, shown by the beginning of its id, and gone once deleted."""
        for arguments in (("list",), ("show", "3f2a"), ("delete", "3f2a", "--yes")):
            missing = self.run_command("results", *arguments)
            self.assertEqual((2, ""), (missing.returncode, missing.stdout))
            self.assertIn("there is no database 'benchmark_results.db'", missing.stderr)
        self.assertEqual([], list(self.folder.iterdir()))
        self.run_command("db", "upgrade")
        self.assertIn("No experiments", self.run_command("results", "list").stdout)
        self.run_command("run", "null:sync", *SMALL, "--name", "one")
        self.run_command("run", "null:async", *SMALL, "--name", "two")
        newest, oldest = json.loads(self.run_command("results", "list", "--json", "-").stdout)
        self.assertEqual(("two", "one"), (newest["name"], oldest["name"]))
        self.assertIn(newest["id"][:8], self.run_command("results", "list").stdout)
        found = self.run_command("results", "list", "--client", "null:async", "--since", "1d", "--json", "-").stdout
        self.assertEqual(["two"], [summary["name"] for summary in json.loads(found)])
        self.assertIn("No experiments", self.run_command("results", "list", "--name", "one", "--until", "1d").stdout)

        self.assertEqual("tags: kept\n", self.run_command("results", "tag", oldest["id"][:8], "kept").stdout)
        pruned = self.run_command("results", "prune", "--keep-last", "0").stdout
        self.assertIn("1 would go; nothing is deleted without --yes", pruned)

        shown = self.run_command("results", "show", newest["id"][:8])
        self.assertIn("null:async", shown.stdout)
        refused = self.run_command("results", "delete", newest["id"])
        self.assertEqual(130, refused.returncode, "nobody was there to confirm it")
        self.assertEqual(0, self.run_command("results", "delete", newest["id"][:8], "--yes").returncode)
        self.assertEqual(
            ["one"], [row["name"] for row in json.loads(self.run_command("results", "list", "--json", "-").stdout)]
        )

    def test_the_database_is_made_and_told_of(self):
        """`db current` makes nothing; `db upgrade` makes the tables, and is harmless when repeated."""
        self.assertIn("database empty", self.run_command("db", "current").stdout)
        self.assertEqual([], list(self.folder.iterdir()))
        self.assertIn("upgraded: empty to ", self.run_command("db", "upgrade", "--database", "other.db").stdout)
        self.assertIn("up to date", self.run_command("db", "upgrade", HTTP_BENCHMARK_DATABASE_URL="other.db").stdout)
        self.assertIn("up to date", self.run_command("db", "current", "--database", "sqlite:///other.db").stdout)
        down = ("db", "downgrade", "--yes", "--database", "other.db")
        lost = "secrets that 0004 has hidden cannot be brought back"
        self.run_command(*down, "0004")
        self.assertEqual(f"downgraded: 0004 to 0003; {lost}\n", self.run_command(*down, "0003").stdout)
        self.assertEqual("downgraded: 0003 to 0002\n", self.run_command(*down, "0002").stdout)

    def test_a_database_of_another_version(self):
        """Each refusal names what to run: on which database, or that the program is too old."""
        self.run_command("db", "upgrade", "--database", "my results.db")
        for revision, advice in (
            ("0001", "http-benchmark db upgrade --database 'my results.db'"),
            ("9999", "pip install --upgrade http-benchmark"),
        ):
            with contextlib.closing(sqlite3.connect(self.folder / "my results.db")) as connection, connection:
                connection.execute("UPDATE http_benchmark_version SET version_num = ?", (revision,))
            for command in (("results", "list"), ("db", "current")):
                with self.subTest(revision, command=command):
                    done = self.run_command(*command, "--database", "my results.db")
                    self.assertIn(advice, done.stdout + done.stderr)


class OtherCommandsTest(CommandCase):
    def test_clients(self):
        """Each known client with its version, for people and as JSON."""
        names = sorted(set(known_clients()) - OWN_CLIENTS)
        done = self.run_command("clients")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        for name in names:
            self.assertIn(name, done.stdout)
        document = json.loads(self.run_command("clients", "--json", "-").stdout)
        self.assertEqual(names, [client["name"] for client in document])
        protocols = {client["name"]: client["protocols"] for client in document}
        self.assertEqual((["1.1", "2"], ["1.1"]), (protocols["httpx"], protocols["requests"]))
        self.assertEqual(["sync", "async"], next(one["modes"] for one in document if one["name"] == "httpx"))

    def test_origin(self):
        """It says where it listens, answers, and ends in order on SIGINT and SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                process = self.start("origin")
                url = process.stdout.readline().split()[2]
                client = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
                client.request("GET", "/bytes/5")
                self.assertEqual(5, len(client.getresponse().read()))
                client.close()
                process.send_signal(number)
                self.assertEqual((0, ""), (process.wait(10), process.stderr.read()))

    def test_origin_over_tls(self):
        """It says where the authority's file is, which makes a client trust it, HTTP/2 included."""
        process = self.start("origin", "--tls", "--http2")
        words = process.stdout.readline().split()
        url, ca_file = words[2].rstrip(","), words[7]
        trusting = ssl.create_default_context(cafile=ca_file)
        trusting.set_alpn_protocols(["h2"])
        with (
            socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 10) as connection,
            trusting.wrap_socket(connection, server_hostname=urlsplit(url).hostname) as secured,
        ):
            self.assertEqual("h2", secured.selected_alpn_protocol())
        process.send_signal(signal.SIGTERM)
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

    def test_a_command_group_alone(self):
        """Without a subcommand the help is shown as `--help` shows it, on standard error, with exit code 2."""
        for group in ((), ("results",), ("db",)):
            with self.subTest(group):
                done = self.run_command(*group)
                self.assertEqual((2, ""), (done.returncode, done.stdout))
                self.assertEqual(self.run_command(*group, "--help").stdout, done.stderr)

    def test_output_in_ascii(self):
        """Where the terminal knows ASCII only, everything is said in ASCII."""
        for arguments in (
            ("run", "null:sync", *SMALL),
            ("run", "--plan", "--until", "2%"),
            ("run", "null", "--concurrency", "1,2", "--plan"),
            ("capacity", "null", "--slo", "p99<=20ms", "--plan"),
            ("clients",),
        ):
            with self.subTest(arguments):
                done = self.run_command(*arguments, PYTHONIOENCODING="ascii", COLUMNS="40")
                self.assertEqual((0, []), (done.returncode, self.complaints(done.stderr)))
                self.assertTrue(done.stdout.isascii())


class PipeTest(CommandCase):
    def test_a_reader_that_has_enough(self):
        """When the other end of the pipe is closed the command ends quietly."""
        for line in ("clients", "run --help", "run null:sync --plan", "clients --json -", f"run null:sync {LINE}"):
            with self.subTest(line):
                done = self.run_shell(f"$BENCH {line} | true")
                self.assertEqual([], self.complaints(done.stderr))

    def test_a_reader_of_one_line(self):
        """`head -1` has its line, and a document that nobody reads to its end costs no traceback."""
        self.assertIn("client", self.run_shell("$BENCH clients | head -2").stdout)
        done = self.run_shell(f"$BENCH run null:sync null:async urllib3 {LINE} --json - | head -1")
        self.assertEqual("{\n", done.stdout)
        self.assertNotIn("BrokenPipe", done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_progress_and_answer_that_cannot_be_shown(self):
        """A full or closed output ends no run: every block is measured and saved; a lost answer is told in one line."""
        line = "run null:sync --blocks 3 --slices 1 --requests 50 --warmup 0"
        lost = "http-benchmark: the answer cannot be printed"
        for name, ending, code, complaint in (
            ("full output", ">/dev/full", 2, lost),
            ("full progress", "2>/dev/full", 0, ""),
            ("reader gone", "| head -1", 0, ""),
            ("reader of progress gone", "2>&1 >/dev/null | head -1", 0, ""),
        ):
            with self.subTest(name):
                done = self.run_shell(f"{{ $BENCH {line} --name '{name}'; echo $? >code; }} {ending}")
                self.assertEqual(code, int((self.folder / "code").read_text()), done.stderr)
                self.assertEqual(complaint, "\n".join(self.complaints(done.stderr))[: len(lost)])
                newest = self.open_storage().list_experiments()[0]
                self.assertEqual((name, "finished", 3), (newest.name, newest.status, newest.blocks))

    def test_an_answer_without_measuring_that_cannot_be_printed(self):
        """Plans, lists and stored results on a full disk are one line, too, and no traceback."""
        self.run_command("run", "null:sync", *SMALL)
        stored = self.open_storage().list_experiments()[0].id
        for line in (
            "--help",
            "--version",
            "run --help",
            "run null --plan",
            "run null --concurrency 1,2 --plan",
            "capacity null --slo 'p99<1s' --plan",
            "clients",
            "results list",
            "results list --json -",
            f"results show {stored}",
            f"results compare {stored} {stored}",
            f"results export {stored} --format hdr",
        ):
            with self.subTest(line):
                done = self.run_shell(f"$BENCH {line} >/dev/full")
                self.assertEqual((2, 1), (done.returncode, len(done.stderr.splitlines())), done.stderr)
                self.assertIn("the answer cannot be printed", done.stderr)

    def test_closed_streams(self):
        """Without standard output, standard error or standard input a run measures and saves all the same."""
        closings = (">&-", "2>&-", "<&-", "<&- >&- 2>&-")
        for closing in closings:
            with self.subTest(closing):
                done = self.run_shell(f"$BENCH run urllib3 {LINE} --name '{closing}' {closing}")
                self.assertEqual(0, done.returncode, done.stderr)
        experiments = self.open_storage().list_experiments()
        self.assertEqual(dict.fromkeys(closings, "finished"), {row.name: row.status for row in experiments})
        identifier = experiments[0].id
        for line in (
            "clients --json -",
            f"report {identifier} --output -",
            f"results export {identifier} --format csv --output -",
            f"results export {identifier} --format parquet --output -",
        ):
            with self.subTest(line):
                done = self.run_shell(f"$BENCH {line} >&-")
                self.assertEqual((0, ""), (done.returncode, done.stderr))


class WrongInputTest(CommandCase):
    def test_one_clear_line_each(self):
        """A mistake is exit code 2 and one line on standard error with the value at fault; nothing is started."""
        (self.folder / "broken.toml").write_text("concurrency =")
        (self.folder / "unknown.toml").write_text("concurency = 3")
        (self.folder / "text.db").write_text("no database at all, just some text that stands in its place")
        self.run_command("db", "upgrade")
        mistakes = [(["run", "null:sync", *arguments], shown) for arguments, shown in WRONG_RUNS]
        mistakes += WRONG_COMMANDS
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = list(pool.map(lambda mistake: self.run_command(*mistake[0]), mistakes))
        for (arguments, shown), done in zip(mistakes, answers, strict=True):
            with self.subTest(arguments):
                self.assert_wrong(done, shown)
        with self.subTest("environment"):
            self.assert_wrong(self.run_command("run", "null", HTTP_BENCHMARK_BLOCKS="none"), "'none'")

    def assert_wrong(self, done: subprocess.CompletedProcess[str], *shown: str) -> None:
        self.assertEqual((2, ""), (done.returncode, done.stdout))
        self.assertEqual(len(shown), len(done.stderr.splitlines()), done.stderr)
        for value, line in zip(shown, done.stderr.splitlines(), strict=True):
            self.assertRegex(line, "^http-benchmark: .")
            self.assertIn(value, line)

    def test_all_faults_at_once(self):
        """Several mistakes are several lines, in one go."""
        done = self.run_command("run", "requets", "null:later", "--concurrency", "0", "--method", "FETCH")
        self.assert_wrong(done, "'requets'", "'null:later'", "'FETCH'", "0")
