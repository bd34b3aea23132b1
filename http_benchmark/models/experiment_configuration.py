"""The configuration of an experiment: what `run` is asked to do, checked, with all faults at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator

from http_benchmark.clients import OWN_CLIENTS, known_clients
from http_benchmark.errors import ConfigurationError
from http_benchmark.faults import parse_faults
from http_benchmark.models.base import SECRET_FIELDS, Model, configuration_error
from http_benchmark.models.contender import Contender, number_repeats
from http_benchmark.models.experiment import METRICS, Metric
from http_benchmark.models.fields import (
    BODILESS,
    CertificateFile,
    Count,
    CountOrZero,
    Method,
    Percent,
    RateOverTime,
    ReadableFile,
    Seconds,
    SecondsOrZero,
    Size,
    Text,
    Words,
    at_most,
    client_fault,
    events_fault,
    mode_fault,
    one_of,
    option_named,
    protocol_fault,
)
from http_benchmark.models.image import BUNDLED, Image
from http_benchmark.models.secret_fields import BodyText, Headers, ProxyUrl, TargetUrl
from http_benchmark.models.tags import given_tags
from http_benchmark.secret import Reference, SecretText
from http_benchmark.secret_url import SecretUrl

CLOSED_CONCURRENCY = 10
OPEN_CONCURRENCY = 64  # room for the requests that pile up while a client or server stalls

MOST_CONCURRENCY = 100_000
MOST_SLICES = 10_000
MOST_BLOCKS = 1_000
"""Many times what any result needs; what is beyond is a slip, and would be planned for minutes."""

_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BODIES = ("body", "body_file", "body_size")


def _faults(values: tuple[str, ...]) -> tuple[str, ...]:
    texts = tuple("".join(text.lower().split()) for text in values)
    parse_faults(texts)
    return texts


def _contenders(values: tuple[str, ...]) -> tuple[str, ...]:
    if faults := [fault for text in values for fault in _contender_faults(text)]:
        raise ConfigurationError(faults)
    return values


def _contender_faults(text: str) -> list[str]:
    try:
        contender = Contender.parse(text)
    except ConfigurationError as error:
        return list(error.faults)
    library, mode = contender.library, contender.mode
    unknown = client_fault(library)
    wrong_mode = mode_fault(library, mode, lambda other: f"{library}:{other}") if mode and not unknown else None
    source = _source_fault(contender)
    http2 = protocol_fault(library, http2=contender.http2, tls=False, verify=True, proxy=False) if not unknown else None
    return [fault for fault in (unknown, wrong_mode, source, http2) if fault]


def _source_fault(contender: Contender) -> str | None:
    """What is wrong with a version or a source tree, as far as that can be told without building it."""
    if contender.named_source and contender.library in OWN_CLIENTS:
        return f"{contender.library} is part of http-benchmark and has one version; write {contender.library} alone"
    if contender.path and not Path(contender.path).expanduser().is_dir():
        return f"{contender.subject}: there is no folder {contender.path}; name a source tree, such as ./src"
    return None


def _protocol_faults(
    contenders: Sequence[str], *, http2: bool = False, tls: bool = False, verify: bool = True, proxy: bool = False
) -> list[str]:
    """What is wrong with having these contenders, as typed, speak so to the origin."""
    named = [Contender.parse(text) for text in contenders]
    faults = [
        protocol_fault(one.library, http2=http2 or (proxy and one.http2), tls=tls, verify=verify, proxy=proxy)
        for one in named
    ]
    return list(dict.fromkeys(fault for fault in faults if fault))


class ExperimentConfiguration(Model):
    """What an experiment measures, and how; quantities may be given as people write them ("10s", "64KiB").

    Attributes:
        contenders: As typed; empty for every installed client.
        target: Whose server it is: None or "bundled" for the bundled origin, or `url`'s; "docker:IMAGE[:TAG]" for one
            that is started in a container.
        target_port: Where the server in the container listens; None for the only port that its image exposes.
        target_wait: How long the server in the container may take until it answers, seconds.
        url: The target; a path such as "/delay/1" is one on the bundled origin or in the container; None for the
            bundled origin's default, or "/".
        method: One of the eight; STREAM is a GET whose response is read as a stream.
        headers: (name, value) pairs sent with each request.
        body: Text to upload. At most one of the three bodies may be given.
        body_file: File to upload.
        body_size: Bytes to generate and upload.
        stream: Read the responses as streams.
        events: Responses are streams of server-sent events: measure when each event arrives.
        workload: File that says what is sent, instead of method and body.
        workload_hosts: Hosts that the file's absolute URLs may go to; requests to others are left out. Empty for the
            one host that they all name.
        fault: What the bundled origin is to do wrong, as `faults.Fault` reads it.
        rate: Arrivals per second over a trial, (at the start, at the end) of each step: the open model. None for the
            closed model.
        arrivals: How arrivals are spaced in the open model; None without a rate.
        concurrency: Requests in flight at a time; in the open model the most that there may be.
        processes: Worker processes of each contender, which share concurrency, requests and rate.
        duration: Seconds that each trial lasts; excludes `requests`.
        requests: Exactly how many requests each trial sends; neither of both: the slices say how long.
        warmup: Seconds of unmeasured requests that open a trial; 0 for none, None for what `quick` asks for.
        slices: Slices of a trial; None for as many as the speed of the clients asks for.
        timeout: Total deadline of a request, seconds.
        retries: How often a failed request is tried again.
        think_time: Seconds that each user waits after a response.
        blocks: How often everything is repeated, with `until` at most; None for as many as the comparison needs.
        quick: A short look instead of a result that holds.
        until: Percent: go on until no interval of the primary metric is wider than this to either side.
        primary: The metric that ranks; None for throughput, in the open model for CPU time per request.
        seed: For the order of the slices; None for a new one.
        http: HTTP version for every contender; None for what each contender says, HTTP/1.1 without +h2.
        verify: Check certificates.
        ca: PEM file with the authorities to trust.
        tls: Have the bundled origin speak TLS, with an authority made for the run that the contenders trust.
        proxy: URL of the HTTP proxy that everything goes through, with user and password where it asks for them.
        follow_redirects: Follow redirects.
        floor: Probe what a bare socket reaches on the same workload.
        name: What to call the experiment.
        tag: Words to find it by.

    Raises:
        ConfigurationError: With one line for each fault.
    """

    contenders: Annotated[Words, AfterValidator(_contenders)] = ()
    target: Text | None = None
    target_port: Annotated[Count, at_most(65535, "65,535")] | None = None
    target_wait: Seconds = 60.0
    url: TargetUrl | None = None
    method: Method = "GET"
    headers: Headers = ()
    body: BodyText | None = None
    body_file: ReadableFile | None = None
    body_size: Size | None = None
    stream: bool = False
    events: bool = False
    workload: ReadableFile | None = None
    workload_hosts: Words = ()
    fault: Annotated[Words, AfterValidator(_faults)] = ()
    rate: RateOverTime | None = None
    arrivals: Annotated[Literal["constant", "poisson"] | None, one_of(("constant", "poisson"))] = Field(
        default=None, validate_default=True
    )
    concurrency: Annotated[Count, at_most(MOST_CONCURRENCY, f"{MOST_CONCURRENCY:,}")] = Field(
        default=None, validate_default=True
    )
    processes: Count = 1
    duration: Seconds | None = None
    requests: Count | None = None
    warmup: SecondsOrZero | None = None
    slices: Annotated[Count, at_most(MOST_SLICES, f"{MOST_SLICES:,}")] | None = None
    timeout: Seconds = 30.0
    retries: CountOrZero = 0
    think_time: SecondsOrZero = 0.0
    blocks: Annotated[Count, at_most(MOST_BLOCKS, f"{MOST_BLOCKS:,}")] | None = None
    quick: bool = False
    until: Percent | None = None
    primary: Annotated[Metric | None, one_of(METRICS)] = None
    seed: CountOrZero | None = None
    http: Annotated[Literal["1.1", "2"] | None, one_of(("1.1", "2"))] = None
    verify: bool = True
    ca: CertificateFile | None = None
    tls: bool = False
    proxy: ProxyUrl | None = None
    follow_redirects: bool = False
    floor: bool = True
    name: Text | None = None
    tag: Annotated[Words, AfterValidator(given_tags)] = ()

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise configuration_error(error, tuple(type(self).model_fields)) from None

    @field_validator("*", mode="before")
    @classmethod
    def _check_text(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse bytes of the command line that are no UTF-8; Python reads them as lone surrogates."""
        if any(_LONE_SURROGATE.search(text) for text in _texts(value)):
            shown = "" if info.field_name in SECRET_FIELDS else f", got {value!r}"
            raise ValueError(f"{info.field_name} is not UTF-8 text{shown}; write it in UTF-8")
        return value

    @field_validator("target")
    @classmethod
    def _check_target(cls, value: str | None) -> str | None:
        if value in (None, BUNDLED):
            return None
        Image.parse(value)
        return value

    @field_validator("target_port")
    @classmethod
    def _check_target_port(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("target") is None:
            raise ValueError(f"target_port {value} is that of a container; name its image with target, or leave it out")
        return value

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: SecretUrl | None, info: ValidationInfo) -> SecretUrl | None:
        if value is not None and not value.is_path and (target := info.data.get("target")):
            raise ValueError(
                f"url {value} is another server than target {target}; give a path, or leave out one of both"
            )
        return value

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, value: Any, info: ValidationInfo) -> Any:
        url = info.data.get("url")
        if url and url.credentials and any(name.lower() == "authorization" for name, _ in value):
            raise ValueError(
                "url has a user, who becomes the header Authorization, and headers have another one; give one of both"
            )
        return value

    @field_validator(*_BODIES)
    @classmethod
    def _check_body(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            return value
        if (method := info.data.get("method")) in BODILESS:
            name = option_named(info.field_name)
            raise ValueError(f"{name} is not sent with {method}; leave it out or choose another method")
        if others := [other for other in _BODIES if info.data.get(other) is not None]:
            names = f"{option_named(others[0])} and {option_named(info.field_name)}"
            raise ValueError(f"{names} contradict each other; give one of them")
        return value

    @field_validator("events")
    @classmethod
    def _check_events(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("method") == "HEAD":
            raise ValueError("events come in a body, which HEAD has not; leave out events or choose another method")
        named = [Contender.parse(text).library for text in info.data.get("contenders", ())]
        if value and (faults := list(filter(None, map(events_fault, dict.fromkeys(named))))):
            raise ConfigurationError(faults)
        return value

    @field_validator("workload")
    @classmethod
    def _check_workload(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None:
            given = [
                name
                for name in ("method", *_BODIES, "stream", "events")
                if info.data.get(name) not in (None, "GET", False)
            ]
            if given:
                raise ValueError(
                    f"workload and {option_named(given[0])} contradict each other: the file says what is sent; "
                    "leave one of both out"
                )
        return value

    @field_validator("workload_hosts")
    @classmethod
    def _check_workload_hosts(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and info.data.get("workload") is None:
            raise ValueError(f"workload_hosts {', '.join(value)} says nothing without a workload; leave it out")
        return value

    @field_validator("concurrency", mode="before")
    @classmethod
    def _check_single(cls, value: Any) -> Any:
        if isinstance(value, str) and "," in value:
            raise ValueError(
                f"several concurrencies are several experiments, got {value!r}; give one, or use ScalingExperiment"
            )
        return value

    @field_validator("concurrency", mode="before")
    @classmethod
    def _default_concurrency(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            return OPEN_CONCURRENCY if info.data.get("rate") else CLOSED_CONCURRENCY
        return value

    @field_validator("arrivals")
    @classmethod
    def _check_arrivals(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("rate") is None:
            if value is not None:
                raise ValueError(f"arrivals {value!r} needs a rate; give one, such as 500/s")
            return None
        return value or "constant"

    @field_validator("processes")
    @classmethod
    def _check_processes(cls, value: int, info: ValidationInfo) -> int:
        concurrency = info.data.get("concurrency", value)
        if value > concurrency:
            raise ValueError(f"processes must be at most the concurrency, {concurrency}, got {value}")
        return value

    @field_validator("think_time")
    @classmethod
    def _check_think_time(cls, value: float, info: ValidationInfo) -> float:
        if value and info.data.get("rate"):
            raise ValueError(f"think_time {value} says nothing in the open model; leave out either it or the rate")
        return value

    @field_validator("until")
    @classmethod
    def _check_until(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("quick"):
            raise ValueError(f"until and quick contradict each other, got {value} %; give one of them")
        return value

    @field_validator("requests")
    @classmethod
    def _check_end(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("duration") is not None:
            raise ValueError(
                f"duration and requests contradict each other, got {info.data['duration']} s and {value}; "
                "give one of them"
            )
        return value

    @field_validator("http")
    @classmethod
    def _check_http(cls, value: str | None, info: ValidationInfo) -> str | None:
        contenders = info.data.get("contenders", ())
        if value == "1.1" and (others := [text for text in contenders if Contender.parse(text).http2]):
            raise ValueError(f"http 1.1 and {others[0]} contradict each other; leave out one of both")
        if value == "2" and (faults := _protocol_faults(contenders, http2=True)):
            raise ConfigurationError(faults)
        return value

    @field_validator("ca")
    @classmethod
    def _check_ca(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None and info.data.get("verify") is False:
            raise ValueError(f"ca {str(value)!r} is not used without verify; leave one of both out")
        return value

    @field_validator("tls")
    @classmethod
    def _check_tls(cls, value: bool, info: ValidationInfo) -> bool:
        if value and (target := info.data.get("target")):
            raise ValueError(
                f"tls is the bundled origin's, and target {target} is another server; leave out one of both"
            )
        url, ca, verify = info.data.get("url"), info.data.get("ca"), info.data.get("verify") is not False
        if not value:
            return value
        if url is not None and not url.is_path:
            shown = str(url)
            raise ValueError(f"tls is the bundled origin's, and url {shown!r} is another server; leave out one of both")
        if ca is not None:
            raise ValueError(f"ca {str(ca)!r} is not used with tls, whose authority is made for the run; leave it out")
        if faults := _protocol_faults(info.data.get("contenders", ()), tls=True, verify=verify):
            raise ConfigurationError(faults)
        return value

    @field_validator("proxy")
    @classmethod
    def _check_proxy(cls, value: Any, info: ValidationInfo) -> Any:
        contenders, http2 = info.data.get("contenders", ()), info.data.get("http") == "2"
        if value is not None and (faults := _protocol_faults(contenders, http2=http2, proxy=True)):
            raise ConfigurationError(faults)
        return value

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ExperimentConfiguration":
        return cls(**values)

    @property
    def image(self) -> Image | None:
        """What a container is to be started of; None for none."""
        return Image.parse(self.target, self.target_port, self.target_wait) if self.target else None

    @property
    def secrets(self) -> dict[str, SecretText | SecretUrl]:
        """What may hold secrets, by what messages call it."""
        named = {f"header {name}": text for name, text in self.headers}
        others = {"url": self.url, "body": self.body, "proxy": self.proxy}
        return {**named, **{name: text for name, text in others.items() if text is not None}}

    @property
    def references(self) -> tuple[Reference, ...]:
        """Where secrets are to be found that are needed for sending."""
        return tuple(dict.fromkeys(one for text in self.secrets.values() for one in text.references))

    def resolved_contenders(self, installed: Sequence[str]) -> list[Contender]:
        """Every arm of the experiment, with its mode; repeats are numbered.

        Args:
            installed: The clients to measure where no contender was named, in order.
        """
        named = [Contender.parse(text) for text in self.contenders] or [Contender(library) for library in installed]
        if self.http == "2":
            named = [replace(contender, http2=True) for contender in named]
        return number_repeats([arm for contender in named for arm in _arms(contender)])


def _texts(value: object) -> Iterator[str]:
    """All texts inside a value, as sources give it."""
    if isinstance(value, str | Path):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from _texts([*value.items()])
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _arms(contender: Contender) -> list[Contender]:
    modes = (contender.mode,) if contender.mode else known_clients()[contender.library].modes
    return [replace(contender, mode=mode) for mode in modes]
