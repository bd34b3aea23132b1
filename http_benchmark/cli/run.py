"""`http-benchmark run`: compare clients, show the progress, print the ranking, save the results."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import (
    fault_option,
    load_options,
    plan_option,
    request_options,
    shared_options,
    trust_option,
    wire_options,
)

_EXAMPLES = """\b
Examples:
  http-benchmark run --quick                         every installed client, about a minute and a half
  http-benchmark run httpx aiohttp --concurrency 32
  http-benchmark run requests urllib3 --url http://127.0.0.1:8080/get --duration 10s
  http-benchmark run httpx --target docker:nginx     a server in a container, started and removed by the run
  http-benchmark run httpx --target http://127.0.0.1:8080 --target docker:nginx --url /   two servers side by side
  http-benchmark run --method POST --body-size 64KiB --json result.json
  http-benchmark run aiohttp --rate 500/s            open model: requests are due whether or not others are answered
  http-benchmark run --rate 100..2000/s --arrivals poisson
  http-benchmark run urllib3 requests --until 2%     as many blocks as it takes
  http-benchmark run aiohttp httpx --concurrency 1,8,64,256
  http-benchmark run --url '/tokens/50?gap=0.02' --events
  http-benchmark run --workload shop.toml            weighted requests from a file; see docs/workloads.md
  http-benchmark run httpx pycurl --http 2 --tls     without --tls: HTTP/2 with prior knowledge
  http-benchmark run httpx==0.27.2 httpx@../httpx    versions and source trees, each in an environment of its own
  http-benchmark run httpx:sync httpx:sync           an A/A run: how large is the noise?
  http-benchmark run --resume 3f2a                   go on where an interrupted experiment ended
  http-benchmark run --fault reset-in:2% --fault delay=2ms --timeout 1s"""


@click.command(epilog=_EXAMPLES)
@click.argument("contenders", nargs=-1, metavar="[CONTENDER]...")
@request_options
@fault_option
@click.option(
    "--concurrency",
    help="Requests in flight at a time, with --rate at most; several as 1,8,64.  [default: 10, with --rate 64]",
)
@load_options
@click.option("--blocks", help="Repetitions of everything, each with fresh processes.  [default: 15]")
@click.option("--until", help="Add blocks until the intervals are this narrow, such as 2%; at most --blocks or 40.")
@click.option("--primary", help="Metric that ranks.  [default: throughput_rps, with --rate cpu_s_per_1k]")
@click.option("--quick", is_flag=True, default=None, help="Fewer, shorter slices: finds large differences only.")
@click.option("--seed", help="Seed of the order.  [default: random]")
@wire_options
@click.option("--no-floor", "floor", flag_value=False, default=None, help="Do not probe what a bare socket reaches.")
@click.option("--name", help="Name of the experiment.")
@click.option("--tag", multiple=True, help="Tag of the experiment, repeatable.")
@plan_option
@click.option(
    "--resume",
    metavar="ID",
    envvar="HTTP_BENCHMARK_RESUME",
    help="Go on with an interrupted experiment; what was typed as a secret is given again.",
)
@click.option(
    "--force", envvar="HTTP_BENCHMARK_FORCE", is_flag=True, help="With --resume: though circumstances are others."
)
@trust_option
@click.option(
    "--strict",
    envvar="HTTP_BENCHMARK_STRICT",
    is_flag=True,
    help="Exit with 1 unless the verdict is valid and somebody ranked.",
)
@shared_options(database=True, output=True)
def command(
    config_file: Path | None,
    json_file: str | None,
    *,
    plan_only: bool,
    resume: str | None,
    force: bool,
    trusted: bool,
    strict: bool,
    **arguments: Any,
) -> int:
    """Compare HTTP clients on one workload and print the ranking.

    A CONTENDER is NAME[==VERSION|@PATH][:sync|:async][+h2]: httpx:async, httpx:async+h2 for HTTP/2, httpx==0.27.2 for
    another version, httpx@../src for a source tree. A NAME alone stands for each mode that the library has, none at all
    for every installed client.
    """
    if force and not resume:
        raise click.UsageError("--force belongs to --resume; leave it out")
    if trusted and not resume:
        raise click.UsageError("--trust-imported belongs to --resume; leave it out")
    if plan_only and resume:
        raise click.UsageError("--plan says what a new experiment would do; leave out it or --resume")
    if resume:
        from http_benchmark.cli.again import resume as go_on

        return go_on(resume, arguments, config_file, json_file, strict=strict, force=force, trusted=trusted)
    from http_benchmark.cli.common import load_settings

    settings = load_settings(arguments, config_file)  # before the rest is loaded, so that a mistake is told at once
    from http_benchmark.cli.running import run

    return run(settings, json_file, plan_only=plan_only, strict=strict)
