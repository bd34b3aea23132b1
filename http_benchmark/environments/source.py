"""What is asked for: a version, or a source tree, whose files say whether it is the one that was built before."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from http_benchmark.clients import Capabilities
from http_benchmark.utils.inheritance import child_environment

_MADE_BY_TOOLS = frozenset(
    {".git", ".hg", ".venv", ".tox", ".nox", "__pycache__", "build", "dist", "node_modules", "target"}
)
"""Folders that are left out of a tree that git does not know."""


def requirement(capabilities: Capabilities, version: str) -> str:
    """A version as installers name it: "httpx[http2]==0.27.2"."""
    return f"{_with_extras(capabilities)}=={version}"


def wheel_requirement(capabilities: Capabilities, wheel: Path) -> str:
    """A wheel as installers name it."""
    return f"{_with_extras(capabilities)} @ {wheel.as_uri()}"


def tree_files(root: Path) -> list[Path]:
    """The files that belong to a source tree, relative to it, in alphabetical order.

    Where git knows the tree: what it tracks, submodules included, and what is new and not ignored. Elsewhere all but
    what tools make.
    """
    tracked = _git(root, "ls-files", "-z", "--cached", "--recurse-submodules")
    new = _git(root, "ls-files", "-z", "--others", "--exclude-standard")
    names = {name for text in (tracked, new) if text for name in text.split("\0") if name}
    files = [Path(name) for name in names] or _walked(root)
    return sorted(file for file in files if (root / file).is_file())


def tree_digest(root: Path, files: Sequence[Path]) -> str:
    """SHA-256 over the names, contents and execute bits of a tree's files, and over the revision that git names."""
    digest = hashlib.sha256((_git(root, "describe", "--always", "--long", "--tags") or "").encode())
    for file in files:
        content = (root / file).read_bytes()
        head = f"\0{file}\0{os.access(root / file, os.X_OK)}\0{len(content)}\0"
        digest.update(head.encode(errors="surrogateescape") + content)
    return digest.hexdigest()


def revision(root: Path) -> str | None:
    """The commit that a tree is at, abbreviated; None where git does not know it."""
    return _git(root, "rev-parse", "--short", "HEAD")


def is_changed(root: Path) -> bool | None:
    """Whether a tree differs from its commit, new files included; None where git does not know it."""
    status = _git(root, "status", "--porcelain", "--", ".")
    return None if status is None else bool(status)


def copy_tree(root: Path, files: Sequence[Path], into: Path) -> None:
    """Copy a tree's files into an empty folder, with a history of its own, from which some back ends take the version.

    The copy borrows the history's objects, and nothing that is done in it changes the original.
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    cloned = top and Path(top) == root.resolve() and _git(root, "clone", "--no-checkout", "--shared", ".", str(into))
    for file in files:
        (into / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / file, into / file)
    if cloned is not None:
        _git(into, "reset")  # or all files would look new, and the version would say so


def _with_extras(capabilities: Capabilities) -> str:
    extras = f"[{','.join(capabilities.extras)}]" if capabilities.extras else ""
    return capabilities.distribution + extras


def _walked(root: Path) -> list[Path]:
    files = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _MADE_BY_TOOLS and not name.endswith(".egg-info")]
        files += [(Path(folder) / name).relative_to(root) for name in names]
    return files


def _git(root: Path, *arguments: str) -> str | None:
    """What git answers, without its last line end; None where it is missing or fails. It changes nothing."""
    inherited = child_environment(os.environ)
    environment = {name: value for name, value in inherited.items() if not name.startswith("GIT_")}
    try:
        answer = subprocess.run(  # noqa: S603 - no shell
            ["git", "-C", str(root), *arguments],  # noqa: S607 - the user's git
            env=environment | {"GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return os.fsdecode(answer.stdout).removesuffix("\n")
