"""Documents and blocks as blobs; what lists and filters ask for in tables of its own.

The rows of trials and slices go: a block is written and read whole. Nothing here is shared with the rest of the
program, whose models may change while this stays as it is.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from http_benchmark.errors import StorageError

revision = "0003"
down_revision = "0002"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_TRIAL_COLUMNS: dict[str, TypeEngine[Any]] = {
    "contender": sa.Text(),
    "library": sa.Text(),
    "version": sa.Text(),
    "mode": sa.Text(),
    "peak_memory_bytes": sa.BigInteger(),
    "base_memory_bytes": sa.BigInteger(),
    "import_s": sa.Double(),
    "sent": sa.BigInteger(),
}
_SLICE_COLUMNS: dict[str, TypeEngine[Any]] = {
    "round": sa.Integer(),
    "position": sa.Integer(),
    "started_s": sa.Double(),
    "duration_s": sa.Double(),
    "requests": sa.BigInteger(),
    "opening_requests": sa.BigInteger(),
    "retries": sa.BigInteger(),
    "throughput_rps": sa.Double(),
    "cpu_s": sa.Double(),
    "mean_s": sa.Double(),
    "p50_s": sa.Double(),
    "max_s": sa.Double(),
}
_NULLABLE = frozenset(
    {"version", "peak_memory_bytes", "base_memory_bytes", "import_s", "throughput_rps", "mean_s", "p50_s", "max_s"}
)

_EXPERIMENTS = sa.table(
    "experiments",
    sa.column("id", sa.Text()),
    sa.column("status", sa.Text()),
    sa.column("started_at", sa.DateTime(timezone=True)),
    sa.column("contenders", sa.JSON()),
    sa.column("tags", sa.JSON()),
    sa.column("document", sa.JSON()),
    sa.column("host", sa.Text()),
    sa.column("workload", sa.Text()),
    sa.column("verdict", sa.Text()),
)
_DOCUMENTS = sa.table(
    "experiment_documents", sa.column("experiment_id", sa.Text()), sa.column("document", sa.LargeBinary())
)
_CLIENTS = sa.table(
    "experiment_clients",
    *(
        sa.column(name)
        for name in (
            *("experiment_id", "position", "contender", "library", "version", "mode", "status", "requests"),
            *("success_ratio", "throughput_rps", "cpu_s_per_1k", "mean_s", "p50_s", "p99_s", "started_us"),
        )
    ),
)
_FACETS = sa.table("experiment_facets", *map(sa.column, ("kind", "value", "started_us", "experiment_id")))
_BLOCKS = sa.table(
    "blocks",
    sa.column("experiment_id", sa.Text()),
    sa.column("block", sa.Integer()),
    sa.column("trials", sa.LargeBinary()),
)
_TRIALS = sa.table(
    "trials",
    *(sa.column(name) for name in ("experiment_id", "block", "trial")),
    *(sa.column(name, kind) for name, kind in _TRIAL_COLUMNS.items()),
    sa.column("rest", sa.JSON()),
)
_SLICES = sa.table(
    "slices",
    *(sa.column(name) for name in ("experiment_id", "block", "trial", "slice")),
    *(sa.column(name, kind) for name, kind in _SLICE_COLUMNS.items()),
    sa.column("rest", sa.JSON()),
)


def upgrade() -> None:
    _make_tables()
    op.add_column("blocks", sa.Column("trials", sa.LargeBinary(), nullable=False, server_default=""))
    for name in ("host", "workload", "verdict"):
        op.add_column("experiments", sa.Column(name, sa.Text()))
    if op.get_context().dialect.name == "postgresql":
        for table, column in (("blocks", "experiment_id"), ("experiments", "id")):
            op.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE text COLLATE "C"')
    for experiment_id in _ids():
        _pack_blocks(experiment_id)
        _pack_experiment(experiment_id)
    op.drop_index("ix_experiments_started_at", "experiments")
    op.create_index("ix_experiments_time", "experiments", ["started_at", "id"])
    op.drop_column("experiments", "document")
    op.drop_table("slices")
    op.drop_table("trials")


def downgrade() -> None:
    op.add_column("experiments", sa.Column("document", sa.JSON(), nullable=False, server_default="{}"))
    _make_trials_and_slices()
    for experiment_id in _ids():
        try:
            _unpack_experiment(experiment_id)
            _unpack_blocks(experiment_id)
        except ValueError:
            raise StorageError(
                f"experiment {experiment_id} holds an infinite number, which PostgreSQL takes in no JSON; "
                "delete it first, or stay at this revision"
            ) from None
    op.drop_index("ix_experiments_time", "experiments")
    op.create_index("ix_experiments_started_at", "experiments", ["started_at"])
    for table in ("experiment_facets", "experiment_clients", "experiment_documents"):
        op.drop_table(table)
    op.drop_column("blocks", "trials")
    for name in ("host", "workload", "verdict"):
        op.drop_column("experiments", name)
    if op.get_context().dialect.name == "postgresql":
        for table, column in (("blocks", "experiment_id"), ("experiments", "id")):
            op.execute(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE text COLLATE "default"')


def _make_tables() -> None:
    op.create_table("experiment_documents", _experiment_id(), sa.Column("document", sa.LargeBinary(), nullable=False))
    op.create_table(
        "experiment_clients",
        _experiment_id(),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("contender", sa.Text(), nullable=False),
        sa.Column("library", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("success_ratio", sa.Double()),
        sa.Column("throughput_rps", sa.Double()),
        sa.Column("cpu_s_per_1k", sa.Double()),
        sa.Column("mean_s", sa.Double()),
        sa.Column("p50_s", sa.Double()),
        sa.Column("p99_s", sa.Double()),
        sa.Column("started_us", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_experiment_clients_history", "experiment_clients", ["contender", "started_us"])
    op.create_table(
        "experiment_facets",
        sa.Column("kind", _EXACT, primary_key=True),
        sa.Column("value", _EXACT, primary_key=True),
        sa.Column("started_us", sa.BigInteger(), primary_key=True, autoincrement=False),
        _experiment_id(),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_experiment_facets_experiment", "experiment_facets", ["experiment_id"])


def _experiment_id() -> sa.Column[str]:
    return sa.Column("experiment_id", _EXACT, sa.ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True)


def _ids() -> list[str]:
    """All at once: no cursor may be open over a table that is changed."""
    return list(op.get_bind().execute(sa.select(_EXPERIMENTS.c.id)).scalars())


def _pack_blocks(experiment_id: str) -> None:
    connection = op.get_bind()
    trials: dict[int, list[dict[str, Any]]] = {}
    by_place: dict[tuple[int, int], dict[str, Any]] = {}
    for row in _stored(_TRIALS, experiment_id, "block", "trial"):
        record = _record(row, _TRIAL_COLUMNS) | {"slices": []}
        trials.setdefault(row["block"], []).append(record)
        by_place[row["block"], row["trial"]] = record
    for row in _stored(_SLICES, experiment_id, "block", "trial", "slice"):
        by_place[row["block"], row["trial"]]["slices"].append(_record(row, _SLICE_COLUMNS))
    for row in _stored(_BLOCKS, experiment_id, "block"):
        connection.execute(
            sa.update(_BLOCKS)
            .where(_BLOCKS.c.experiment_id == experiment_id, _BLOCKS.c.block == row["block"])
            .values(trials=_packed(trials.get(row["block"], [])))
        )


def _pack_experiment(experiment_id: str) -> None:
    connection = op.get_bind()
    (row,) = _stored(_EXPERIMENTS, experiment_id, "id")
    document = row["document"]
    running = row["status"] == "running"
    started_us = (row["started_at"].replace(tzinfo=row["started_at"].tzinfo or UTC) - _EPOCH) // timedelta(
        microseconds=1
    )
    key = {"experiment_id": experiment_id, "started_us": started_us}
    connection.execute(sa.insert(_DOCUMENTS), [{"experiment_id": experiment_id, "document": _packed(row["document"])}])
    clients = [key | _client_row(position, client) for position, client in enumerate(document.get("clients", []))]
    facets = [key | {"kind": kind, "value": _indexed(value)} for kind, value in dict.fromkeys(_facets(row))]
    for table, rows in ((_CLIENTS, clients), (_FACETS, facets)):
        if rows:
            connection.execute(sa.insert(table), rows)
    connection.execute(
        sa.update(_EXPERIMENTS)
        .where(_EXPERIMENTS.c.id == experiment_id)
        .values(workload=_workloads(document)[0], verdict=None if running else _verdict(document))
    )


def _client_row(position: int, client: dict[str, Any]) -> dict[str, Any]:
    times = client.get("response_time_s") or {}
    return {
        "position": position,
        **{name: client.get(name) for name in ("contender", "library", "version", "mode", "status", "success_ratio")},
        "requests": client.get("requests", 0),
        **{name: (client.get(name) or {}).get("estimate") for name in ("throughput_rps", "cpu_s_per_1k")},
        **{f"{name}_s": times.get(name) for name in ("mean", "p50", "p99")},
    }


def _facets(row: Any) -> Iterator[tuple[str, str]]:
    document = row["document"]
    yield "name", document["name"]
    yield "status", row["status"]
    if row["status"] != "running":
        yield "verdict", _verdict(document)
    for workload in _workloads(document):
        yield "workload", workload
    for tag in row["tags"]:
        yield "tag", tag
    for contender in row["contenders"]:
        yield "client", contender
        yield from _spellings(contender, None)
    for client in document.get("clients", []):
        if client.get("version"):
            yield "version", client["version"]
            yield from _spellings(client["contender"], client["version"])


def _indexed(value: str) -> str:
    """A very long value by its beginning and its SHA-256, since an index of PostgreSQL takes no long ones."""
    whole = value.encode(errors="surrogatepass")
    return value if len(whole) <= 1500 else f"{value[:300]}…{hashlib.sha256(whole).hexdigest()}"


def _spellings(contender: str, version: str | None) -> Iterator[tuple[str, str]]:
    """A contender was LIBRARY[:MODE][+h2][#NUMBER]; to the last a version or a source tree could be named, too."""
    plain = contender.partition("#")[0]
    name = plain.removesuffix("+h2")
    source_and_library, colon, mode = name.partition(":")
    library = re.split("==|@", source_and_library)[0]
    for source in {"", f"=={version}" if version else ""}:
        for way in {"", f"{colon}{mode}"}:
            for protocol in {"", plain.removeprefix(name)}:
                yield "client", f"{library}{source}{way}{protocol}"


def _workloads(document: dict[str, Any]) -> tuple[str, ...]:
    if workload := document.get("workload"):
        return workload["file"], workload["sha256"]
    method = document["configuration"].get("method", "GET")
    return (f"{method} {urlsplit(document['target']['url']).path or '/'}",)


def _verdict(document: dict[str, Any]) -> str:
    verdict: str = document.get("validity", {}).get("verdict", "valid")
    return verdict


def _stored(table: sa.TableClause, experiment_id: str, *order: str) -> list[Any]:
    key = table.c.id if table is _EXPERIMENTS else table.c.experiment_id
    query = sa.select(table).where(key == experiment_id).order_by(*(table.c[name] for name in order))
    return list(op.get_bind().execute(query).mappings())


def _record(row: Any, columns: dict[str, Any]) -> dict[str, Any]:
    rest: dict[str, Any] = row["rest"]
    return {name: row[name] for name in columns} | rest


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), 6)


