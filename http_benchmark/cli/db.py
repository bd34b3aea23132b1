"""`http-benchmark db`: the database's schema."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import shared_options


@click.group(epilog="Example: http-benchmark db upgrade --database results.db")
def command() -> None:
    """Migrate the database, or tell its version."""


@command.command("upgrade")
@shared_options(database=True)
def upgrade(config_file: Path | None, **arguments: Any) -> None:
    """Bring the database's schema up to this program's."""
    from http_benchmark import storage
    from http_benchmark.cli.common import database_of, load_settings

    url = database_of(load_settings(arguments, config_file))
    before, _ = storage.current(url)
    storage.upgrade(url)
    after, _ = storage.current(url)
    click.echo(f"up to date: {after}" if before == after else f"upgraded: {before or 'empty'} to {after}")


@command.command("current")
@shared_options(database=True)
def current(config_file: Path | None, **arguments: Any) -> None:
    """Tell the schema's version, and this program's."""
    from http_benchmark import storage
    from http_benchmark.cli.common import database_of, load_settings

    url = database_of(load_settings(arguments, config_file))
    revision, head = storage.current(url)
    click.echo(f"database {revision or 'empty'}, program {head}: {storage.advice(url)}")
