"""Takes whole experiments, and single results, into a database, all of them or none."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, insert

from http_benchmark.archive import StoredExperiment
from http_benchmark.database import experiments
from http_benchmark.database.rows import result_of, result_row, result_rows
from http_benchmark.errors import StorageError
from http_benchmark.migrations.schema import RESULTS
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.import_report import ImportReport, OnConflict
from http_benchmark.models.tags import renamed_tag
from http_benchmark.redaction import cleared_document

_NEW_IDS = UUID("5f0a3c7e-7f5d-4b7e-9d52-1f6f6c0b6a11")  # made up: the name space of IDs that follow from contents


def take_in[Kind](
    items: Sequence[Kind],
    on_conflict: OnConflict,
    *,
    id_of: Callable[[Kind], str],
    content: Callable[[Kind], Any],
    stored: Callable[[str], Kind | None],
    add: Callable[[Kind], None],
    renamed: Callable[[Kind, str], Kind],
) -> ImportReport:
    """Add what is not there yet.

    Args:
        items: What is to be taken in.
        on_conflict: What to do where another content has an ID.
        id_of: The ID of an item.
        content: What two items have to have in common to be the same one, as plain values.
        stored: What is stored under an ID; None for nothing.
        add: Stores an item.
        renamed: The same item under another ID, which follows from its content, so that a repeated import finds it.

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
        elif content(there) == content(item):
            present.append(identifier)
        elif on_conflict == "rename":
            new = _new_id(content(item))
            if stored(new) is None:
                add(renamed(item, new))
                new_names[identifier] = new
            else:
                present.append(new)
        elif on_conflict == "skip":
            skipped.append(identifier)
        else:
            taken.append(identifier)
    if taken:
        raise StorageError(
            f"{', '.join(taken)} is stored with another content; import with --on-conflict skip or rename"
        )
    return ImportReport(added=tuple(added), present=tuple(present), skipped=tuple(skipped), renamed=new_names)


def _new_id(content: Any) -> str:
    return str(uuid5(_NEW_IDS, json.dumps(content, sort_keys=True)))


def take_in_experiments(
    connection: Connection, wholes: Sequence[StoredExperiment], on_conflict: OnConflict
) -> ImportReport:
    """Add experiments, marked as imported; one that says that it runs was cut off where it came from.

    Tags are no content: they may have changed here or there, and those here stay.

    Raises:
        StorageError: See `take_in`.
    """
    return take_in(
        [_as_imported(stored) for stored in wholes],
        on_conflict,
        id_of=lambda stored: stored.experiment.id,
        content=lambda stored: cleared_document(_as_imported(stored).model_copy(update={"tags": ()}).to_dict()),
        stored=lambda identifier: experiments.stored(connection, identifier),
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
        content=result_row,
        stored=lambda identifier: _result(connection, identifier),
        add=lambda result: _add_result(connection, result),
        renamed=lambda result, identifier: BenchmarkResult.from_dict(result.to_dict() | {"id": identifier}),
    )


def _as_imported(stored: StoredExperiment) -> StoredExperiment:
    status = "interrupted" if stored.experiment.status == "running" else stored.experiment.status
    experiment = stored.experiment.model_copy(update={"status": status, "imported": True})
    return stored.model_copy(update={"experiment": experiment})


def _renamed(stored: StoredExperiment, identifier: str) -> StoredExperiment:
    """The same under another ID; a tag keeps the old one."""
    experiment = stored.experiment.model_copy(update={"id": identifier})
    tags = (*stored.tags, renamed_tag(stored.experiment.id))
    return stored.model_copy(update={"experiment": experiment, "tags": tags})


def _result(connection: Connection, identifier: str) -> BenchmarkResult | None:
    row = connection.execute(result_rows().where(RESULTS.c.id == identifier)).mappings().first()
    return result_of(row) if row else None


def _add_result(connection: Connection, result: BenchmarkResult) -> None:
    connection.execute(insert(RESULTS), [result_row(result)])