def _unpacked(blob: bytes) -> Any:
    return json.loads(zlib.decompress(blob))


def _make_trials_and_slices() -> None:
    op.create_table(
        "trials",
        *_key("experiment_id", "block", "trial"),
        *(sa.Column(name, kind, nullable=name in _NULLABLE) for name, kind in _TRIAL_COLUMNS.items()),
        sa.Column("rest", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id", "block"], ["blocks.experiment_id", "blocks.block"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "slices",
        *_key("experiment_id", "block", "trial", "slice"),
        *(sa.Column(name, kind, nullable=name in _NULLABLE) for name, kind in _SLICE_COLUMNS.items()),
        sa.Column("rest", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id", "block", "trial"],
            ["trials.experiment_id", "trials.block", "trials.trial"],
            ondelete="CASCADE",
        ),
    )


def _key(first: str, *others: str) -> Iterator[sa.Column[Any]]:
    yield sa.Column(first, sa.Text(), primary_key=True)
    for name in others:
        yield sa.Column(name, sa.Integer(), primary_key=True)


def _unpack_experiment(experiment_id: str) -> None:
    connection = op.get_bind()
    query = sa.select(_DOCUMENTS.c.document).where(_DOCUMENTS.c.experiment_id == experiment_id)
    document = _unpacked(connection.execute(query).scalar_one())
    _refuse_infinite(document)
    connection.execute(sa.update(_EXPERIMENTS).where(_EXPERIMENTS.c.id == experiment_id).values(document=document))


def _unpack_blocks(experiment_id: str) -> None:
    for row in _stored(_BLOCKS, experiment_id, "block"):
        key = {"experiment_id": experiment_id, "block": row["block"]}
        trials = _unpacked(row["trials"])
        slices = [
            key | {"trial": number, "slice": place} | _row(record, _SLICE_COLUMNS)
            for number, trial in enumerate(trials)
            for place, record in enumerate(trial.pop("slices"))
        ]
        rows = [key | {"trial": number} | _row(trial, _TRIAL_COLUMNS) for number, trial in enumerate(trials)]
        for table, values in ((_TRIALS, rows), (_SLICES, slices)):
            if values:
                op.get_bind().execute(sa.insert(table), values)


def _row(record: dict[str, Any], columns: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in record.items() if name not in columns}
    _refuse_infinite(rest)
    return {name: record.get(name) for name in columns} | {"rest": rest}


def _refuse_infinite(value: Any) -> None:
    """Raise `ValueError` on PostgreSQL where JSON cannot hold a value."""
    if op.get_context().dialect.name == "postgresql":
        json.dumps(value, allow_nan=False)
