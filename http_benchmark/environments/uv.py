"""uv, which resolves, builds and installs: the only place that calls it, and what its complaints mean."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from http_benchmark.errors import EnvironmentFailedError
from http_benchmark.redaction import without_passwords, without_values
from http_benchmark.utils.inheritance import child_environment

_INSTALL_PATIENCE_S = 300.0
_BUILD_PATIENCE_S = 600.0
_QUIET = ("--color", "never", "--no-progress")
_NOT_INHERITED = frozenset({"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX"})
_NEEDED = re.compile(r"UV_.*|[a-z]+_proxy|[A-Z]+_PROXY")  # to reach the index, with credentials where it asks
_SECRET_VARIABLE = re.compile(r"UV_.*(PASSWORD|TOKEN)")
_UNSATISFIABLE = re.compile(r"cause: Because (.+?) and you require")
_CAUSE = re.compile(r"^\s*cause: (.+)$", re.MULTILINE)
_ERROR = re.compile(r"^error: (.+)$", re.MULTILINE)


def resolve(requirement: str, *, folder: Path) -> str:
    """Every distribution that a requirement takes, with its version, as lines of a requirements file.

    Args:
        requirement: What is wanted, such as "httpx[http2]==0.27.2".
        folder: Where uv is started, so that no project's settings decide; those of user and system do.

    Raises:
        EnvironmentFailedError: There is no such version, or the index cannot be reached.
    """
    arguments = ("pip", "compile", *_QUIET, "--no-header", "--no-annotate", "--python", sys.executable, "-")
    return _run(arguments, folder=folder, patience_s=_INSTALL_PATIENCE_S, given=requirement)


def build_wheel(tree: Path, into: Path) -> Path:
    """Build a source tree, and return the wheel.

    Raises:
        EnvironmentFailedError: It is no project, or its build failed.
    """
    arguments = ("build", *_QUIET, "--wheel", "--python", sys.executable, "--out-dir", str(into), str(tree))
    _run(arguments, folder=into, patience_s=_BUILD_PATIENCE_S)
    return next(into.glob("*.whl"))


def make(folder: Path, locked: str) -> None:
    """Make an environment of this Python with exactly these distributions, compiled.

    Raises:
        EnvironmentFailedError: One of them cannot be fetched.
    """
    _run(
        ("venv", *_QUIET, "--python", sys.executable, str(folder)),
        folder=folder.parent,
        patience_s=_INSTALL_PATIENCE_S,
    )
    arguments = ("pip", "install", *_QUIET, "--no-deps", "--compile-bytecode", "--python", str(folder), "-r", "-")
    _run(arguments, folder=folder, patience_s=_BUILD_PATIENCE_S, given=locked)


def _run(arguments: Sequence[str], *, folder: Path, patience_s: float, given: str = "") -> str:
    needed = {name: value for name, value in os.environ.items() if _NEEDED.fullmatch(name)}
    inherited = {name: value for name, value in child_environment(os.environ).items() if name not in _NOT_INHERITED}
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            [_executable(), *arguments],
            cwd=folder,
            env={"UV_HTTP_RETRIES": "1"} | inherited | needed | {"UV_PYTHON_DOWNLOADS": "never"},
            input=given,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentFailedError(f"uv was not done within {patience_s:.0f} s") from None
    except OSError as error:
        raise EnvironmentFailedError(f"uv cannot be started ({error.strerror}); pip install uv") from error
    if done.returncode:
        raise EnvironmentFailedError(complaint(done.stderr))
    return done.stdout


def complaint(stderr: str) -> str:
    """What uv's standard error says, in one line, without secrets, and what to do where that is known.

    Cases, in this order:

    - no version fits: which one;
    - a build failed: the last words of the project's own build;
    - the index cannot be reached: why;
    - else uv's own error.
    """
    told, _, _ = stderr.partition("\nhint:")
    error = _first(_ERROR, told) or "uv failed without a word"
    causes = _CAUSE.findall(told)
    if unsatisfiable := _UNSATISFIABLE.search(told):
        where = " in uv's cache, and UV_OFFLINE is set" if os.environ.get("UV_OFFLINE") else ""
        line = f"{unsatisfiable[1]}{where}; choose another version"
    elif error.startswith("Failed to build"):
        line = f"the build failed: {_words_of_build(told) or causes[-1]}"
    elif "Failed to fetch" in told:
        line = f"the package index cannot be reached: {causes[-1] if causes else error}; see the UV_ variables of uv"
    else:
        line = ": ".join([error, *causes[:1]])
    secrets = [value for name, value in os.environ.items() if _SECRET_VARIABLE.fullmatch(name)]
    return without_values(without_passwords(line), secrets)


def _words_of_build(told: str) -> str | None:
    """What the build printed last; it comes before uv's error, or indented after it."""
    before, _, after = told.partition("error: Failed to build")
    for part in (after.partition("[stderr]")[2], before):
        lines = [line.strip() for line in part.splitlines() if line.strip() and not line.startswith("Building wheel")]
        if lines:
            return lines[-1]
    return None


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None


def _executable() -> str:
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - only who names a version or a tree needs it

        return find_uv_bin()
    except (ImportError, FileNotFoundError) as error:
        raise EnvironmentFailedError("uv is missing from this environment; pip install uv") from error
