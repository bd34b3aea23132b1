"""The path of a user: build, install into an empty environment, use, upgrade, meet the earlier tool, uninstall."""

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import tarfile
import tempfile
import unittest
from base64 import urlsafe_b64encode
from contextlib import closing
from functools import cache
from pathlib import Path
from zipfile import ZipFile

from uv import find_uv_bin

from http_benchmark import __version__
from http_benchmark.origin.process import OriginProcess
from scripts.distribution import DistributionError, Installation, build, install, try_out
from tests.contract.documents import blocks, section, text_of

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "http_benchmark"
DATABASE = ROOT / "tests" / "data" / "databases" / "0002.sql"
REQUIREMENTS = ROOT / "requirements"
WANTED = ("py.typed", "migrations/versions/*.py", "report/templates/*", "api/pages/templates/*", "api/pages/static/*")

CLIENTS = ("aiohttp", "httpx", "pycurl", "requests", "urllib3")
TELL_PYTHON = "import sys; print(*sys.version_info[:2], sep='.')"
IMPORT_ALL = r"""
import importlib, pkgutil, warnings
import http_benchmark

for kind in DeprecationWarning, PendingDeprecationWarning:
    warnings.filterwarnings("error", category=kind, module=r"http_benchmark\b")
imported = 0
for module in pkgutil.walk_packages(http_benchmark.__path__, "http_benchmark."):
    if module.name != "http_benchmark.migrations.env":
        try:
            importlib.import_module(module.name)
            imported += 1
        except ModuleNotFoundError as missing:
            assert missing.name in {"pyarrow", "requestx"}, missing
print(imported)
"""
"""Imports every module but what only Alembic runs, and what wants an extra; tells how many."""

AGAIN = ("--no-index", "--no-deps", "--reinstall")
EARLIER_NAME = "http-client-benchmarker"
EARLIER = {
    "http_benchmark/__init__.py": '__version__ = "5.0.3"\n',
    "http_benchmark/benchmark.py": "class BenchmarkRunner:\n    pass\n",
    "http_benchmark/cli.py": "def main():\n    print('the earlier command')\n",
    "http_benchmark/clients/base.py": "class BaseHTTPAdapter:\n    pass\n",
    "http_benchmark/models/base.py": "class BaseModel:\n    pass\n",
}
"""What the earlier distribution has in the places of ours, in short."""


@cache
def distributions() -> tuple[Path, Path]:
    """Wheel and source archive of this tree, for all tests of the module."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    return build(ROOT, Path(folder.name))


@cache
def installed() -> Installation:
    """An installation of the wheel, which those that change it leave as it was."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    return install(distributions()[0], Path(folder.name), REQUIREMENTS)


