"""`http-benchmark capacity`: the highest arrival rate that a client sustains under an objective."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from http_benchmark.cli.options import (
    fault_option,
    picture_options,
    plan_option,
    request_options,
    shared_options,
    wire_options,
)

if TYPE_CHECKING:
    from http_benchmark.report.charts import Theme

_EXAMPLES = """\b
Examples:
  http-benchmark capacity httpx:async --slo 'p99<20ms,errors<0.1%'
  http-benchmark capacity urllib3 requests --slo 'p95<5ms' --concurrency 128
  http-benchmark capacity aiohttp --slo 'p99.9<1s' --url http://127.0.0.1:8080/get --json capacity.json
  http-benchmark capacity httpx aiohttp --slo 'p99<20ms' --picture capacity.svg"""


@click.command(epilog=_EXAMPLES)
@click.argument("contenders", nargs=-1, metavar="[CONTENDER]...")
@click.option(
    "--slo",
    required=True,
    envvar="HTTP_BENCHMARK_SLO",
    help="Objectives that must all be kept: p50, p90, p95, p99, p99.9, mean, max, errors; such as 'p99<20ms'.",
)
@request_options
@fault_option
@click.option("--arrivals", help="Spacing of the arrivals: poisson or constant.  [default: poisson]")
@click.option("--concurrency", help="Requests in flight at most.  [default: 64]")
@click.option("--processes", help="Worker processes per contender, which share the load.  [default: 1]")
@click.option("--duration", help="How long a rate near the edge is tried.  [default: 8s, or what the objective needs]")
@click.option("--timeout", help="Total deadline of a request.  [default: 30s]")
@click.option("--blocks", help="Repetitions of everything, each with fresh processes.  [default: 7]")
@click.option("--seed", help="Seed of the order and of the arrivals.  [default: random]")
@wire_options
@click.option("--name", help="Name of the search.")
@plan_option
@click.option("--strict", envvar="HTTP_BENCHMARK_STRICT", is_flag=True, help="Exit with 1 unless the verdict is valid.")
@picture_options
@shared_options(output=True)
def command(
    config_file: Path | None,
    json_file: str | None,
    *,
    slo: str,
    plan_only: bool,
    strict: bool,
    picture: Path | None,
    theme: "Theme",
    **arguments: Any,
) -> int:
    """Find the highest arrival rate that clients sustain while they keep an objective.

    Requests arrive whether or not earlier ones have been answered (open model). A CONTENDER is
    NAME[==VERSION|@PATH][:sync|:async][+h2]; a NAME alone stands for each mode that the library has, none at all for
    every installed client.
    """
    from http_benchmark.cli.searching import search

    return search(
        arguments, slo, config_file, json_file, plan_only=plan_only, strict=strict, picture=picture, theme=theme
    )
