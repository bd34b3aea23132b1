"""Finds out where a result comes from: programs, interpreter, and what each client brings along."""

import asyncio
import json
import os
import platform
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from http_benchmark import __version__
from http_benchmark.clients import OWN_CLIENTS
from http_benchmark.environments.source import is_changed, revision
from http_benchmark.models.provenance import InterpreterBuild, Provenance, Revision, Runtime, Session
from http_benchmark.plan import Arm, Plan
from http_benchmark.utils.child import Interpreter

_DESCRIBING = "http_benchmark.worker.describing"
_PATIENCE_S = 30.0
_VARIABLES = ("PYTHONHASHSEED", "PYTHONMALLOC", "PYTHONOPTIMIZE", "PYTHONDEVMODE", "PYTHONGIL", "PYTHON_JIT",
    "MALLOC_ARENA_MAX", "MALLOC_TRIM_THRESHOLD_", "LD_PRELOAD")  # fmt: skip
"""That change what is measured, and hold no secrets."""


def provenance(
    plan: Plan,
    *,
    command: str | None = None,
    files: Mapping[str, str] | None = None,
    sessions: tuple[Session, ...] = (),
    reproduces: str | None = None,
) -> Provenance:
    """Where a result of this plan, measured here and now, comes from.

    Args:
        plan: What is measured, before the target is open.
        command: A command that measures the same.
        files: Fingerprints of the files that its configuration names.
        sessions: Of its measuring, this one included.
        reproduces: ID of the experiment that it measures again.
    """
    return Provenance(
        command=command,
        program=_program(),
        project=_project(Path.cwd()),
        interpreter=_interpreter(),
        runtimes=dict(_runtimes(plan.arms)),
        plan_fingerprint=plan.fingerprint,
        files=dict(files or {}),
        sessions=sessions,
        reproduces=reproduces,
    )


def _program() -> Revision:
    root = Path(__file__).parents[1]
    in_checkout = (root / "pyproject.toml").exists()  # else the commit of somebody's project would be named
    return Revision(
        name="http-benchmark",
        version=__version__,
        commit=revision(root) if in_checkout else None,
        changed=is_changed(root) if in_checkout else None,
    )


def _project(folder: Path) -> Revision | None:
    """The project that a folder is in: the nearest one above it that has a pyproject.toml, or else a history."""
    for parent in (folder, *folder.parents):
        if (parent / "pyproject.toml").is_file():
            name, version = _named(parent / "pyproject.toml")
            return Revision(
                name=name or parent.name, version=version, commit=revision(parent), changed=is_changed(parent)
            )
    commit = revision(folder)
    return Revision(commit=commit, changed=is_changed(folder)) if commit else None


def _named(file: Path) -> tuple[str | None, str | None]:
    """Name and version that a pyproject.toml gives; None for what it does not give, or another tool finds out."""
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8")).get("project", {})
        return project.get("name"), project.get("version")
    except (OSError, ValueError, AttributeError):
        return None, None


def _interpreter() -> InterpreterBuild:
    flags = {
        "debug": hasattr(sys, "gettotalrefcount"),
        "free-threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "optimised with -O": sys.flags.optimize > 0,
        "development mode": sys.flags.dev_mode,
    }
    loop = asyncio.new_event_loop()
    loop.close()
    libc = " ".join(filter(None, platform.libc_ver()))
    return InterpreterBuild(
        flags=tuple(flag for flag, is_set in flags.items() if is_set),
        event_loop=f"{type(loop).__module__}.{type(loop).__qualname__}",
        libc=libc or None,
        variables={name: _shown(name, os.environ[name]) for name in _VARIABLES if name in os.environ},
    )


def _shown(name: str, value: str) -> str:
    """A variable's value; of a preloaded library its name, since its folder is nobody's business."""
    return " ".join(Path(path).name for path in value.replace(":", " ").split()) if name == "LD_PRELOAD" else value


def _runtimes(arms: Iterable[Arm]) -> Iterator[tuple[str, Runtime]]:
    """Contender without its mode → what it brings along, asked side by side."""
    subjects = {arm.contender.subject: arm for arm in arms if arm.contender.library not in OWN_CLIENTS}
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for subject, runtime in zip(subjects, pool.map(_runtime_of, subjects.values()), strict=True):
            if runtime:
                yield subject, runtime


def _runtime_of(arm: Arm) -> Runtime | None:
    capabilities = arm.capabilities
    return _described(arm.interpreter, (capabilities.module, capabilities.distribution, *capabilities.extras))


@cache
def _described(interpreter: Interpreter, adapter: tuple[str, ...]) -> Runtime | None:
    """What an adapter says of its client; None where it cannot be asked, which its worker will explain."""
    try:
        answer = subprocess.run(  # noqa: S603 - our own module, no shell
            [interpreter.executable, "-P", "-m", _DESCRIBING, *adapter],
            env=interpreter.environment,
            capture_output=True,
            check=True,
            timeout=_PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )
        return Runtime.from_dict(json.loads(answer.stdout.splitlines()[-1]))
    except (OSError, subprocess.SubprocessError, IndexError, ValueError):  # also what is no JSON, or no Runtime
        return None
