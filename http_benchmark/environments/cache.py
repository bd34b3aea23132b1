"""Where environments are kept, and how several processes that want the same one make it once."""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from http_benchmark.errors import EnvironmentFailedError

VARIABLE = "HTTP_BENCHMARK_CACHE"
_MARK = ".complete"


def cache_root() -> Path:
    """The folder of all environments: `HTTP_BENCHMARK_CACHE`, else where the system's users keep such things."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "http-benchmark"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "http-benchmark"


@contextmanager
def usable(folder: Path) -> Iterator[Path]:
    """A folder of the cache, made where it is not there.

    Raises:
        EnvironmentFailedError: Something in it cannot be read, written or locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    except OSError as error:
        raise EnvironmentFailedError(
            f"the cache folder {folder} cannot be used ({error.strerror}); name another one with {VARIABLE}"
        ) from error


def made_once(folder: Path, make: Callable[[Path], None]) -> bool:
    """Fill a folder, unless it is complete; others who want it wait meanwhile.

    A folder is made in place, since scripts and compiled files in it name their own path. A maker that is killed
    leaves no mark, and the next one begins anew.

    Args:
        folder: Where it is to be.
        make: Fills it.

    Returns:
        Whether it was made now.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_complete(folder):
            return False
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        (folder / _MARK).touch()
        return True


def is_complete(folder: Path) -> bool:
    """Whether a folder was filled to the end."""
    return (folder / _MARK).exists()
