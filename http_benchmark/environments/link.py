"""How a worker in another environment finds this package: a folder with a link to it, and nothing else."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import http_benchmark
from http_benchmark.environments.cache import made_once
from http_benchmark.errors import EnvironmentFailedError


def link_folder(root: Path, adapter_module: str) -> Path:
    """The folder that has to be on the worker's search path.

    Args:
        root: The cache.
        adapter_module: Of the client; where it is another distribution's, its top-level package is linked, too.
    """
    package = Path(http_benchmark.__file__).resolve().parent
    sources = [package]
    top = adapter_module.partition(".")[0]
    if top != package.name:
        sources.append(_source_of(top))
    folder = root / "links" / hashlib.sha256("\0".join(map(str, sources)).encode()).hexdigest()[:16]

    def link(made: Path) -> None:
        for source in sources:
            (made / source.name).symlink_to(source)

    made_once(folder, link)
    return folder


def _source_of(top: str) -> Path:
    """The folder of a package, or the file of a module."""
    spec = find_spec(top)
    if spec is None or spec.origin is None:
        raise EnvironmentFailedError(f"the adapter {top} has no file that another environment could find")
    source = Path(spec.origin).resolve()
    return source.parent if source.name == "__init__.py" else source
