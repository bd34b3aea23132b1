"""What several subcommands share: verbosity, the database, where JSON goes, the console."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from http_benchmark.config import Settings
from http_benchmark.storage import ResultStorage
from http_benchmark.utils import logging

type Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


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
        options.append(click.option("--json", "json_file", help="Write JSON to this file; - for standard output."))

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def load_settings(arguments: dict[str, Any], config_file: Path | None) -> Settings:
    """Merge arguments, environment, file and defaults, and start logging.

    Args:
        arguments: By name; None and empty mean "not given".
        config_file: From `--config`.
    """
    given = {name: value for name, value in arguments.items() if value is not None and value != ()}
    settings = Settings.load(given, config_file)
    logging.configure(settings.verbose, settings.log_file)
    return settings


def open_storage(settings: Settings) -> ResultStorage:
    """Open the database that the settings name."""
    return ResultStorage(settings.database_url)


def make_console(*, to_stderr: bool = False) -> Console:
    """A console that prints plainly where no terminal is."""
    return Console(stderr=to_stderr, highlight=False)


def write_json(document: Any, destination: str) -> None:
    """Write JSON to a file, or to standard output for "-".

    Raises:
        click.ClickException: The file cannot be written.
    """
    text = document if isinstance(document, str) else json.dumps(document, indent=2, allow_nan=False)
    if destination == "-":
        sys.stdout.write(text.rstrip("\n") + "\n")
        return
    try:
        Path(destination).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"--json {destination}: {error.strerror}; choose another file") from error
