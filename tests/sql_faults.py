"""Faults ordered from a database: the statement after so many that write fails, or kills this process."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from sqlalchemy import Engine, event

_HARMLESS = ("SELECT", "PRAGMA", "BEGIN", "SHOW")


class FaultError(Exception):
    """The one that was ordered."""


@contextmanager
def fault_after(statements: int) -> Iterator[None]:
    """Let so many statements write, and fail after the next one, before it is committed."""

    def fail() -> None:
        raise FaultError

    with _acting_after(statements, fail):
        yield


@contextmanager
def killed_after(statements: int) -> Iterator[None]:
    """The same with `kill -9`."""
    with _acting_after(statements, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        yield


@contextmanager
def _acting_after(statements: int, act: Callable[[], None]) -> Iterator[None]:
    numbers = count()

    def notice(connection, cursor, statement, *_) -> None:
        if not statement.lstrip().upper().startswith(_HARMLESS) and next(numbers) == statements:
            act()

    event.listen(Engine, "after_cursor_execute", notice)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", notice)
