"""What is special to PostgreSQL: its driver, transactions that see one state, and one process that migrates."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select

NAME = "postgresql"
DRIVER = "postgresql+psycopg"
SCHEMES = frozenset({"postgresql", "postgres"})
"""How users begin a URL without naming a driver."""

READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""The execution options of a transaction that reads; by default each statement would see another state."""

_MERGING = {"enable_nestloop": "off", "enable_hashjoin": "off", "enable_sort": "off", "join_collapse_limit": "1"}

_SCHEMA_KEY = 0x687474705F62656E  # "http_ben": any number that no other program locks


def lock_schema(connection: Connection) -> None:
    """Keep other migrations out until the transaction ends; CREATE TABLE alone would let several begin."""
    connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_KEY)))


@contextmanager
def merge_joins(connection: Connection) -> Iterator[None]:
    """Have joins read each index once, in order and side by side, as written, whatever old statistics would suggest."""
    _set(connection, _MERGING)
    yield
    _set(connection, dict.fromkeys(_MERGING, "DEFAULT"))


def _set(connection: Connection, settings: dict[str, str]) -> None:
    """Until the transaction ends, as it does at once after an error."""
    connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = {value}" for name, value in settings.items()))
