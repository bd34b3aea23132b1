"""`http-benchmark serve`: the dashboard and the REST API, until Ctrl-C."""

from pathlib import Path
from typing import Any

import click

from http_benchmark.cli.options import listen_options, shared_options
from http_benchmark.redaction import cleared


@click.command(epilog="Example: http-benchmark serve --port 8000 --database results.db")
@listen_options(8000)
@click.option(
    "--token-file",
    envvar="HTTP_BENCHMARK_TOKEN_FILE",
    type=click.Path(path_type=Path),
    help="File with the token that callers have to show, needed off the loopback; or HTTP_BENCHMARK_TOKEN has it.",
)
@click.option(
    "--allow-target",
    "targets",
    envvar="HTTP_BENCHMARK_ALLOW_TARGET",
    multiple=True,
    metavar="HOST[:PORT]",
    help="Let jobs be aimed at this server, too; repeatable.  [default: the bundled origin alone]",
)
@click.option(
    "--allow-host",
    "hosts",
    envvar="HTTP_BENCHMARK_ALLOW_HOST",
    multiple=True,
    metavar="NAME",
    help="Answer under this name, too, as behind a proxy; repeatable.",
)
@shared_options(database=True)
def command(
    config_file: Path | None,
    *,
    host: str,
    port: int,
    token_file: Path | None,
    targets: tuple[str, ...],
    hosts: tuple[str, ...],
    **arguments: Any,
) -> None:
    """Show results and start runs in the browser, and over REST, until Ctrl-C.

    Open the address that it prints.

    Whoever can reach it can read and delete what is stored, and run benchmarks on this machine; so it listens on the
    loopback, and asks for a token elsewhere.
    """
    from http_benchmark.api.serving import serve
    from http_benchmark.api.settings import ServerSettings, read_token
    from http_benchmark.api.targets import AllowedTarget
    from http_benchmark.cli.common import database_of, load_settings

    settings = load_settings(arguments, config_file)
    serve(
        ServerSettings(
            database=database_of(settings),
            host=host,
            token=read_token(token_file),
            allowed_hosts=hosts,
            allowed_targets=[AllowedTarget.parse(text) for text in targets],
        ),
        port,
        on_listening=_say,
    )


def _say(url: str) -> None:
    click.echo(cleared(f"listening on {url} (Ctrl-C ends it)"))
