"""`http-benchmark results`: what was measured before."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.export import export
from http_benchmark.cli.options import shared_options


@click.group(epilog="Example: http-benchmark results list")
def command() -> None:
    """List, show, compare, export or delete stored results."""


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
    from http_benchmark.cli.common import answering, load_settings, make_console, open_storage, write_json
    from http_benchmark.report.lists import print_experiment_list

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiments = storage.list_experiments(limit=limit, offset=offset)
    with answering(saved=False):
        if json_file:
            write_json([experiment.to_dict() for experiment in experiments], json_file)
        else:
            print_experiment_list(experiments, make_console())


@command.command("show", epilog="Example: http-benchmark results show 3f2a")
@click.argument("identifier", metavar="ID")
@shared_options(database=True, output=True)
def show(config_file: Path | None, json_file: str | None, *, identifier: str, **arguments: Any) -> None:
    """Show a stored experiment; the first characters of its ID will do."""
    from http_benchmark.cli.common import answering, load_settings, make_console, open_storage, stored, write_json
    from http_benchmark.report import json as json_report
    from http_benchmark.report.terminal import print_experiment

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiment = stored(storage, identifier)
    with answering(saved=False):
        if json_file:
            write_json(json_report.dump(experiment), json_file)
        else:
            print_experiment(experiment, make_console(), verbose=settings.verbose > 0)


@command.command("compare", epilog="Example: http-benchmark results compare 3f2a 9b07")
@click.argument("first", metavar="ID")
@click.argument("second", metavar="ID")
@click.option(
    "--force",
    envvar="HTTP_BENCHMARK_FORCE",
    is_flag=True,
    help="Compare even where machine, versions or workload differ.",
)
@shared_options(database=True, output=True)
def compare(
    config_file: Path | None, json_file: str | None, *, first: str, second: str, force: bool, **arguments: Any
) -> None:
    """Set two stored experiments side by side, the second against the first.

    Refuses where they differ in what matters, such as the machine, the interpreter or the workload. Versions of the
    clients may differ. There is no verdict: for that, measure both in one experiment.
    """
    from http_benchmark import comparison
    from http_benchmark.cli.common import answering, load_settings, make_console, open_storage, stored, write_json
    from http_benchmark.report.comparison import print_comparison

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiments = [stored(storage, identifier) for identifier in (first, second)]
        blocks = [storage.get_blocks(experiment.id) for experiment in experiments]
    compared = comparison.compare(*experiments, force=force, blocks=(blocks[0], blocks[1]))
    with answering(saved=False):
        if json_file:
            write_json(compared.to_dict(), json_file)
        else:
            print_comparison(compared, make_console())


@command.command("delete", epilog="Example: http-benchmark results delete 3f2a --yes")
@click.argument("identifier", metavar="ID")
@click.option("--yes", envvar="HTTP_BENCHMARK_YES", is_flag=True, help="Do not ask.")
@shared_options(database=True)
def delete(config_file: Path | None, *, identifier: str, yes: bool, **arguments: Any) -> None:
    """Delete a stored experiment with its blocks and slices."""
    from http_benchmark.cli.common import load_settings, missing, open_storage

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiment = storage.get_experiment(identifier)
        if experiment is None:
            raise missing(identifier)
        if not yes:
            click.confirm(f"Delete {experiment.id} ({experiment.name})?", abort=True)
        storage.delete_experiment(experiment.id)
    click.echo(f"deleted {experiment.id}")
