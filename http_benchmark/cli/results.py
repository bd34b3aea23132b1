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
@click.option(
    "--single",
    envvar="HTTP_BENCHMARK_SINGLE",
    is_flag=True,
    help="Instead of experiments: results of single benchmarks, and of the earlier tool.",
)
@click.option(
    "--before", metavar="ID", envvar="HTTP_BENCHMARK_BEFORE", help="Those that started before this one, however many."
)
@filter_options
@shared_options(database=True, output=True)
def list_(
    config_file: Path | None,
    json_file: str | None,
    *,
    limit: int,
    offset: int,
    single: bool,
    before: str | None,
    **arguments: Any,
) -> int:
    """List stored experiments, newest first; of several options, those that fit all."""
    from http_benchmark.cli.common import (
        answering,
        load_settings,
        make_console,
        open_storage,
        readable,
        stored_result,
        whole_ids,
        write_json,
    )
    from http_benchmark.report.lists import print_experiment_list, print_result_list, result_document

    filters = filters_of(arguments)
    if single and (before or filters.model_dump(exclude_defaults=True)):
        raise click.UsageError("--single has --limit and --offset only; the filters are those of experiments")
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        if single:
            damaged: list[str] = []
            ids = storage.list_results(limit, offset)
            results = [*readable(ids, lambda identifier: stored_result(storage, identifier), damaged)]
            with answering(saved=False):
                if json_file:
                    write_json([result_document(result) for result in results], json_file)
                else:
                    print_result_list(results, make_console())
            return int(bool(damaged))
        last = whole_ids(storage, [before])[0] if before else None
        experiments = storage.list_experiments(limit=limit, offset=offset, before=last, filters=filters)
    with answering(saved=False):
        if json_file:
            write_json([experiment.to_dict() for experiment in experiments], json_file)
        else:
            print_experiment_list(experiments, make_console())
    return 0


@command.command("show", epilog="Example: http-benchmark results show 3f2a")
@click.argument("identifier", metavar="ID")
@shared_options(database=True, output=True)
def show(config_file: Path | None, json_file: str | None, *, identifier: str, **arguments: Any) -> None:
    """Show a stored experiment or single result; the first characters of its ID will do."""
    from http_benchmark.cli.common import answering, load_settings, make_console, open_storage, stored, write_json
    from http_benchmark.report import json as json_report
    from http_benchmark.report.lists import print_result, result_document
    from http_benchmark.report.terminal import print_experiment

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        single = storage.get_result(identifier) if storage.get_experiment(identifier) is None else None
        if single:
            with answering(saved=False):
                if json_file:
                    write_json(result_document(single), json_file)
                else:
                    print_result(single, make_console())
            return
        experiment = stored(storage, identifier)
        blocks = () if json_file else storage.get_blocks(experiment.id)
    with answering(saved=False):
        if json_file:
            write_json(json_report.dump(experiment), json_file)
        else:
            print_experiment(experiment, make_console(), blocks=blocks, verbose=settings.verbose > 0)


@command.command("delete", epilog="Example: http-benchmark results delete 3f2a --yes")
@click.argument("identifier", metavar="ID")
@click.option("--yes", envvar="HTTP_BENCHMARK_YES", is_flag=True, help="Do not ask.")
@shared_options(database=True)
def delete(config_file: Path | None, *, identifier: str, yes: bool, **arguments: Any) -> None:
    """Delete a stored experiment with its blocks and slices, or a single result."""
    from http_benchmark.cli.common import load_settings, missing, open_storage

    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        summary = storage.find_experiment(identifier)
        found = (summary.id, summary.name) if summary else storage.find_result(identifier)
        if found is None:
            raise missing(identifier)
        found_id, name = found
        if not yes:
            click.confirm(f"Delete {found_id} ({name})?", abort=True)
        (storage.delete_experiment if summary else storage.delete_result)(found_id)
    click.echo(cleared(f"deleted {found_id}"))
