"""HTTP client performance benchmark framework.

Importing this package loads no HTTP client and starts nothing; the public names below are loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http_benchmark.benchmark import BenchmarkConfiguration as BenchmarkConfiguration
    from http_benchmark.benchmark import BenchmarkRunner as BenchmarkRunner
    from http_benchmark.benchmark import Experiment as Experiment
    from http_benchmark.benchmark import ExperimentConfiguration as ExperimentConfiguration
    from http_benchmark.storage import ResultStorage as ResultStorage

__version__ = "0.1.0"

_MODULES = {
    "BenchmarkConfiguration": "http_benchmark.benchmark",
    "BenchmarkRunner": "http_benchmark.benchmark",
    "Experiment": "http_benchmark.benchmark",
    "ExperimentConfiguration": "http_benchmark.benchmark",
    "ResultStorage": "http_benchmark.storage",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
