"""Who may import whom: the rooms downwards only, the worker the standard library, each foreign library its owner.

The order of the rooms stands in `pyproject.toml` and is checked by import-linter; the rest is checked here.
"""

import ast
import contextlib
import io
import json
import subprocess
import sys
import tomllib
import unittest
from pathlib import Path

from importlinter.cli import lint_imports

from http_benchmark.clients import NULL_CLIENT, OWN_CLIENTS, known_clients
from http_benchmark.clients.base import ClientOptions, Request
from http_benchmark.worker.protocol import Open, encode

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "http_benchmark"
DOORS = {"__init__", "__main__"}  # belong to no room: they let the others in

OWNERS = {
    "aiohttp": {"clients/aiohttp_adapter.py"},
    "alembic": {"migrations"},
    "altair": {"report"},
    "brotli": {"origin"},
    "click": {"cli"},
    "cryptography": {"origin/tls.py"},
    "docker": {"targets/container_main.py"},
    "fastapi": {"api"},
    "granian": {"origin/http2.py"},
    "hdrh": {"stats"},
    "httptools": {"origin"},
    "httpx": {"clients/httpx_adapter.py"},
    "idna": {"workloads/urls.py"},
    "jinja2": {"report/html.py"},
    "jsonschema": {"workloads/openapi/validation.py"},
    "jsonschema_path": {"workloads/bounded_yaml.py"},
    "keyring": {"utils/vault.py"},
    "junitparser": {"report/junit.py"},
    "loguru": {"api", "utils/logging.py", "utils/vault.py", "cli"},
    "markupsafe": {"report/html.py"},  # of jinja2: what it does not escape
    "multidict": {"clients/aiohttp_adapter.py"},  # aiohttp's own kind of headers
    "numpy": {"stats", "worker/samples.py"},
    "openapi_spec_validator": {"workloads/openapi/validation.py"},
    "plotext": {"report/curves.py"},
    "prometheus_client": {"report/openmetrics.py"},
    "psutil": {"utils"},
    "pyarrow": {"report/parquet.py"},
    "pycurl": {"clients/pycurl_adapter.py"},
    "pydantic": {"api", "archive.py", "config.py", "database", "models", "report/json.py", "workloads"},
    "pydantic_settings": {"config.py"},
    "requests": {"clients/requests_adapter.py"},
    "requestx": {"clients/requestx_adapter.py"},
    "rich": {"cli", "report"},
    "ruptures": {"stats/history.py"},
    "scipy": {"stats"},
    "sparklines": {"report/sparks.py"},
    "sqlalchemy": {"database", "migrations", "storage.py"},
    "sse_starlette": {"api"},
    "starlette": {"api"},
    "tenacity": {"planning.py"},
    "testcontainers": {"targets/container_main.py"},
    "trustme": {"origin/tls.py"},
    "urllib3": {"clients/requests_adapter.py", "clients/urllib3_adapter.py"},  # requests shows urllib3's errors
    "uv": {"environments/uv.py"},
    "uvicorn": {"api"},
    "uvloop": {"origin"},
    "vl_convert": {"report/images.py", "report/html.py"},
    "yaml": {"workloads/bounded_yaml.py"},
}
"""Library → the files or rooms that may import it; a library that is not here has no owner yet."""


def modules_after(program: str, *, stdin: str = "") -> set[str]:
    """The names of the modules that a program loads in a fresh interpreter, beyond those that it starts with."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        f"{program}\n"
        "import json; print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True, input=stdin)
    return set(json.loads(answer.stderr.splitlines()[-1]))


def foreign(modules: set[str]) -> set[str]:
    """Those that are neither the standard library's nor ours, by their first name."""
    return {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"http_benchmark"}


def imports_of(path: Path) -> set[str]:
    """First names of what a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


class RoomsTest(unittest.TestCase):
    def test_rooms_import_downwards_only(self):
        """Import-linter finds the contract of pyproject.toml kept."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)

        self.assertEqual(0, code, printed.getvalue())
        self.assertIn("KEPT", printed.getvalue())

    def test_every_room_has_its_place(self):
        """A module that stands in no layer would be checked by nobody."""
        linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
        layers = {
            name.strip() for layer in linter["contracts"][0]["layers"] for name in layer.replace("|", " ").split()
        }
        rooms = {
            f"http_benchmark.{path.stem}"
            for path in PACKAGE.iterdir()
            if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem not in DOORS
        }

        self.assertEqual(rooms, layers)

    def test_the_documents_show_the_same_layers(self):
        """docs/architecture.md has the list of pyproject.toml, line by line."""
        linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
        lines = [
            "    " + " · ".join(room.strip().removeprefix("http_benchmark.") for room in layer.split("|"))
            for layer in linter["contracts"][0]["layers"]
        ]

        self.assertIn("\n".join(["", *lines, ""]), (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))

    def test_each_foreign_library_has_one_owner(self):
        """A library is imported where it is at home and nowhere else, so that it can be exchanged there."""
        for path in sorted(PACKAGE.rglob("*.py")):
            inside = path.relative_to(PACKAGE)
            for library in imports_of(path) - sys.stdlib_module_names - {"http_benchmark"}:
                with self.subTest(file=str(inside), library=library):
                    self.assertTrue({str(inside), inside.parts[0]} & OWNERS.get(library, set()))


