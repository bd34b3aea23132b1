"""One stored experiment in each form that `results export` and the REST API offer."""

import io
from collections.abc import Callable, Sequence
from typing import BinaryIO, Literal

from http_benchmark.archive import StoredExperiment, write_archive
from http_benchmark.errors import ConfigurationError
from http_benchmark.report import json as json_report
from http_benchmark.report.csv import csv_text
from http_benchmark.report.hdr import TimesName, histogram_log
from http_benchmark.report.markdown import markdown
from http_benchmark.report.openmetrics import openmetrics
from http_benchmark.report.rows import TABLES, Measured, TableName
from http_benchmark.stats.conclusion import conclude

Format = Literal["json", "csv", "parquet", "markdown", "hdr", "openmetrics", "bundle"]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "markdown": "text/markdown; charset=utf-8",
    "hdr": "text/plain; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "bundle": "application/zip",
}


def measured(whole: StoredExperiment) -> Measured:
    """An experiment with its blocks; of one that runs, or was killed, with what they say so far."""
    experiment = whole.experiment
    return (conclude(experiment, whole.blocks) if experiment.status == "running" else experiment), whole.blocks


def content(
    form: Format,
    whole: StoredExperiment,
    *,
    rows: TableName = "clients",
    metric: TimesName = "response",
) -> bytes:
    """One experiment as a file.

    Args:
        form: Of the file.
        whole: The experiment with its blocks and tags.
        rows: For csv and parquet, what has a row.
        metric: For hdr, which times.

    Raises:
        ConfigurationError: What is asked for is not there.
    """
    file = io.BytesIO()
    if form == "bundle":
        write_archive([whole], file)
    elif form == "parquet":
        write_table([measured(whole)], rows, file)
    else:
        file.write(text_of(form, [measured(whole)], rows=rows, metric=metric).encode())
    return file.getvalue()


def text_of(form: str, measured: Sequence[Measured], *, rows: TableName, metric: TimesName) -> str:
    """Experiments in one of the forms that are text; json and hdr take one.

    Raises:
        ConfigurationError: What is asked for is not there.
    """
    experiments = [experiment for experiment, _ in measured]
    texts: dict[str, Callable[[], str]] = {
        "json": lambda: json_report.dump(experiments[0]),
        "csv": lambda: csv_text(TABLES[rows], measured),
        "markdown": lambda: "\n".join(map(markdown, experiments)),
        "hdr": lambda: _histogram_log(measured[0], metric),
        "openmetrics": lambda: openmetrics(experiments),
    }
    return texts[form]()


def write_table(measured: Sequence[Measured], rows: TableName, file: BinaryIO) -> None:
    """Write rows as a Parquet file.

    Raises:
        ConfigurationError: The extra that it takes is not installed.
    """
    try:
        from http_benchmark.report.parquet import write_parquet  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigurationError("parquet needs the package pyarrow; pip install 'http-benchmark[parquet]'") from None
    write_parquet(TABLES[rows], measured, file)


def _histogram_log(measured: Measured, metric: TimesName) -> str:
    experiment, blocks = measured
    if not any(trial.response_histogram for block in blocks for trial in block.trials):
        raise ConfigurationError(
            f"experiment {experiment.id} holds no histograms: no request succeeded, or an earlier version measured it; "
            "measure again"
        )
    return histogram_log(experiment, blocks, metric)
