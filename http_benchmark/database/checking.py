"""Is what a database holds whole, and does what is derived follow from its source?"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from http_benchmark.database.rows import (
    block_of,
    client_rows,
    experiment_of,
    experiment_row,
    facet_rows,
    result_of,
    result_rows,
)
from http_benchmark.errors import StorageError
from http_benchmark.migrations.schema import BLOCKS, CLIENTS, DOCUMENTS, EXPERIMENTS, FACETS, RESULTS
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.finding import Finding


def findings(connection: Connection, *, thorough: bool) -> Iterator[Finding]:
    """All faults, experiment by experiment, and of single results; one experiment is in memory at a time.

    Args:
        connection: In a transaction that sees one state.
        thorough: Let SQLite compare its indexes with their tables, too, which takes many times as long.
    """
    if connection.dialect.name == "sqlite":
        yield from _of_the_file(connection, "integrity_check" if thorough else "quick_check")
    for experiment_id in connection.execute(select(EXPERIMENTS.c.id).order_by(EXPERIMENTS.c.id)).scalars().all():
        yield from _of_an_experiment(connection, experiment_id)
    yield from _of_the_results(connection)


def _of_the_file(connection: Connection, pragma: str) -> Iterator[Finding]:
    for (line,) in connection.exec_driver_sql(f"PRAGMA {pragma}"):
        if line != "ok":
            yield Finding(code="file", where="database", message=f"SQLite's {pragma} says: {line}")
    for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield Finding(code="file", where="database", message=f"a row of {table} belongs to no row of {parent}")


def _of_an_experiment(connection: Connection, experiment_id: str) -> Iterator[Finding]:
    row = _rows(connection, DOCUMENTS, experiment_id)
    if not row:
        yield Finding(code="missing", where=experiment_id, message="it has no document")
        return
    try:
        experiment = experiment_of(row[0])
    except StorageError as error:
        yield Finding(code="damaged", where=experiment_id, message=str(error))
        return
    if experiment.id != experiment_id:
        yield Finding(code="damaged", where=experiment_id, message=f"its document is that of {experiment.id}")
        return
    yield from _of_the_blocks(connection, experiment)
    if differing := [*_differing(connection, experiment)]:
        message = f"{', '.join(differing)}: not what follows from its document"
        yield Finding(code="stale", where=experiment_id, message=message, repairable=True)


def _of_the_blocks(connection: Connection, experiment: ExperimentResult) -> Iterator[Finding]:
    rows = sorted(_rows(connection, BLOCKS, experiment.id), key=lambda row: int(row["block"]))
    for row in rows:
        try:
            block_of(row)
        except StorageError as error:
            yield Finding(code="damaged", where=experiment.id, message=str(error))
    numbers = {row["block"] for row in rows}
    expected = experiment.blocks if experiment.status == "finished" else max(numbers, default=-1) + 1
    if absent := sorted({*range(expected)} - numbers):
        yield Finding(
            code="missing", where=experiment.id, message=f"blocks {', '.join(map(str, absent))} are not there"
        )


def _of_the_results(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(result_rows().order_by(RESULTS.c.number)).mappings():
        try:
            result_of(row)
        except StorageError as error:
            yield Finding(code="damaged", where=row["id"], message=str(error))


def _differing(connection: Connection, experiment: ExperimentResult) -> Iterator[str]:
    """The tables whose rows are not those that the program would write."""
    query = select(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment.id)
    stored = dict(connection.execute(query).mappings().one())
    if stored != experiment_row(experiment, stored["tags"]):
        yield EXPERIMENTS.name
    for table, expected in ((CLIENTS, client_rows(experiment)), (FACETS, facet_rows(experiment, stored["tags"]))):
        if _comparable(_rows(connection, table, experiment.id)) != _comparable(expected):
            yield table.name


def _rows(connection: Connection, table: Table, experiment_id: str) -> list[Any]:
    return [*connection.execute(select(table).where(table.c.experiment_id == experiment_id)).mappings()]


def _comparable(rows: list[Any]) -> list[str]:
    """Whatever the order of rows and columns."""
    return sorted(repr(sorted(row.items())) for row in rows)
