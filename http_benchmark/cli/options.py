"""Options that several subcommands share. Imports click alone, so that `--help` is there at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from http_benchmark.faults import AMOUNTS, SYNTAX, FaultKind

type Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


_KINDS = ", ".join(f"{kind}={AMOUNTS[kind]}" if kind in AMOUNTS else kind for kind in FaultKind)

METRICS = ("throughput_rps", "cpu_s_per_1k", "mean", "pooled_mean", "p50", "p99", "p999")
"""Those of the models, which are not loaded for `--help`."""

PICTURES = (".svg", ".png")
"""How files of pictures end."""

fault_option = click.option(
    "--fault",
    multiple=True,
    help=f"What the bundled origin does wrong, repeatable: {SYNTAX}. The kinds: {_KINDS}.",
)
"""`--fault`."""


def _together(*options: Decorator) -> Decorator:
    """One decorator that adds several options, which `--help` lists in this order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


request_options = _together(
    click.option(
        "--target",
        multiple=True,
        help="bundled, docker:IMAGE[:TAG] for a server in a container, or http://HOST:PORT; with run repeatable, to "
        "compare servers.  [default: bundled]",
    ),
    click.option("--target-port", help="Where the server in the container listens.  [default: the port it exposes]"),
    click.option("--target-wait", help="How long that server may take until it answers.  [default: 60s]"),
    click.option("--url", help="Target URL, or a path on the target such as /delay/0.1.  [default: bundled]"),
    click.option("--method", help="GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or STREAM.  [default: GET]"),
    click.option("--header", "headers", multiple=True, help="'Name: value', repeatable."),
    click.option("--body", help="Body to send: text, or @FILE."),
    click.option("--body-size", help="Generate a body of this size, such as 64KiB."),
    click.option("--stream", is_flag=True, default=None, help="Read responses as a stream in chunks."),
    click.option("--events", is_flag=True, default=None, help="Responses are server-sent events: measure their gaps."),
    click.option("--workload", help="File with the requests to send: TOML, HAR, curl commands, OpenAPI."),
    click.option(
        "--workload-host", "workload_hosts", multiple=True, help="Send only what goes to this host, repeatable."
    ),
)
"""What is sent, and to where."""

load_options = _together(
    click.option("--rate", help="Open model: arrivals such as 500/s, a ramp 100..2000/s or steps 100,200,400/s."),
    click.option("--arrivals", help="Spacing of the arrivals: constant or poisson.  [default: constant]"),
    click.option("--processes", help="Worker processes per contender, which share the load.  [default: 1]"),
    click.option("--duration", help="Measured time per trial, such as 10s.  [default: by slices]"),
    click.option("--requests", help="Exact number of requests per trial."),
    click.option("--warmup", help="Warm-up per trial; 0 for none.  [default: 1s, with --quick 0.3s]"),
    click.option("--slices", help="Slices per trial.  [default: 12, with --rate 4]"),
    click.option("--timeout", help="Total deadline of a request.  [default: 30s]"),
    click.option("--retries", help="Further attempts after a failed one.  [default: 0]"),
    click.option("--think-time", help="Pause of each user after each request.  [default: 0]"),
)
"""When requests are sent, and how many, in a trial."""

wire_options = _together(
    click.option("--http", help="HTTP version: 1.1, or 2, like +h2 for all.  [default: 1.1]"),
    click.option("--tls", is_flag=True, default=None, help="Have the bundled origin speak TLS."),
    click.option("--no-verify", "verify", flag_value=False, default=None, help="Do not check certificates."),
    click.option("--ca", help="PEM file with the authorities to trust."),
    click.option("--proxy", help="Send everything through this HTTP proxy: http://[user:password@]host:port."),
    click.option("--follow-redirects", is_flag=True, default=None, help="Follow redirects."),
)
"""How the target is spoken to."""

plan_option = click.option(
    "--plan",
    "plan_only",
    envvar="HTTP_BENCHMARK_PLAN",
    is_flag=True,
    help="Say what would run and how long; run nothing.",
)
"""`--plan`."""


def listen_options(port: int) -> Decorator:
    """Add `--host` and `--port`, by default this one."""
    return _together(
        click.option(
            "--host", envvar="HTTP_BENCHMARK_HOST", default="127.0.0.1", show_default=True, help="Address to listen on."
        ),
        click.option(
            "--port",
            envvar="HTTP_BENCHMARK_PORT",
            type=click.IntRange(0, 65535),
            default=port,
            show_default=True,
            help="Port to listen on; 0 for a free one.",
        ),
    )


theme_option = click.option(
    "--theme",
    envvar="HTTP_BENCHMARK_THEME",
    type=click.Choice(["light", "dark", "print"]),
    default="light",
    show_default=True,
    help="Colours of pictures.",
)
"""`--theme`."""


def _check_picture(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """Before anything is read or measured."""
    if value and value.suffix.lower() not in PICTURES:
        raise click.UsageError(f"--picture {value} ends in none of {', '.join(PICTURES)}; name one of these")
    return value


picture_options = _together(
    click.option(
        "--picture",
        envvar="HTTP_BENCHMARK_PICTURE",
        type=click.Path(path_type=Path),
        callback=_check_picture,
        help="Draw it into this file, too: .svg or .png.",
    ),
    theme_option,
)
"""`--picture` and `--theme`, of commands whose answer is one picture."""

trust_option = click.option(
    "--trust-imported",
    "trusted",
    envvar="HTTP_BENCHMARK_TRUST_IMPORTED",
    is_flag=True,
    help="Of an imported experiment: send the secrets and files that it names to where it says.",
)
"""`--trust-imported`."""


def _add_verbosity(context: click.Context, _parameter: click.Parameter, value: int) -> int:
    """`-v` counts before and after the subcommand."""
    before = context.obj if isinstance(context.obj, int) else 0
    return before + value


def shared_options(*, database: bool = False, output: bool = False) -> Decorator:
    """Add `-v`, `--config`, `--log-file`, and where asked `--database` and `--json`."""
    options = [
        click.option("-v", "--verbose", count=True, callback=_add_verbosity, help="Say more; -vv says everything."),
        click.option("--config", "config_file", type=click.Path(path_type=Path), help="Settings file (TOML)."),
        click.option("--log-file", help="Write a detailed log to this file."),
    ]
    if database:
        options.append(click.option("--database", "database_url", help="Database URL or SQLite file."))
    if output:
        options.append(
            click.option(
                "--json",
                "json_file",
                envvar="HTTP_BENCHMARK_JSON",
                help="Write JSON to this file; - for standard output.",
            )
        )
    return _together(*options)
