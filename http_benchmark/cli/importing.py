"""`http-benchmark results import`: experiments from another database, or results of the earlier tool."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from http_benchmark.cli.options import shared_options

if TYPE_CHECKING:
    from http_benchmark.models.benchmark_result import BenchmarkResult
    from http_benchmark.models.import_report import ImportReport, OnConflict
    from http_benchmark.storage import ResultStorage


@click.command("import", epilog="Example: http-benchmark results import nightly.hbx.zip")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--on-conflict",
    envvar="HTTP_BENCHMARK_ON_CONFLICT",
    type=click.Choice(["refuse", "skip", "rename"]),
    default="refuse",
    show_default=True,
    help="Where an ID is stored with other content: import nothing, leave that one out, or give it a new ID.",
)
@click.option(
    "--skip-faulty",
    envvar="HTTP_BENCHMARK_SKIP_FAULTY",
    is_flag=True,
    help="Of the earlier tool: leave out rows that are no results.",
)
@shared_options(database=True, output=True)
def import_(
    config_file: Path | None,
    json_file: str | None,
    *,
    files: tuple[Path, ...],
    on_conflict: "OnConflict",
    skip_faulty: bool,
    **arguments: Any,
) -> None:
    """Take in what `results export --format bundle` wrote, or the database of the earlier http-client-benchmarker.

    A file is taken in whole or not at all, and what is there already stays as it is, so that it may be repeated.
    """
    from http_benchmark.cli.common import answering, load_settings, make_console, open_storage, print_lines, write_json

    settings = load_settings(arguments, config_file)
    with open_storage(settings) as storage:
        reports = {str(file): _import(storage, file, on_conflict, skip_faulty=skip_faulty) for file in files}
    with answering():
        if json_file:
            write_json({file: report.to_dict() for file, report in reports.items()}, json_file)
        else:
            print_lines((_told(file, report) for file, report in reports.items()), make_console())


def _import(storage: "ResultStorage", file: Path, on_conflict: "OnConflict", *, skip_faulty: bool) -> "ImportReport":
    """Take in one file, whatever it is.

    Raises:
        click.ClickException: It cannot be read.
        ConfigurationError: It is damaged, or something else; with a line for each fault.
    """
    from http_benchmark.archive import read_archive
    from http_benchmark.earlier import is_earlier
    from http_benchmark.errors import ArchiveError, ConfigurationError

    try:
        if is_earlier(file):
            return storage.add_results(_earlier(file, skip_faulty=skip_faulty), on_conflict)
        with file.open("rb") as opened:
            experiments = read_archive(opened)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read ({error.strerror}); name another file") from error
    except ArchiveError as error:
        raise ConfigurationError([f"{file}: {fault}" for fault in error.faults]) from error
    return storage.add_experiments(experiments, on_conflict)


def _earlier(file: Path, *, skip_faulty: bool) -> "list[BenchmarkResult]":
    from http_benchmark.earlier import earlier_results
    from http_benchmark.errors import ConfigurationError

    results, faults = earlier_results(file)
    if faults and not skip_faulty:
        raise ConfigurationError([*faults, f"nothing of {file} was imported; leave these out with --skip-faulty"])
    return results


def _told(file: str, report: "ImportReport") -> str:
    counts = {
        "added": len(report.added),
        "there already": len(report.present),
        "skipped": len(report.skipped),
        "renamed": len(report.renamed),
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count or what == "added")
    return f"{file}: {told}"
