"""`http-benchmark results export`: stored experiments in the forms of other programs."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from http_benchmark.cli.options import shared_options

if TYPE_CHECKING:
    from http_benchmark.report.hdr import TimesName
    from http_benchmark.report.rows import Measured, TableName

FORMATS = {
    "json": "the published document, one experiment",
    "csv": "rows with a head",
    "parquet": "rows for data frames, with types; needs http-benchmark[parquet]",
    "markdown": "a report for pull requests, issues and documents",
    "hdr": "an HdrHistogram log, a line per contender and block, in microseconds; one experiment",
    "openmetrics": "text for Prometheus and its like",
}
_SINGLE = {"json", "hdr"}


@click.command(
    "export", epilog="Example: http-benchmark results export 3f2a --format csv --rows trials --output trials.csv"
)
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
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
@shared_options(database=True)
def export(
    config_file: Path | None,
    *,
    identifiers: tuple[str, ...],
    form: str,
    output: str,
    rows: "TableName",
    metric: "TimesName",
    **arguments: Any,
) -> None:
    """Write stored experiments for other programs; the first characters of an ID will do."""
    from http_benchmark.cli.common import answering, load_settings, open_storage, stored, write_text

    if form in _SINGLE and len(identifiers) > 1:
        raise click.UsageError(f"--format {form} takes one experiment, got {len(identifiers)}; export them one by one")
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiments = [stored(storage, identifier) for identifier in dict.fromkeys(identifiers)]
        measured = [(experiment, storage.get_blocks(experiment.id)) for experiment in experiments]
    if form == "parquet":
        _write_parquet(measured, output, rows)
        return
    text = _text_of(form, measured, rows=rows, metric=metric)
    with answering(saved=False):
        write_text(text, output, "--output")


def _text_of(form: str, measured: "Sequence[Measured]", *, rows: "TableName", metric: "TimesName") -> str:
    from http_benchmark.report import json as json_report
    from http_benchmark.report.csv import csv_text
    from http_benchmark.report.markdown import markdown
    from http_benchmark.report.openmetrics import openmetrics
    from http_benchmark.report.rows import TABLES

    experiments = [experiment for experiment, _ in measured]
    texts: dict[str, Callable[[], str]] = {
        "json": lambda: json_report.dump(experiments[0]),
        "csv": lambda: csv_text(TABLES[rows], measured),
        "markdown": lambda: "\n".join(map(markdown, experiments)),
        "hdr": lambda: _histogram_log(measured[0], metric),
        "openmetrics": lambda: openmetrics(experiments),
    }
    return texts[form]()


def _histogram_log(measured: "Measured", metric: "TimesName") -> str:
    from http_benchmark.report.hdr import histogram_log

    experiment, blocks = measured
    if not any(trial.response_histogram for block in blocks for trial in block.trials):
        raise click.ClickException(
            f"experiment {experiment.id} holds no histograms: no request succeeded, or an earlier version measured it; "
            "measure again"
        )
    return histogram_log(experiment, blocks, metric)


def _write_parquet(measured: "Sequence[Measured]", output: str, rows: "TableName") -> None:
    from http_benchmark.cli.common import answering, writing
    from http_benchmark.report.rows import TABLES

    try:
        from http_benchmark.report.parquet import write_parquet
    except ImportError as error:
        raise click.ClickException(
            "--format parquet needs the package pyarrow; pip install 'http-benchmark[parquet]'"
        ) from error
    if output == "-":
        if sys.stdout.isatty():
            raise click.UsageError("a Parquet file is binary and would garble the terminal; name a file by --output")
        with answering(saved=False):
            write_parquet(TABLES[rows], measured, sys.stdout.buffer)
        return
    with writing(output, "--output"), Path(output).open("wb") as file:
        write_parquet(TABLES[rows], measured, file)
