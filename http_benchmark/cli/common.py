"""What several subcommands do: load the settings, open the database, write JSON, make a console."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from http_benchmark.config import Settings
from http_benchmark.storage import ResultStorage
from http_benchmark.utils import logging


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


def check_writable(destination: str) -> None:
    """See to it before measuring that `write_json` will find its file.

    Raises:
        click.ClickException: The file cannot be written.
    """
    if destination != "-":
        with _writing(destination):
            Path(destination).open("a").close()


def write_json(document: Any, destination: str) -> None:
    """Write JSON to a file, or to standard output for "-".

    Raises:
        click.ClickException: The file cannot be written.
    """
    text = document if isinstance(document, str) else json.dumps(document, indent=2, allow_nan=False)
    if destination == "-":
        sys.stdout.write(text.rstrip("\n") + "\n")
        return
    with _writing(destination):
        Path(destination).write_text(text.rstrip("\n") + "\n", encoding="utf-8")


@contextmanager
def _writing(destination: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"--json {destination}: {error.strerror}; choose another file") from error
