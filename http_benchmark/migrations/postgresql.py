"""What is special to PostgreSQL: its driver, transactions that see one state, and one process that migrates."""

from sqlalchemy import Connection, func, select

NAME = "postgresql"
DRIVER = "postgresql+psycopg"
SCHEMES = frozenset({"postgresql", "postgres"})
"""How users begin a URL without naming a driver."""

READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""The execution options of a transaction that reads; by default each statement would see another state."""

_SCHEMA_KEY = 0x687474705F62656E  # "http_ben": any number that no other program locks


def lock_schema(connection: Connection) -> None:
    """Keep other migrations out until the transaction ends; CREATE TABLE alone would let several begin."""
    connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_KEY)))
