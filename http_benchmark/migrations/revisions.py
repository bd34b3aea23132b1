"""Which revision a database is at, and bringing it to the newest one."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from http_benchmark.errors import DatabaseVersionError

VERSION_TABLE = "http_benchmark_version"
"""Not Alembic's own name, which another program's tables in the same database may use."""

PROGRAM_UPGRADE = "pip install --upgrade http-benchmark"


def head() -> str:
    """The newest revision that this program knows."""
    newest = _scripts().get_current_head()
    assert newest is not None
    return newest


def current(connection: Connection) -> str | None:
    """The revision that a database is at; None before the first."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def is_known(revision: str | None) -> bool:
    """Whether a revision is one of this program's; what is none was made by a newer one."""
    return revision in {None, *(script.revision for script in _scripts().walk_revisions())}


def refuse_unknown(revision: str | None, label: str) -> None:
    """Refuse a database that this program cannot know.

    Raises:
        DatabaseVersionError: Its revision is none of ours, so it was made by a newer program.
    """
    if not is_known(revision):
        raise DatabaseVersionError(
            f"database {label} is at revision {revision}, newer than this program's {head()}; "
            f"upgrade the program: {PROGRAM_UPGRADE}"
        )


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the missing migrations in the transaction that the caller has begun and commits."""
    command.upgrade(_prepared(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take migrations back, likewise, until the database is at an earlier revision.

    Raises:
        DatabaseVersionError: There is no such revision before the one that the database is at.
    """
    now = current(connection)
    earlier = [script.revision for script in _scripts().iterate_revisions(now, "base")][1:] if now else []
    if revision not in earlier:
        raise DatabaseVersionError(
            f"there is no revision {revision!r} before {now or 'the first'}; choose from {', '.join(earlier) or 'none'}"
        )
    command.downgrade(_prepared(connection), revision)


def _prepared(connection: Connection) -> Config:
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "http_benchmark:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
