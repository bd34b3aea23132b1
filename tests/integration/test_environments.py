"""Environments made by uv: of versions and of source trees, once each, without a network unless a test says so."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from http_benchmark.environments.making import ClientEnvironment, Environments
from http_benchmark.errors import EnvironmentFailedError
from http_benchmark.models.contender import Contender
from tests.foreign_clients import make_known
from tests.wheelhouse import make_tree, make_wheel, offline

PROCESSES = 6
MAKE = """
import sys
from http_benchmark.environments.making import Environments
from http_benchmark.models.contender import Contender
print(Environments().of(Contender.parse(sys.argv[1])).folder)
"""


class EnvironmentsTest(unittest.TestCase):
    def setUp(self):
        make_known(self, "versions")
        self.folder, _ = offline(self)
        self.said: list[str] = []

    def make(self, text: str) -> ClientEnvironment:
        return Environments(self.said.append).of(Contender.parse(text))

    def refused(self, text: str) -> str:
        with self.assertRaises(EnvironmentFailedError) as raised:
            self.make(text)
        (line,) = raised.exception.faults
        self.assertNotIn("\n", line)
        return line

    def builds(self) -> int:
        counted = self.folder / "builds"
        return len(counted.read_text().splitlines()) if counted.exists() else 0

    def tree(self, **details: object) -> Path:
        self.enterContext(mock.patch.dict(os.environ, SLOTH_BUILDS=str(self.folder / "builds")))
        return make_tree(self.folder / "tree", "2.0", **details)

    def test_the_installed_client_needs_none(self):
        """Without a version or a tree nothing is made."""
        self.assertIsNone(self.make("sloth"))
        self.assertFalse((self.folder / "cache").exists())

    def test_two_versions_have_an_environment_each(self):
        """With that version in it and nothing else; the second time it is there already."""
        old, new = self.make("sloth==1.0"), self.make("sloth==1.1:sync")

        self.assertEqual(("1.0", "1.1"), (old.version, new.version))
        self.assertEqual({"sloth": "1.0"}, old.source.packages)
        self.assertNotEqual(old.folder, new.folder)
        self.assertEqual(
            ["sloth==1.0: installing 1 package", "sloth==1.1: installing 1 package"],
            self.said,
            "said what takes time",
        )
        self.assertEqual(old, self.make("sloth==1.0"))
        self.assertEqual(2, len(self.said))

    def test_its_python_finds_this_package_and_nothing_else_of_ours(self):
        """Its search path has a folder with one link, the standard library, and what is installed in it."""
        environment = self.make("sloth==1.0")
        program = (
            "import json, sys, sloth, http_benchmark.worker.main\n"
            "print(json.dumps([sys.path, sloth.__file__, sorted({'numpy', 'pydantic', 'uv'} & set(sys.modules))]))"
        )
        answer = subprocess.run(
            [environment.interpreter.executable, "-P", "-c", program],
            env=environment.interpreter.environment,
            capture_output=True,
            text=True,
            check=True,
        )

        self.assertNotIn(str(Path(sys.prefix) / "lib"), answer.stdout)
        self.assertIn(str(environment.folder), answer.stdout)
        self.assertTrue(answer.stdout.endswith(", []]\n"), answer.stdout)
        link = Path(environment.interpreter.search_path)
        self.assertEqual([".complete", "http_benchmark", "sloth_adapter.py"], sorted(p.name for p in link.iterdir()))

    def test_a_tree_is_built_when_it_has_changed(self):
        """Not when it is as before, whatever tools left in it; and building changes nothing in it."""
        tree = self.tree()
        first = self.make(f"sloth@{tree}")
        (tree / "__pycache__").mkdir()
        again = self.make(f"sloth@{tree}")

        self.assertEqual(("2.0", "tree", str(tree)), (first.version, first.source.kind, first.source.path))
        self.assertEqual((None, None), (first.source.revision, first.source.changed))
        self.assertEqual((1, first.folder), (self.builds(), again.folder))
        self.assertFalse((tree / "build").exists())

        (tree / "sloth.py").write_text((tree / "sloth.py").read_text() + "\n")
        changed = self.make(f"sloth@{tree}")
        self.assertEqual(2, self.builds())
        self.assertNotEqual(first.folder, changed.folder)

    def test_processes_that_want_the_same_make_it_once(self):
        """All wait for the one that came first."""
        tree = self.tree()
        started = [
            subprocess.Popen([sys.executable, "-c", MAKE, f"sloth@{tree}"], stdout=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        ]
        folders = {process.communicate()[0] for process in started}

        self.assertEqual([0] * PROCESSES, [process.returncode for process in started])
        self.assertEqual((1, 1), (len(folders), self.builds()))

    def test_what_was_not_finished_is_not_used(self):
        """Without the mark that a maker sets last, everything is made anew."""
        environment = self.make("sloth==1.0")
        (environment.folder / ".complete").unlink()
        shutil.rmtree(environment.folder / "bin")

        self.assertEqual(environment, self.make("sloth==1.0"))
        self.assertTrue(Path(environment.interpreter.executable).exists())
        self.assertEqual(2, len(self.said))

    def test_without_an_index_the_last_answer_has_to_do(self):
        """If its environment is there; it is said that its dependencies may be old."""
        environment = self.make("sloth==1.0")
        for wheel in (self.folder / "wheels").iterdir():
            wheel.unlink()

        self.assertEqual(environment, self.make("sloth==1.0"))
        self.assertRegex(self.said[-1], r"sloth==1\.0: with its dependencies of \d{4}-\d\d-\d\d, since .*sloth")
        self.assertIn("sloth==1.1: ", self.refused("sloth==1.1"))

    def test_one_line_says_why_there_is_none(self):
        """No such version, no project, no build, no way to the index; passwords are not told."""
        empty = self.folder / "empty"
        empty.mkdir()
        tree = self.tree()
        (tree / "back_end.py").write_text("def build_wheel(*_, **__):\n    raise RuntimeError('no compiler')\n")

        self.assertRegex(self.refused("sloth==9"), r"^sloth==9: there is no version of sloth==9")
        self.assertRegex(self.refused(f"sloth@{empty}"), "neither pyproject.toml nor setup.py")
        self.assertRegex(self.refused(f"sloth@{tree}"), r"the build failed: RuntimeError: no compiler$")
        index = {"UV_DEFAULT_INDEX": "http://user:s3cret@127.0.0.1:1/simple", "UV_NO_INDEX": "0", "UV_OFFLINE": "0"}
        with mock.patch.dict(os.environ, index | {"UV_HTTP_RETRIES": "0", "UV_FIND_LINKS": ""}):
            line = self.refused("sloth==1.0")
        self.assertRegex(line, "the package index cannot be reached: .*refused")
        self.assertNotIn("s3cret", line)

    def test_a_cache_that_cannot_be_used(self):
        """Its name is told, and the way out."""
        (self.folder / "file").touch()
        with mock.patch.dict(os.environ, HTTP_BENCHMARK_CACHE=str(self.folder / "file")):
            self.assertRegex(self.refused("sloth==1.0"), "cannot be used .* HTTP_BENCHMARK_CACHE")

    def test_all_experiments_of_a_command_measure_the_same(self):
        """A tree that changes meanwhile is not built anew, nor another version of a dependency installed."""
        tree = self.tree()
        environments = Environments()
        first = environments.of(Contender.parse(f"sloth@{tree}"))
        (tree / "sloth.py").write_text("")
        make_wheel(self.folder / "wheels", "1.2")

        self.assertIs(first, environments.of(Contender.parse(f"sloth@{tree}:sync")))
