"""`http-benchmark results reproduce`: measure a stored experiment again, and compare."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import plan_option, shared_options, trust_option


@click.command(
    "reproduce",
    epilog="Example: http-benchmark results reproduce 3f2a --header 'Authorization: ${env:API_TOKEN}'",
)
@click.argument("identifier", metavar="ID")
@click.option("--blocks", type=click.IntRange(min=1), help="Repetitions of everything.  [default: as many as then]")
@click.option(
    "--same-versions",
    envvar="HTTP_BENCHMARK_SAME_VERSIONS",
    is_flag=True,
    help="Measure the versions that were measured then.",
)
@click.option("--header", "headers", multiple=True, help="A header that was typed as text, repeatable.")
@click.option("--body", help="A body that was typed as text, or @FILE.")
@click.option("--url", help="A URL with a user or password that was typed as text.")
@click.option("--proxy", help="A proxy with a user or password that was typed as text.")
@click.option("--workload", help="Where the workload file is now.")
@click.option("--ca", help="Where the authorities' file is now.")
@click.option(
    "--force",
    envvar="HTTP_BENCHMARK_FORCE",
    is_flag=True,
    help="Accept files that are not what they were.",
)
@trust_option
@click.option(
    "--strict", envvar="HTTP_BENCHMARK_STRICT", is_flag=True, help="Exit with 1 unless every difference agrees."
)
@plan_option
@shared_options(database=True, output=True)
def command(
    config_file: Path | None,
    json_file: str | None,
    *,
    identifier: str,
    blocks: int | None,
    same_versions: bool,
    force: bool,
    trusted: bool,
    strict: bool,
    plan_only: bool,
    **arguments: Any,
) -> int:
    """Measure a stored experiment again, the same way, and compare.

    Same contenders, workload, seed and number of blocks; a new experiment is stored, which names the first. Differences
    between contenders are compared with their intervals; absolute figures, which depend on the day, stand beside them.
    What was typed as a secret is not stored and has to be given again; secrets that were named (${env:NAME}) are looked
    up.
    """
    from http_benchmark.cli.again import reproduce

    return reproduce(
        identifier,
        arguments,
        config_file,
        json_file,
        blocks=blocks,
        same_versions=same_versions,
        force=force,
        trusted=trusted,
        plan_only=plan_only,
        strict=strict,
    )
