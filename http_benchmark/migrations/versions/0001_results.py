"""Results of single benchmarks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "results",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("client_library", sa.Text(), nullable=False),
        sa.Column("client_type", sa.Text(), nullable=False),
        sa.Column("http_method", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("start_time", sa.Text(), nullable=False),
        sa.Column("end_time", sa.Text(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("requests_count", sa.BigInteger(), nullable=False),
        sa.Column("requests_per_second", sa.Double()),
        sa.Column("avg_response_time", sa.Double()),
        sa.Column("min_response_time", sa.Double()),
        sa.Column("max_response_time", sa.Double()),
        sa.Column("p50_response_time", sa.Double()),
        sa.Column("p95_response_time", sa.Double()),
        sa.Column("p99_response_time", sa.Double()),
        sa.Column("cpu_usage_avg", sa.Double()),
        sa.Column("memory_usage_avg", sa.Double()),
        sa.Column("network_io", sa.JSON(), nullable=False),
        sa.Column("error_count", sa.BigInteger(), nullable=False),
        sa.Column("error_rate", sa.Double(), nullable=False),
        sa.Column("concurrency_level", sa.BigInteger(), nullable=False),
        sa.Column("config_snapshot", sa.JSON(), nullable=False),
    )
    op.create_index("ix_results_name", "results", ["name"])


def downgrade() -> None:
    op.drop_table("results")
