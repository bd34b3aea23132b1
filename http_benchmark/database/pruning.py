"""Which experiments a rule of retention lets go, and letting them go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched

from sqlalchemy import Connection, RowMapping, delete, func, select

from http_benchmark.database.experiments import document
from http_benchmark.database.listing import AT_ONCE
from http_benchmark.errors import StorageError
from http_benchmark.migrations.schema import BLOCKS, EXPERIMENTS
from http_benchmark.models.retention import Retention
from http_benchmark.models.tags import protects

_ALIVE = timedelta(days=1)
"""A run that stored a block, was started or resumed so lately may still go on."""


def doomed(connection: Connection, rule: Retention, now: datetime) -> list[str]:
    """The ids of experiments that may go, the last one started first."""
    columns = EXPERIMENTS.c
    newest_first = columns.started_at.desc(), columns.id.desc()
    place = func.row_number().over(partition_by=columns.name, order_by=newest_first).label("place")
    ranked = select(columns.id, columns.name, columns.started_at, columns.status, columns.tags, place).subquery()
    query = select(ranked).order_by(ranked.c.started_at.desc(), ranked.c.id.desc())
    if rule.older_than is not None:
        query = query.where(ranked.c.started_at < now - rule.older_than)
    if rule.keep_last is not None:
        query = query.where(ranked.c.place > rule.keep_last)
    if rule.name is not None:
        query = query.where(ranked.c.name == rule.name)
    rows = connection.execute(query).mappings().all()
    return [row["id"] for row in rows if not _is_protected(row, rule) and not _is_alive(connection, row, now)]


def _is_protected(row: RowMapping, rule: Retention) -> bool:
    return any(protects(tag) and tag not in rule.expendable for tag in row["tags"])


def _is_alive(connection: Connection, row: RowMapping, now: datetime) -> bool:
    """Whether a run may still go on; one that was killed stays "running" for ever."""
    if row["status"] != "running":
        return False
    query = select(func.max(BLOCKS.c.finished_at)).where(BLOCKS.c.experiment_id == row["id"])
    seen: datetime = connection.execute(query).scalar() or row["started_at"]
    return max(seen, _last_session(connection, row["id"]) or seen) > now - _ALIVE


def _last_session(connection: Connection, experiment_id: str) -> datetime | None:
    """When a run was begun or resumed last; None where nobody knows."""
    try:
        experiment = document(connection, experiment_id)
    except StorageError:  # damaged, or of another version; its blocks have to tell
        return None
    sessions = experiment.provenance.sessions if experiment and experiment.provenance else ()
    return sessions[-1].started_at if sessions else None


def locked_doomed(connection: Connection, rule: Retention, now: datetime) -> list[str]:
    """The same, and nobody changes any of them until the transaction ends.

    Whoever tags or finishes one at the same moment is waited for, and it is looked at again.
    """
    found = doomed(connection, rule, now)
    for some in batched(sorted(found), AT_ONCE):
        lock = select(EXPERIMENTS.c.id).where(EXPERIMENTS.c.id.in_(some)).order_by(EXPERIMENTS.c.id)
        connection.execute(lock.with_for_update())
    locked = {*found}
    return [experiment_id for experiment_id in doomed(connection, rule, now) if experiment_id in locked]


def remove(connection: Connection, ids: Sequence[str]) -> None:
    """Delete experiments with all that belongs to them."""
    for some in batched(ids, AT_ONCE):
        connection.execute(delete(EXPERIMENTS).where(EXPERIMENTS.c.id.in_(some)))
