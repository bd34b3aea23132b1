"""What is asked of installers, what belongs to a source tree, and what uv's complaints mean."""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from unittest import TestCase, mock

from packaging.requirements import Requirement

from http_benchmark.clients import OWN_CLIENTS, known_clients
from http_benchmark.environments.cache import cache_root, made_once
from http_benchmark.environments.source import (
    is_changed,
    requirement,
    revision,
    tree_digest,
    tree_files,
    wheel_requirement,
)
from http_benchmark.environments.uv import complaint

ROOT = Path(__file__).parents[2]


class RequirementTest(TestCase):
    def test_a_version_takes_what_the_extra_of_this_project_takes(self):
        """The same distribution with the same extras, so that another environment has all that the client needs."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for name, client in known_clients().items():
            if name in OWN_CLIENTS or not client.module.startswith("http_benchmark."):
                continue
            (extra,) = map(Requirement, project["optional-dependencies"][name])
            asked = Requirement(requirement(client, "1.2.3"))
            with self.subTest(name):
                self.assertEqual((extra.name, extra.extras), (asked.name, asked.extras))
                self.assertEqual("==1.2.3", str(asked.specifier))

    def test_a_wheel_is_named_by_its_file(self):
        """With the extras, too."""
        wheel = wheel_requirement(known_clients()["httpx"], Path("/a b/httpx-1-py3-none-any.whl"))
        self.assertEqual("httpx[http2] @ file:///a%20b/httpx-1-py3-none-any.whl", wheel)


class TreeTest(TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.root / "src").mkdir()
        (self.root / "src" / "a.py").write_text("a = 1\n")
        (self.root / "pyproject.toml").write_text("[project]\n")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True)

    def digest(self) -> str:
        return tree_digest(self.root, tree_files(self.root))

    def test_what_tools_make_does_not_belong_to_a_tree(self):
        """Without git: not its environment, not what a build left, not caches of compiled files."""
        for name in ("build/lib/a.py", ".venv/a.py", "src/__pycache__/a.pyc", "x.egg-info/PKG-INFO"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).touch()

        self.assertEqual([Path("pyproject.toml"), Path("src/a.py")], tree_files(self.root))

    def test_git_knows_what_belongs_to_a_tree(self):
        """What is tracked or new, but nothing that is ignored or deleted."""
        (self.root / ".gitignore").write_text("*.log\n")
        (self.root / "gone.py").touch()
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-qm", "begin")
        self.assertFalse(is_changed(self.root))
        (self.root / "gone.py").unlink()
        (self.root / "noise.log").touch()
        (self.root / "new.py").touch()

        self.assertEqual(["", ".py", ".toml", ".py"], [file.suffix for file in tree_files(self.root)])
        self.assertEqual(
            [".gitignore", "new.py", "pyproject.toml", "src/a.py"], [str(file) for file in tree_files(self.root)]
        )
        self.assertTrue(is_changed(self.root))
        self.assertRegex(revision(self.root), "^[0-9a-f]{7,}$")

    def test_a_tree_without_git_has_no_revision(self):
        """Nobody knows whether it was changed."""
        self.assertEqual((None, None), (revision(self.root), is_changed(self.root)))

    def test_the_digest_tells_every_change(self):
        """Of content, of a name, of the execute bit, of the files there are; the time does not count."""
        seen = [self.digest()]
        os.utime(self.root / "src" / "a.py", (1, 1))
        self.assertEqual(seen[0], self.digest())

        (self.root / "src" / "a.py").write_text("a = 2\n")
        seen.append(self.digest())
        (self.root / "src" / "a.py").rename(self.root / "src" / "b.py")
        seen.append(self.digest())
        (self.root / "src" / "b.py").chmod(0o755)
        seen.append(self.digest())
        (self.root / "c.py").touch()
        seen.append(self.digest())
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-qm", "begin")
        seen.append(self.digest())
        self.assertEqual(len(seen), len(set(seen)))


class CacheTest(TestCase):
    def test_the_cache_is_where_the_user_says(self):
        """Else where the system keeps such things."""
        with mock.patch.dict(os.environ, HTTP_BENCHMARK_CACHE="/somewhere", XDG_CACHE_HOME="/caches"):
            self.assertEqual(Path("/somewhere"), cache_root())
            del os.environ["HTTP_BENCHMARK_CACHE"]
            if sys.platform != "darwin":
                self.assertEqual(Path("/caches/http-benchmark"), cache_root())

    def test_a_folder_is_made_once_and_begun_anew_if_it_was_not_finished(self):
        """Whoever was killed in the middle leaves nothing that is used."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "made"

        def fail(made: Path) -> None:
            (made / "half").touch()
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            made_once(folder, fail)
        self.assertTrue(made_once(folder, lambda made: (made / "whole").touch()))
        self.assertFalse(made_once(folder, fail))
        self.assertEqual([".complete", "whole"], sorted(path.name for path in folder.iterdir()))


class ComplaintTest(TestCase):
    """What uv 0.13.9 printed, and the line that is made of it."""

    def test_no_such_version(self):
        """Which one; where uv may not ask anybody, that is said, too."""
        stderr = (
            "error: No solution found when resolving dependencies\n  cause: Because there is no version of "
            "httpx[http2]==99.1 and you require httpx[http2]==99.1, we can conclude that your requirements are "
            "unsatisfiable.\n"
        )
        self.assertEqual("there is no version of httpx[http2]==99.1; choose another version", complaint(stderr))
        with mock.patch.dict(os.environ, UV_OFFLINE="1"):
            self.assertIn("in uv's cache, and UV_OFFLINE is set", complaint(stderr))

    def test_a_failing_build(self):
        """The last words of the project's own build, before uv's error or after it."""
        before = (
            'Building wheel...\nTraceback (most recent call last):\n  File "b.py", line 1, in build_wheel\n'
            "RuntimeError: no compiler\nerror: Failed to build `/tmp/bad`\n  cause: The build backend returned an "
            "error\n  cause: Call to `b.build_wheel` failed (exit status: 1)\n\nhint: Build failures usually …\n"
        )
        after = (
            "error: Failed to build `pycurl==7.19.0`\n  cause: The build backend returned an error\n  cause: Call to "
            "`setuptools.build_meta` failed (exit status: 1)\n\n         [stderr]\n         Traceback:\n"
            "         SyntaxError: Missing parentheses\n"
        )
        self.assertEqual("the build failed: RuntimeError: no compiler", complaint(before))
        self.assertEqual("the build failed: SyntaxError: Missing parentheses", complaint(after))

    def test_an_index_that_cannot_be_reached(self):
        """Why, and without passwords."""
        stderr = (
            "error: Request failed after 3 retries in 10.1s\n  cause: Failed to fetch: "
            "http://user:s3cret@127.0.0.1:1/simple/httpx/\n  cause: client error (Connect)\n"
            "  cause: tcp connect error to s3cret\n"
        )
        with mock.patch.dict(os.environ, UV_INDEX_OURS_PASSWORD="s3cret"):
            line = complaint(stderr)
        self.assertEqual(
            "the package index cannot be reached: tcp connect error to ***; see the UV_ variables of uv", line
        )

    def test_anything_else(self):
        """Uv's own words; there may be none."""
        self.assertEqual(
            "Requested package name `httpx` does not match `urllib3`",
            complaint("error: Requested package name `httpx` does not match `urllib3`\n"),
        )
        self.assertEqual("uv failed without a word", complaint(""))
