"""Canaries in all that may hold a secret must reach the server, and come out nowhere else."""

import base64
import hashlib
import os
import signal
import sqlite3
import tempfile
import threading
import time
import unittest
import zipfile
import zlib
from pathlib import Path

import psutil
import pyarrow.parquet

from http_benchmark.benchmark import BenchmarkConfiguration, BenchmarkRunner, Experiment, ExperimentConfiguration
from http_benchmark.clients import installed_clients
from http_benchmark.origin.process import OriginProcess
from http_benchmark.redaction import spellings
from tests.proxy import ProxyProcess

from .command_case import CommandCase

CANARY = "canary-4711"

OUTPUTS = ("--json", "run.json", "--log-file", "run.log", "--database", "runs.db", "-vv")

WORKLOAD = """
[data.users]
csv = "users.csv"

[[setup]]
url = "/get?a=canary-taken-1"
headers = { X-Workload = "${WORKLOAD_SECRET}", X-Typed = "canary-workload-2" }
take = { ticket = { json = "args.a" } }

[[request]]
url = "/anything/{{ticket}}"
headers = { X-User = "{{users.password}}" }
method = "POST"
body = "canary-workload-3"
"""

KEYRING = """
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return f"canary-of-{service}-{username}"

    set_password = delete_password = None
"""


def texts_of(path: Path) -> str:
    """All that is in a file, in plain words: what is compressed, too."""
    content = path.read_bytes()
    found = [content.decode(errors="replace")]
    if path.suffix == ".parquet":
        found.append(str(pyarrow.parquet.read_table(path).to_pydict()))
    if content.startswith(b"PK"):
        with zipfile.ZipFile(path) as bundle:
            found += [bundle.read(name).decode() for name in bundle.namelist()]
    if content.startswith(b"SQLite format"):
        with sqlite3.connect(path) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in connection.execute(f"SELECT * FROM {table}"):
                    found += [
                        zlib.decompress(value).decode() if isinstance(value, bytes) else str(value) for value in row
                    ]
        connection.close()
    return "\n".join(found)


