"""Secrets that were stored before they were typed as such: hidden in configurations, taken out of texts.

Before, very long values of facets are shortened: 0003 once put them into the index in full, where no filter finds them.

What is secret is asked of the program, unlike anything else in a migration: that may become more with time, which does
no harm here. What is hidden already stays as it is, and so does what is damaged.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import batched
from typing import Any

import sqlalchemy as sa
from alembic import op

from http_benchmark.redaction import Known
from http_benchmark.secret_url import hidden_in, shareable

revision = "0004"
down_revision = "0003"

_BATCH = 200  # rows in memory at a time; documents are some 50 KB

_DOCUMENTS = sa.table(
    "experiment_documents", sa.column("experiment_id", sa.Text()), sa.column("document", sa.LargeBinary())
)
_EXPERIMENTS = sa.table(
    "experiments", sa.column("id", sa.Text()), sa.column("name", sa.Text()), sa.column("tags", sa.JSON())
)
_FACETS = sa.table(
    "experiment_facets",
    sa.column("kind", sa.Text()),
    sa.column("value", sa.Text()),
    sa.column("started_us", sa.BigInteger()),
    sa.column("experiment_id", sa.Text()),
)
_BLOCKS = sa.table(
    "blocks",
    sa.column("experiment_id", sa.Text()),
    sa.column("block", sa.Integer()),
    sa.column("trials", sa.LargeBinary()),
)
_RESULTS = sa.table(
    "results",
    sa.column("number", sa.BigInteger()),
    sa.column("url", sa.Text()),
    sa.column("config_snapshot", sa.JSON()),
)

_MOST_INDEXED_BYTES = 1500
_STORED_JSON = sa.LargeBinary().with_variant(sa.Text(), "postgresql")

_DAMAGED = (zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What is raised by what is no JSON, is nested too deeply, or is of another shape than this program wrote."""


def upgrade() -> None:
    _shorten_facets()
    shown = _Shown()
    for numbers in _keys(_RESULTS.c.number):
        _rewrite_results(numbers, shown)
    for ids in _keys(_DOCUMENTS.c.experiment_id):
        _rewrite_experiments(ids, shown)


def downgrade() -> None:
    """Do nothing: what is hidden cannot be brought back."""


