"""Settings of the command line: arguments > environment > file > defaults, with all faults at once.

The file is `http-benchmark.toml` or the table `[tool.http-benchmark]` of `pyproject.toml` in the current folder, or the
one that is named. An option's variable is `HTTP_BENCHMARK_` and the option's name in capitals.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import did_you_mean
from http_benchmark.models.experiment_configuration import OPEN_CONCURRENCY, ExperimentConfiguration
from http_benchmark.models.fields import CountOrZero
from http_benchmark.models.image import BUNDLED
from http_benchmark.models.secret_fields import DatabaseUrl
from http_benchmark.secret_url import parse_url

DEFAULT_DATABASE_URL = "sqlite:///benchmark_results.db"
PREFIX = "HTTP_BENCHMARK_"

_FILE = Path("http-benchmark.toml")
_PYPROJECT = Path("pyproject.toml")
_SPELLINGS = {"header": "headers", "database": "database_url", "workload_host": "workload_hosts"}
"""Options whose name is not the field's."""

OTHER_OPTIONS = frozenset(
    {
        "all",
        "allow_host",
        "allow_target",
        "before",
        "cache",
        "check",
        "chart",
        "compact",
        "config",
        "expendable",
        "fail_on_inconclusive",
        "force",
        "format",
        "github",
        "host",
        "http2",
        "instructions",
        "json",
        "junit",
        "keep_last",
        "like",
        "limit",
        "list",
        "margin",
        "markdown",
        "metric",
        "native",
        "offset",
        "older_than",
        "on_conflict",
        "only_client",
        "only_host",
        "only_name",
        "only_since",
        "only_status",
        "only_tag",
        "only_until",
        "only_verdict",
        "only_version",
        "only_workload",
        "output",
        "picture",
        "plan",
        "port",
        "remove",
        "repair",
        "resume",
        "rows",
        "same_versions",
        "sample",
        "single",
        "skip_faulty",
        "slo",
        "strict",
        "theme",
        "thorough",
        "token",
        "token_file",
        "trust_imported",
        "yes",
    }
)
"""Names that are no settings; the command line, or who needs them, reads their variables."""

_SERVER = re.compile(r"https?://[^/?#@\s]+/?")

_OPPOSITES = {"true": False, "1": False, "yes": False, "on": False, "false": True, "0": True, "no": True, "off": True}

_ALTERNATIVES = (frozenset({"duration", "requests"}), frozenset({"body", "body_file", "body_size"}))
"""Where a stronger source gives one of these, the others of a weaker source no longer count."""


