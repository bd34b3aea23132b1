"""Which HTTP clients there are, found without importing any of them.

A client is a file `*_adapter.py` beside this one, or a module that another distribution names in the entry-point group
`http_benchmark.clients`. What it can do stands in the file as a literal, `CAPABILITIES`, and is read from its source,
so that the controller never imports an HTTP client library; `load_adapter` is for the worker.
"""

import ast
import importlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Literal

from http_benchmark.errors import ConfigurationError

ENTRY_POINT_GROUP = "http_benchmark.clients"
NULL_CLIENT = "null"
"""The client that answers every request by itself: what is left is the harness's own cost."""

FLOOR_CLIENT = "floor"
"""The client that does the least that one can: a bare socket."""

OWN_CLIENTS = frozenset({NULL_CLIENT, FLOOR_CLIENT})
"""Yardsticks of our own: known, and measured when named, but never among the installed ones."""

_SUFFIX = "_adapter"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a client is and can do, as its adapter's `CAPABILITIES` says.

    Attributes:
        name: As in `clients` and in contenders.
        module: The adapter's module path.
        distribution: What to look up the version of.
        install: How to get it.
        modes: Mode ("sync", "async") → name of the adapter's class.
        http2: HTTP/2 can be asked for.
        custom_ca: A file of certificates to trust can be given.
        skip_verify: The check of certificates can be switched off.
        follow_redirects: The modes that can follow redirects.
        pool_limit: The client itself keeps its connections at the concurrency.
        stream: A streamed body is handed over as it arrives; otherwise it is read whole first.
        total_timeout: The timeout is a deadline of the whole request; otherwise of connecting and of each read.
        files_per_thread: Open files that each thread of the sync client takes, its connection among them.
        proxy: Requests can be sent through an HTTP proxy.
        extras: Extras of the distribution that another environment needs, too.
        import_name: The library's module; None where it is called as the client.
    """

    name: str
    module: str
    distribution: str
    install: str
    modes: Mapping[Literal["sync", "async"], str]
    http2: bool
    custom_ca: bool
    skip_verify: bool
    follow_redirects: tuple[str, ...]
    pool_limit: bool
    stream: bool
    total_timeout: bool
    files_per_thread: int = 1
    proxy: bool = False
    extras: tuple[str, ...] = ()
    import_name: str | None = None


def known_clients() -> dict[str, Capabilities]:
    """All clients that have an adapter, by name in alphabetical order, installed or not.

    Distributions are looked through once per process, which takes milliseconds for each hundred of them.

    Raises:
        ConfigurationError: The adapter of another distribution is missing or its `CAPABILITIES` cannot be read.
    """
    return {name: _read_capabilities(name, module) for name, module in _adapters(tuple(sys.path)).items()}


def installed_clients() -> dict[str, Capabilities]:
    """The known clients whose library is installed in this environment, without our own."""
    return {
        name: client
        for name, client in known_clients().items()
        if name not in OWN_CLIENTS and _version(client.distribution) is not None
    }


def installed_version(name: str) -> str | None:
    """The installed version of a known client's library, or None where it is not installed."""
    return _version(known_clients()[name].distribution)


def load_adapter(module: str) -> ModuleType:
    """Import an adapter, and with it its client library; for the worker, in its main thread.

    Click stays hidden meanwhile: httpx would load it and rich for a command line of its own, only since this project
    has them installed, and pay for them in import time and memory.

    Raises:
        ImportError: The library is not installed.
    """
    click = sys.modules.get("click")
    sys.modules["click"] = None  # type: ignore[assignment] # None makes its import fail, as the import system says
    try:
        return importlib.import_module(module)
    finally:
        del sys.modules["click"]
        if click is not None:
            sys.modules["click"] = click


@cache
def _adapters(_path: tuple[str, ...]) -> Mapping[str, str]:
    """The module of each client's adapter, by name, where distributions are looked for in these folders."""
    modules = {
        path.stem.removesuffix(_SUFFIX): f"{__name__}.{path.stem}"
        for path in Path(__file__).parent.glob(f"*{_SUFFIX}.py")
    }
    for entry_point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        modules.setdefault(entry_point.name, entry_point.value)
    return MappingProxyType(dict(sorted(modules.items())))


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def _read_capabilities(name: str, module: str) -> Capabilities:
    try:
        values = _literal(module)
        return Capabilities(
            name=name,
            module=module,
            **values
            | {
                "modes": MappingProxyType(values["modes"]),
                "follow_redirects": tuple(values["follow_redirects"]),
                "extras": tuple(values.get("extras", ())),
            },
        )
    except (ImportError, OSError, SyntaxError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(
            f"the adapter of client {name!r} cannot be used: {module}: {error}; "
            "it must be a module with a literal CAPABILITIES, see http_benchmark/clients/base.py"
        ) from error


def _literal(module: str) -> dict[str, Any]:
    source = _source(module)
    for statement in ast.parse(source.read_text(encoding="utf-8")).body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="CAPABILITIES")], value=value)
                | ast.AnnAssign(target=ast.Name(id="CAPABILITIES"), value=ast.expr() as value)
            ):
                literal = ast.literal_eval(value)
                if isinstance(literal, dict):
                    return literal
    raise ValueError("it has no literal dict CAPABILITIES")


def _source(module: str) -> Path:
    # find_spec imports the packages above a module, which an adapter of another distribution must keep light.
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ImportError("there is no such module")
    return Path(spec.origin)
