"""Opening a database: the URL, the driver, SQLite's settings for several writers, and errors in plain words.

A write transaction takes SQLite's write lock at its start (BEGIN IMMEDIATE), since one that takes it in its middle
fails at once instead of waiting when another process has written in between.
"""

import base64
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Pool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, StaticPool

from http_benchmark.errors import StorageError

BUSY_TIMEOUT_S = 30.0
"""How long a writer waits for the others; writing a block takes milliseconds."""

_IN_MEMORY = {None, "", ":memory:"}
_WRITING = {"writing": True}

_REASONS = (
    ("locked", f"is locked by another process for over {BUSY_TIMEOUT_S:.0f} s; try again when that one is done"),
    ("not a database", "is not a SQLite database; choose another file"),
    ("unable to open", "cannot be opened; check that the folder exists and that you may write there"),
    ("readonly", "cannot be written; check the permissions of the file and its folder"),
    ("already exists", "holds another program's tables under the same names; choose another database"),
    ("malformed", "is damaged; restore it from a copy or choose another file"),
    ("disk is full", "cannot grow, the disk is full; make room"),
)
"""SQLite's words → what to tell the user after the database's name."""


def database_url(database: str | Path) -> URL:
    """The URL of a database that is given as a URL or as a path.

    Raises:
        StorageError: It is no database URL.
    """
    text = str(database)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        return make_url(text)
    except (SQLAlchemyError, ValueError):  # whose words may repeat the password
        scheme = text.partition("://")[0]
        raise StorageError(
            f"the database URL {scheme}://… cannot be read; write for example sqlite:///benchmark_results.db"
        ) from None


def label(url: URL) -> str:
    """How messages call a database: without its password and without its query, where another may stand."""
    if url.get_backend_name() == "sqlite":
        return repr(url.database or ":memory:")
    return repr(url.set(query={}).render_as_string(hide_password=True))


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for one in memory, one named by a URI of SQLite's own, or another kind."""
    name = url.database
    if url.get_backend_name() != "sqlite" or name in _IN_MEMORY or str(name).startswith("file:"):
        return None
    return Path(str(name))


def open_engine(url: URL) -> Engine:
    """Make the engine of a database; connects to nothing yet.

    Raises:
        StorageError: The driver is missing, or the folder of a SQLite file.
    """
    sqlite = url.get_backend_name() == "sqlite"
    file = sqlite_file(url)
    if file and not file.absolute().parent.is_dir():
        raise StorageError(f"database {label(url)} cannot be made: its folder does not exist; create the folder first")
    options: dict[str, Any] = {"poolclass": _pool(url)} if sqlite else {"pool_pre_ping": True}
    try:
        engine = create_engine(url, hide_parameters=True, json_serializer=_to_json, **options)
    except NoSuchModuleError:
        raise StorageError(f"database {label(url)} is of no known kind; use sqlite:///FILE") from None
    except ModuleNotFoundError as error:
        raise StorageError(
            f"database {label(url)} needs the Python package {error.name}; install it, or use sqlite:///FILE"
        ) from None
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _pool(url: URL) -> type[Pool]:
    """No pool for a file: nothing stays open between uses, so that forgetting `close` and forking do no harm."""
    return StaticPool if url.database in _IN_MEMORY else NullPool


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
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


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database.

    Raises:
        StorageError: The database cannot be used.
    """
    with _plain_errors(engine.url), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is committed at its end and waits for other writers at its start.

    Raises:
        StorageError: The database cannot be used.
    """
    with _plain_errors(engine.url), engine.execution_options(**_WRITING).begin() as connection:
        yield connection


@contextmanager
def _plain_errors(url: URL) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OverflowError) as error:  # the latter from the driver, for a number beyond 64 bits
        raise StorageError(f"database {label(url)} {_reason(error, url)}") from None


def _reason(error: Exception, url: URL) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    text = " ".join(str(cause).split())
    for words, reason in _REASONS:
        if words in text:
            return reason
    return f"refused: {text.replace(url.password, '***') if url.password else text}"


def _to_json(value: object) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    """Bytes, such as the body in a configuration, as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")
