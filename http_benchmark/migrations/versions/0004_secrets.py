"""Secrets that were stored before they were typed as such: hidden in configurations, taken out of texts.

What is secret is asked of the program, unlike anything else in a migration: that may become more with time, which does
no harm here. What is hidden already stays as it is.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
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


def upgrade() -> None:
    shown = _Shown()
    for numbers in _keys(_RESULTS.c.number):
        _rewrite_results(numbers, shown)
    for ids in _keys(_DOCUMENTS.c.experiment_id):
        _rewrite_experiments(ids, shown)


def downgrade() -> None:
    """Do nothing: what is hidden cannot be brought back."""


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
    rows = op.get_bind().execute(sa.select(_RESULTS).where(_RESULTS.c.number.in_(numbers))).mappings()
    changed = []
    for row in rows.all():
        after = {"url": shown.url(row["url"]), "config_snapshot": shown.configuration(row["config_snapshot"])}
        if after != {name: row[name] for name in after}:
            changed.append({"key": row["number"], **after})
    _update(_RESULTS, (_RESULTS.c.number == sa.bindparam("key"),), changed)


def _rewrite_experiments(ids: Sequence[str], shown: _Shown) -> None:
    rows = op.get_bind().execute(sa.select(_DOCUMENTS).where(_DOCUMENTS.c.experiment_id.in_(ids))).mappings()
    changed = []
    for row in rows.all():
        document = _unpacked(row["document"])
        if document is None:
            continue
        configuration, target = document["configuration"], document["target"]
        known = _known(frozenset((*hidden_in(configuration), *hidden_in({"url": target["url"]}))))
        after = _without(document, known.without) | {"configuration": shown.configuration(configuration)}
        after["target"] = target | {"url": shown.url(target["url"])}
        if after != document:
            changed.append({"key": row["experiment_id"], "document": _packed(after)})
            _rewrite_blocks(row["experiment_id"], known)
    _update(_DOCUMENTS, (_DOCUMENTS.c.experiment_id == sa.bindparam("key"),), changed)


def _rewrite_blocks(experiment_id: str, known: Known) -> None:
    query = sa.select(_BLOCKS).where(_BLOCKS.c.experiment_id == experiment_id)
    changed = []
    for row in op.get_bind().execute(query).mappings().all():
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
    """What was packed; None where it is damaged, which `db check` tells."""
    try:
        return json.loads(zlib.decompress(blob))
    except (zlib.error, ValueError):
        return None


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), 6)