class ProcessWatch(threading.Thread):
    """Reads again and again what every user can see of a process and its children.

    Attributes:
        seen: Their command lines and, of the children, their variables.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.seen: set[str] = set()
        self._process = psutil.Process(pid)
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            self._look()
            time.sleep(0.02)

    def end(self) -> None:
        self._ended.set()
        self.join()

    def _look(self) -> None:
        try:
            own = self._process.cmdline()
            self.seen.add(str(own))
            for child in self._process.children(recursive=True):
                if (words := child.cmdline()) != own:  # else it is still a copy of its parent
                    self.seen.add(f"{words} {child.environ()}")
        except psutil.Error:  # has ended meanwhile
            return


class ArtefactsTest(CommandCase):
    """Everything that a run leaves behind, on disk, on the terminal and in the lists of processes."""

    def setUp(self) -> None:
        super().setUp()
        self.given = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.origin = self.enterContext(OriginProcess())
        self.origin.start_journal()
        (self.folder / "tmp").mkdir()
        (self.given / "keys.py").write_text(KEYRING)
        (self.given / "token").write_text("canary-of-file\n")
        (self.given / "token").chmod(0o600)
        (self.given / "users.csv").write_text("name,password\nada,canary-of-ada\n")
        (self.given / "shop.toml").write_text(WORKLOAD)
        self.canaries: set[str] = set()

    def measure(self, *arguments: str, code: int = 0, **variables: str) -> str:
        """Run with all outputs, watch the processes, and search for the canaries."""
        self.canaries |= {
            word for text in variables.values() for word in text.replace("@", " ").split() if word.startswith("canary")
        }
        size = ("--requests", "4", "--blocks", "1", "--warmup", "0", "--no-floor")
        printed = self.watched("run", "urllib3", "httpx:async", *size, *OUTPUTS, *arguments, code=code, **variables)
        self.assert_nowhere("run.json", "run.log", "runs.db")
        return printed

    def watched(self, *command: str, code: int = 0, killed_after: str = "", **variables: str) -> str:
        """Run a command, and search for the canaries in what it prints and in what others see of its processes.

        Args:
            command: The whole command.
            code: What it has to end with.
            killed_after: The beginning of the line of standard error after which it is killed; empty for never.
            variables: Of its environment.
        """
        process = self.start(
            *command,
            TMPDIR=str(self.folder / "tmp"),
            PYTHON_KEYRING_BACKEND="keys.Keyring",
            **variables | {"PYTHONPATH": f"{self.environment()['PYTHONPATH']}{os.pathsep}{self.given}"},
        )
        watch = ProcessWatch(process.pid)
        watch.start()
        lines = self.read_until(process, killed_after) if killed_after else []
        if killed_after:
            process.kill()
        printed = "".join((*lines, *process.communicate(timeout=120)))
        watch.end()
        self.assertEqual(-signal.SIGKILL if killed_after else code, process.returncode, printed)
        self.assertGreater(len(watch.seen), 1)
        self.assert_without("the terminal", printed)
        self.assert_without("the processes", "\n".join(watch.seen))
        return printed

    def assert_nowhere(self, *files: str) -> None:
        """No canary stands in any file of the folder, among which are these."""
        found = {path.name: path for path in self.folder.rglob("*") if path.is_file()}
        self.assertLessEqual({*files}, found.keys())
        for name, path in found.items():
            self.assert_without(name, texts_of(path))

    def assert_without(self, place: str, text: str) -> None:
        for canary in self.canaries:
            with self.subTest(place, canary=canary):
                self.assertEqual([], [spelling for spelling in spellings(canary) if spelling in text])

    def export_everything(self) -> list[str]:
        """Files with experiments in every format."""
        identifiers = [experiment.id for experiment in self.open_storage("runs.db").list_experiments()]
        forms = (("markdown", ""), ("openmetrics", ""), ("bundle", ""), ("csv", "trials"), ("parquet", "slices"))
        exports = [
            *((*form, identifiers) for form in forms),
            *((form, "", identifiers[:1]) for form in ("json", "hdr")),
        ]
        files, processes = [], []
        for number, (form, kind, ids) in enumerate(exports):
            files.append(f"export-{number}.{form}")
            options = ("--rows", kind) if kind else ()
            command = ("results", "export", *ids, "--format", form, *options, "--output", files[-1])
            processes.append(self.start(*command, "--database", "runs.db"))
        for process in processes:
            _, errors = process.communicate(timeout=120)
            self.assertEqual(0, process.returncode, errors)
        return files

    def sent(self) -> str:
        """What the server got of targets and headers, and the digests of bodies."""
        return "\n".join(
            f"{request.target} {request.headers} {request.body_sha256}" for request in self.origin.journal().requests
        )

    def test_references(self) -> None:
        """Environment, file and keyring, in header, URL, user, query and body: all arrive, none comes out."""
        body = "<p>${env:BODY_SECRET}</p>"
        self.canaries |= {"canary-of-file", "canary-of-shop-me"}
        self.measure(
            "--url",
            self.origin.url.replace("//", "//me:${env:USER_SECRET}@")
            + "/anything/${env:PATH_SECRET}?k=${env:ARGUMENT}",
            "--header",
            f"X-File: ${{file:{self.given / 'token'}}}",
            "--header",
            "X-Keyring: a ${keyring:shop/me} b",
            "--method",
            "POST",
            "--body",
            body,
            USER_SECRET="canary-user:pw/1",
            PATH_SECRET="canary-path-1",
            ARGUMENT="canary/argument&1",
            BODY_SECRET='canary-body-"/+\u00e4',
        )

        sent = self.sent()
        basic = base64.b64encode(b"me:canary-user:pw/1").decode()
        digest = hashlib.sha256('<p>canary-body-"/+\u00e4</p>'.encode()).hexdigest()
        for expected in (
            "/anything/canary-path-1?k=canary%2Fargument%261 ",
            f"Basic {basic}",
            "'canary-of-file'",
            "'a canary-of-shop-me b'",
            digest,
        ):
            self.assertEqual(8, sent.count(expected), expected)

    def test_killed_resumed_and_reproduced(self) -> None:
        """Sessions of an experiment that each look their secrets up anew, and all formats of exports of both."""
        variables = {"IN_HEADER": "canary-header-1", "IN_URL": "canary-url-1", "IN_BODY": "canary-body-1"}
        self.canaries |= {*variables.values(), "canary-of-file"}
        order = ("--header", "X-A: ${env:IN_HEADER}", "--header", f"X-B: ${{file:{self.given / 'token'}}}")
        order += ("--url", self.origin.url + "/anything?token=${env:IN_URL}", "--method", "POST")
        size = ("--requests", "10", "--slices", "1", "--blocks", "3", "--warmup", "0", "--no-floor")
        first = ("run", "urllib3", *order, "--body", "${env:IN_BODY}", *size)
        outputs = ("--database", "${env:DB_URL}", "--log-file", "run.log", "-vv")
        variables["DB_URL"] = "sqlite:///runs.db"
        self.watched(*first, *outputs, killed_after="block 1 of 3 done", **variables)
        self.assert_nowhere("runs.db", "run.log")
        (experiment,) = self.open_storage("runs.db").list_experiments()
        self.watched("run", "--resume", experiment.id, "--json", "run.json", *outputs, **variables)
        repeat = ("results", "reproduce", experiment.id, "--json", "again.json")
        self.watched(*repeat, *outputs, **variables)

        exported = self.export_everything()
        for name in exported:
            self.assertIn("urllib3", texts_of(self.folder / name), "what is searched is readable")
        self.assert_nowhere("runs.db", "run.log", "run.json", "again.json", *exported)
        self.assertGreaterEqual(self.sent().count("'canary-header-1'"), 60)

    def test_capacity_over_tls(self) -> None:
        """Asked of the bundled origin, whose process others see, too."""
        self.canaries |= {"canary-header-1", "canary-url-1", "canary-in-toml-1"}
        (self.given / "settings.toml").write_text('[headers]\nX-Custom = "canary-in-toml-1"\n')
        search = ("--slo", "p50<2s", "--duration", "0.1s", "--concurrency", "2", "--blocks", "1", "--seed", "1")
        outputs = ("--json", "capacity.json", "--log-file", "run.log", "-vv")
        self.watched(
            *("capacity", "urllib3", *search, "--tls", "--url", "/anything?key=${env:IN_URL}", *outputs),
            *("--config", str(self.given / "settings.toml")),
            IN_URL="canary-url-1",
            OTHER_TOKEN="canary-header-1",
        )
        self.assert_nowhere("capacity.json", "run.log")

    def test_through_a_proxy(self) -> None:
        """With user and password of the proxy's own."""
        with ProxyProcess("me:canary-proxy-1") as proxy:
            url = ("--url", self.origin.url + "/anything?token=${env:IN_URL}")
            where = proxy.url.replace("//", "//me:${env:PROXY_SECRET}@")
            self.measure(*url, "--proxy", where, PROXY_SECRET="canary-proxy-1", IN_URL="canary-url-1")
            self.assertGreaterEqual(proxy.counts()["forwarded"], 8)

    def test_conform(self) -> None:
        """It sends none of a user's settings, and hands none to its processes."""
        self.canaries |= {"canary-variable-1", "canary-header-1"}
        outputs = ("--json", "conform.json", "--markdown", "conform.md", "--log-file", "run.log", "-vv")
        checks = ("--check", "headers", "--check", "given-proxy", "--check", "proxies", "--check", "refused")
        self.watched(
            *("conform", "urllib3", *checks, *outputs),
            HTTP_BENCHMARK_HEADERS="X-Custom: canary-header-1",
            http_proxy="http://me:canary-variable-1@127.0.0.1:1",
        )
        self.assert_nowhere("conform.json", "conform.md", "run.log")

    def test_gate(self) -> None:
        """In every form of its answer."""
        variables = {"IN_HEADER": "canary-header-1", "IN_BODY": "canary-body-1"}
        self.canaries |= {*variables.values()}
        outputs = ("--json", "gate.json", "--junit", "gate.xml", "--markdown", "gate.md", "--log-file", "run.log")
        size = ("--requests", "10", "--slices", "1", "--blocks", "7", "--warmup", "0", "--no-floor")
        order = ("--method", "POST", "--header", "X-A: ${env:IN_HEADER}", "--body", "${env:IN_BODY}")
        self.watched(
            *("gate", "urllib3", "urllib3", *size, *order, "--url", self.origin.url + "/anything", *outputs),
            *("--metric", "cpu_s_per_1k", "--margin", "1000%", "--github", "--database", "runs.db", "-vv"),
            GITHUB_STEP_SUMMARY=str(self.folder / "summary.md"),
            GITHUB_OUTPUT=str(self.folder / "outputs"),
            **variables,
        )
        self.assert_nowhere("gate.json", "gate.xml", "gate.md", "run.log", "runs.db", "summary.md", "outputs")

    def test_settings(self) -> None:
        """Typed in a settings file and in variables; with -vv, and where nobody is there."""
        self.canaries |= {"canary-in-toml-1", "canary-in-toml-2"}
        (self.given / "settings.toml").write_text(
            'method = "POST"\nbody = "canary-in-toml-1"\n[headers]\nX-Custom = "canary-in-toml-2"\n'
        )
        for url, code in ((self.origin.url, 0), ("http://127.0.0.1:1", 4)):
            self.measure(
                "--config",
                str(self.given / "settings.toml"),
                code=code,
                HTTP_BENCHMARK_URL=url.replace("//", "//me:canary-variable-1@") + "/anything?x=canary-variable-2",
                OTHER_TOKEN="canary-variable-3",
            )
        self.canaries |= {"canary-variable-1", "canary-variable-2"}

        self.assertEqual(8, self.sent().count("'canary-in-toml-2'"))
        self.assertEqual(8, self.sent().count("x=canary-variable-2 "))

    def test_workload(self) -> None:
        """Literals of the file, its variables, what its login took, and passwords of its data."""
        self.canaries |= {"canary-taken-1", "canary-workload-2", "canary-workload-3", "canary-of-ada"}
        self.measure(
            "--workload", str(self.given / "shop.toml"), "--url", self.origin.url, WORKLOAD_SECRET="canary-workload-1"
        )

        sent = self.sent()
        for expected in (
            "/anything/canary-taken-1 ",
            "'canary-of-ada'",
            hashlib.sha256(b"canary-workload-3").hexdigest(),
        ):
            self.assertEqual(8, sent.count(expected), expected)
        self.assertIn("'canary-workload-1'", sent)

    def test_typed_on_the_command_line(self) -> None:
        """Is warned of, and taken out of what others see of the process; nothing else has it."""
        process = self.start("run", "urllib3", "--url", self.origin.url, "--header", f"X-Custom: {CANARY}", "--quick")
        assert process.stderr
        warning = process.stderr.readline()
        children = psutil.Process(process.pid)
        cmdline = " ".join(children.cmdline())
        process.kill()

        self.assertIn("header X-Custom was typed on the command line, where others see it", warning)
        self.assertIn("--header *****", cmdline)
        self.assertNotIn(CANARY, cmdline)

    def test_the_search_finds_what_is_there(self) -> None:
        """In a database, and in other spellings."""
        with sqlite3.connect(self.folder / "x.db") as connection:
            connection.execute("CREATE TABLE a (b)")
            connection.execute("INSERT INTO a VALUES (?)", [zlib.compress(base64.b64encode(f"me:{CANARY}".encode()))])
        connection.close()
        found = texts_of(self.folder / "x.db")

        self.assertTrue(any(spelling in found for spelling in spellings(CANARY)))


