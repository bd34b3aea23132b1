"""Experiments with their blocks, trials and slices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("contenders", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
    )
    op.create_index("ix_experiments_started_at", "experiments", ["started_at"])
    op.create_table(
        "blocks",
        sa.Column("experiment_id", sa.Text(), sa.ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("block", sa.Integer(), primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "trials",
        sa.Column("experiment_id", sa.Text(), primary_key=True),
        sa.Column("block", sa.Integer(), primary_key=True),
        sa.Column("trial", sa.Integer(), primary_key=True),
        sa.Column("contender", sa.Text(), nullable=False),
        sa.Column("library", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("peak_memory_bytes", sa.BigInteger()),
        sa.Column("base_memory_bytes", sa.BigInteger()),
        sa.Column("import_s", sa.Double()),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("rest", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id", "block"], ["blocks.experiment_id", "blocks.block"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "slices",
        sa.Column("experiment_id", sa.Text(), primary_key=True),
        sa.Column("block", sa.Integer(), primary_key=True),
        sa.Column("trial", sa.Integer(), primary_key=True),
        sa.Column("slice", sa.Integer(), primary_key=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("started_s", sa.Double(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("opening_requests", sa.BigInteger(), nullable=False),
        sa.Column("retries", sa.BigInteger(), nullable=False),
        sa.Column("throughput_rps", sa.Double()),
        sa.Column("cpu_s", sa.Double(), nullable=False),
        sa.Column("mean_s", sa.Double()),
        sa.Column("p50_s", sa.Double()),
        sa.Column("max_s", sa.Double()),
        sa.Column("rest", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id", "block", "trial"],
            ["trials.experiment_id", "trials.block", "trials.trial"],
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    for table in ("slices", "trials", "blocks", "experiments"):
        op.drop_table(table)
