"""`http-benchmark conform`: does a client do the work that it claims?"""

from pathlib import Path

import click

from http_benchmark.cli.options import shared_options

_EXAMPLES = """\b
Examples:
  http-benchmark conform
  http-benchmark conform httpx aiohttp:async --json conformance.json
  http-benchmark conform pycurl --check retry-get-reused --check pool
  http-benchmark conform httpx+h2 pycurl+h2
  http-benchmark conform --markdown matrix.md"""


@click.command(epilog=_EXAMPLES)
@click.argument("contenders", nargs=-1, metavar="[CONTENDER]...")
@click.option(
    "--check",
    "check_ids",
    envvar="HTTP_BENCHMARK_CHECK",
    multiple=True,
    metavar="ID",
    help="Ask this only; repeatable.  [default: all]",
)
@click.option("--list", "list_only", envvar="HTTP_BENCHMARK_LIST", is_flag=True, help="List the checks; ask nothing.")
@click.option(
    "--markdown",
    "markdown_file",
    envvar="HTTP_BENCHMARK_MARKDOWN",
    help="Write the matrix as Markdown to this file; - for standard output.",
)
@shared_options(output=True)
def command(
    config_file: Path | None,
    json_file: str | None,
    markdown_file: str | None,
    contenders: tuple[str, ...],
    check_ids: tuple[str, ...],
    *,
    list_only: bool,
    verbose: int,
    log_file: str | None,
) -> int:
    """Check that clients do the work that they claim, with the bundled origin as the witness.

    Bodies, answers, connections, timeouts, failures, silent retries, certificates. What is known of a client and cannot
    be changed is explained. A CONTENDER is NAME[==VERSION|@PATH][:sync|:async][+h2]; a NAME alone stands for each mode
    that the library has, none at all for every installed client over HTTP/1.1. Ends with exit code 1 where something
    else is found than what is known.
    """
    from http_benchmark.cli.common import load_settings
    from http_benchmark.cli.conforming import conform, list_checks

    load_settings({"verbose": verbose, "log_file": log_file}, config_file)
    if list_only:
        return list_checks(check_ids, json_file)
    return conform(contenders, check_ids, json_file, markdown_file)
