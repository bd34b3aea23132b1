"""Takes whole experiments, and single results, into a database, all of them or none."""

from collections.abc import Callable, Sequence
from uuid import uuid4

from sqlalchemy import Connection, insert, select

from http_benchmark.archive import StoredExperiment
from http_benchmark.database import experiments
from http_benchmark.database.rows import result_of, result_row
from http_benchmark.errors import StorageError
from http_benchmark.migrations.schema import RESULTS
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.import_report import ImportReport, OnConflict


def take_in[Kind](
    items: Sequence[Kind],
    on_conflict: OnConflict,
    *,
    id_of: Callable[[Kind], str],
    stored: Callable[[str], Kind | None],
    add: Callable[[Kind], None],
    renamed: Callable[[Kind, str], Kind],
) -> ImportReport:
    """Add what is not there yet.

    Args:
        items: What is to be taken in.
        on_conflict: What to do where another content has an ID.
        id_of: The ID of an item.
        stored: What is stored under an ID; None for nothing.
        add: Stores an item.
        renamed: The same item under another ID.

    Raises:
        StorageError: IDs are taken by other content, and that was to be refused; all of them are named.
    """
    added, present, skipped, new_names, taken = [], [], [], {}, []
    for item in items:
        identifier = id_of(item)
        there = stored(identifier)
        if there is None:
            add(item)
            added.append(identifier)
        elif there == item:
            present.append(identifier)
        elif on_conflict == "rename":
            new_names[identifier] = str(uuid4())
            add(renamed(item, new_names[identifier]))
        elif on_conflict == "skip":
            skipped.append(identifier)
        else:
            taken.append(identifier)
    if taken:
        raise StorageError(
            f"{', '.join(taken)} is stored with another content; import with --on-conflict skip or rename"
        )
    return ImportReport(added=tuple(added), present=tuple(present), skipped=tuple(skipped), renamed=new_names)


def take_in_experiments(
    connection: Connection, wholes: Sequence[StoredExperiment], on_conflict: OnConflict
) -> ImportReport:
    """Add experiments; one that says that it runs was cut off where it came from.

    Raises:
        StorageError: See `take_in`.
    """
    return take_in(
        [_at_rest(stored) for stored in wholes],
        on_conflict,
        id_of=lambda stored: stored.experiment.id,
        stored=lambda identifier: _there(connection, identifier),
        add=lambda stored: experiments.add(connection, stored),
        renamed=_renamed,
    )


def take_in_results(
    connection: Connection, results: Sequence[BenchmarkResult], on_conflict: OnConflict
) -> ImportReport:
    """Add results of single benchmarks.

    Raises:
        StorageError: See `take_in`.
    """
    return take_in(
        results,
        on_conflict,
        id_of=lambda result: result.id,
        stored=lambda identifier: _result(connection, identifier),
        add=lambda result: _add_result(connection, result),
        renamed=lambda result, identifier: BenchmarkResult.from_dict(result.to_dict() | {"id": identifier}),
    )


def _at_rest(stored: StoredExperiment) -> StoredExperiment:
    if stored.experiment.status != "running":
        return stored
    interrupted = stored.experiment.model_copy(update={"status": "interrupted"})
    return stored.model_copy(update={"experiment": interrupted})


def _there(connection: Connection, identifier: str) -> StoredExperiment | None:
    stored = experiments.stored(connection, identifier)
    return stored and _at_rest(stored)


def _renamed(stored: StoredExperiment, identifier: str) -> StoredExperiment:
    """The same under another ID; a tag keeps the old one."""
    experiment = stored.experiment.model_copy(update={"id": identifier})
    tags = (*stored.tags, f"was:{stored.experiment.id}")
    return stored.model_copy(update={"experiment": experiment, "tags": tags})


def _result(connection: Connection, identifier: str) -> BenchmarkResult | None:
    row = connection.execute(select(RESULTS).where(RESULTS.c.id == identifier)).mappings().first()
    return result_of(row) if row else None


def _add_result(connection: Connection, result: BenchmarkResult) -> None:
    connection.execute(insert(RESULTS), [result_row(result)])
