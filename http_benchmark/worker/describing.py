"""What a client brings along: its TLS library, and the versions of all that it loads or requires.

Runs in a process of its own, once per client and environment, since looking all that up would count as the client's
memory in the process that measures. Run as `python -m http_benchmark.worker.describing ADAPTER DISTRIBUTION EXTRA…`,
it answers one JSON object.
"""

import importlib
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from importlib import metadata
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def main() -> None:
    """Print the description of an adapter: its module, its distribution, and the extras of that which it takes."""
    module, distribution, *extras = sys.argv[1:]
    before = {*sys.modules}
    adapter = importlib.import_module(module)
    described = {"tls": tls_of(adapter), "packages": packages(distribution, extras, {*sys.modules} - before)}
    print(json.dumps(described))  # noqa: T201 - the answer


def tls_of(adapter: Any) -> str | None:
    """The TLS library: as the adapter says, else Python's own where it is loaded; None where nobody knows."""
    if hasattr(adapter, "tls"):
        said: str | None = adapter.tls()
        return said
    ssl = sys.modules.get("ssl")
    return ssl.OPENSSL_VERSION if ssl else None


def packages(distribution: str, extras: Collection[str], modules: Iterable[str]) -> dict[str, str]:
    """Name → version of a distribution, of what it and these extras of it require, and of these modules, by name."""
    names = {*_required(distribution, extras), *_bringing(modules)}
    return {name: metadata.version(name) for name in sorted(names, key=str.lower)}


def _required(distribution: str, extras: Collection[str]) -> set[str]:
    found: set[str] = set()
    waiting = [(distribution, extras)]
    while waiting:
        name, wanted = waiting.pop()
        try:
            known = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # required on other systems only
            continue
        if known.metadata["Name"] not in found:
            found.add(known.metadata["Name"])
            waiting += [(required, ()) for required in _requirements(known, wanted)]
    return found


def _requirements(known: metadata.Distribution, extras: Collection[str]) -> Iterator[str]:
    """Names of what a distribution requires; markers but that of an extra are not looked at."""
    for requirement in known.requires or ():
        specification, _, marker = requirement.partition(";")
        extra = _EXTRA.search(marker)
        if (extra is None or extra[1] in extras) and (name := _NAME.match(specification.strip())):
            yield name[0]


def _bringing(modules: Iterable[str]) -> set[str]:
    """Distributions that modules come from."""
    of_module = metadata.packages_distributions()
    tops = {name.partition(".")[0] for name in modules} - {"http_benchmark"}
    return {name for top in tops for name in of_module.get(top, ())}


if __name__ == "__main__":
    main()
