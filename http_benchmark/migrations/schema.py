"""The tables as the newest revision leaves them.

Records become rows by name: the fields that have a column of their own go there, all others into the column `rest`.
The names differ from the earlier tool's table, `benchmark_results`, which may sit in the same database.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment that is aware of its time zone, UTC when read; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time must know its time zone, got {value!r}; use datetime.now(UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA = MetaData()

RESULTS = Table(
    "results",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),  # order of saving
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, index=True),
    Column("client_library", Text, nullable=False),
    Column("client_type", Text, nullable=False),
    Column("http_method", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("start_time", Text, nullable=False),  # ISO 8601 as given: callers of old pass times without a zone
    Column("end_time", Text, nullable=False),
    Column("duration", Double, nullable=False),
    Column("requests_count", BigInteger, nullable=False),
    Column("requests_per_second", Double),
    Column("avg_response_time", Double),
    Column("min_response_time", Double),
    Column("max_response_time", Double),
    Column("p50_response_time", Double),
    Column("p95_response_time", Double),
    Column("p99_response_time", Double),
    Column("cpu_usage_avg", Double),
    Column("memory_usage_avg", Double),
    Column("network_io", JSON, nullable=False),
    Column("error_count", BigInteger, nullable=False),
    Column("error_rate", Double, nullable=False),
    Column("concurrency_level", BigInteger, nullable=False),
    Column("config_snapshot", JSON, nullable=False),
)

EXPERIMENTS = Table(
    "experiments",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("finished_at", UtcDateTime),
    Column("seed", Text, nullable=False),  # a whole number of any size
    Column("contenders", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("document", JSON, nullable=False),  # the published JSON
)

BLOCKS = Table(
    "blocks",
    METADATA,
    Column("experiment_id", ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("block", Integer, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
)

TRIALS = Table(
    "trials",
    METADATA,
    Column("experiment_id", Text, primary_key=True),
    Column("block", Integer, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("contender", Text, nullable=False),
    Column("library", Text, nullable=False),
    Column("version", Text),
    Column("mode", Text, nullable=False),
    Column("peak_memory_bytes", BigInteger),
    Column("base_memory_bytes", BigInteger),
    Column("import_s", Double),
    Column("sent", BigInteger, nullable=False),
    Column("rest", JSON, nullable=False),
    ForeignKeyConstraint(["experiment_id", "block"], ["blocks.experiment_id", "blocks.block"], ondelete="CASCADE"),
)

SLICES = Table(
    "slices",
    METADATA,
    Column("experiment_id", Text, primary_key=True),
    Column("block", Integer, primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("slice", Integer, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("started_s", Double, nullable=False),
    Column("duration_s", Double, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("opening_requests", BigInteger, nullable=False),
    Column("retries", BigInteger, nullable=False),
    Column("throughput_rps", Double),
    Column("cpu_s", Double, nullable=False),
    Column("mean_s", Double),
    Column("p50_s", Double),
    Column("max_s", Double),
    Column("rest", JSON, nullable=False),
    ForeignKeyConstraint(
        ["experiment_id", "block", "trial"],
        ["trials.experiment_id", "trials.block", "trials.trial"],
        ondelete="CASCADE",
    ),
)
