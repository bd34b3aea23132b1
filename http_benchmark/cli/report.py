"""`http-benchmark report`: a stored experiment for others to read."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from http_benchmark.cli.options import shared_options, theme_option
from http_benchmark.redaction import cleared
from http_benchmark.report.chart_names import CHARTS

if TYPE_CHECKING:
    from http_benchmark.models.experiment import ExperimentResult
    from http_benchmark.report.charts import Drawn, Theme

FORMATS = {"html": ".html", "markdown": ".md", "svg": ".svg", "png": ".png"}
"""Name → how its files end."""

_SHORT_ID = 8


_EXAMPLES = """\b
Examples:
  http-benchmark report 3f2a
  http-benchmark report 3f2a --chart ranking --output ranking.png"""


@click.command("report", epilog=_EXAMPLES)
@click.argument("identifier", metavar="ID")
@click.option(
    "--output",
    envvar="HTTP_BENCHMARK_OUTPUT",
    help="Write to this file, of pictures a folder or, with one --chart, a file; - for standard output, of text.  "
    "[default: report-ID in this folder]",
)
@click.option(
    "--format",
    "form",
    envvar="HTTP_BENCHMARK_FORMAT",
    type=click.Choice([*FORMATS]),
    help="html: one page with everything; markdown: text; svg, png: pictures.  [default: by the ending of --output]",
)
@click.option(
    "--chart",
    "charts",
    envvar="HTTP_BENCHMARK_CHART",
    type=click.Choice(CHARTS),
    multiple=True,
    help="svg, png: draw this picture, repeatable.  [default: all that there are figures for]",
)
@theme_option
@shared_options(database=True)
def command(
    config_file: Path | None,
    *,
    identifier: str,
    output: str | None,
    form: str | None,
    charts: tuple[str, ...],
    theme: "Theme",
    **arguments: Any,
) -> None:
    """Write a stored experiment as one HTML page, as pictures or as Markdown.

    The page needs no network and no other file. The first characters of an ID will do.
    """
    from http_benchmark.cli.common import load_settings, open_storage, stored
    from http_benchmark.scaling import stored_scaling

    form = form or _format_of(output, charts)
    if charts and form not in {"svg", "png"}:
        raise click.UsageError(f"--chart is for --format svg or png, got {form}; leave one of them out")
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiment = stored(storage, identifier)
        blocks = storage.get_blocks(experiment.id)
        scaling = stored_scaling(storage, experiment) if form != "markdown" else None
    target = output or f"report-{experiment.id[:_SHORT_ID]}{FORMATS[form] if form in {'html', 'markdown'} else ''}"
    if form in {"svg", "png"}:
        from http_benchmark.report.charts import charts_of

        pictures = charts_of(experiment, blocks, names=charts or None, scaling=scaling)
        _write_pictures(experiment, pictures, target, form=form, names=charts, theme=theme)
    else:
        from http_benchmark.report.html import html_report
        from http_benchmark.report.markdown import markdown

        is_page = form == "html"
        _write_text(html_report(experiment, blocks, scaling=scaling) if is_page else markdown(experiment), target)


def _format_of(output: str | None, charts: Sequence[str]) -> str:
    """As the file's ending says; without a file pictures where some are asked for, else the page."""
    suffix = Path(output).suffix.lower() if output and output != "-" else ""
    found = next((form for form, ending in FORMATS.items() if ending == suffix), None)
    if found is None and suffix:
        endings = ", ".join(FORMATS.values())
        raise click.UsageError(f"--output {output} ends in none of {endings}; name one of these, or take --format")
    return found or ("png" if charts else "html")


def _write_text(text: str, target: str) -> None:
    from http_benchmark.cli.common import answering, write_text

    with answering(saved=False):
        write_text(text, target, "--output")
    if target != "-":
        click.echo(cleared(f"wrote {target}"), err=True)


def _write_pictures(
    experiment: "ExperimentResult",
    pictures: "Sequence[Drawn]",
    target: str,
    *,
    form: str,
    names: Sequence[str],
    theme: "Theme",
) -> None:
    """Each picture into a file of its own, in the folder `target`; a single one that was asked for is the target."""
    from http_benchmark.cli.common import writing
    from http_benchmark.cli.pictures import write_picture

    missing = [name for name in names if name not in {drawn.name for drawn in pictures}]
    if missing or not pictures:
        what = f"the picture {', '.join(missing)}" if missing else "a picture"
        raise click.ClickException(f"experiment {experiment.id} has no figures for {what}; its page shows what it has")
    is_file = len(names) == 1 and Path(target).suffix.lower() == FORMATS[form]
    if target == "-" or (Path(target).suffix.lower() == FORMATS[form] and not is_file):
        raise click.UsageError(f"--output {target} is for one picture; name a folder, or one by --chart")

    if not is_file:
        with writing(target, "--output"):
            Path(target).mkdir(parents=True, exist_ok=True)
    for drawn in pictures:
        path = Path(target) if is_file else Path(target) / f"{drawn.name}{FORMATS[form]}"
        below = None if drawn.name == "scaling" else experiment.name  # which says one concurrency of several
        write_picture(drawn, path, theme=theme, subtitle=below, option="--output")
