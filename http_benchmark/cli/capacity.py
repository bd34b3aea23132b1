"""`http-benchmark capacity`: the highest arrival rate that a client sustains under an objective."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import fault_option, shared_options

_EXAMPLES = """\b
Examples:
  http-benchmark capacity httpx:async --slo 'p99<20ms,errors<0.1%'
  http-benchmark capacity urllib3 requests --slo 'p95<5ms' --concurrency 128
  http-benchmark capacity aiohttp --slo 'p99.9<1s' --url http://127.0.0.1:8080/get --json capacity.json"""


@click.command(epilog=_EXAMPLES)
@click.argument("contenders", nargs=-1, metavar="[CONTENDER]...")
@click.option(
    "--slo",
    required=True,
    envvar="HTTP_BENCHMARK_SLO",
    help="Objectives that must all be kept: p50, p90, p95, p99, p99.9, mean, max, errors; such as 'p99<20ms'.",
)
@click.option("--url", help="Target URL, or a path on the bundled origin such as /delay/0.1.  [default: bundled]")
@click.option("--method", help="GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or STREAM.  [default: GET]")
@click.option("--header", "headers", multiple=True, help="'Name: value', repeatable.")
@click.option("--body", help="Body to send: text, or @FILE.")
@click.option("--body-size", help="Generate a body of this size, such as 64KiB.")
@click.option("--stream", is_flag=True, default=None, help="Read responses as a stream in chunks.")
@click.option("--events", is_flag=True, default=None, help="Responses are server-sent events: measure their gaps.")
@click.option("--workload", help="File with the requests to send: TOML, HAR, curl commands, OpenAPI.")
@click.option("--workload-host", "workload_hosts", multiple=True, help="Send only what goes to this host, repeatable.")
@fault_option
@click.option("--arrivals", help="Spacing of the arrivals: poisson or constant.  [default: poisson]")
@click.option("--concurrency", help="Requests in flight at most.  [default: 64]")
@click.option("--processes", help="Worker processes per contender, which share the load.  [default: 1]")
@click.option("--duration", help="How long a rate near the edge is tried.  [default: 8s, or what the objective needs]")
@click.option("--timeout", help="Total deadline of a request.  [default: 30s]")
@click.option("--blocks", help="Repetitions of everything, each with fresh processes.  [default: 7]")
@click.option("--seed", help="Seed of the order and of the arrivals.  [default: random]")
@click.option("--http", help="HTTP version: 1.1, or 2, like +h2 for all.  [default: 1.1]")
@click.option("--tls", is_flag=True, default=None, help="Have the bundled origin speak TLS.")
@click.option("--no-verify", "verify", flag_value=False, default=None, help="Do not check certificates.")
@click.option("--ca", help="PEM file with the authorities to trust.")
@click.option("--proxy", help="Send everything through this HTTP proxy: http://[user:password@]host:port.")
@click.option("--follow-redirects", is_flag=True, default=None, help="Follow redirects.")
@click.option("--name", help="Name of the search.")
@click.option(
    "--plan",
    "plan_only",
    envvar="HTTP_BENCHMARK_PLAN",
    is_flag=True,
    help="Say what would run and how long; run nothing.",
)
@click.option("--strict", envvar="HTTP_BENCHMARK_STRICT", is_flag=True, help="Exit with 1 unless the verdict is valid.")
@shared_options(output=True)
def command(
    config_file: Path | None, json_file: str | None, slo: str, *, plan_only: bool, strict: bool, **arguments: Any
) -> int:
    """Find the highest arrival rate that clients sustain while they keep an objective.

    Requests arrive whether or not earlier ones have been answered (open model). A CONTENDER is NAME[:sync|:async]; a
    NAME alone stands for each mode that the library has, none at all for every installed client.
    """
    from http_benchmark.cli.searching import search

    return search(arguments, slo, config_file, json_file, plan_only=plan_only, strict=strict)