class Settings(ExperimentConfiguration, BaseSettings):
    """What the command line works with: an experiment's configuration, and where results and log lines go.

    `Settings()` reads the environment; `Settings.load` reads the file too.

    Attributes:
        database_url: Where results are stored; is not dumped.
        verbose: 0 for warnings, 1 for information, 2 for everything.
        log_file: Where log lines go besides standard error.
        not_heeded: Settings of other commands, which file and environment may have for those.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    not_heeded: ClassVar[frozenset[str]] = frozenset()

    database_url: Annotated[DatabaseUrl, Field(exclude=True)] = parse_url(DEFAULT_DATABASE_URL)
    verbose: Annotated[CountOrZero, Field(exclude=True)] = 0
    log_file: Annotated[Path | None, Field(exclude=True)] = None
    _levels: tuple[int, ...] = PrivateAttr(default=())
    _servers: dict[str, ExperimentConfiguration] = PrivateAttr(default_factory=dict)

    @property
    def levels(self) -> tuple[int, ...]:
        """The concurrencies, ascending, where several were asked for; `concurrency` is the first of them."""
        return self._levels

    @property
    def servers(self) -> dict[str, ExperimentConfiguration]:
        """What each server is called → what to run against it, where several were asked for; else nothing."""
        return self._servers

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - reads each variable by itself
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not one of our sources
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not one of our sources
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        values = _merged(_from_environment(), init_settings())
        heeded = {name: value for name, value in values.items() if name not in cls.not_heeded}
        return (InitSettingsSource(settings_cls, heeded),)

    @classmethod
    def load(cls, arguments: Mapping[str, Any], config_file: Path | None = None) -> Self:
        """Merge all sources.

        Args:
            arguments: What was given on the command line, and only that.
            config_file: The file to read instead of the ones in the current folder.

        Raises:
            ConfigurationError: With one line for each fault in any source.
        """
        chosen = config_file or os.environ.get(PREFIX + "CONFIG")
        path, table = _read_file(Path(chosen)) if chosen else _find_file()
        from_file = _as_fields(table)
        faults = _unknown_variables() + [
            f"{path}: unknown setting {name!r}; {did_you_mean(name, tuple(cls.model_fields))}"
            for name in from_file
            if name not in cls.model_fields
        ]
        known = {name: value for name, value in from_file.items() if name in cls.model_fields}
        values = _merged(_merged(known, _from_environment()), _as_fields(arguments))
        levels = _several_levels(values.get("concurrency"), faults)
        values |= {"concurrency": levels[0]} if levels else {}
        servers = _several_servers(values, faults)
        if len(levels) > 1 and len(servers) > 1:
            faults.append(
                f"several concurrencies and several targets are two questions, got {', '.join(map(str, levels))} and "
                f"{', '.join(servers)}; give one concurrency or one target"
            )
        try:
            settings = cls(**values | next(iter(servers.values()), {}))
            if len(servers) > 1:
                settings._servers = {name: cls(**values | aim).experiment() for name, aim in servers.items()}
        except ConfigurationError as error:
            raise ConfigurationError([*faults, *error.faults]) from None
        if faults:
            raise ConfigurationError(faults)
        settings._levels = levels if len(levels) > 1 else ()
        return settings

    def experiment(self) -> ExperimentConfiguration:
        """The part that says what is measured, without the rest."""
        return ExperimentConfiguration(**{name: getattr(self, name) for name in ExperimentConfiguration.model_fields})


class GateSettings(Settings):
    """What `gate` works with: as for `run`, but for when it stops, what it ranks by, and the faults."""

    not_heeded: ClassVar[frozenset[str]] = frozenset({"contenders", "quick", "until", "primary", "fault"})


class CapacitySettings(Settings):
    """What `capacity` works with: the workload and the machine as for `run`, but nothing of how `run` measures.

    Attributes:
        spacing: Of the arrivals.
    """

    not_heeded: ClassVar[frozenset[str]] = frozenset(
        {"rate", "requests", "slices", "quick", "until", "primary", "warmup", "retries", "think_time", "floor", "tag"}
    )

    @property
    def spacing(self) -> Literal["constant", "poisson"]:
        """How requests arrive; what `arrivals` says, else as a Poisson process."""
        return self.arrivals or "poisson"

    def experiment(self) -> ExperimentConfiguration:
        """The part that says what is sent, to where and by whom; without arrivals, which have no rate of their own."""
        values = {name: getattr(self, name) for name in ExperimentConfiguration.model_fields}
        return ExperimentConfiguration(**values | {"arrivals": None})

    @field_validator("concurrency", mode="before")
    @classmethod
    def _default_concurrency(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ARG003 - overrides
        return OPEN_CONCURRENCY if value is None else value

    @field_validator("arrivals")
    @classmethod
    def _check_arrivals(cls, value: str | None, info: ValidationInfo) -> str | None:  # noqa: ARG003 - overrides
        return value


def _several_levels(value: object, faults: list[str]) -> tuple[int, ...]:
    """The concurrencies, ascending, where a list of them was given ("1,8,64", or a list in a file); else nothing."""
    if isinstance(value, str) and "," in value:
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        return ()
    levels = [int(str(part)) if re.fullmatch(r"0*[1-9]\d*", str(part)) else 0 for part in value]
    shown = ",".join(map(str, value))
    if not levels or 0 in levels:
        faults.append(f"concurrency must be whole numbers above 0, got {shown!r}; write for example 1,8,64")
        return (1,)
    if len(set(levels)) < len(levels):
        faults.append(f"concurrency has a number twice, got {shown!r}; give each once")
    return tuple(sorted(set(levels)))


def _several_servers(values: Mapping[str, Any], faults: list[str]) -> dict[str, dict[str, Any]]:
    """What each target that was given is called → the settings that aim at it; nothing where none was given."""
    given = values.get("target")
    if isinstance(given, str):
        given = [part.strip() for part in given.split(",") if part.strip()]
    if not isinstance(given, list | tuple) or not given:
        return {}
    path = str(values["url"]) if values.get("url") is not None else None
    if len(given) > 1 and (path is None or not path.startswith("/")):
        faults.append("several targets are asked for the same path; say with url which one, such as /get")
    if len({str(server).rstrip("/") for server in given}) < len(given):
        faults.append(f"target has a server twice, got {', '.join(map(str, given))}; give each once")
    several = len(given) > 1
    return {str(server): _aimed(str(server), path, faults, several=several) for server in given}


def _aimed(server: str, path: str | None, faults: list[str], *, several: bool) -> dict[str, Any]:
    """The settings that aim at one server; the port of containers says nothing to others beside them."""
    beside = {"target": None, **({"target_port": None} if several else {})}
    if not server.startswith(("http://", "https://")):
        return beside if server == BUNDLED else {"target": server}
    if not _SERVER.fullmatch(server):
        faults.append("target must be a server's address alone, as in http://127.0.0.1:8080; the rest goes into url")
    elif path is not None and not path.startswith("/"):
        faults.append(f"target {server} and url contradict each other; give a path with url, or leave out target")
    else:
        return beside | {"url": server.rstrip("/") + (path or "/")}
    return beside


def _from_environment() -> dict[str, Any]:
    """The variables that stand for settings; others with the prefix belong to other options."""
    variables = {
        name.removeprefix(PREFIX).lower(): text for name, text in os.environ.items() if name.startswith(PREFIX) and text
    }
    return {name: value for name, value in _as_fields(variables).items() if name in Settings.model_fields}


def _unknown_variables() -> list[str]:
    options = {*Settings.model_fields, *_SPELLINGS, *OTHER_OPTIONS, "no_verify", "no_floor"}
    known = sorted(PREFIX + option.upper() for option in options)
    return [
        f"unknown environment variable {name!r}; {did_you_mean(name, known)}"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known
    ]


def _merged(weaker: Mapping[str, Any], stronger: Mapping[str, Any]) -> dict[str, Any]:
    overridden = {name for group in _ALTERNATIVES if group & stronger.keys() for name in group}
    return {name: value for name, value in weaker.items() if name not in overridden} | dict(stronger)


def _as_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Settings under the names of the fields, from options as users spell them."""
    underscored = {name.replace("-", "_"): value for name, value in options.items()}
    values = {_SPELLINGS.get(name, name): value for name, value in underscored.items()}
    body = values.get("body")
    if isinstance(body, str) and body.startswith("@"):
        del values["body"]
        values["body_file"] = body[1:]
    for name in ("verify", "floor"):
        if f"no_{name}" in values:
            refusal = values.pop(f"no_{name}")
            values[name] = _OPPOSITES.get(str(refusal).lower(), refusal)  # what is no truth value is left to be faulted
    return values


def _find_file() -> tuple[Path, Mapping[str, Any]]:
    for path in (_FILE, _PYPROJECT):
        if path.exists():
            return _read_file(path)
    return _FILE, {}


def _read_file(path: Path) -> tuple[Path, Mapping[str, Any]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"configuration file {str(path)!r} cannot be read ({error.strerror}); name a readable file"
        ) from None
    except ValueError as error:
        raise ConfigurationError(f"configuration file {str(path)!r} is not TOML: {error}; correct it") from None
    return path, _own_table(path, document) if path.name == _PYPROJECT.name else document


def _own_table(path: Path, document: Mapping[str, Any]) -> Mapping[str, Any]:
    table: Any = document
    for name, title in (("tool", "tool"), ("http-benchmark", "tool.http-benchmark")):
        table = table.get(name, {})
        if not isinstance(table, dict):
            raise ConfigurationError(f"[{title}] in {str(path)!r} must be a table, got {type(table).__name__}")
    return cast("Mapping[str, Any]", table)
