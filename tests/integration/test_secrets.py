"""Canaries in all that may hold a secret must reach the server, and come out nowhere else."""

import base64
import hashlib
import os
import sqlite3
import tempfile
import threading
import time
import unittest
import zlib
from pathlib import Path

import psutil
import pyarrow.parquet

from http_benchmark.benchmark import BenchmarkConfiguration, BenchmarkRunner, Experiment, ExperimentConfiguration
from http_benchmark.clients import installed_clients
from http_benchmark.origin.process import OriginProcess
from http_benchmark.redaction import spellings

from .command_case import CommandCase

CANARY = "canary-4711"

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
        outputs = ("--json", "run.json", "--log-file", "run.log", "--database", "runs.db", "-vv")
        size = ("--requests", "4", "--blocks", "1", "--warmup", "0", "--no-floor")
        process = self.start(
            "run",
            "urllib3",
            "httpx:async",
            *size,
            *outputs,
            *arguments,
            TMPDIR=str(self.folder / "tmp"),
            PYTHON_KEYRING_BACKEND="keys.Keyring",
            **variables | {"PYTHONPATH": f"{self.environment()['PYTHONPATH']}{os.pathsep}{self.given}"},
        )
        watch = ProcessWatch(process.pid)
        watch.start()
        printed = "".join(process.communicate(timeout=120))
        watch.end()
        self.assertEqual(code, process.returncode, printed)
        self.assertGreater(len(watch.seen), 1)
        exported = [self.export(form) for form in ("json", "csv", "markdown", "openmetrics", "hdr")] if not code else []
        places = {"the terminal": printed, "the processes": "\n".join(watch.seen), "an export": "".join(exported)}
        places |= {path.name: texts_of(path) for path in self.folder.rglob("*") if path.is_file()}
        self.assertLessEqual({"run.json", "run.log", "runs.db"}, places.keys())
        for place, text in places.items():
            for canary in self.canaries:
                with self.subTest(place, canary=canary):
                    self.assertEqual([], [spelling for spelling in spellings(canary) if spelling in text])
        return printed

    def export(self, form: str) -> str:
        with sqlite3.connect(self.folder / "runs.db") as connection:
            (identifier,) = connection.execute("SELECT id FROM experiments").fetchone()
        connection.close()
        answer = self.run_command("results", "export", identifier, "--format", form, "--database", "runs.db")
        self.assertTrue(answer.stdout, answer.stderr)
        return answer.stdout

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
