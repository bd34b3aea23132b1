"""`http-benchmark results`: what was measured before."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.export import export
from http_benchmark.cli.options import shared_options


@click.group(epilog="Example: http-benchmark results list")
def command() -> None:
    """List, show, export or delete stored results."""


command.add_command(export)


@command.command("list", epilog="Example: http-benchmark results list --limit 5")
@click.option(
    "--limit",
    envvar="HTTP_BENCHMARK_LIMIT",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many.",
)
@click.option(
    "--offset",
    envvar="HTTP_BENCHMARK_OFFSET",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="How many to skip.",
)
@shared_options(database=True, output=True)
def list_(config_file: Path | None, json_file: str | None, *, limit: int, offset: int, **arguments: Any) -> None:
    """List stored experiments, newest first."""
    from http_benchmark.cli.common import load_settings, make_console, open_storage, write_json
    from http_benchmark.report.terminal import print_experiment_list

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiments = storage.list_experiments(limit=limit, offset=offset)
    if json_file:
        write_json([experiment.to_dict() for experiment in experiments], json_file)
    else:
        print_experiment_list(experiments, make_console())


@command.command("show", epilog="Example: http-benchmark results show 3f2a")
@click.argument("identifier", metavar="ID")
@shared_options(database=True, output=True)
def show(config_file: Path | None, json_file: str | None, *, identifier: str, **arguments: Any) -> None:
    """Show a stored experiment; the first characters of its ID will do."""
    from http_benchmark.cli.common import load_settings, make_console, open_storage, write_json
    from http_benchmark.report import json as json_report
    from http_benchmark.report.terminal import print_experiment
    from http_benchmark.stats.conclusion import conclude

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiment = storage.get_experiment(identifier)
        if experiment is None:
            raise _missing(identifier)
        if experiment.status == "running":  # or killed while it ran: its answer was not written, its blocks were
            experiment = conclude(experiment, storage.get_blocks(experiment.id))
    if json_file:
        write_json(json_report.dump(experiment), json_file)
    else:
        print_experiment(experiment, make_console())


@command.command("delete", epilog="Example: http-benchmark results delete 3f2a --yes")
@click.argument("identifier", metavar="ID")
@click.option("--yes", envvar="HTTP_BENCHMARK_YES", is_flag=True, help="Do not ask.")
@shared_options(database=True)
def delete(config_file: Path | None, *, identifier: str, yes: bool, **arguments: Any) -> None:
    """Delete a stored experiment with its blocks and slices."""
    from http_benchmark.cli.common import load_settings, open_storage

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiment = storage.get_experiment(identifier)
        if experiment is None:
            raise _missing(identifier)
        if not yes:
            click.confirm(f"Delete {experiment.id} ({experiment.name})?", abort=True)
        storage.delete_experiment(experiment.id)
    click.echo(f"deleted {experiment.id}")


def _missing(identifier: str) -> click.ClickException:
    return click.ClickException(f"no experiment {identifier!r}; `http-benchmark results list` shows what is stored")