class LoadingTest(unittest.TestCase):
    def test_importing_the_package_loads_nothing_foreign(self):
        """`import http_benchmark` reads one file of ours and no library."""
        modules = modules_after("import http_benchmark; http_benchmark.__version__; dir(http_benchmark)")

        self.assertEqual(set(), foreign(modules))
        self.assertEqual({"http_benchmark"}, {name for name in modules if name.startswith("http_benchmark")})

    def test_the_worker_imports_the_standard_library_only(self):
        """What runs in the worker before its client is there: our own modules and Python's."""
        modules = modules_after("import http_benchmark.worker.main")

        self.assertEqual(set(), foreign(modules))
        self.assertIn("http_benchmark.worker.session", modules)

    def test_the_prober_imports_what_the_worker_does(self):
        """It asks one client questions, and nothing else may answer them."""
        modules = modules_after("import http_benchmark.conformance.prober")

        self.assertEqual(set(), foreign(modules))
        self.assertNotIn("http_benchmark.conformance.suite", modules)

    def test_the_worker_loads_its_client_and_no_other(self):
        """After requests by the null client, a whole working life has loaded nothing foreign."""
        null = known_clients()[NULL_CLIENT]
        request, options = Request("GET", "http://127.0.0.1:1/"), ClientOptions(concurrency=2)
        orders = [
            encode(Open(null.module, null.modes["sync"], options=options, request=request)),
            {"type": "Run", "stop": {"requests": 10}},
            {"type": "Finish"},
        ]
        program = (
            "import os; from http_benchmark.worker import main\n"
            "sys.argv[1:] = [str(os.getppid()), str(os.open(os.devnull, os.O_WRONLY))]\n"
            "main.main()"
        )
        modules = modules_after(program, stdin="".join(json.dumps(order) + "\n" for order in orders))

        self.assertEqual(set(), foreign(modules))
        self.assertIn("http_benchmark.clients.null_adapter", modules)

    def test_the_controller_loads_no_client(self):
        """The command line, its subcommands and the library's entrance know the clients by their files only."""
        for program in (
            "import http_benchmark.cli.main",
            "import http_benchmark.cli.running, http_benchmark.cli.searching, http_benchmark.cli.gating",
            "import http_benchmark.cli.conforming",
            "import http_benchmark.api.serving",
            "import http_benchmark.cli.clients, http_benchmark.cli.results, http_benchmark.cli.db",
            "from http_benchmark import Experiment, BenchmarkRunner, ResultStorage",
        ):
            with self.subTest(program):
                self.assertEqual(set(), foreign(modules_after(program)) & (known_clients().keys() - OWN_CLIENTS))

    def test_a_mistake_loads_neither_database_nor_figures(self):
        """What is wrong with a command is told as soon as its settings are known; `clients` needs no more, either."""
        program = (
            "from contextlib import suppress; from http_benchmark.cli import main\n"
            "sys.argv[1:] = {words!r}\n"
            "with suppress(SystemExit): main.main()"
        )
        for words in (["run", "requets"], ["run", "null", "--concurrency", "0"], ["clients"]):
            with self.subTest(words):
                modules = modules_after(program.format(words=words))
                self.assertIn("http_benchmark.config", modules)
                self.assertEqual(set(), foreign(modules) & {"alembic", "numpy", "scipy", "sqlalchemy"})

    def test_help_loads_the_argument_parser_alone(self):
        """`--help` of the command and of each subcommand is there at once."""
        for subcommand in (
            "",
            "run",
            "capacity",
            "gate",
            "conform",
            "clients",
            "origin",
            "explain",
            "report",
            "results",
            "serve",
            "doctor",
            "db",
        ):
            with self.subTest(subcommand):
                program = (
                    "from http_benchmark.cli.main import cli\n"
                    f"cli.main([*{subcommand.split()!r}, '--help'], standalone_mode=False)"
                )
                self.assertEqual({"click"}, foreign(modules_after(program)))
