"""May two stored experiments be set side by side? What must agree before a ratio of their figures means anything.

Everything matters that is not named here as harmless, so that a new setting or circumstance is taken for one that
matters until somebody has thought about it. What an earlier version did not record forbids nothing: a setting that it
did not have is at its default, and a circumstance that it did not look at is noted as not known.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from http_benchmark.models.comparison import Difference
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment import ClientResult, ExperimentResult
from http_benchmark.models.experiment_configuration import ExperimentConfiguration

type Severity = Literal["matters", "noted"]

_ENVIRONMENT_NOTED = frozenset(
    {"host", "memory_bytes", "memory_limit_bytes", "ephemeral_ports", "file_limit", "timer_slack_ns"}
)
"""Listed, but no reason to refuse: machines of the same kind differ in them, and no figure follows from them."""

_SOFTWARE = frozenset(
    {"http_benchmark", "python", "python_implementation", "python_build", "system", "kernel", "openssl", "clock_source"}
)
"""Of the environment, what an update changes."""

_ENVIRONMENT_LEFT_OUT = frozenset(
    {"load_average_1min", "clock_resolution_s", "ephemeral_ports_in_use", "libraries", "sources"}
)
"""The first three are others at every start; the libraries are listed one by one."""

_CONFIGURATION_NOTED = frozenset({"blocks", "contenders", "primary", "until"})
"""How much was measured, of whom, and what the ranking followed: the figures of one contender stay what they are."""

_CONFIGURATION_LEFT_OUT = frozenset({"url", "seed", "name", "tag", "floor", "workload", "http"})
"""Labels, what differs between any two runs, and a probe apart. The URL is compared as it was resolved, a workload by
its content: `_target`; the HTTP version contender by contender."""


_DEFAULTS = {
    name: field.default
    for name, field in ExperimentConfiguration.model_fields.items()
    if name not in _CONFIGURATION_LEFT_OUT
}


def differences(a: ExperimentResult, b: ExperimentResult) -> list[Difference]:
    """In what two experiments differ, what matters first.

    Versions of the compared libraries are what such a comparison is made for, so they are noted only.
    """
    found = [
        *_differing(_target(a), _target(b), prefix="", noted=frozenset()),
        *_differing(
            _DEFAULTS | _part(a, "configuration", _CONFIGURATION_LEFT_OUT),
            _DEFAULTS | _part(b, "configuration", _CONFIGURATION_LEFT_OUT),
            prefix="configuration.",
            noted=_CONFIGURATION_NOTED,
        ),
        *_differing(
            _part(a, "environment", _ENVIRONMENT_LEFT_OUT),
            _part(b, "environment", _ENVIRONMENT_LEFT_OUT),
            prefix="environment.",
            noted=_ENVIRONMENT_NOTED,
        ),
        *_differing(_interpreter(a), _interpreter(b), prefix="interpreter.", noted=frozenset()),
        *_differing(*_common(_libraries(a), _libraries(b)), prefix="libraries.", noted=None),
        *_differing(*_common(_packages(a), _packages(b)), prefix="packages of ", noted=None),
    ]
    return sorted(found, key=lambda difference: difference.severity != "matters")


def circumstances(experiment: ExperimentResult) -> dict[str, Any]:
    """What has to be equal for figures of different days to be one series: target, load, settings and hardware."""
    configuration = _DEFAULTS | _part(experiment, "configuration", _CONFIGURATION_LEFT_OUT | _CONFIGURATION_NOTED)
    hardware = _part(experiment, "environment", _ENVIRONMENT_LEFT_OUT | _ENVIRONMENT_NOTED | _SOFTWARE)
    return {
        **_target(experiment),
        **{f"configuration.{name}": value for name, value in configuration.items() if name not in _CONFIGURATION_NOTED},
        **{f"environment.{name}": value for name, value in hardware.items()},
    }


def software(experiment: ExperimentResult, client: ClientResult) -> dict[str, Any]:
    """What may change from point to point of such a series: the versions of all that takes part."""
    environment = experiment.environment
    brought = f"{Contender.parse(client.contender.partition('#')[0]).subject}: "
    return {
        f"libraries.{client.library}": client.version,
        **{
            f"packages of {name}": version
            for name, version in _packages(experiment).items()
            if name.startswith(brought)
        },
        **{f"environment.{name}": environment[name] for name in sorted(_SOFTWARE) if name in environment},
    }


def between(a: Mapping[str, Any], b: Mapping[str, Any], severity: Severity) -> list[Difference]:
    """The entries in which two such mappings differ."""
    return [
        Difference(field=name, a=a.get(name), b=b.get(name), severity=severity)
        for name in dict.fromkeys([*a, *b])
        if a.get(name) != b.get(name)
    ]


def _differing(
    a: Mapping[str, Any], b: Mapping[str, Any], *, prefix: str, noted: frozenset[str] | None
) -> Iterator[Difference]:
    """The fields that differ, in the order of `a`; `noted` names the harmless ones, None for all of them.

    A field that only one of them has was not recorded by the other one's version.
    """
    for name in dict.fromkeys([*a, *b]):
        if a.get(name) != b.get(name):
            severity: Severity = "noted" if noted is None or name in noted or (name in a) != (name in b) else "matters"
            yield Difference(field=f"{prefix}{name}", a=a.get(name), b=b.get(name), severity=severity)


def _part(experiment: ExperimentResult, name: str, left_out: frozenset[str]) -> dict[str, Any]:
    """The environment or the configuration as it is stored, so that a tuple equals the list that it became."""
    fields = experiment.to_dict()[name]
    return {field: value for field, value in fields.items() if field not in left_out}


def _target(experiment: ExperimentResult) -> dict[str, Any]:
    """What was aimed at, by which load; what is started for a run listens elsewhere every time."""
    target = experiment.target
    url = urlsplit(target.url)
    at_home = url._replace(scheme="", netloc="").geturl()
    return {
        "target.kind": target.kind,
        "target.scheme": url.scheme,
        "target.url": target.url if target.kind == "url" else at_home,
        "target.image": target.image_id,
        "load_model": experiment.load_model,
        "workload": experiment.workload and experiment.workload.sha256,
    }


def _common(*versions: dict[str, str | None]) -> list[dict[str, str | None]]:
    """Those of the libraries that both experiments measured; who is in one only is said elsewhere."""
    names = set.intersection(*(set(known) for known in versions))
    return [{name: version for name, version in known.items() if name in names} for known in versions]


def _interpreter(experiment: ExperimentResult) -> dict[str, Any]:
    """How it was built and set up; empty where an earlier version did not look."""
    return experiment.provenance.interpreter.to_dict() if experiment.provenance else {}


def _packages(experiment: ExperimentResult) -> dict[str, str | None]:
    """What each client brings along: "httpx: h11" → version, and "httpx: TLS"."""
    runtimes = experiment.provenance.runtimes if experiment.provenance else {}
    return {
        f"{client}: {name}": version
        for client, runtime in runtimes.items()
        for name, version in {**runtime.packages, "TLS": runtime.tls}.items()
        if name.lower() != client
    }


def _libraries(experiment: ExperimentResult) -> dict[str, str | None]:
    """Each library with its version; with all of them, where several were measured."""
    versions: dict[str, dict[str, None]] = {}
    for client in experiment.clients:
        versions.setdefault(client.library, {})[client.version or ""] = None
    return {library: ", ".join(filter(None, found)) or None for library, found in versions.items()}
