"""Lists of experiments, newest first: filtered and paged by indexes alone, however many are stored.

Every filter is a facet, an entry of one index that is ordered by time (`rows`). The rarest of them is walked, newest
first, and the others are looked up for each entry, until the page is full. The look-ups are scalar subqueries: those
are never rewritten into joins, whose order both databases would guess, and guess wrong without fresh statistics.

On PostgreSQL a look-up costs as much as some twenty steps of a walk. Where no facet is rare it walks over all of them
side by side instead, which SQLite cannot do.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import batched
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, literal_column, or_, select

from http_benchmark.database.rows import indexed, microseconds, moment_of
from http_benchmark.errors import StorageError
from http_benchmark.migrations import postgresql
from http_benchmark.migrations.schema import BLOCKS, EXPERIMENTS, FACETS
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.models.filters import Filters
from http_benchmark.models.paging import Count, Cursor

type Facet = tuple[str, str]
"""A kind and a value."""

_SUMMARY = ("id", "name", "started_at", "status", "contenders", "tags", "host", "workload", "verdict")
_COUNTED = 20_000  # entries of a facet, about a millisecond: which of two that have more is rarer makes no odds
_RARE = 2_000
"""Entries of a facet that PostgreSQL walks; looking five others up for each takes some 30 ms."""
AT_ONCE = 500
"""Ids in one query, whose parameters databases bound."""


def page(
    connection: Connection, filters: Filters, *, limit: int | None, offset: int = 0, before: Cursor | None = None
) -> list[ExperimentSummary]:
    """Experiments in short, the last one started first; of several at the same moment, the greatest id."""
    return summaries(connection, _ids(connection, filters, limit=limit, offset=offset, before=before))


def count(connection: Connection, filters: Filters, most: int) -> Count:
    """How many experiments fit, counted no further than to a limit."""
    found = len(_ids(connection, filters, limit=most + 1))
    return Count(min(found, most), found <= most)


def cursor_behind(summary: ExperimentSummary) -> Cursor:
    """The place right behind an experiment."""
    return Cursor(microseconds(summary.started_at), summary.id)


def cursor_of(connection: Connection, experiment_id: str) -> Cursor:
    """The place right behind an experiment.

    Raises:
        StorageError: There is no such experiment.
    """
    query = select(EXPERIMENTS.c.started_at).where(EXPERIMENTS.c.id == experiment_id)
    started_at = connection.execute(query).scalar()
    if started_at is None:
        raise StorageError(f"there is no experiment {experiment_id!r} in the database; take one that a list names")
    return Cursor(microseconds(started_at), experiment_id)


def summaries(connection: Connection, ids: Sequence[str]) -> list[ExperimentSummary]:
    """Experiments in short, in the order of their ids here."""
    return [summary for some in batched(ids, AT_ONCE) for summary in _summaries(connection, some)]


def _ids(
    connection: Connection, filters: Filters, *, limit: int | None, offset: int = 0, before: Cursor | None = None
) -> Sequence[str]:
    facets = facets_of(filters)
    if not facets:
        query = _newest(filters, before)
    elif len(facets) == 1:
        query = _walk(facets[0], [], filters, before)
    else:
        merges = connection.dialect.name == postgresql.NAME
        most = _RARE if merges else _COUNTED
        entries = {facet: _entries(connection, facet, filters, before, most) for facet in facets}
        first, *others = rarest_first = sorted(entries, key=lambda facet: entries[facet])
        if merges and entries[first].number == most:
            query = _side_by_side(rarest_first, filters, before).limit(limit).offset(offset)
            with postgresql.merge_joins(connection):
                return connection.execute(query).scalars().all()
        query = _walk(first, others, filters, before)
    return connection.execute(query.limit(limit).offset(offset)).scalars().all()


def _newest(filters: Filters, before: Cursor | None) -> Select[Any]:
    """All experiments."""
    started, identifier = EXPERIMENTS.c.started_at, EXPERIMENTS.c.id
    limits = _within(started, filters.since, filters.until)
    if before:
        limits += _behind(started, identifier, moment_of(before.place), before.id)
    return select(identifier).where(*limits).order_by(started.desc(), identifier.desc())


def _walk(first: Facet, others: Sequence[Facet], filters: Filters, before: Cursor | None) -> Select[Any]:
    """Along one facet, where others are looked up."""
    query = select(FACETS.c.experiment_id).where(*_entry(first), *_limits(filters, before), *map(_also, others))
    return query.order_by(FACETS.c.started_us.desc(), FACETS.c.experiment_id.desc())


def _side_by_side(facets: Sequence[Facet], filters: Filters, before: Cursor | None) -> Select[Any]:
    """Along all facets, the rarest first."""
    first, *others = [FACETS.alias() for _ in facets]
    joined: FromClause = first
    for other in others:
        same = other.c.started_us == first.c.started_us, other.c.experiment_id == first.c.experiment_id
        joined = joined.join(other, and_(*same))
    query = select(first.c.experiment_id).select_from(joined)
    for facet, table in zip(facets, (first, *others), strict=True):
        query = query.where(*_entry(facet, table), *_limits(filters, before, table))
    return query.order_by(first.c.started_us.desc(), first.c.experiment_id.desc())


def facets_of(filters: Filters) -> list[Facet]:
    """What an experiment must have."""
    clients, version = [*filters.client], filters.version
    if version and len(clients) == 1:
        clients, version = [str(replace(Contender.parse(clients[0]), version=version))], None
    single = {"name": filters.name, "version": version, "host": filters.host, "workload": filters.workload}
    single |= {"status": filters.status, "verdict": filters.verdict}
    return [
        *(("client", client) for client in clients),
        *(("tag", tag) for tag in filters.tag),
        *((kind, value) for kind, value in single.items() if value is not None),
    ]


class _Entries(NamedTuple):
    """How rare a facet is: the fewer entries and, of equally many, the farther back they go."""

    number: int
    oldest_us: int


def _entries(connection: Connection, facet: Facet, filters: Filters, before: Cursor | None, most: int) -> _Entries:
    """The newest entries of a facet, as far as it matters."""
    started = FACETS.c.started_us
    query = select(started).where(*_entry(facet), *_limits(filters, before)).order_by(started.desc()).limit(most)
    some = query.subquery()
    oldest = func.coalesce(func.min(some.c.started_us), 0)
    return _Entries(*connection.execute(select(func.count(), oldest)).one())


def _entry(facet: Facet, table: Any = FACETS) -> tuple[ColumnElement[bool], ...]:
    kind, value = facet
    return table.c.kind == kind, table.c.value == indexed(value)


def _also(facet: Facet) -> ColumnElement[bool]:
    """That an experiment of the walk has another facet."""
    other = FACETS.alias()
    # Only as an expression is the id left out of the choice of an index: that on ids alone would have SQLite jump about
    # in the table, where the key itself is read in the order of the walk.
    same_id = other.c.experiment_id.concat("") == FACETS.c.experiment_id
    same = other.c.started_us == FACETS.c.started_us, same_id
    found: Select[Any] = select(literal_column("1")).select_from(other).where(*_entry(facet, other), *same)
    return found.correlate(FACETS).scalar_subquery().is_not(None)


def _limits(filters: Filters, before: Cursor | None, table: Any = FACETS) -> list[ColumnElement[bool]]:
    """When an experiment was started, and where its page begins."""
    since, until = (moment and microseconds(moment) for moment in (filters.since, filters.until))
    limits = _within(table.c.started_us, since, until)
    if before:
        limits += _behind(table.c.started_us, table.c.experiment_id, before.place, before.id)
    return limits


def _behind(column: ColumnElement[Any], ids: ColumnElement[str], place: Any, last: str) -> list[ColumnElement[bool]]:
    return [column <= place, or_(column < place, ids < last)]  # the first is where the walk over an index begins


def _within(column: ColumnElement[Any], since: Any, until: Any) -> list[ColumnElement[bool]]:
    return [*([] if since is None else [column >= since]), *([] if until is None else [column < until])]


def _summaries(connection: Connection, ids: Sequence[str]) -> list[ExperimentSummary]:
    rows = connection.execute(select(*(EXPERIMENTS.c[name] for name in _SUMMARY)).where(EXPERIMENTS.c.id.in_(ids)))
    counts = select(BLOCKS.c.experiment_id, func.count()).where(BLOCKS.c.experiment_id.in_(ids))
    blocks = dict.fromkeys(ids, 0)
    for experiment_id, number in connection.execute(counts.group_by(BLOCKS.c.experiment_id)):
        blocks[experiment_id] = number
    summaries = {
        row["id"]: ExperimentSummary.from_dict({**row, "blocks": blocks[row["id"]]}) for row in rows.mappings()
    }
    return [summaries[experiment_id] for experiment_id in ids]
