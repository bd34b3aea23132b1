"""What is done to a database as a whole: made, upgraded, taken back, checked."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine

from http_benchmark.database import experiments
from http_benchmark.database.checking import findings
from http_benchmark.errors import DatabaseVersionError, StorageError
from http_benchmark.migrations import revisions
from http_benchmark.migrations.engine import compact, database_url, label, migrating, open_engine, reading, writing
from http_benchmark.migrations.sqlite import file_of
from http_benchmark.models.finding import Finding


def upgrade(url: str | Path, *, smaller: bool = True) -> None:
    """Bring a database to the newest schema, or make it; all migrations happen, or none.

    Args:
        url: Of the database.
        smaller: Write a SQLite file anew afterwards, without the room that was freed; big files take long.

    Raises:
        StorageError: The database cannot be used.
        DatabaseVersionError: It is newer than this program.
    """
    _migrate(url, revisions.upgrade, smaller=smaller)


def downgrade(url: str | Path, revision: str, *, smaller: bool = True) -> None:
    """Bring a database back to an earlier revision, for an earlier program; likewise whole or not at all.

    What that revision has no place for is deleted. Arguments are as for `upgrade`.

    Raises:
        StorageError: The database cannot be used, or holds what cannot be brought back.
        DatabaseVersionError: It is newer than this program, or there is no such earlier revision.
    """
    _migrate(url, lambda connection: revisions.downgrade(connection, revision), smaller=smaller)


def _migrate(url: str | Path, change: Callable[[Connection], None], *, smaller: bool) -> None:
    engine = open_engine(database_url(url))
    try:
        with migrating(engine) as connection:
            revisions.refuse_unknown(revisions.current(connection), label(engine.url))
            change(connection)
        if smaller:
            compact(engine)
    finally:
        engine.dispose()


def check(url: str | Path, *, thorough: bool = False, repair: bool = False) -> list[Finding]:
    """Look for damage, and for what does not fit together.

    Args:
        url: Of a database at the newest revision; it may be damaged.
        thorough: Look at SQLite's indexes, too.
        repair: Make anew what follows from whole documents; it is among the findings all the same.

    Raises:
        StorageError: The database cannot be used.
        DatabaseVersionError: It is older or newer than this program.
    """
    engine = open_engine(database_url(url))
    try:
        return [*_checked(engine, thorough=thorough, repair=repair)]
    finally:
        engine.dispose()


def _checked(engine: Engine, *, thorough: bool, repair: bool) -> Iterator[Finding]:
    require_head(engine)
    found: list[Finding] = []
    try:
        with reading(engine) as connection:
            for finding in findings(connection, thorough=thorough):
                found.append(finding)
                yield finding
    except StorageError as error:  # so damaged that the look itself fails
        yield Finding(code="file", where="database", message=str(error))
    if repair:
        for finding in found:
            if finding.repairable:
                with writing(engine) as connection:
                    _make_anew(connection, finding.where)


def _make_anew(connection: Connection, experiment_id: str) -> None:
    """Write all that follows from an experiment's document."""
    experiment = experiments.document(connection, experiment_id)
    assert experiment is not None, "what has no document cannot be repaired"
    experiments.rewrite(connection, experiment)


def require_existing(url: str | Path) -> None:
    """Refuse a SQLite file that does not exist, which opening would make.

    Raises:
        StorageError: There is no such file.
    """
    file = file_of(database_url(url))
    if file and not file.exists():
        raise StorageError(
            f"there is no database {str(file)!r}; name another with --database, or run a benchmark first"
        )


def advice(url: str | Path) -> str:
    """What to do about a database's revision, in words."""
    revision, head = current(url)
    if revision == head:
        return "up to date"
    if not revisions.is_known(revision):
        return f"upgrade the program: {revisions.PROGRAM_UPGRADE}"
    return f"upgrade with: http-benchmark db upgrade --database {label(database_url(url))}"


def current(url: str | Path) -> tuple[str | None, str]:
    """The revision that a database is at, None where it has no tables of ours, and the newest one."""
    parsed = database_url(url)
    file = file_of(parsed)
    if file and not file.exists():
        return None, revisions.head()  # opening it would make an empty file
    engine = open_engine(parsed)
    try:
        with reading(engine) as connection:
            return revisions.current(connection), revisions.head()
    finally:
        engine.dispose()


def require_head(engine: Engine) -> None:
    """See to it that a database has this program's tables; make them where there are none.

    Raises:
        DatabaseVersionError: It is older or newer than this program.
    """
    with reading(engine) as connection:
        revision = revisions.current(connection)
    if revision is None:
        with migrating(engine) as connection:  # of several processes the first makes the tables
            revision = revisions.current(connection)
            if revision is None:
                revisions.upgrade(connection)
                return
    name = label(engine.url)
    revisions.refuse_unknown(revision, name)
    if revision != revisions.head():
        raise DatabaseVersionError(
            f"database {name} is at revision {revision}, older than this program's {revisions.head()}; "
            f"run: http-benchmark db upgrade --database {name}"
        )
