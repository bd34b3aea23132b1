"""Whole experiments inside a transaction: looked up, read, written with all that stands beside their row."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from http_benchmark.archive import StoredExperiment
from http_benchmark.database.rows import (
    block_of,
    block_row,
    client_rows,
    document_row,
    experiment_of,
    experiment_row,
    facet_rows,
    microseconds,
)
from http_benchmark.errors import StorageError
from http_benchmark.migrations.schema import BLOCKS, CLIENTS, DOCUMENTS, EXPERIMENTS, FACETS
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord

_NAMED_CANDIDATES = 5
_LAST_CHARACTER = "\U0010ffff"


def whole_id(connection: Connection, prefix: str) -> str | None:
    """The whole id behind an id or a beginning of one; None if there is none.

    Raises:
        StorageError: Several ids begin so.
    """
    ids = EXPERIMENTS.c.id
    query = select(ids).where(ids >= prefix, ids < f"{prefix}{_LAST_CHARACTER}").order_by(ids)
    candidates = list(connection.execute(query.limit(_NAMED_CANDIDATES + 1)).scalars()) if prefix else []
    if prefix in candidates:
        return prefix
    if len(candidates) > 1:
        named = ", ".join(candidates[:_NAMED_CANDIDATES]) + (", …" if len(candidates) > _NAMED_CANDIDATES else "")
        raise StorageError(f"{prefix!r} fits several experiments: {named}; give more of the id")
    return candidates[0] if candidates else None


def document(connection: Connection, experiment_id: str | None) -> ExperimentResult | None:
    """The experiment with this id, or None.

    Raises:
        StorageError: It is damaged, or of another version of this program.
    """
    query = select(DOCUMENTS).where(DOCUMENTS.c.experiment_id == experiment_id)
    row = connection.execute(query).mappings().first()
    return experiment_of(row) if row else None


def blocks(connection: Connection, experiment_id: str) -> list[BlockRecord]:
    """All blocks of an experiment by number.

    Raises:
        StorageError: One is damaged, or of another version of this program.
    """
    query = select(BLOCKS).where(BLOCKS.c.experiment_id == experiment_id).order_by(BLOCKS.c.block)
    return [block_of(row) for row in connection.execute(query).mappings()]


def tags(connection: Connection, experiment_id: str) -> list[str] | None:
    """The tags of an experiment as they are now; None where there is no such experiment."""
    found: list[str] | None = connection.execute(
        select(EXPERIMENTS.c.tags).where(EXPERIMENTS.c.id == experiment_id)
    ).scalar()
    return found


def locked_tags(connection: Connection, experiment_id: str) -> list[str]:
    """The tags of an experiment that has to be there; nobody changes or deletes it until the transaction ends.

    Raises:
        StorageError: There is no such experiment.
    """
    query = select(EXPERIMENTS.c.tags).where(EXPERIMENTS.c.id == experiment_id).with_for_update()
    found: list[str] | None = connection.execute(query).scalar()
    if found is None:
        raise StorageError(f"there is no experiment {experiment_id!r} in the database; start it first")
    return found


def several(connection: Connection, ids: Sequence[str], *, with_blocks: bool) -> list[StoredExperiment]:
    """All that is stored of some experiments, in the order of their ids, without those that are gone.

    Raises:
        StorageError: One is damaged, or of another version of this program.
    """
    query = select(EXPERIMENTS.c.tags, DOCUMENTS).join(DOCUMENTS).where(EXPERIMENTS.c.id.in_(ids))
    rows = {row["experiment_id"]: row for row in connection.execute(query).mappings()}
    found: dict[str, list[BlockRecord]] = {experiment_id: [] for experiment_id in ids if experiment_id in rows}
    if with_blocks:
        order = select(BLOCKS).where(BLOCKS.c.experiment_id.in_(found)).order_by(BLOCKS.c.experiment_id, BLOCKS.c.block)
        for row in connection.execute(order).mappings():
            found[row["experiment_id"]].append(block_of(row))
    return [
        StoredExperiment(experiment=experiment_of(row), blocks=tuple(found[row["experiment_id"]]), tags=row["tags"])
        for row in map(rows.__getitem__, found)
    ]


def stored(connection: Connection, experiment_id: str) -> StoredExperiment | None:
    """All that is stored of an experiment, or None.

    Raises:
        StorageError: It is damaged, or of another version of this program.
    """
    experiment = document(connection, experiment_id)
    if experiment is None:
        return None
    return StoredExperiment(
        experiment=experiment,
        blocks=tuple(blocks(connection, experiment_id)),
        tags=tuple(tags(connection, experiment_id) or ()),
    )


def add(connection: Connection, whole: StoredExperiment) -> None:
    """Store an experiment that is not there yet, with its blocks."""
    experiment = whole.experiment
    connection.execute(insert(EXPERIMENTS), [experiment_row(experiment, whole.tags)])
    describe(connection, experiment, whole.tags)
    if whole.blocks:
        connection.execute(insert(BLOCKS), [block_row(experiment.id, block) for block in whole.blocks])


def rewrite(connection: Connection, experiment: ExperimentResult) -> None:
    """Store the answer of an experiment that is there; its tags stay.

    Raises:
        StorageError: There is no such experiment.
    """
    kept = locked_tags(connection, experiment.id)
    row = experiment_row(experiment, kept)
    connection.execute(update(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment.id).values(row))
    describe(connection, experiment, kept)


def describe(connection: Connection, experiment: ExperimentResult, with_tags: Sequence[str]) -> None:
    """Write anew what stands beside the row of an experiment: its document, its contenders, its facets."""
    for table, rows in (
        (DOCUMENTS, [document_row(experiment)]),
        (CLIENTS, client_rows(experiment)),
        (FACETS, facet_rows(experiment, with_tags)),
    ):
        connection.execute(delete(table).where(table.c.experiment_id == experiment.id))
        if rows:
            connection.execute(insert(table), rows)


def retag(connection: Connection, experiment_id: str, new_tags: Sequence[str]) -> None:
    """Give an experiment these tags and no others, where lists look for them, too."""
    connection.execute(update(EXPERIMENTS).where(EXPERIMENTS.c.id == experiment_id).values(tags=list(new_tags)))
    query = select(EXPERIMENTS.c.started_at).where(EXPERIMENTS.c.id == experiment_id)
    started_at = connection.execute(query).scalar_one()
    connection.execute(delete(FACETS).where(FACETS.c.experiment_id == experiment_id, FACETS.c.kind == "tag"))
    key = {"kind": "tag", "experiment_id": experiment_id, "started_us": microseconds(started_at)}
    if new_tags:
        connection.execute(insert(FACETS), [key | {"value": tag} for tag in new_tags])
