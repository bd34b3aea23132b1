"""`http-benchmark origin`: the bundled origin in the foreground, to aim something else at."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import fault_option, listen_options, shared_options
from http_benchmark.redaction import cleared


@click.command(epilog="Example: http-benchmark origin --port 8080 --fault reset-in:1%")
@listen_options(0)
@click.option(
    "--tls", envvar="HTTP_BENCHMARK_TLS", is_flag=True, help="Speak TLS; the authority to trust is printed, too."
)
@click.option(
    "--http2",
    envvar="HTTP_BENCHMARK_HTTP2",
    is_flag=True,
    help="Speak HTTP/2, too: with --tls by ALPN, else by prior knowledge.",
)
@fault_option
@click.option("--seed", help="Seed of the faults.  [default: 0]")
@shared_options()
def command(config_file: Path | None, *, host: str, port: int, tls: bool, http2: bool, **arguments: Any) -> None:
    """Run the bundled origin in the foreground until Ctrl-C.

    It answers /bytes/N with N bytes to any method, and /get, /post, /status/CODE, /delay/S, /stream/N and more as
    users of httpbin know them.
    """
    from http_benchmark.cli.common import load_settings
    from http_benchmark.origin.main import serve_forever
    from http_benchmark.origin.options import OriginOptions

    settings = load_settings(arguments, config_file)
    options = OriginOptions(seed=settings.seed or 0, tls=tls, http2=http2, faults=settings.fault)
    serve_forever(host, port, options=options, on_listening=_say)


def _say(url: str, ca_file: Path | None) -> None:
    trusting = f", to be trusted with {ca_file}" if ca_file else ""
    click.echo(cleared(f"listening on {url}{trusting} (Ctrl-C ends it)"))
