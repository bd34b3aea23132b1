"""Opening a database and its transactions; what is special to one kind stands in `sqlite` and `postgresql`."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from http_benchmark.errors import StorageError
from http_benchmark.migrations import postgresql, sqlite
from http_benchmark.migrations.reasons import reason
from http_benchmark.redaction import cleared_document, know


def database_url(database: str | Path) -> URL:
    """The URL of a database that is given as a URL or as a path; for PostgreSQL with our driver where none is named.

    Raises:
        StorageError: It is no database URL.
    """
    text = str(database)
    if "://" not in text:
        return URL.create(sqlite.NAME, database=text)
    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError):  # whose words may repeat the password
        scheme = text.partition("://")[0]
        raise StorageError(
            f"the database URL {scheme}://… cannot be read; write for example sqlite:///benchmark_results.db"
        ) from None
    return url.set(drivername=postgresql.DRIVER) if url.drivername in postgresql.SCHEMES else url


def label(url: URL) -> str:
    """How messages call a database: without its password and without its query, where another may stand."""
    if url.get_backend_name() == sqlite.NAME:
        return repr(url.database or ":memory:")
    return repr(url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True))


def open_engine(url: URL, *, pooled: bool = False) -> Engine:
    """Make the engine of a database; connects to nothing yet.

    Without a pool nothing stays open between uses, so that forgetting `dispose` and forking do no harm. With one, a
    connection is tried before it is used again, since servers close them.

    Raises:
        StorageError: The driver is missing, or the folder of a SQLite file.
    """
    know(url.password or "")
    file = sqlite.file_of(url)
    if file and not file.absolute().parent.is_dir():
        raise StorageError(f"database {label(url)} cannot be made: its folder does not exist; create the folder first")
    pool = sqlite.POOL_IN_MEMORY if sqlite.is_in_memory(url) else QueuePool if pooled else NullPool
    try:
        engine = create_engine(
            url, hide_parameters=True, json_serializer=_to_json, poolclass=pool, pool_pre_ping=pooled
        )
    except NoSuchModuleError:
        raise StorageError(
            f"database {label(url)} is of no known kind; use sqlite:///FILE or postgresql://HOST/NAME"
        ) from None
    except ImportError as error:
        ours = url.drivername == postgresql.DRIVER
        package = "http-benchmark[postgresql]" if ours else "it"
        raise StorageError(
            f"database {label(url)} needs the Python package {error.name or 'psycopg[binary]'}; "
            f"install {package}, or use sqlite:///FILE"
        ) from None
    event.listen(engine, "before_cursor_execute", _refuse_nul)
    if url.get_backend_name() == sqlite.NAME:
        sqlite.prepare(engine)
    return engine


def _refuse_nul(
    connection: Connection, _cursor: object, _statement: str, parameters: Any, _context: object, executemany: bool
) -> None:
    """Keep out of SQLite what PostgreSQL cannot hold."""
    rows = parameters if executemany else (parameters,)
    for row in rows:
        values = row.values() if isinstance(row, Mapping) else row
        if any(isinstance(value, str) and "\0" in value for value in values):
            raise StorageError(f"database {label(connection.engine.url)} cannot hold the character NUL; leave it out")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database.

    Raises:
        StorageError: The database cannot be used.
    """
    options = postgresql.READING if engine.dialect.name == postgresql.NAME else {}
    with plain_errors(engine.url), engine.execution_options(**options).begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is committed at its end; on SQLite it waits for other writers at its start.

    Raises:
        StorageError: The database cannot be used.
    """
    with plain_errors(engine.url), engine.execution_options(**sqlite.WRITING).begin() as connection:
        yield connection


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """`writing`, by one process at a time.

    Raises:
        StorageError: The database cannot be used.
    """
    with writing(engine) as connection:
        if engine.dialect.name == postgresql.NAME:
            postgresql.lock_schema(connection)
        else:
            sqlite.overwrite_what_is_freed(connection)
        yield connection


def compact(engine: Engine) -> None:
    """Give back the room that deleted rows took; SQLite alone keeps it for ever.

    Nothing is lost where it cannot be done, since others use the file or the disk is full, so that is passed over.
    """
    if engine.dialect.name == sqlite.NAME:
        with suppress(StorageError, sqlite.Error), plain_errors(engine.url):
            sqlite.compact(engine)


@contextmanager
def plain_errors(url: URL) -> Iterator[None]:
    """Turn what the toolkit and the drivers raise into one line.

    Raises:
        StorageError: Instead of it.
    """
    try:
        yield
    except (SQLAlchemyError, OverflowError, UnicodeEncodeError) as error:  # drivers raise the last two by themselves
        raise StorageError(f"database {label(url)} {reason(error, url)}") from None


def _to_json(value: object) -> str:
    return json.dumps(cleared_document(value), default=_plain, ensure_ascii=False)


def _plain(value: object) -> str:
    """Bytes, such as the body in a configuration, as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise StorageError(f"{type(value).__name__} cannot be stored as JSON")
