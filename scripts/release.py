"""Make a release: `make release VERSION=1.2.3`.

It is made in a working tree of its own, of what is committed: version and changelog, wheel and source archive, which
are checked, installed into empty environments and tried. Only then do branch, tag and `dist/` of this tree change, so
that a release that fails leaves nothing behind. Nothing is published; what to type for that is said at the end.
"""

import argparse
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.distribution import DistributionError, build, install, try_out

ROOT = Path(__file__).parents[1]
VERSION_FILE = "http_benchmark/__init__.py"
CHANGELOG = "CHANGELOG.md"

_VERSION = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
_DECLARED = re.compile(rf'^__version__ = "({_VERSION})"$', re.MULTILINE)
_UNRELEASED = re.compile(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(rf"^## \[{_VERSION}\]", re.MULTILINE)


class ReleaseError(Exception):
    """Why there is no release, and what to do."""


def main() -> int:
    """Make the release that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("version", metavar="VERSION", help="as in 1.2.3; newer than every release so far")
    version = parser.parse_args().version
    try:
        branch, distributions = release(version)
    except (ReleaseError, DistributionError) as error:
        sys.stderr.write(f"release: {error}\nrelease: nothing was changed\n")
        return 1
    paths = " ".join(str(path.relative_to(ROOT)) for path in distributions)
    sys.stdout.write(
        f"Version {version} is committed on {branch}, and tagged v{version}. Nothing is published yet; for that:\n"
        f"  git push origin {branch} v{version}\n  .venv/bin/twine upload {paths}\n"
    )
    return 0


def release(version: str) -> tuple[str, list[Path]]:
    """Make it.

    Returns:
        The branch, and wheel and source archive in `dist/`.

    Raises:
        ReleaseError: This tree or the version is not fit for it.
        DistributionError: What was built is not.
    """
    branch = _fit(version)
    with TemporaryDirectory() as temporary, ExitStack() as always:
        folder = Path(temporary)
        tree = folder / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), "HEAD")
        always.callback(_git, "worktree", "remove", "--force", str(tree))
        _write_version(tree, version)
        _git("commit", "--quiet", "--all", "--message", f"Release {version}", tree=tree)
        return branch, _kept(_distributions(tree, folder, version), _git("rev-parse", "HEAD", tree=tree), version)


def _fit(version: str) -> str:
    """The branch that goes forward."""
    if not re.fullmatch(_VERSION, version):
        raise ReleaseError(f"a version is three numbers, as 1.2.3, and not {version!r}")
    if changed := _git("status", "--porcelain"):
        raise ReleaseError(f"commit or remove what is not committed:\n{changed}")
    branch = _git("branch", "--show-current")
    if not branch:
        raise ReleaseError("no branch is checked out; switch to the one that is released")
    changelog, (declared,) = (ROOT / CHANGELOG).read_text(encoding="utf-8"), _declared(ROOT)
    released = [*re.findall(rf"^v{_VERSION}$", _git("tag", "--list"), re.MULTILINE), *_HEADING.findall(changelog)]
    newest = max((tuple(map(int, numbers)) for numbers in released), default=None)
    if newest is not None and _numbers(version) <= newest:
        raise ReleaseError(f"{version} is not newer than the release {'.'.join(map(str, newest))}")
    if _numbers(version) < _numbers(declared):
        raise ReleaseError(f"{version} is older than {declared}, the version in {VERSION_FILE}")
    unreleased = _UNRELEASED.search(changelog)
    if unreleased is None or not re.search("^- ", unreleased[1], re.MULTILINE):
        raise ReleaseError(f'{CHANGELOG} lists nothing below "Unreleased"')
    return branch


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _declared(tree: Path) -> list[str]:
    """The version in the code."""
    return [found[1] for found in _DECLARED.finditer((tree / VERSION_FILE).read_text(encoding="utf-8"))]


def _write_version(tree: Path, version: str) -> None:
    """Into code and changelog."""
    code, changelog = tree / VERSION_FILE, tree / CHANGELOG
    code.write_text(_DECLARED.sub(f'__version__ = "{version}"', code.read_text(encoding="utf-8")), encoding="utf-8")
    headings = f"## [Unreleased]\n\n## [{version}] - {datetime.now(UTC):%Y-%m-%d}\n"
    text = changelog.read_text(encoding="utf-8").replace("## [Unreleased]\n", headings, 1)
    changelog.write_text(text, encoding="utf-8")


def _distributions(tree: Path, folder: Path, version: str) -> list[Path]:
    """Wheel and source archive of a tree, checked and tried."""
    made = [*build(tree, folder / "dist")]
    _run([sys.executable, "-m", "twine", "--no-color", "check", "--strict", *map(str, made)], "twine check")
    for number, distribution in enumerate(made):
        _say(f"trying {distribution.name}")
        try_out(install(distribution, folder / str(number), tree / "requirements"), version)
    return made


def _kept(made: list[Path], commit: str, version: str) -> list[Path]:
    """Put them into `dist/`, tag the commit, and bring the branch there; all of it or nothing."""
    dist, tag = ROOT / "dist", f"v{version}"
    dist.mkdir(exist_ok=True)
    kept = [dist / path.name for path in made]
    with ExitStack() as undo:
        for source, target in zip(made, kept, strict=True):
            undo.callback(target.unlink, missing_ok=True)
            shutil.copyfile(source, target)
        _git("tag", "--annotate", "--message", f"Version {version}", tag, commit)
        undo.callback(_git, "tag", "--delete", tag)
        _git("merge", "--quiet", "--ff-only", commit)
        undo.pop_all()
    return kept


def _git(*arguments: str, tree: Path = ROOT) -> str:
    return _run(["git", "-C", str(tree), *arguments], f"git {arguments[0]}")


def _run(command: list[str], what: str) -> str:
    """What a command prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - words of our own
    if done.returncode:
        raise ReleaseError(f"{what} failed:\n{(done.stderr + done.stdout).strip()}")
    return done.stdout.strip()


def _say(what: str) -> None:
    sys.stderr.write(f"release: {what}\n")


if __name__ == "__main__":
    sys.exit(main())
