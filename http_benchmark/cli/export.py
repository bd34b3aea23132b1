"""`http-benchmark results export`: stored experiments in the forms of other programs."""

import io
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from http_benchmark.cli.filtering import filter_options, filters_of
from http_benchmark.cli.options import shared_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from http_benchmark.archive import StoredExperiment
    from http_benchmark.report.hdr import TimesName
    from http_benchmark.report.rows import Measured, TableName
    from http_benchmark.storage import ResultStorage

FORMATS = {
    "json": "the published document, one experiment",
    "csv": "rows with a head",
    "parquet": "rows for data frames, with types; needs http-benchmark[parquet]",
    "markdown": "a report for pull requests, issues and documents",
    "hdr": "an HdrHistogram log, a line per contender and block, in microseconds; one experiment",
    "openmetrics": "text for Prometheus and its like",
    "bundle": "everything that is stored of them, as one file for import into another database",
}
_SINGLE = {"json", "hdr"}
_BINARY = {"parquet", "bundle"}


@click.command(
    "export", epilog="Example: http-benchmark results export 3f2a --format csv --rows trials --output trials.csv"
)
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option(
    "--all",
    "everything",
    envvar="HTTP_BENCHMARK_ALL",
    is_flag=True,
    help="Instead of IDs: every experiment, or with the options below those.",
)
@click.option(
    "--format",
    "form",
    envvar="HTTP_BENCHMARK_FORMAT",
    type=click.Choice([*FORMATS]),
    required=True,
    help="; ".join(f"{name}: {meaning}" for name, meaning in FORMATS.items()) + ".",
)
@click.option(
    "--output", envvar="HTTP_BENCHMARK_OUTPUT", default="-", help="Write to this file; - (default) for standard output."
)
@click.option(
    "--rows",
    envvar="HTTP_BENCHMARK_ROWS",
    type=click.Choice(["clients", "trials", "slices"]),
    default="clients",
    show_default=True,
    help="csv, parquet: a row per contender, per contender and block, or per slice.",
)
@click.option(
    "--metric",
    envvar="HTTP_BENCHMARK_METRIC",
    type=click.Choice(["response", "service"]),
    default="response",
    show_default=True,
    help="hdr: times since a request was due, or since it was sent.",
)
@filter_options
@shared_options(database=True)
def export(
    config_file: Path | None,
    *,
    identifiers: tuple[str, ...],
    everything: bool,
    form: str,
    output: str,
    rows: "TableName",
    metric: "TimesName",
    **arguments: Any,
) -> int:
    """Write stored experiments for other programs; the first characters of an ID will do.

    With --all, what is damaged, or deleted meanwhile, is left out, named, and makes the exit code 1.
    """
    from http_benchmark.cli.common import answering, load_settings, open_storage, write_text
    from http_benchmark.report.exporting import text_of, write_table

    filters = filters_of(arguments)
    if bool(identifiers) == everything:
        raise click.UsageError("name the experiments by their IDs, or take --all; results list shows what is stored")
    settings = load_settings(arguments, config_file)
    damaged: list[str] | None = [] if everything else None
    with open_storage(settings, existing=True) as storage:
        if everything:
            identifiers = tuple(summary.id for summary in storage.list_experiments(filters=filters))
        if form == "bundle":
            _write_bundle(storage, identifiers, output, damaged)
            return int(bool(damaged))
        measured = [*_each(identifiers, partial(_measured, storage), damaged)]
    if form in _SINGLE and len(measured) != 1:
        raise click.UsageError(f"--format {form} takes one experiment, got {len(measured)}; export them one by one")
    if form == "parquet":
        _write_bytes(lambda file: write_table(measured, rows, file), output)
        return int(bool(damaged))
    text = text_of(form, measured, rows=rows, metric=metric)
    with answering(saved=False):
        write_text(text, output, "--output")
    return int(bool(damaged))


def _each[Kind](identifiers: Sequence[str], read: Callable[[str], Kind], damaged: list[str] | None) -> "Iterator[Kind]":
    """What is stored under IDs, each once; what cannot be read goes to a list, or without one is an error."""
    from http_benchmark.cli.common import readable

    once = dict.fromkeys(identifiers)
    return map(read, once) if damaged is None else readable(once, read, damaged)


def _whole(storage: "ResultStorage", identifier: str) -> "StoredExperiment":
    """All that is stored of an experiment.

    Raises:
        click.ClickException: There is none with this ID.
    """
    from http_benchmark.cli.common import missing

    found = storage.get_stored(identifier)
    if found is None:
        raise missing(identifier)
    return found


def _measured(storage: "ResultStorage", identifier: str) -> "Measured":
    from http_benchmark.report.exporting import measured

    return measured(_whole(storage, identifier))


def _write_bundle(storage: "ResultStorage", identifiers: Sequence[str], output: str, damaged: list[str] | None) -> None:
    from http_benchmark.archive import require_portable, write_archive

    def portable(identifier: str) -> "StoredExperiment":
        found = _whole(storage, identifier)
        require_portable(found)
        return found

    _write_bytes(lambda file: write_archive(_each(identifiers, portable, damaged), file), output)


def _write_bytes(write: "Callable[[BinaryIO], None]", output: str) -> None:
    """Have a file written, or standard output where that is no terminal."""
    from http_benchmark.cli.common import answering, write_whole, writing

    if output == "-":
        if not sys.stdout:  # closed from the start
            return
        if sys.stdout.isatty():
            raise click.UsageError("the file is binary and would garble the terminal; name one by --output")
        with answering(saved=False):
            content = io.BytesIO()
            write(content)
            sys.stdout.buffer.write(content.getvalue())
        return
    with writing(output, "--output"):
        write_whole(Path(output), write)
