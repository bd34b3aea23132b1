"""`http-benchmark results tag` and `prune`: what is kept, and what may go."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import shared_options
from http_benchmark.redaction import cleared


@click.command("tag", epilog="Example: http-benchmark results tag 3f2a release --remove candidate")
@click.argument("identifier", metavar="ID")
@click.argument("tags", metavar="TAG...", nargs=-1)
@click.option(
    "--remove",
    "removed",
    envvar="HTTP_BENCHMARK_REMOVE",
    multiple=True,
    metavar="TAG",
    help="Take this tag away; repeatable.",
)
@shared_options(database=True)
def tag(
    config_file: Path | None, *, identifier: str, tags: tuple[str, ...], removed: tuple[str, ...], **arguments: Any
) -> None:
    """Give tags to a stored experiment, or take them away; a tag keeps it from being pruned."""
    from http_benchmark.cli.common import load_settings, missing, open_storage

    if not tags and not removed:
        raise click.UsageError("no tag is named; write for example: results tag 3f2a release")
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        now = storage.tag_experiment(identifier, add=tags, remove=removed)
    if now is None:
        raise missing(identifier)
    click.echo(cleared(f"tags: {', '.join(now) or 'none'}"))


@click.command("prune", epilog="Example: http-benchmark results prune --older-than 90d --keep-last 10 --yes")
@click.option("--older-than", envvar="HTTP_BENCHMARK_OLDER_THAN", help="What started longer ago, 90d.")
@click.option(
    "--keep-last",
    envvar="HTTP_BENCHMARK_KEEP_LAST",
    type=click.IntRange(min=0),
    help="What so many newer experiments of the same name have followed.",
)
@click.option("--name", "only_name", envvar="HTTP_BENCHMARK_ONLY_NAME", help="Of this name alone.")
@click.option(
    "--expendable",
    envvar="HTTP_BENCHMARK_EXPENDABLE",
    multiple=True,
    metavar="TAG",
    help="A tag that protects nothing; repeatable.",
)
@click.option("--yes", envvar="HTTP_BENCHMARK_YES", is_flag=True, help="Delete; without it they are only listed.")
@shared_options(database=True, output=True)
def prune(
    config_file: Path | None,
    json_file: str | None,
    *,
    older_than: str | None,
    keep_last: int | None,
    only_name: str | None,
    expendable: tuple[str, ...],
    yes: bool,
    **arguments: Any,
) -> None:
    """Delete old experiments, or list what would go; never one that has a tag, or that may still run."""
    from http_benchmark.cli.common import answering, load_settings, make_console, open_storage, write_json
    from http_benchmark.models.retention import read_retention
    from http_benchmark.report.lists import print_experiment_list

    rule = read_retention(older_than=older_than, keep_last=keep_last, name=only_name, expendable=expendable)
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        gone = storage.prune(rule, dry_run=not yes)
    with answering(saved=False):
        if json_file:
            write_json([experiment.to_dict() for experiment in gone], json_file)
            return
        if gone:
            print_experiment_list(gone, make_console())
        click.echo(
            cleared(f"{len(gone)} deleted" if yes else f"{len(gone)} would go; nothing is deleted without --yes")
        )
