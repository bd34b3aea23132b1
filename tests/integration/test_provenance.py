"""Where a result comes from: real clients asked in processes of their own, and real folders with a history."""

import os
import ssl
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace
from unittest import TestCase
from unittest.mock import patch

from http_benchmark import __version__
from http_benchmark.benchmark import Experiment, ExperimentConfiguration
from http_benchmark.clients import installed_clients, installed_version
from http_benchmark.models.contender import Contender
from http_benchmark.plan import Arm
from http_benchmark.provenance import provenance


def arms(*libraries):
    known = installed_clients()
    return [Arm(Contender(library, "sync"), known[library], None) for library in libraries]


def plan(*planned):
    """As much of a plan as is looked at."""
    return SimpleNamespace(arms=planned, fingerprint="f")


class RuntimesTest(TestCase):
    def test_every_installed_client(self):
        """Each names its own distribution with the version that is measured, and a TLS library or None."""
        found = provenance(plan(*arms(*installed_clients()))).runtimes

        self.assertEqual(installed_clients().keys(), found.keys())
        for library, capabilities in installed_clients().items():
            with self.subTest(library):
                self.assertEqual(installed_version(library), found[library].packages[capabilities.distribution])
        self.assertRegex(found["pycurl"].tls, r"^\S+ .*by libcurl \d")
        self.assertEqual(ssl.OPENSSL_VERSION, found["httpx"].tls)

    def test_a_client_that_cannot_be_asked(self):
        """It is left out; its worker will say what is wrong."""
        [arm] = arms("httpx")
        broken = Arm(
            arm.contender, arm.capabilities.__class__(**{**_fields(arm.capabilities), "module": "no.such"}), None
        )

        self.assertEqual({}, provenance(plan(broken)).runtimes)

    def test_in_a_result(self):
        """An experiment has it once it started; our own clients are no libraries."""
        configuration = ExperimentConfiguration(
            contenders=("null:sync", "urllib3"), blocks=1, requests=20, warmup=0, floor=False
        )
        experiment = Experiment(configuration)
        self.assertIsNone(experiment.result().provenance)
        found = experiment.run().provenance

        self.assertEqual({"urllib3"}, found.runtimes.keys())
        self.assertEqual(("http-benchmark", __version__), (found.program.name, found.program.version))
        self.assertRegex(found.interpreter.event_loop, r"^asyncio\.")


def _fields(capabilities):
    return {name: getattr(capabilities, name) for name in capabilities.__dataclass_fields__}


class ProjectTest(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)

    def git(self, *arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)

    def test_a_project(self):
        """Name and version of the nearest pyproject.toml, from a folder below, with commit and changes."""
        (self.folder / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1.2"\n')
        self.git("init")
        self.git("add", ".")
        self.git("commit", "-m", "a")
        (self.folder / "sub").mkdir()
        os.chdir(self.folder / "sub")
        clean = provenance(plan()).project
        (self.folder / "new.txt").write_text("")
        changed = provenance(plan()).project

        self.assertEqual(("shop", "1.2", False), (clean.name, clean.version, clean.changed))
        self.assertRegex(clean.commit, r"^[0-9a-f]{7,}$")
        self.assertTrue(changed.changed)

    def test_no_history_no_project(self):
        """A project without git has no commit; a folder with neither is none; a broken file hides nothing else."""
        self.assertIsNone(provenance(plan()).project)
        (self.folder / "pyproject.toml").write_text("= broken")
        project = provenance(plan()).project

        self.assertEqual((self.folder.name, None, None), (project.name, project.version, project.commit))

    def test_variables(self):
        """What changes the interpreter is noted; of a preloaded library its name; of others nothing."""
        variables = {"PYTHONMALLOC": "malloc", "LD_PRELOAD": "/home/me/libjemalloc.so.2", "SECRET": "canary"}
        with patch.dict(os.environ, variables):
            found = provenance(plan()).interpreter.variables

        self.assertEqual("malloc", found["PYTHONMALLOC"])
        self.assertEqual("libjemalloc.so.2", found["LD_PRELOAD"])
        self.assertNotIn("canary", str(found))
