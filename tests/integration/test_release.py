"""`make release` in a repository of its own: what it makes, what it refuses, and that a failure leaves nothing."""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 400.0
VERSION = "7.8.9"


class ReleaseTest(unittest.TestCase):
    def setUp(self):
        self.tree = Path(self.enterContext(tempfile.TemporaryDirectory()), "repository")
        for name in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (ROOT / name).is_file():
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.tree / name)
        git(self.tree, "init", "--quiet", "--initial-branch", "trunk")
        git(self.tree, "config", "user.name", "Somebody")
        git(self.tree, "config", "user.email", "somebody@example.org")
        self.commit("Begin")

    def test_a_release_is_made(self):
        """Version and changelog in one commit with its tag, both distributions of it, and what to type to publish."""
        before = git(self.tree, "rev-parse", "HEAD")

        done = self.release(VERSION)

        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(before, git(self.tree, "rev-parse", "HEAD^"))
        self.assertEqual(git(self.tree, "rev-parse", "HEAD"), git(self.tree, "rev-parse", f"v{VERSION}^{{commit}}"))
        changed = git(self.tree, "diff", "--name-only", "HEAD^", "HEAD").splitlines()
        self.assertEqual(["CHANGELOG.md", "http_benchmark/__init__.py"], changed)
        self.assertIn(f'\n__version__ = "{VERSION}"\n', self.text("http_benchmark/__init__.py"))
        self.assertRegex(self.text("CHANGELOG.md"), rf"\n## \[Unreleased\]\n\n## \[{VERSION}\] - \d{{4}}-\d\d-\d\d\n\n")
        self.assertEqual(("", 1), (git(self.tree, "status", "--porcelain"), self.worktrees()))
        source, wheel = f"http_benchmark-{VERSION}.tar.gz", f"http_benchmark-{VERSION}-py3-none-any.whl"
        self.assertEqual({source, wheel}, {path.name for path in (self.tree / "dist").iterdir()})
        with tarfile.open(self.tree / "dist" / source) as archive:
            code = archive.extractfile(f"http_benchmark-{VERSION}/http_benchmark/__init__.py").read().decode()
        self.assertEqual(self.text("http_benchmark/__init__.py"), code)
        self.assertIn(f"git push origin trunk v{VERSION}\n", done.stdout)
        self.assertIn(f"twine upload dist/{wheel} dist/{source}\n", done.stdout)

        self.check_refused(VERSION, f"{VERSION} is not newer than the release {VERSION}")
        self.check_refused("7.9.0", 'CHANGELOG.md lists nothing below "Unreleased"')

    def test_what_cannot_be_released_is_refused(self):
        """With the reason, before anything is built."""
        git(self.tree, "tag", "v0.9.1")
        self.check_refused("0.9.1", "0.9.1 is not newer than the release 0.9.1")
        self.check_refused("0.9.0", "0.9.0 is not newer than the release 0.9.1")
        self.check_refused("1.0", "a version is three numbers, as 1.2.3, and not '1.0'")
        self.check_refused("1.0.0rc1", "a version is three numbers, as 1.2.3, and not '1.0.0rc1'")
        (self.tree / "new.txt").write_text("not committed\n")
        self.check_refused(VERSION, "commit or remove what is not committed:\n?? new.txt")
        (self.tree / "new.txt").unlink()
        git(self.tree, "checkout", "--quiet", "--detach")
        self.check_refused(VERSION, "no branch is checked out")

    def test_a_program_that_does_not_work_is_not_released(self):
        """What is built is tried, and where that fails nothing has changed."""
        module = self.tree / "http_benchmark" / "cli" / "clients.py"
        module.write_text(module.read_text(encoding="utf-8") + "\nraise SystemExit('broken')\n", encoding="utf-8")
        self.commit("Break it")

        self.check_refused(VERSION, "http-benchmark clients ended with exit code 1\nbroken\n")

    def test_a_file_that_a_distribution_lacks_is_noticed(self):
        """The tree works, and what is built of it does not."""
        project = self.tree / "pyproject.toml"
        text = project.read_text(encoding="utf-8")
        project.write_text(
            text.replace('packages = ["http_benchmark"]\n', 'packages = ["http_benchmark"]\nexclude = ["*.j2"]\n', 1)
        )
        self.commit("Forget the templates")

        self.check_refused(VERSION, "http-benchmark report ")

    def test_a_branch_that_went_on_meanwhile_keeps_no_tag(self):
        """The last step fails where somebody committed during the release; those before it are taken back."""
        (self.tree / "file.whl").write_text("built\n")
        elsewhere = git(self.tree, "commit-tree", "HEAD^{tree}", "-m", "Not a descendant")
        program = "import sys; from scripts.release import *; from scripts.release import _kept; "
        call = f"_kept([Path('file.whl')], {elsewhere!r}, {VERSION!r})"
        before = self.state()

        done = subprocess.run(
            [sys.executable, "-c", program + call], cwd=self.tree, capture_output=True, text=True, check=False
        )

        self.assertIn("ReleaseError: git merge failed", done.stderr)
        self.assertEqual(before, self.state())

    def check_refused(self, version: str, reason: str) -> None:
        before = self.state()
        done = self.release(version)
        with self.subTest(version=version, reason=reason):
            self.assertEqual((1, ""), (done.returncode, done.stdout))
            self.assertIn(f"release: {reason}", done.stderr)
            self.assertIn("release: nothing was changed\n", done.stderr)
            self.assertEqual(before, self.state())

    def release(self, version: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scripts.release", version]
        return subprocess.run(command, cwd=self.tree, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def state(self) -> tuple[object, ...]:
        """All that a release changes."""
        references = git(self.tree, "for-each-ref"), git(self.tree, "rev-parse", "HEAD")
        dist = sorted((path.name, path.stat().st_mtime_ns) for path in self.tree.glob("dist/*"))
        return references, git(self.tree, "status", "--porcelain"), self.worktrees(), dist

    def worktrees(self) -> int:
        return len(git(self.tree, "worktree", "list").splitlines())

    def commit(self, subject: str) -> None:
        git(self.tree, "add", "--all")
        git(self.tree, "commit", "--quiet", "--message", subject)

    def text(self, name: str) -> str:
        return (self.tree / name).read_text(encoding="utf-8")


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
