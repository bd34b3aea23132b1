"""`http-benchmark db`: the database's schema."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import shared_options
from http_benchmark.redaction import cleared

_HIDES_SECRETS = "0004"  # the revision


_compact_option = click.option(
    "--compact/--no-compact",
    envvar="HTTP_BENCHMARK_COMPACT",
    default=True,
    show_default=True,
    help="SQLite: write the file anew afterwards, smaller; needs as much room again, and long for a big one.",
)


@click.group(epilog="Example: http-benchmark db upgrade --database results.db")
def command() -> None:
    """Migrate the database, or tell its version."""


@command.command("upgrade", epilog="Example: http-benchmark db upgrade --database results.db")
@_compact_option
@shared_options(database=True)
def upgrade(config_file: Path | None, *, compact: bool, **arguments: Any) -> None:
    """Bring the database's schema up to this program's."""
    from http_benchmark.cli.common import database_of, load_settings
    from http_benchmark.database import upkeep

    url = database_of(load_settings(arguments, config_file))
    before, _ = upkeep.current(url)
    upkeep.upgrade(url, smaller=compact)
    after, _ = upkeep.current(url)
    click.echo(cleared(f"up to date: {after}" if before == after else f"upgraded: {before or 'empty'} to {after}"))


@command.command("downgrade", epilog="Example: http-benchmark db downgrade 0002 --yes")
@click.argument("revision", metavar="REVISION")
@click.option("--yes", envvar="HTTP_BENCHMARK_YES", is_flag=True, help="Do not ask.")
@_compact_option
@shared_options(database=True)
def downgrade(config_file: Path | None, *, revision: str, yes: bool, compact: bool, **arguments: Any) -> None:
    """Bring the database's schema back to an earlier one, for an earlier program.

    What that schema has no place for is deleted: 0001 knows single results only, no experiments. Secrets that
    0004 has hidden cannot be brought back.
    """
    from http_benchmark.cli.common import database_of, load_settings
    from http_benchmark.database import upkeep

    url = database_of(load_settings(arguments, config_file))
    upkeep.require_existing(url)
    before, _ = upkeep.current(url)
    if not yes:
        click.confirm(
            f"Bring {before or 'empty'} back to {revision}? What that has no place for is deleted.", abort=True
        )
    upkeep.downgrade(url, revision, smaller=compact)
    lost = f"; secrets that {_HIDES_SECRETS} has hidden cannot be brought back" if revision < _HIDES_SECRETS else ""
    click.echo(cleared(f"downgraded: {before} to {revision}{lost if before and before >= _HIDES_SECRETS else ''}"))


@command.command("current", epilog="Example: http-benchmark db current --database results.db")
@shared_options(database=True)
def current(config_file: Path | None, **arguments: Any) -> None:
    """Tell the schema's version, and this program's."""
    from http_benchmark.cli.common import database_of, load_settings
    from http_benchmark.database import upkeep

    url = database_of(load_settings(arguments, config_file))
    revision, head = upkeep.current(url)
    click.echo(cleared(f"database {revision or 'empty'}, program {head}: {upkeep.advice(url)}"))


@command.command("check", epilog="Example: http-benchmark db check --thorough")
@click.option("--thorough", envvar="HTTP_BENCHMARK_THOROUGH", is_flag=True, help="Look at SQLite's indexes, too.")
@click.option("--repair", envvar="HTTP_BENCHMARK_REPAIR", is_flag=True, help="Make anew what follows from the rest.")
@shared_options(database=True)
def check(config_file: Path | None, *, thorough: bool, repair: bool, **arguments: Any) -> None:
    """Look for damage in the database; ends with 1 where something is left to do."""
    from http_benchmark.cli.common import database_of, load_settings
    from http_benchmark.database import upkeep

    url = database_of(load_settings(arguments, config_file))
    upkeep.require_existing(url)
    found = upkeep.check(url, thorough=thorough, repair=repair)
    for finding in found:
        cure = " (repaired)" if repair and finding.repairable else " (--repair)" if finding.repairable else ""
        click.echo(cleared(f"{finding.code}: {finding.where}: {finding.message}{cure}"))
    if not found:
        click.echo("whole")
    if any(not (repair and finding.repairable) for finding in found):
        raise click.exceptions.Exit(1)
