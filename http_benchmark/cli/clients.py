"""`http-benchmark clients`: what can be measured, and how to get what cannot."""

from dataclasses import asdict
from pathlib import Path

import click

from http_benchmark.cli.options import shared_options


@click.command(epilog="Example: http-benchmark clients --json -")
@shared_options(output=True)
def command(config_file: Path | None, json_file: str | None, *, verbose: int, log_file: str | None) -> None:
    """List the known clients: installed version, modes, protocols, how to install them."""
    from http_benchmark.cli.common import answering, load_settings, make_console, write_json
    from http_benchmark.report.lists import client_rows, print_clients

    load_settings({"verbose": verbose, "log_file": log_file}, config_file)
    rows = client_rows()
    with answering(saved=False):
        if json_file:
            write_json([asdict(row) for row in rows], json_file)
        else:
            print_clients(rows, make_console())