def _shorten_facets() -> None:
    long = sa.select(_FACETS).where(sa.func.length(_FACETS.c.value) > _MOST_INDEXED_BYTES // 4)  # bytes of a character
    changed = [
        {f"its_{name}": value for name, value in row.items()} | {"value": shortened}
        for row in op.get_bind().execute(long).mappings().all()
        if (shortened := _indexed(row["value"])) != row["value"]
    ]
    _update(_FACETS, [column == sa.bindparam(f"its_{column.name}") for column in _FACETS.c], changed)


def _indexed(value: str) -> str:
    """A very long value by its beginning and its SHA-256."""
    whole = value.encode(errors="surrogatepass")
    return value if len(whole) <= _MOST_INDEXED_BYTES else f"{value[:300]}…{hashlib.sha256(whole).hexdigest()}"


class _Shown:
    """Makes configurations shareable; a body that is met again costs nothing, since its fingerprint is slow to make."""

    def __init__(self) -> None:
        self._bodies: dict[bytes, str] = {}

    def configuration(self, stored: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(body := stored.get("body"), str) or not body:
            return shareable(stored)
        digest = hashlib.sha256(body.encode(errors="surrogatepass")).digest()
        if digest not in self._bodies:
            self._bodies[digest] = shareable({"body": body})["body"]
        return shareable(stored | {"body": self._bodies[digest]})

    def url(self, stored: str) -> str:
        return str(shareable({"url": stored})["url"])


def _keys(column: sa.ColumnClause[Any]) -> Iterator[Sequence[Any]]:
    """All at once, since no cursor may be open over a table that is changed; then in batches."""
    return batched(op.get_bind().execute(sa.select(column).order_by(column)).scalars().all(), _BATCH)


def _rewrite_results(numbers: Sequence[int], shown: _Shown) -> None:
    place = (_RESULTS.c.number == sa.bindparam("key"),)
    query = sa.select(_RESULTS.c.number, _RESULTS.c.url, _stored(_RESULTS.c.config_snapshot))
    urls, snapshots = [], []
    for number, url, snapshot in op.get_bind().execute(query.where(_RESULTS.c.number.in_(numbers))).all():
        if (after := shown.url(url)) != url:
            urls.append({"key": number, "url": after})
        with suppress(*_DAMAGED):
            before = _read(snapshot)
            if (configuration := shown.configuration(before)) != before:
                snapshots.append({"key": number, "config_snapshot": configuration})
    _update(_RESULTS, place, urls)
    _update(_RESULTS, place, snapshots)


def _stored(column: sa.ColumnClause[Any]) -> sa.ColumnElement[Any]:
    """JSON as it stands there, since reading one that is damaged would end the query; SQLite's may not even be text."""
    return sa.cast(column, _STORED_JSON)


def _read(stored: str | bytes) -> Any:
    return json.loads(stored if isinstance(stored, str) else stored.decode())


def _rewrite_experiments(ids: Sequence[str], shown: _Shown) -> None:
    rows = op.get_bind().execute(sa.select(_DOCUMENTS).where(_DOCUMENTS.c.experiment_id.in_(ids)))
    changed = []
    for experiment_id, blob in rows.all():
        with suppress(*_DAMAGED):
            document = _unpacked(blob)
            known, after = _hidden(document, shown)
            if after != document:
                changed.append({"key": experiment_id, "document": _packed(after)})
                _rewrite_blocks(experiment_id, known)
                _rewrite_words(experiment_id, known)
    _update(_DOCUMENTS, (_DOCUMENTS.c.experiment_id == sa.bindparam("key"),), changed)


def _hidden(document: dict[str, Any], shown: _Shown) -> tuple[Known, dict[str, Any]]:
    """The secrets of an experiment, and its document without them."""
    configuration, target = document["configuration"], document["target"]
    known = _known(frozenset((*hidden_in(configuration), *hidden_in({"url": target["url"]}))))
    after = _without(document | {"configuration": shown.configuration(configuration)}, known.without)
    after["target"] = target | {"url": shown.url(target["url"])}
    return known, after


def _rewrite_words(experiment_id: str, known: Known) -> None:
    """The name and the tags, which lists show and look for, as the document has them."""
    itself = _EXPERIMENTS.c.id == experiment_id
    name, stored = (
        op.get_bind().execute(sa.select(_EXPERIMENTS.c.name, _stored(_EXPERIMENTS.c.tags)).where(itself)).one()
    )
    tags = _read(stored)
    after = {"name": _without(name, known.without), "tags": [*dict.fromkeys(_without(tags, known.without))]}
    if after == {"name": name, "tags": tags}:
        return
    op.get_bind().execute(sa.update(_EXPERIMENTS).where(itself).values(after))
    words = _FACETS.c.experiment_id == experiment_id, _FACETS.c.kind.in_(("name", "tag"))
    facets = [dict(row) for row in op.get_bind().execute(sa.select(_FACETS).where(*words)).mappings()]
    op.get_bind().execute(sa.delete(_FACETS).where(*words))
    whole = {_indexed(word): word for word in (name, *tags)}
    cleared = [
        row | {"value": _indexed(_without(whole.get(row["value"], row["value"]), known.without))} for row in facets
    ]
    op.get_bind().execute(sa.insert(_FACETS), [*{(row["kind"], row["value"]): row for row in cleared}.values()])


def _rewrite_blocks(experiment_id: str, known: Known) -> None:
    query = sa.select(_BLOCKS).where(_BLOCKS.c.experiment_id == experiment_id)
    changed = []
    for row in op.get_bind().execute(query).mappings().all():
        with suppress(*_DAMAGED):
            trials = _unpacked(row["trials"])
            after = _without(trials, known.without)
            if after != trials:
                changed.append({"key": experiment_id, "number": row["block"], "trials": _packed(after)})
    place = (_BLOCKS.c.experiment_id == sa.bindparam("key"), _BLOCKS.c.block == sa.bindparam("number"))
    _update(_BLOCKS, place, changed)


def _update(table: sa.TableClause, place: Sequence[sa.ColumnElement[bool]], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        op.get_bind().execute(sa.update(table).where(*place), rows)


@lru_cache(maxsize=1000)  # most experiments have the secrets of others, and each pattern takes milliseconds
def _known(secrets: frozenset[str]) -> Known:
    known = Known()
    for secret in secrets:
        known.add(secret)
    return known


def _without(value: Any, clear: Callable[[str], str], *, message: bool = False) -> Any:
    """The same data with its texts cleared; of single words, such as names of contenders, messages alone."""
    if isinstance(value, str):
        return clear(value) if message or " " in value else value
    if isinstance(value, dict):
        return {
            key: _without(item, clear, message=message or key in {"message", "messages"}) for key, item in value.items()
        }
    return [_without(item, clear, message=message) for item in value] if isinstance(value, list) else value


def _unpacked(blob: bytes) -> Any:
    return json.loads(zlib.decompress(blob))


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), 6)
