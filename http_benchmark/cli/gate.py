"""`http-benchmark gate`: has the candidate become slower than its baseline?"""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import load_options, plan_option, request_options, shared_options, wire_options

_EXAMPLES = """\b
Examples:
  http-benchmark gate httpx==0.27.2:sync httpx==0.28.1:sync
  http-benchmark gate httpx==0.28.1:async httpx@.:async --margin 5%
  http-benchmark gate urllib3 urllib3@../urllib3 --metric cpu_s_per_1k --json gate.json
  http-benchmark gate urllib3 urllib3@. --instructions    for machines too noisy for clocks
  http-benchmark gate urllib3 urllib3                how often does this machine cry wolf?"""


@click.command(epilog=_EXAMPLES)
@click.argument("baseline")
@click.argument("candidate")
@click.option(
    "--metric",
    "metrics",
    envvar="HTTP_BENCHMARK_METRIC",
    multiple=True,
    metavar="NAME",
    help="What must not get worse, repeatable.  [default: cpu_s_per_1k and throughput_rps, with --rate p50]",
)
@click.option(
    "--margin",
    envvar="HTTP_BENCHMARK_MARGIN",
    help="By how much the candidate may be worse.  [default: 3%, with --instructions 1%]",
)
@click.option("--blocks", help="Blocks until it is judged, 7 to 40; what they cannot tell, 40 have to.  [default: 20]")
@click.option(
    "--fail-on-inconclusive",
    envvar="HTTP_BENCHMARK_FAIL_ON_INCONCLUSIVE",
    is_flag=True,
    help="Exit with 3 where there is too much noise to tell.",
)
@click.option(
    "--instructions",
    envvar="HTTP_BENCHMARK_INSTRUCTIONS",
    is_flag=True,
    help="Count instructions with valgrind instead of measuring time.",
)
@request_options
@load_options
@click.option("--concurrency", help="Requests in flight at a time, with --rate at most.  [default: 10, with --rate 64]")
@click.option("--seed", help="Seed of the order.  [default: random]")
@wire_options
@click.option("--no-floor", "floor", flag_value=False, default=None, help="Do not probe what a bare socket reaches.")
@click.option("--name", help="Name of the gate.")
@click.option("--tag", multiple=True, help="Tag of its experiments, repeatable.")
@click.option(
    "--junit", "junit_file", envvar="HTTP_BENCHMARK_JUNIT", help="Write JUnit XML to this file; - for standard output."
)
@click.option(
    "--markdown",
    "markdown_file",
    envvar="HTTP_BENCHMARK_MARKDOWN",
    help="Write Markdown for a pull request to this file; - for standard output.",
)
@click.option(
    "--github/--no-github",
    envvar="HTTP_BENCHMARK_GITHUB",
    default=None,
    help="Annotate the job, add to its summary and to the step's outputs.  [default: where GitHub runs this]",
)
@plan_option
@shared_options(database=True, output=True)
def command(
    *,
    config_file: Path | None,
    json_file: str | None,
    junit_file: str | None,
    markdown_file: str | None,
    github: bool | None,
    baseline: str,
    candidate: str,
    metrics: tuple[str, ...],
    margin: str | None,
    instructions: bool,
    fail_on_inconclusive: bool,
    plan_only: bool,
    **arguments: Any,
) -> int:
    """Measure BASELINE and CANDIDATE together, and fail where the candidate has become worse.

    Each is NAME[==VERSION|@PATH][:sync|:async][+h2] with one mode. A metric fails where it is worse beyond doubt and by
    more than the margin, and once more in a second experiment. Exit code 0: pass, improvement, or too much noise to
    tell; 1: worse.
    """
    from http_benchmark.cli.gate_outputs import Outputs
    from http_benchmark.cli.gating import Asked, gate

    return gate(
        Asked(baseline, candidate, metrics, margin, instructions=instructions),
        arguments,
        config_file,
        outputs=Outputs(json_file, junit_file, markdown_file, github),
        plan_only=plan_only,
        fail_on_inconclusive=fail_on_inconclusive,
    )
