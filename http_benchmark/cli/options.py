"""Options that several subcommands share. Imports click alone, so that `--help` is there at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from http_benchmark.faults import AMOUNTS, SYNTAX, FaultKind

type Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


_KINDS = ", ".join(f"{kind}={AMOUNTS[kind]}" if kind in AMOUNTS else kind for kind in FaultKind)

fault_option = click.option(
    "--fault",
    multiple=True,
    help=f"What the bundled origin does wrong, repeatable: {SYNTAX}. The kinds: {_KINDS}.",
)
"""`--fault`."""


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

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate
