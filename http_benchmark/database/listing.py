"""Lists of experiments, newest first: filtered and paged by indexes alone, however many are stored.

Every filter is a facet, an entry of one index that is ordered by time (`rows`). The rarest of them is walked, newest
first, and the others are looked up for each entry, until the page is full. The look-ups are scalar subqueries: those
are never rewritten into joins, whose order both databases would guess, and guess wrong without fresh statistics.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import batched
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select

from http_benchmark.database.rows import microseconds
from http_benchmark.migrations.schema import BLOCKS, EXPERIMENTS, FACETS
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_summary import ExperimentSummary
from http_benchmark.models.filters import Filters

type Facet = tuple[str, str]
"""A kind and a value."""

_SUMMARY = ("id", "name", "started_at", "status", "contenders", "tags", "host", "workload", "verdict")
_COUNTED = 20_000  # entries of a facet, about a millisecond: which of two that have more is rarer makes no odds
AT_ONCE = 500
"""Ids in one query, whose parameters databases bound."""


def page(connection: Connection, filters: Filters, *, limit: int | None, offset: int) -> list[ExperimentSummary]:
    """Experiments in short, the last one started first; of several at the same moment, the greatest id."""
    ids = connection.execute(_ids(connection, filters).limit(limit).offset(offset)).scalars().all()
    return summaries(connection, ids)


def summaries(connection: Connection, ids: Sequence[str]) -> list[ExperimentSummary]:
    """Experiments in short, in the order of their ids here."""
    return [summary for some in batched(ids, AT_ONCE) for summary in _summaries(connection, some)]


def _ids(connection: Connection, filters: Filters) -> Select[Any]:
    facets = facets_of(filters)
    if not facets:
        started = EXPERIMENTS.c.started_at
        query = select(EXPERIMENTS.c.id).where(*_within(started, filters.since, filters.until))
        return query.order_by(started.desc(), EXPERIMENTS.c.id.desc())
    first, *others = sorted(facets, key=lambda facet: _entries(connection, facet, filters)) if facets[1:] else facets
    query = select(FACETS.c.experiment_id).where(*_entry(first), *_in_time(filters), *map(_also, others))
    return query.order_by(FACETS.c.started_us.desc(), FACETS.c.experiment_id.desc())


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


def _entries(connection: Connection, facet: Facet, filters: Filters) -> int:
    """How many experiments have a facet, as far as it matters."""
    some = select(literal_column("1")).where(*_entry(facet), *_in_time(filters)).limit(_COUNTED).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _entry(facet: Facet, table: Any = FACETS) -> tuple[ColumnElement[bool], ...]:
    kind, value = facet
    return table.c.kind == kind, table.c.value == value


def _also(facet: Facet) -> ColumnElement[bool]:
    """That an experiment of the walk has another facet."""
    other = FACETS.alias()
    # Only as an expression is the id left out of the choice of an index: that on ids alone would have SQLite jump about
    # in the table, where the key itself is read in the order of the walk.
    same_id = other.c.experiment_id.concat("") == FACETS.c.experiment_id
    same = other.c.started_us == FACETS.c.started_us, same_id
    found: Select[Any] = select(literal_column("1")).select_from(other).where(*_entry(facet, other), *same)
    return found.correlate(FACETS).scalar_subquery().is_not(None)


def _in_time(filters: Filters) -> list[ColumnElement[bool]]:
    since, until = (moment and microseconds(moment) for moment in (filters.since, filters.until))
    return _within(FACETS.c.started_us, since, until)


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
