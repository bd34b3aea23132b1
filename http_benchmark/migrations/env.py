"""Run by Alembic, inside the transaction that `revisions` has begun: a failed migration leaves nothing behind."""

from alembic import context

from http_benchmark.migrations.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=context.config.attributes["version_table"],
)
context.run_migrations()
