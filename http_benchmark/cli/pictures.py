"""Pictures as files: of `report`, and of the commands that have `--picture`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from http_benchmark.cli.common import write_whole, writing
from http_benchmark.redaction import cleared, cleared_document

if TYPE_CHECKING:
    from http_benchmark.report.charts import Drawn, Theme


def write_picture(
    drawn: "Drawn | None", path: Path, *, theme: "Theme", subtitle: str | None = None, option: str = "--picture"
) -> None:
    """Draw a picture into a file, and say so.

    Args:
        drawn: What; None where there are no figures for it.
        path: The file; .svg or .png.
        theme: Its colours.
        subtitle: What stands below its title; None for its caption.
        option: Which one named the file.

    Raises:
        click.ClickException: There are no figures, or the file cannot be written.
    """
    from http_benchmark.report import images
    from http_benchmark.report.charts.themes import for_image

    if drawn is None:
        raise click.ClickException(f"{option} {path}: there are no figures for a picture; leave it out")
    with writing(str(path), option):
        below = drawn.caption if subtitle is None else subtitle
        spec = cleared_document(for_image(drawn, theme, subtitle=below))
        write_whole(path, images.png(spec) if path.suffix.lower() == ".png" else images.svg(spec).encode())
    click.echo(cleared(f"wrote {path}"), err=True)