def found_python(version: str) -> str | None:
    """An interpreter of that version, as uv finds it without a download; pyenv's only stand in for one when asked."""
    done = subprocess.run(
        [find_uv_bin(), "python", "find", "--no-project", "--system", "--no-python-downloads", version],
        env=os.environ | {"PYENV_VERSION": version},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or None


class ContentsTest(unittest.TestCase):
    def test_the_wheel_has_what_the_package_needs(self):
        """Every file of the package: code, migrations, templates, what pages load, the mark of types; the licence."""
        with ZipFile(distributions()[0]) as wheel:
            names = set(wheel.namelist())
        information = f"http_benchmark-{__version__}.dist-info"

        self.assertEqual(self._of_the_package(), {name for name in names if name.startswith("http_benchmark/")})
        self.assertIn(f"{information}/licenses/LICENSE", names)
        self.assertEqual({"http_benchmark", information}, {name.split("/")[0] for name in names})
        for pattern in WANTED:
            with self.subTest(pattern):
                self.assertTrue(any(Path(name).match(f"http_benchmark/{pattern}") for name in names))

    def test_the_source_archive_has_what_a_build_needs(self):
        """The package, its description, changes and licence, and what builds it; no tests, nothing of this machine."""
        with tarfile.open(distributions()[1]) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        beside = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml", ".gitignore"}

        self.assertEqual(self._of_the_package() | beside, names)

    def test_no_link_of_the_description_leads_nowhere(self):
        """A page of packages has no documents beside it: links within the repository are their words alone."""
        with ZipFile(distributions()[0]) as wheel:
            metadata = wheel.read(f"http_benchmark-{__version__}.dist-info/METADATA").decode()
        description = metadata.partition("\n\n")[2]

        self.assertIn("Description-Content-Type: text/markdown\n", metadata)
        self.assertEqual(text_of("README.md").count("\n## "), description.count("\n## "))
        self.assertIn("with flame graphs (docs/explain.md)", description)
        self.assertIn("[Rust toolchain](https://rustup.rs)", description)
        targets = re.findall(r"\]\(([^)]*)\)", description)
        self.assertEqual([], [target for target in targets if not target.startswith("https://")])

    @staticmethod
    def _of_the_package() -> set[str]:
        """What git knows of it."""
        answer = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "http_benchmark"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return {name for name in answer.stdout.splitlines() if (ROOT / name).exists()}


class InstalledCase(unittest.TestCase):
    """Uses an installation of the wheel."""

    def setUp(self):
        self.installation = installed()

    def succeeded(self, done: subprocess.CompletedProcess[str]) -> str:
        self.assertEqual(0, done.returncode, done.stderr + done.stdout)
        return done.stdout


class UseTest(InstalledCase):
    def test_a_newcomer_gets_an_answer(self):
        """Version, clients, a run, the list of results and a report, all of the installed files."""
        try_out(self.installation, __version__)

        where = self.succeeded(self.installation.program("-c", "import http_benchmark; print(http_benchmark.__file__)"))
        self.assertEqual(self.installation.site_packages / "http_benchmark" / "__init__.py", Path(where.strip()))
        page = (self.installation.workplace / "report.html").read_text(encoding="utf-8")
        self.assertIn("aiohttp:async", page)

    def test_a_wrong_version_is_noticed(self):
        """What tries a distribution does not take another one for it."""
        with self.assertRaisesRegex(DistributionError, r"should tell 0\.0\.7, and says .*" + re.escape(__version__)):
            try_out(self.installation, "0.0.7")

    def test_the_program_of_the_readme_runs(self):
        """As it stands there, against an origin in the place of its address."""
        (program,) = blocks(section(text_of("README.md"), "From a program"), "python")
        self.assertIn("http://127.0.0.1:8080/", program)
        with OriginProcess() as origin:
            printed = self.succeeded(
                self.installation.program("-W", "error", "-c", program.replace("http://127.0.0.1:8080", origin.url))
            )

        self.assertRegex(printed, r"^\d+\.\d+ 0\.\d+ 0\.0\n\Z")
        listed = self.succeeded(self.installation.command("results", "list", "--single"))
        self.assertIn("httpx", listed)

    def test_a_database_of_the_first_release_is_upgraded(self):
        """It is refused with the way out, and after `db upgrade` its experiments are there."""
        with closing(sqlite3.connect(self.installation.workplace / "first.db")) as database:
            database.executescript(DATABASE.read_text(encoding="utf-8"))
        where = ("--database", "first.db")

        refused = self.installation.command("results", "list", *where)
        self.assertEqual(2, refused.returncode)
        self.assertIn("db upgrade", refused.stderr)
        self.assertIn("upgraded: 0002 to ", self.succeeded(self.installation.command("db", "upgrade", *where)))
        self.assertIn("first-release", self.succeeded(self.installation.command("results", "list", *where)))


class NextPythonTest(unittest.TestCase):
    """The wheel in an environment of Python 3.13, with the clients that come as wheels."""

    @classmethod
    def setUpClass(cls):
        python = found_python("3.13")
        if python is None:
            raise unittest.SkipTest("there is no Python 3.13 that uv finds")
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.installation = install(distributions()[0], folder, REQUIREMENTS, python)

    def test_a_newcomer_gets_an_answer(self):
        """As with the Python of the other tests, and from every client that comes as a wheel, in each of its modes."""
        self.assertEqual("3.13\n", self.installation.program("-c", TELL_PYTHON).stdout)
        try_out(self.installation, __version__)
        bounds = ("--requests", "20", "--warmup", "0", "--blocks", "1")
        done = self.installation.command("run", *CLIENTS, *bounds, "--no-floor", "--json", "all.json")

        self.assertEqual(0, done.returncode, done.stderr)
        result = json.loads((self.installation.workplace / "all.json").read_text(encoding="utf-8"))
        self.assertEqual(set(CLIENTS), {client["contender"].partition(":")[0] for client in result["clients"]})
        for client in result["clients"]:
            with self.subTest(client["contender"]):
                self.assertEqual(("ok", 20, {}), (client["status"], client["requests"], client["errors"]))

    def test_no_module_uses_what_python_gives_up(self):
        """Each is imported; a warning of deprecation of one of ours is an error."""
        done = self.installation.program("-c", IMPORT_ALL)

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertLess(100, int(done.stdout))


class UninstallTest(InstalledCase):
    def test_nothing_is_left(self):
        """Neither files of ours nor the command, also after it has run."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.installation = install(distributions()[0], Path(folder), REQUIREMENTS)
        self.succeeded(self.installation.command("--version"))
        self.assertTrue(self.ours())

        self.installation.pip("uninstall", "http-benchmark")

        self.assertEqual([], self.ours())

    def ours(self) -> list[str]:
        places = (self.installation.site_packages, self.installation.folder / "bin")
        return [path.name for place in places for path in place.glob("http[-_]benchmark*")]


class EarlierDistributionTest(InstalledCase):
    """`http-client-benchmarker`, which has the same import name and the same command."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.install_ours)
        self.addCleanup(self.installation.pip, "uninstall", EARLIER_NAME)

    def test_a_run_warns_where_it_was_installed_before(self):
        """The command is ours, works, and names what to do."""
        self.install_earlier()
        self.install_ours()

        done = self.installation.command("run", "aiohttp", "--plan")

        self.succeeded(done)
        self.assertIn("http-client-benchmarker is installed too and brings the same import name", done.stderr)
        self.assertIn("--force-reinstall", done.stderr)

    def test_every_command_explains_where_it_was_installed_last(self):
        """Its script and ours lead to one message, without a traceback."""
        self.install_earlier()

        for done in (
            self.installation.command("--version"),
            self.installation.program("-m", "http_benchmark", "clients"),
            self.installation.program("-c", "from http_benchmark.cli.main import main; main()"),
        ):
            self.check_explained(done)

    def test_what_is_left_of_ours_explains_after_its_removal(self):
        """Uninstalling it took files of ours; installing again, as the message says, mends that."""
        self.install_earlier()
        self.installation.pip("uninstall", EARLIER_NAME)

        self.check_explained(self.installation.program("-m", "http_benchmark", "clients"))
        self.install_ours()
        self.assertNotIn("installed too", self.installation.command("run", "aiohttp", "--plan").stderr)
        self.succeeded(self.installation.command("--version"))

    def install_ours(self) -> None:
        self.installation.pip("install", *AGAIN, str(distributions()[0]))

    def install_earlier(self) -> None:
        wheel = earlier_wheel(Path(self.enterContext(tempfile.TemporaryDirectory())))
        self.installation.pip("install", *AGAIN, str(wheel))

    def check_explained(self, done: subprocess.CompletedProcess[str]) -> None:
        with self.subTest(done.args):
            self.assertEqual((2, ""), (done.returncode, done.stdout))
            self.assertRegex(done.stderr, r"\Ahttp-benchmark: .*http-client-benchmarker.*--force-reinstall\n\Z")


def earlier_wheel(folder: Path) -> Path:
    """A wheel that takes the places that the earlier distribution takes."""
    information = "http_client_benchmarker-5.1.4.dist-info"
    files = EARLIER | {
        f"{information}/METADATA": "Metadata-Version: 2.1\nName: http-client-benchmarker\nVersion: 5.1.4\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{information}/entry_points.txt": "[console_scripts]\nhttp-benchmark = http_benchmark.cli:main\n",
    }
    record = "".join(f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items())
    wheel = folder / "http_client_benchmarker-5.1.4-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        for name, text in (files | {f"{information}/RECORD": f"{record}{information}/RECORD,,\n"}).items():
            archive.writestr(name, text)
    return wheel


def _digest(text: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
