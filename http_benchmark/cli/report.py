"""`http-benchmark report`: a stored experiment for others to read."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from http_benchmark.cli.options import shared_options
from http_benchmark.redaction import cleared
from http_benchmark.report.chart_names import CHARTS

if TYPE_CHECKING:
    from http_benchmark.models.experiment import ExperimentResult
    from http_benchmark.models.measurement import BlockRecord
    from http_benchmark.report.charts import Theme

FORMATS = {"html": ".html", "markdown": ".md", "svg": ".svg", "png": ".png"}
"""Name → how its files end."""

_SHORT_ID = 8


@click.command(
    "report",
    epilog="Example: http-benchmark report 3f2a, or: http-benchmark report 3f2a --chart ranking --output ranking.png",
)
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
@click.option(
    "--theme",
    envvar="HTTP_BENCHMARK_THEME",
    type=click.Choice(["light", "dark", "print"]),
    default="light",
    show_default=True,
    help="svg, png: colours.",
)
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

    form = form or _format_of(output, charts)
    if charts and form not in {"svg", "png"}:
        raise click.UsageError(f"--chart is for --format svg or png, got {form}; leave one of them out")
    settings = load_settings(arguments, config_file)
    with open_storage(settings, existing=True) as storage:
        experiment = stored(storage, identifier)
        blocks = storage.get_blocks(experiment.id)
    target = output or f"report-{experiment.id[:_SHORT_ID]}{FORMATS[form] if form in {'html', 'markdown'} else ''}"
    if form in {"svg", "png"}:
        written = _write_pictures(experiment, blocks, target, form=form, names=charts, theme=theme)
    else:
        written = _write_page(experiment, blocks, target, form=form)
    for path in written:
        click.echo(cleared(f"wrote {path}"), err=True)


def _format_of(output: str | None, charts: Sequence[str]) -> str:
    """As the file's ending says; without a file pictures where some are asked for, else the page."""
    suffix = Path(output).suffix.lower() if output and output != "-" else ""
    found = next((form for form, ending in FORMATS.items() if ending == suffix), None)
    if found is None and suffix:
        endings = ", ".join(FORMATS.values())
        raise click.UsageError(f"--output {output} ends in none of {endings}; name one of these, or take --format")
    return found or ("png" if charts else "html")


def _write_page(
    experiment: "ExperimentResult", blocks: "Sequence[BlockRecord]", target: str, *, form: str
) -> Iterator[str]:
    from http_benchmark.cli.common import answering, write_text
    from http_benchmark.report.markdown import markdown

    if form == "html":
        from http_benchmark.report.html import html_report

        text = html_report(experiment, blocks)
    else:
        text = markdown(experiment)
    with answering(saved=False):
        write_text(text, target, "--output")
    if target != "-":
        yield target


def _write_pictures(
    experiment: "ExperimentResult",
    blocks: "Sequence[BlockRecord]",
    target: str,
    *,
    form: str,
    names: Sequence[str],
    theme: "Theme",
) -> Iterator[str]:
    """Each picture into a file of its own, in the folder `target`; a single one that was asked for is the target."""
    from http_benchmark.cli.common import writing
    from http_benchmark.redaction import cleared_document
    from http_benchmark.report import images
    from http_benchmark.report.charts import charts_of
    from http_benchmark.report.charts.themes import for_image

    pictures = charts_of(experiment, blocks, names=names or None)
    missing = [name for name in names if name not in {drawn.name for drawn in pictures}]
    if missing or not pictures:
        what = f"the picture {', '.join(missing)}" if missing else "a picture"
        raise click.ClickException(f"experiment {experiment.id} has no figures for {what}; its page shows what it has")
    is_file = len(names) == 1 and Path(target).suffix.lower() == FORMATS[form]
    if target == "-" or (Path(target).suffix.lower() == FORMATS[form] and not is_file):
        raise click.UsageError(f"--output {target} is for one picture; name a folder, or one by --chart")

    for drawn in pictures:
        path = Path(target) if is_file else Path(target) / f"{drawn.name}{FORMATS[form]}"
        with writing(str(path), "--output"):
            if not is_file:
                path.parent.mkdir(parents=True, exist_ok=True)
            spec = cleared_document(for_image(drawn, theme, subtitle=experiment.name))
            path.write_bytes(images.png(spec) if form == "png" else images.svg(spec).encode())
        yield str(path)
