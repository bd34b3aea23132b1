"""The distributions of a source tree: build wheel and source archive, install and try them."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

_PATIENCE_S = 300.0
_OURS = ("HTTP_BENCHMARK_", "PYTHON", "UV_PYTHON", "VIRTUAL_ENV")
_RUN = ("run", "aiohttp", "--requests", "20", "--warmup", "0", "--blocks", "1", "--json", "run.json")


class DistributionError(Exception):
    """A distribution cannot be built or installed, or does not do what it should; says what was seen."""


@dataclass(frozen=True)
class Installation:
    """An environment that holds one distribution of ours, and what that requires.

    Attributes:
        folder: The environment.
        workplace: Another folder, where its commands run.
    """

    folder: Path
    workplace: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where packages are installed."""
        (folder,) = self.folder.glob("lib/python3.*/site-packages")
        return folder

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its `http-benchmark`."""
        return _finish([str(self.folder / "bin" / "http-benchmark"), *arguments], cwd=self.workplace)

    def program(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its interpreter."""
        return _finish([str(self.python), *arguments], cwd=self.workplace)

    def pip(self, verb: str, *arguments: str) -> str:
        """What uv says to it.

        Raises:
            DistributionError: It could not be done.
        """
        return _told([find_uv_bin(), "pip", verb, "--python", str(self.python), *arguments], cwd=self.workplace)


def build(tree: Path, folder: Path) -> tuple[Path, Path]:
    """Build the source archive of a tree, and of that the wheel, by the build backend of this environment.

    Returns:
        Wheel and source archive, in the folder.

    Raises:
        DistributionError: One cannot be built.
    """
    options = ("--no-build-isolation", "--offline", "--python", sys.executable)
    _told([find_uv_bin(), "build", *options, "--out-dir", str(folder), str(tree)], cwd=tree)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def install(distribution: Path, folder: Path, requirements: Path, python: str = sys.executable) -> Installation:
    """Install a distribution into a new, empty environment.

    Args:
        distribution: Wheel or source archive.
        folder: Where environment and workplace are made.
        requirements: The folder of the pinned requirements, whose versions are taken.
        python: The interpreter of the environment.

    Raises:
        DistributionError: It cannot be installed.
    """
    installation = Installation(folder / "environment", folder / "workplace")
    installation.workplace.mkdir(parents=True)
    words = ("--no-project", "--python", python, str(installation.folder))
    _told([find_uv_bin(), "venv", *words], cwd=installation.workplace)
    pins = ("--constraint", str(requirements / "dev.txt"), "--build-constraint", str(requirements / "build.txt"))
    installation.pip("install", *pins, str(distribution))
    return installation


def try_out(installation: Installation, version: str) -> None:
    """Use an installation as a newcomer would: ask it for its version and clients, run, list, report.

    Raises:
        DistributionError: A command failed, or the version is another one.
    """
    said = _succeeded(installation.command("--version"))
    if said.split()[-1:] != [version]:
        raise DistributionError(f"http-benchmark --version should tell {version}, and says {said.strip()!r}")
    _succeeded(installation.command("clients"))
    _succeeded(installation.command(*_RUN))
    result = json.loads((installation.workplace / "run.json").read_text(encoding="utf-8"))
    if result["clients"][0]["requests"] != 20:
        raise DistributionError(f"20 requests were ordered, and {result['clients'][0]['requests']} counted")
    if result["id"][:8] not in _succeeded(installation.command("results", "list")):
        raise DistributionError("results list does not name the run")
    _succeeded(installation.command("report", result["id"], "--output", "report.html"))


def _succeeded(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed."""
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-5:]
        words = [Path(done.args[0]).name, *done.args[1:3]]
        raise DistributionError("\n".join([f"{' '.join(words)} ended with exit code {done.returncode}", *last]))
    return done.stdout


def _told(command: list[str], *, cwd: Path) -> str:
    done = _finish(command, cwd=cwd)
    _succeeded(done)
    return done.stderr


def _finish(command: list[str], *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without what the environment says of Python and of this program."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return subprocess.run(  # noqa: S603 - words of our own
        command,
        cwd=cwd,
        env=environment | {"COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