class LibraryTest(unittest.TestCase):
    def setUp(self):
        self.origin = self.enterContext(OriginProcess())

    def test_every_client_is_let_in_alike(self):
        """User and password of a URL, and references to secrets, reach the server from every client."""
        os.environ["CANARY"] = CANARY
        self.addCleanup(os.environ.pop, "CANARY")
        for user_info in (f"me:{CANARY}", "me:${env:CANARY}"):
            url = f"http://{user_info}@{self.origin.url.removeprefix('http://')}/basic-auth/me/{CANARY}"
            configuration = ExperimentConfiguration(
                contenders=[*installed_clients()], url=url, requests=2, warmup=0, blocks=1, floor=False
            )
            result = Experiment(configuration).run()

            self.assertEqual({}, {client.contender: client.errors for client in result.clients if client.errors})

    def test_the_snapshot_of_a_benchmark_has_it_not(self):
        """What is stored with a result is masked; the user's own object is left as it is."""
        config = BenchmarkConfiguration(
            self.origin.url.replace("//", f"//me:{CANARY}@"),
            headers={"X-Custom": CANARY},
            total_requests=2,
            client_library="urllib3",
        )
        result = BenchmarkRunner(config).run()

        self.assertNotIn(CANARY, str(result.to_dict()))
        self.assertIn(CANARY, config.target_url)
