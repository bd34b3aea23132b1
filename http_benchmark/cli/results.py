"""`http-benchmark results`: what was measured before."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.comparing import compare
from http_benchmark.cli.export import export
from http_benchmark.cli.filtering import filter_options, filters_of
from http_benchmark.cli.history import history
from http_benchmark.cli.importing import import_
from http_benchmark.cli.keeping import prune, tag
from http_benchmark.cli.options import shared_options
from http_benchmark.cli.reproduce import command as reproduce
from http_benchmark.redaction import cleared


@click.group(epilog="Example: http-benchmark results list")
def command() -> None:
    """List, show, compare, reproduce, export, import, tag, prune or delete stored results."""


command.add_command(compare)
command.add_command(export)
command.add_command(history)
command.add_command(import_)
command.add_command(reproduce)
command.add_command(tag)
command.add_command(prune)


@command.command("list", epilog="Example: http-benchmark results list --client httpx:async --since 7d")
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
@filter_options
@shared_options(database=True, output=True)
def list_(config_file: Path | None, json_file: str | None, *, limit: int, offset: int, **arguments: Any) -> None:
    """List stored experiments, newest first; of several options, those that fit all."""
    from http_benchmark.cli.common import answering, load_settings, make_console, open_storage, write_json
    from http_benchmark.report.lists import print_experiment_list

    filters = filters_of(arguments)
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiments = storage.list_experiments(limit=limit, offset=offset, filters=filters)
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
    click.echo(cleared(f"deleted {experiment.id}"))
