"""A private PostgreSQL server for tests: in a temporary folder, reached by a socket there, gone with the process."""

import atexit
import ctypes
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

_NOBODY = 65534  # the server refuses to run as root
_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_ZONE = "Asia/Kathmandu"  # a zone that is nobody's default, so that confusion with UTC shows
_STARTING_S = 60
_ENDING_S = 10


class Server:
    """A running server; `stop` ends it and removes its folder.

    Raises:
        unittest.SkipTest: PostgreSQL is not installed.
    """

    def __init__(self) -> None:
        programs = _programs()
        self._names = (f"test_{number}" for number in count())
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has 107 bytes at most
        if os.geteuid() == 0:
            os.chown(self.folder, _NOBODY, _NOBODY)
        data = str(self.folder / "data")
        initdb = [
            str(programs / "initdb"),
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "test",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, **self._options_for(end_with_parent=False))
        arguments = ["-D", data, "-k", str(self.folder), "-F", "-c", "listen_addresses=", "-c", "max_connections=120"]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(programs / "postgres"), *arguments, "-c", f"timezone={_ZONE}"],
                stderr=log,
                **self._options_for(end_with_parent=True),
            )
        self._admin = self._connected()

    def new_database(self) -> str:
        """The URL of a fresh database."""
        name = next(self._names)
        self._admin.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://test@/{database}?host={self.folder}"

    def stop(self) -> None:
        self._admin.close()
        self._process.send_signal(signal.SIGINT)  # "fast shutdown": rolls back and disconnects
        try:
            self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder)

    def _options_for(self, *, end_with_parent: bool) -> dict[str, Any]:
        options: dict[str, Any] = {"cwd": self.folder, "env": {**os.environ, "LC_ALL": "C.UTF-8"}}
        if os.geteuid() == 0:
            options |= {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
        if end_with_parent and sys.platform == "linux":
            options["preexec_fn"] = _end_with_parent()
        return options

    def _connected(self) -> psycopg.Connection:
        while True:
            try:
                return psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=_STARTING_S)
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text(encoding="utf-8")) from None
                time.sleep(0.02)


@functools.cache
def server() -> Server:
    """The one server of this process, started when first asked for."""
    started = Server()
    atexit.register(started.stop)
    return started


def _programs() -> Path:
    """The folder of the newest PostgreSQL here."""
    found = shutil.which("postgres")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return Path(found).resolve().parent
    if not folders:
        raise unittest.SkipTest("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    return folders[-1]


def _end_with_parent() -> Callable[[], object]:
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_END_WITH_PARENT, signal.SIGQUIT)  # "immediate shutdown", of the server's children too
