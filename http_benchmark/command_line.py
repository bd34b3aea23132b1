"""The command that measures a configuration, built from what was checked and never from what was typed.

What may be secret stands in it as it may be shown, so it can be stored; who typed a secret has to give it again.
"""

import shlex
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.models.tags import protects

_FLAGS = {"stream", "events", "quick", "tls", "follow_redirects"}
_SEVERAL = {"workload_hosts": "--workload-host", "fault": "--fault", "tag": "--tag"}
_OPPOSITES = {"verify": "--no-verify", "floor": "--no-floor"}


def command_of(configuration: ExperimentConfiguration, *, contenders: Iterable[str], seed: int) -> str:
    """A line of shell that measures the same.

    Args:
        configuration: What is measured; its defaults are left out.
        contenders: Who is measured, also where the configuration names nobody.
        seed: That of the run, also where the configuration names none.
    """
    words = ["http-benchmark", "run", *contenders]
    given = {name: getattr(configuration, name) for name in ExperimentConfiguration.model_fields}
    usual = ExperimentConfiguration(rate=configuration.rate)  # what it makes of others depends on the load model
    for name, value in (given | {"seed": seed}).items():
        is_usual = value == getattr(usual, name) and name != "rate"
        if value is not None and name != "contenders" and not is_usual:
            words += _words(name, value)
    return shlex.join(words)


def _words(name: str, value: Any) -> list[str]:
    """The words of one option."""
    if name in _OPPOSITES:
        return [_OPPOSITES[name]]
    if name == "tag":
        value = filter(protects, value)  # the program's own are refused from people
    if name in _SEVERAL:
        return [word for one in value for word in (_SEVERAL[name], str(one))]
    option = f"--{name.replace('_', '-')}"
    if name in _FLAGS:
        return [option]
    special = _SPECIAL.get(name)
    return special(value) if special else [option, _shown(value)]


def _shown(value: Any) -> str:
    """A number without an exponent or a needless point; anything else as it is."""
    return format(Decimal(repr(value)).normalize(), "f") if isinstance(value, float) else str(value)


def _headers(value: Any) -> list[str]:
    return [word for name, text in value for word in ("--header", f"{name}: {text}")]


def _rate(value: Any) -> list[str]:
    steps = (_shown(start) if start == end else f"{_shown(start)}..{_shown(end)}" for start, end in value)
    return ["--rate", f"{','.join(steps)}/s"]


_SPECIAL: dict[str, Callable[[Any], list[str]]] = {
    "headers": _headers,
    "rate": _rate,
    "body_file": lambda value: ["--body", f"@{value}"],
    "until": lambda value: ["--until", f"{_shown(value)}%"],
}
