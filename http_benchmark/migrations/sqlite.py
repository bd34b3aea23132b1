"""What is special to SQLite: its files, and its settings for several writers.

A write transaction takes the write lock at its start (BEGIN IMMEDIATE), since one that takes it in its middle fails at
once instead of waiting when another process has written in between.
"""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.pool import StaticPool

NAME = "sqlite"
Error = sqlite3.Error
"""What the driver raises where the toolkit is not between."""

BUSY_TIMEOUT_S = 30.0
"""How long a writer waits for the others; writing a block takes milliseconds."""

WRITING = {"writing": True}
"""The execution options of a transaction that writes; other databases do not know them and leave them alone."""

POOL_IN_MEMORY = StaticPool  # such a database is its connection

_IN_MEMORY = {None, "", ":memory:"}


def is_in_memory(url: URL) -> bool:
    """Whether it is a database that ends with its connection."""
    return url.get_backend_name() == NAME and url.database in _IN_MEMORY


def file_of(url: URL) -> Path | None:
    """The file of a SQLite database; None for one in memory, one named by a URI of SQLite's own, or another kind."""
    if url.get_backend_name() != NAME or is_in_memory(url) or str(url.database).startswith("file:"):
        return None
    return Path(str(url.database))


def prepare(engine: Engine) -> None:
    """Have every connection set up for several writers, and every transaction begin as it should."""
    event.listen(engine, "do_connect", _take_as_it_is)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)


def overwrite_what_is_freed(connection: Connection) -> None:
    """Leave nothing of what this connection deletes in the file's free room: it may be a secret."""
    connection.exec_driver_sql("PRAGMA secure_delete = ON")


def compact(engine: Engine) -> None:
    """Write the file anew, without the room of deleted rows; needs as much room again meanwhile."""
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM")  # which no transaction may be around


def _take_as_it_is(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
    """Read a file where none can be made, as on a read-only disk, without those that SQLite puts beside it."""
    file = Path(arguments[0])
    if file.is_file() and not os.access(file.parent, os.W_OK) and not file.with_name(f"{file.name}-wal").exists():
        arguments[0] = f"{file.absolute().as_uri()}?immutable=1"
        options["uri"] = True


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}")
    connection.execute("PRAGMA foreign_keys = ON")
    deadline_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            # Changing the mode needs the file alone for a moment and does not wait for it by itself.
            if "locked" not in str(error) or time.monotonic() > deadline_s:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
