"""`http-benchmark results export`: a stored experiment in the form of other tools."""

from pathlib import Path
from typing import Any, Literal

import click

from http_benchmark.cli.options import shared_options


@click.command("export", epilog="Example: http-benchmark results export 3f2a --format hdr --output times.hlog")
@click.argument("identifier", metavar="ID")
@click.option(
    "--format",
    "form",
    envvar="HTTP_BENCHMARK_FORMAT",
    type=click.Choice(["hdr"]),
    required=True,
    help="hdr: an HdrHistogram log, a line per contender and block, values in microseconds.",
)
@click.option(
    "--output", envvar="HTTP_BENCHMARK_OUTPUT", default="-", help="Write to this file; - (default) for standard output."
)
@click.option(
    "--metric",
    envvar="HTTP_BENCHMARK_METRIC",
    type=click.Choice(["response", "service"]),
    default="response",
    show_default=True,
    help="Times since a request was due, or since it was sent.",
)
@shared_options(database=True)
def export(
    config_file: Path | None,
    *,
    identifier: str,
    form: str,
    output: str,
    metric: Literal["response", "service"],
    **arguments: Any,
) -> None:
    """Write a stored experiment for other tools; the first characters of its ID will do."""
    from http_benchmark.cli.common import answering, load_settings, open_storage
    from http_benchmark.report.hdr import histogram_log

    assert form == "hdr", "click has checked it"
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiment = storage.get_experiment(identifier)
        if experiment is None:
            raise click.ClickException(
                f"no experiment {identifier!r}; `http-benchmark results list` shows what is stored"
            )
        blocks = storage.get_blocks(experiment.id)
    if not any(trial.response_histogram for block in blocks for trial in block.trials):
        raise click.ClickException(
            f"experiment {experiment.id} holds no histograms: no request succeeded, or an earlier version measured it; "
            "measure again"
        )
    with answering(saved=False):
        _write(histogram_log(experiment, blocks, metric), output)


def _write(text: str, output: str) -> None:
    if output == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"--output {output}: {error.strerror}; choose another file") from error
