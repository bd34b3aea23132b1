"""`http-benchmark run`: compare clients, show the progress, print the ranking, save the results."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import fault_option, shared_options

_EXAMPLES = """\b
Examples:
  http-benchmark run --quick                         every installed client, about two minutes
  http-benchmark run httpx aiohttp --concurrency 32
  http-benchmark run requests urllib3 --url http://127.0.0.1:8080/get --duration 10s
  http-benchmark run --method POST --body-size 64KiB --json result.json
  http-benchmark run aiohttp --rate 500/s            open model: requests are due whether or not others are answered
  http-benchmark run --rate 100..2000/s --arrivals poisson
  http-benchmark run urllib3 requests --until 2%     as many blocks as it takes
  http-benchmark run aiohttp httpx --concurrency 1,8,64,256
  http-benchmark run --url '/tokens/50?gap=0.02' --events
  http-benchmark run --workload shop.toml            weighted requests from a file; see docs/workloads.md
  http-benchmark run httpx pycurl --http 2 --tls     without --tls: HTTP/2 with prior knowledge
  http-benchmark run httpx:sync httpx:sync           an A/A run: how large is the noise?
  http-benchmark run --fault reset-in:2% --fault delay=2ms --timeout 1s"""


@click.command(epilog=_EXAMPLES)
@click.argument("contenders", nargs=-1, metavar="[CONTENDER]...")
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
@click.option("--rate", help="Open model: arrivals such as 500/s, a ramp 100..2000/s or steps 100,200,400/s.")
@click.option("--arrivals", help="Spacing of the arrivals: constant or poisson.  [default: constant]")
@click.option(
    "--concurrency",
    help="Requests in flight at a time, with --rate at most; several as 1,8,64.  [default: 10, with --rate 64]",
)
@click.option("--processes", help="Worker processes per contender, which share the load.  [default: 1]")
@click.option("--duration", help="Measured time per trial, such as 10s.  [default: by slices]")
@click.option("--requests", help="Exact number of requests per trial.")
@click.option("--warmup", help="Warm-up per trial; 0 for none.  [default: 1s, with --quick 0.3s]")
@click.option("--slices", help="Slices per trial.  [default: 12, with --rate 4]")
@click.option("--timeout", help="Total deadline of a request.  [default: 30s]")
@click.option("--retries", help="Further attempts after a failed one.  [default: 0]")
@click.option("--think-time", help="Pause of each user after each request.  [default: 0]")
@click.option("--blocks", help="Repetitions of everything, each with fresh processes.  [default: 15]")
@click.option("--until", help="Add blocks until the intervals are this narrow, such as 2%; at most --blocks or 40.")
@click.option("--primary", help="Metric that ranks.  [default: throughput_rps, with --rate cpu_s_per_1k]")
@click.option("--quick", is_flag=True, default=None, help="Fewer, shorter slices: finds large differences only.")
@click.option("--seed", help="Seed of the order.  [default: random]")
@click.option("--http", help="HTTP version: 1.1, or 2, like +h2 for all.  [default: 1.1]")
@click.option("--tls", is_flag=True, default=None, help="Have the bundled origin speak TLS.")
@click.option("--no-verify", "verify", flag_value=False, default=None, help="Do not check certificates.")
@click.option("--ca", help="PEM file with the authorities to trust.")
@click.option("--proxy", help="Send everything through this HTTP proxy: http://[user:password@]host:port.")
@click.option("--follow-redirects", is_flag=True, default=None, help="Follow redirects.")
@click.option("--no-floor", "floor", flag_value=False, default=None, help="Do not probe what a bare socket reaches.")
@click.option("--name", help="Name of the experiment.")
@click.option("--tag", multiple=True, help="Tag of the experiment, repeatable.")
@click.option(
    "--plan",
    "plan_only",
    envvar="HTTP_BENCHMARK_PLAN",
    is_flag=True,
    help="Say what would run and how long; run nothing.",
)
@click.option(
    "--strict",
    envvar="HTTP_BENCHMARK_STRICT",
    is_flag=True,
    help="Exit with 1 unless the verdict is valid and somebody ranked.",
)
@shared_options(database=True, output=True)
def command(config_file: Path | None, json_file: str | None, *, plan_only: bool, strict: bool, **arguments: Any) -> int:
    """Compare HTTP clients on one workload and print the ranking.

    A CONTENDER is NAME[:sync|:async][+h2], for example httpx:async, or httpx:async+h2 for HTTP/2; a NAME alone stands
    for each mode that the library has, none at all for every installed client.
    """
    from http_benchmark.cli.running import run

    return run(arguments, config_file, json_file, plan_only=plan_only, strict=strict)
