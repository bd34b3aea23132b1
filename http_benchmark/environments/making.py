"""From a contender with a version or a source tree to an environment that has it: resolve, build, install, once."""

import hashlib
import platform
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

from http_benchmark.clients import Capabilities, known_clients
from http_benchmark.environments import source, uv
from http_benchmark.environments.cache import cache_root, is_complete, made_once, usable
from http_benchmark.environments.link import link_folder
from http_benchmark.errors import ConfigurationError, EnvironmentFailedError
from http_benchmark.models.contender import Contender
from http_benchmark.models.contender_source import ContenderSource
from http_benchmark.units import counted
from http_benchmark.utils.child import Interpreter


@dataclass(frozen=True, slots=True)
class ClientEnvironment:
    """A Python environment with one client in it, and what the client needs.

    Attributes:
        folder: Where it is; the client's library must be imported from there.
        interpreter: Its Python, for workers.
        version: Of the client.
        source: What it was made of.
    """

    folder: Path
    interpreter: Interpreter
    version: str
    source: ContenderSource


class Environments:
    """Makes environments, each once, so that all experiments of a command measure the same.

    Args:
        notify: Told, in a sentence, of what takes time and of what is not as it should be.

    Attributes:
        notify: As given.
    """

    def __init__(self, notify: Callable[[str], None] = lambda _: None) -> None:
        self.notify = notify
        self._made: dict[str, ClientEnvironment] = {}

    def of(self, contender: Contender) -> ClientEnvironment | None:
        """The environment of a contender; None where it names neither version nor tree, so the installed one is meant.

        Raises:
            EnvironmentFailedError: There is no such version, the build failed, or the like.
        """
        if not contender.named_source:
            return None
        subject = contender.subject
        if subject not in self._made:
            try:
                with usable(cache_root()) as root:
                    self._made[subject] = _Maker(root, subject, self.notify).make(contender)
            except EnvironmentFailedError as error:
                raise EnvironmentFailedError(f"{subject}: {error}") from error
        return self._made[subject]

    def of_all(self, contenders: Sequence[Contender]) -> list[ClientEnvironment | None]:
        """Those of several contenders, in their order.

        Raises:
            ConfigurationError: With a line for each that cannot be had.
        """
        found: list[ClientEnvironment | None] = []
        faults: dict[str, None] = {}
        for contender in contenders:
            try:
                found.append(self.of(contender))
            except EnvironmentFailedError as error:
                faults |= dict.fromkeys(error.faults)
        if faults:
            raise ConfigurationError(list(faults))
        return found


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one environment."""

    root: Path
    named: str
    notify: Callable[[str], None]

    def make(self, contender: Contender) -> ClientEnvironment:
        capabilities = known_clients()[contender.library]
        tree = Path(contender.path).expanduser() if contender.path else None
        if tree:
            requirement = source.wheel_requirement(capabilities, self._wheel(tree))
        else:
            assert contender.version is not None
            requirement = source.requirement(capabilities, contender.version)
        folder = self._installed(requirement)
        packages = _packages(folder)
        return ClientEnvironment(
            folder=folder,
            interpreter=Interpreter(str(folder / "bin" / "python"), str(link_folder(self.root, capabilities.module))),
            version=_version(capabilities, packages),
            source=ContenderSource(
                kind="tree" if tree else "version",
                path=contender.path,
                revision=source.revision(tree) if tree else None,
                changed=source.is_changed(tree) if tree else None,
                packages=packages,
            ),
        )

    def _wheel(self, tree: Path) -> Path:
        """The wheel of a tree as it is now; never an editable install, since a run must measure one state."""
        files = source.tree_files(tree)
        if not {Path("pyproject.toml"), Path("setup.py")} & set(files):
            raise EnvironmentFailedError("it has neither pyproject.toml nor setup.py; name the top of a project")
        digest = source.tree_digest(tree, files)
        folder = self.root / "wheels" / digest[:32]

        def build(into: Path) -> None:
            self.notify(f"{self.named}: building a wheel")
            with tempfile.TemporaryDirectory() as copy:  # back ends write into the tree that they build
                source.copy_tree(tree, files, Path(copy))
                uv.build_wheel(Path(copy), into)

        made_once(folder, build)
        if source.tree_digest(tree, source.tree_files(tree)) != digest:
            raise EnvironmentFailedError("its files changed while it was built; leave them alone and start again")
        return next(folder.glob("*.whl"))

    def _installed(self, requirement: str) -> Path:
        """The folder with what a requirement takes.

        What it takes is asked anew each time, so that both sides of a comparison have dependencies of the same day;
        only where that fails, the last answer has to do.
        """
        remembered = self.root / "resolved" / f"{_digest(requirement, *_python())}.txt"
        try:
            locked = uv.resolve(requirement, folder=self.root)
        except EnvironmentFailedError as error:
            locked = remembered.read_text(encoding="utf-8") if remembered.exists() else ""
            if not (locked and is_complete(self._folder(locked))):
                raise
            day = datetime.fromtimestamp(remembered.stat().st_mtime, UTC)
            self.notify(f"{self.named}: with its dependencies of {day:%Y-%m-%d}, since {error}")
            return self._folder(locked)

        def install(folder: Path) -> None:
            self.notify(f"{self.named}: installing {counted(len(locked.splitlines()), 'package')}")
            uv.make(folder, locked)

        made_once(self._folder(locked), install)
        remembered.parent.mkdir(exist_ok=True)
        remembered.write_text(locked, encoding="utf-8")
        return self._folder(locked)

    def _folder(self, locked: str) -> Path:
        return self.root / "environments" / _digest(locked, *_python())


def _python() -> tuple[str, ...]:
    """What tells this Python from others that an environment could be made for."""
    return (platform.python_implementation(), sys.version, str(Path(sys.executable).resolve()))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _packages(folder: Path) -> dict[str, str]:
    """The distributions of an environment with their versions, in alphabetical order."""
    base = {"base": str(folder), "platbase": str(folder)}
    paths = {sysconfig.get_path(kind, scheme="venv", vars=base) for kind in ("purelib", "platlib")}
    found = {normalised(one.name): one.version for one in distributions(path=sorted(paths))}
    return dict(sorted(found.items()))


def _version(capabilities: Capabilities, packages: dict[str, str]) -> str:
    try:
        return packages[normalised(capabilities.distribution)]
    except KeyError:
        raise EnvironmentFailedError(f"{capabilities.distribution} is not what was installed") from None


def normalised(distribution: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return distribution.lower().replace("_", "-").replace(".", "-")
