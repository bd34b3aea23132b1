"""Versions of a library that no index has: `sloth`, as wheels and as source trees, installed without a network."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import TestCase, mock
from zipfile import ZipFile

LIBRARY = '''
"""A client that sends one request at a time, and then is busy for a share of the time that it took."""

import http.client
from time import perf_counter

BUSY = {busy}


class Connection:
    def __init__(self, host, timeout_s):
        self._connection = http.client.HTTPConnection(host, timeout=timeout_s)

    def get(self, path, headers):
        started = perf_counter()
        self._connection.request("GET", path, headers=headers)
        with self._connection.getresponse() as response:
            response.read()
        ended = perf_counter()
        while perf_counter() < ended + BUSY * (ended - started):
            pass
        return response.status

    def close(self):
        self._connection.close()
'''

BACK_END = '''
"""Builds a wheel without a network; counts how often, where it is told to."""

import os
from pathlib import Path
from zipfile import ZipFile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with Path(os.environ.get("SLOTH_BUILDS", os.devnull)).open("a") as builds:
        builds.write("built\\n")
    Path("build").mkdir()
    name, information = "sloth-{version}-py3-none-any.whl", "sloth-{version}.dist-info"
    with ZipFile(Path(wheel_directory, name), "w") as wheel:
        wheel.write("sloth.py")
        wheel.writestr(information + "/METADATA", "Metadata-Version: 2.1\\nName: sloth\\nVersion: {version}\\n")
        wheel.writestr(information + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(information + "/RECORD", "")
    return name
'''

PROJECT = """
[build-system]
requires = []
build-backend = "back_end"
backend-path = ["."]

[project]
name = "sloth"
version = "{version}"
"""


def make_wheel(folder: Path, version: str, *, busy: float = 0.0) -> None:
    """Put a version of sloth into a folder of wheels."""
    information = f"sloth-{version}.dist-info"
    with ZipFile(folder / f"sloth-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("sloth.py", LIBRARY.format(busy=busy))
        wheel.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: sloth\nVersion: {version}\n")
        wheel.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{information}/RECORD", "")


def make_tree(folder: Path, version: str, *, busy: float = 0.0) -> Path:
    """Write a source tree of sloth into a new folder, which git does not know."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT.format(version=version))
    (folder / "back_end.py").write_text(BACK_END.format(version=version))
    (folder / "sloth.py").write_text(LIBRARY.format(busy=busy))
    return folder


def offline(test: TestCase) -> tuple[Path, dict[str, str]]:
    """A folder with versions 1.0 and 1.1 of sloth in `wheels`, an own cache, and the variables by which uv uses both.

    They hold for this process until the test is over.
    """
    folder = Path(test.enterContext(TemporaryDirectory()))
    (folder / "wheels").mkdir()
    for version in ("1.0", "1.1"):
        make_wheel(folder / "wheels", version)
    variables = {
        "UV_FIND_LINKS": str(folder / "wheels"),
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "HTTP_BENCHMARK_CACHE": str(folder / "cache"),
    }
    test.enterContext(mock.patch.dict(os.environ, variables))
    return folder, variables
