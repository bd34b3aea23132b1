"""Options that say which stored experiments are meant. Imports click alone, so that `--help` is there at once."""

from typing import TYPE_CHECKING, Any

import click

from http_benchmark.cli.options import Decorator

if TYPE_CHECKING:
    from datetime import datetime

    from http_benchmark.models.filters import Filters

_SINGLE = {
    "version": "In which a client had this version; with one --client, that one.",
    "name": "Of this name.",
    "host": "Measured on this machine.",
    "workload": 'With this file, or its SHA-256, or this one request: "GET /bytes/1024".',
    "status": "running, finished, interrupted or failed.",
    "verdict": "valid, suspect or invalid.",
    "since": "Started since: a date or time (UTC where it says none), or how long ago, 7d.",
    "until": "Started before, likewise.",
}
_SEVERAL = {
    "client": "In which this client was measured, as contenders are named: httpx, httpx:async, httpx==0.28.1.",
    "tag": "With this tag.",
}


def filter_options(function: Any) -> Any:
    """Add `--client`, `--tag` and so on; `filters_of` makes use of them."""
    options = [_option(name, f"{words} Repeatable: all of them.", multiple=True) for name, words in _SEVERAL.items()]
    options += [_option(name, words) for name, words in _SINGLE.items()]
    for option in reversed(options):
        function = option(function)
    return function


def _option(name: str, words: str, **more: Any) -> Decorator:
    # The plain variables, such as HTTP_BENCHMARK_NAME, say how runs are to be called.
    return click.option(f"--{name}", f"only_{name}", envvar=f"HTTP_BENCHMARK_ONLY_{name.upper()}", help=words, **more)


def filters_of(arguments: dict[str, Any]) -> "Filters":
    """Take the values of `filter_options` out of a command's arguments.

    Raises:
        ConfigurationError: A client or a moment cannot be read.
    """
    from http_benchmark.models.filters import read_filters

    given = {name: arguments.pop(f"only_{name}") for name in (*_SEVERAL, *_SINGLE)}
    moments = {name: _moment(given[name], f"--{name}") for name in ("since", "until")}
    return read_filters(given | moments)


def _moment(text: str | None, option: str) -> "datetime | None":
    from datetime import UTC, datetime

    from http_benchmark.errors import ConfigurationError
    from http_benchmark.units import parse_moment

    try:
        return None if text is None else parse_moment(text, datetime.now(UTC))
    except ValueError as error:
        raise ConfigurationError(f"{option} is {error}") from None
