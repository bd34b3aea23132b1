"""The tables as the newest revision leaves them.

What is in the packed columns, and how the rest follows from it, says `database`. The names differ from the earlier
tool's table, `benchmark_results`, which may sit in the same database.
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
    Index,
    Integer,
    LargeBinary,
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


EXACT_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its characters' numbers, on both databases, whatever language a server speaks."""

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives out, ascending."""

METADATA = MetaData()

RESULTS = Table(
    "results",
    METADATA,
    Column("number", NUMBER, primary_key=True),  # order of saving
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
    Column("id", EXACT_TEXT, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("seed", Text, nullable=False),  # a whole number of any size
    Column("contenders", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("host", Text),
    Column("workload", Text),
    Column("verdict", Text),
    Index("ix_experiments_time", "started_at", "id"),
)

DOCUMENTS = Table(
    "experiment_documents",  # apart, since lists walk over `experiments`
    METADATA,
    Column("experiment_id", EXACT_TEXT, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("document", LargeBinary, nullable=False),  # the published JSON, packed
)

CLIENTS = Table(
    "experiment_clients",
    METADATA,
    Column("experiment_id", EXACT_TEXT, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("contender", Text, nullable=False),
    Column("library", Text, nullable=False),
    Column("version", Text),
    Column("mode", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("success_ratio", Double),
    Column("throughput_rps", Double),
    Column("cpu_s_per_1k", Double),
    Column("mean_s", Double),
    Column("p50_s", Double),
    Column("p99_s", Double),
    Column("started_us", BigInteger, nullable=False),
    Index("ix_experiment_clients_history", "contender", "started_us"),
)

FACETS = Table(
    "experiment_facets",
    METADATA,
    Column("kind", EXACT_TEXT, primary_key=True),
    Column("value", EXACT_TEXT, primary_key=True),
    Column("started_us", BigInteger, primary_key=True, autoincrement=False),
    Column("experiment_id", EXACT_TEXT, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_experiment_facets_experiment", "experiment_id"),
    sqlite_with_rowid=False,  # its primary key is all that it is
)

BLOCKS = Table(
    "blocks",
    METADATA,
    Column("experiment_id", EXACT_TEXT, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("block", Integer, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("trials", LargeBinary, nullable=False, server_default=""),  # packed; SQLite adds no such column without one
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("number", NUMBER, primary_key=True),  # order of the queue
    Column("id", EXACT_TEXT, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("configuration", JSON, nullable=False),  # as it may be shown
    Column("message", Text),
    Index("ix_jobs_status", "status", "number"),
)

JOB_EVENTS = Table(
    "job_events",
    METADATA,
    Column("job", NUMBER, ForeignKey("jobs.number", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", JSON, nullable=False),
)
