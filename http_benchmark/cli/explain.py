"""`http-benchmark explain`: why is one client of a stored experiment slower than another?"""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import shared_options, trust_option

_EXAMPLES = """\b
Examples:
  http-benchmark explain 3f2a
  http-benchmark explain 3f2a httpx:async aiohttp --output a.html"""


@click.command("explain", epilog=_EXAMPLES)
@click.argument("identifier", metavar="ID")
@click.argument("contenders", metavar="[CONTENDER CONTENDER]", nargs=-1)
@click.option(
    "--output",
    envvar="HTTP_BENCHMARK_OUTPUT",
    help="Write to this file: a page with flame graphs of both and of their difference (.html), or a picture of the "
    "difference (.svg).",
)
@click.option(
    "--sample",
    envvar="HTTP_BENCHMARK_SAMPLE",
    help="For how long the stacks of each are sampled, such as 10s.  [default: 6s]",
)
@click.option(
    "--native",
    envvar="HTTP_BENCHMARK_NATIVE",
    is_flag=True,
    help="Look into extensions written in C, too; takes a quiet machine.",
)
@click.option(
    "--same-versions",
    envvar="HTTP_BENCHMARK_SAME_VERSIONS",
    is_flag=True,
    help="Look into the versions that were measured.",
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
    help="Accept other versions than were measured, and files that are not what they were.",
)
@trust_option
@shared_options(database=True, output=True)
def command(
    config_file: Path | None,
    json_file: str | None,
    *,
    identifier: str,
    contenders: tuple[str, ...],
    output: str | None,
    sample: str | None,
    native: bool,
    same_versions: bool,
    force: bool,
    trusted: bool,
    **arguments: Any,
) -> int:
    """Say why one client of a stored experiment is slower than another.

    Two contenders, by default the slowest and the best, are started again under the experiment's load, and looked into:
    CPU time, system calls and allocations of a request, and which functions the CPU time goes through. Nothing is
    stored. Needs py-spy (pip install 'http-benchmark[explain]'), and strace for system calls.
    """
    from http_benchmark.cli.explaining import Asked, explain

    asked = Asked(contenders, output, sample, native=native, same_versions=same_versions, force=force, trusted=trusted)
    return explain(identifier, asked, arguments, config_file, json_file)
