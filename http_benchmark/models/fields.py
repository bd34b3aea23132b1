"""The field types that several configurations share, each with the words that a user reads when it is wrong.

A fault names the field, repeats the value and says what to do. What may hold secrets is in `secret_fields`.
"""

import json
import math
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from uuid import uuid4

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from http_benchmark.clients import OWN_CLIENTS, known_clients
from http_benchmark.models.base import did_you_mean
from http_benchmark.units import Rates, parse_duration, parse_percent, parse_rates, parse_size

HTTP_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
METHODS = (*HTTP_METHODS, "STREAM")
BODILESS = frozenset({"HEAD", "STREAM"})
"""Methods that upload nothing. STREAM is a GET whose response is read as a stream."""

MOST_RATE_RPS = 1_000_000
"""More than any client on one machine can send."""

MOST_BODY_BYTES = 1024**3
"""A body stands in the memory of every worker, several times in some."""


_OPTIONS = {"headers": "--header", "body_file": "--body @FILE"}
"""Fields that the command line calls otherwise."""


def option_named(field: str | None) -> str:
    """A field's name, with what users of the command line know it by."""
    return f"{field} ({_OPTIONS[field]})" if field in _OPTIONS else str(field)


def _body(value: object, info: ValidationInfo) -> object:
    """Check a body against the method, which stands before it in the same model as `http_method` or `method`."""
    method = info.data.get("http_method", info.data.get("method"))
    if value and method in BODILESS:
        raise ValueError(f"{info.field_name} is not sent with {method}; leave it out or choose another method")
    if value is not None and not isinstance(value, str | bytes):
        raise ValueError(f"{info.field_name} must be text or bytes, got {type(value).__name__}")
    return value or ""


def _method(value: object, info: ValidationInfo) -> object:
    method = value.upper() if isinstance(value, str) else value
    if method not in METHODS:
        raise ValueError(f"{info.field_name} must be one of {', '.join(METHODS)}, got {value!r}")
    return method


def _above_zero[Number: (int, float)](value: Number, info: ValidationInfo) -> Number:
    if not 0 < value < math.inf:
        raise ValueError(f"{info.field_name} must be above 0 and finite, got {value!r}")
    return value


def _not_negative[Number: (int, float)](value: Number, info: ValidationInfo) -> Number:
    if not 0 <= value < math.inf:
        raise ValueError(f"{info.field_name} must be 0 or above and finite, got {value!r}")
    return value


def at_most(limit: int, shown: str) -> AfterValidator:
    """A validator for an upper limit.

    Args:
        limit: The largest value allowed.
        shown: The limit as people write it.
    """

    def check(value: int, info: ValidationInfo) -> int:
        if value > limit:
            raise ValueError(f"{info.field_name} must be at most {shown}, got {value}")
        return value

    return AfterValidator(check)


def _quantity(parse: Callable[[str], float]) -> BeforeValidator:
    """Read a text with a unit; a minus sign is read too, so that the fault is about the sign."""

    def read(value: object, info: ValidationInfo) -> object:
        if isinstance(value, list | tuple | dict):
            raise ValueError(f"{info.field_name} must be a single value, got several")  # noqa: TRY004 - as pydantic has it
        if not isinstance(value, str):
            return value
        number = value.strip()
        try:
            return -parse(number[1:]) if number.startswith("-") else parse(number)
        except ValueError as error:
            raise ValueError(f"{info.field_name}: {error}") from None

    return BeforeValidator(read)


def _rates(value: object, info: ValidationInfo) -> object:
    """Read a rate over time from text or a single number; what a stored configuration holds is read as it is."""
    if not isinstance(value, str | int | float):
        return value
    try:
        return parse_rates(value)
    except ValueError as error:
        raise ValueError(f"{info.field_name}: {error}") from None


def _possible_rates(value: Rates, info: ValidationInfo) -> Rates:
    for start, end in value:
        for rate in (start, end):
            if not 0 < rate <= MOST_RATE_RPS:
                limit = f"above 0 and at most {MOST_RATE_RPS:,} /s"
                raise ValueError(f"{info.field_name} must be {limit}, got {rate:g}; leave it out for the closed model")
    if not value:
        raise ValueError(f"{info.field_name} must have at least one step; leave it out for the closed model")
    return value


def _readable_file(value: Path, info: ValidationInfo) -> Path:
    try:
        value.open("rb").close()
    except OSError as error:
        name = option_named(info.field_name)
        raise ValueError(
            f"{name} cannot be read ({error.strerror}), got {str(value)!r}; name a readable file"
        ) from None
    return value


def _certificates(value: Path, info: ValidationInfo) -> Path:
    """Check that a file has what a client can be told to trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with suppress(ssl.SSLError):
        context.load_verify_locations(value)
    if not context.cert_store_stats()["x509"]:
        raise ValueError(
            f"{info.field_name} has no certificate that can be read, got {str(value)!r}; "
            "name a PEM file with the certificates of the authorities to trust"
        )
    return value


def _several(value: object, info: ValidationInfo) -> object:
    """Read a list from text, as it stands in an environment variable: JSON, or separated by commas."""
    if not isinstance(value, str):
        return () if value is None else value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(
                f"{info.field_name} is no JSON list ({error}), got {value!r}; words separated by commas will do too"
            ) from None
    return tuple(part.strip() for part in value.split(",") if part.strip())


def one_of(choices: Iterable[str]) -> BeforeValidator:
    """A validator for a closed list of words."""
    words = tuple(choices)

    def check(value: object, info: ValidationInfo) -> object:
        if value is not None and str(value) not in words:
            raise ValueError(f"unknown {info.field_name} {value!r}; {did_you_mean(str(value), words)}")
        return None if value is None else str(value)

    return BeforeValidator(check)


def client_fault(library: str) -> str | None:
    """What is wrong with a client's name, or None."""
    clients = known_clients()
    return None if library in clients else f"unknown client {library!r}; {did_you_mean(library, tuple(clients))}"


def mode_fault(library: str, mode: str, advice: Callable[[str], str]) -> str | None:
    """What is wrong with measuring a known client in a mode, or None.

    Args:
        library: The client's name.
        mode: "sync" or "async".
        advice: How a mode is asked for in this configuration.
    """
    modes = known_clients()[library].modes
    if mode in modes:
        return None
    offered = " or ".join(advice(other) for other in modes)
    return f"{library} has no {mode} mode; use {offered}, or choose another client"


def protocol_fault(library: str, *, http2: bool, tls: bool, verify: bool, proxy: bool) -> str | None:
    """Why a known client cannot speak to the origin in this way, or None.

    Args:
        library: The client's name.
        http2: HTTP/2 instead of HTTP/1.1.
        tls: To the bundled origin over TLS.
        verify: With certificates checked.
        proxy: Through an HTTP proxy.
    """
    client = known_clients()[library]
    if proxy and not client.proxy:
        return f"{library} cannot send through a proxy; leave out proxy, or measure {_those_with('proxy')}"
    if proxy and http2:
        return "HTTP/2 through a proxy is not offered; leave out proxy, or +h2 and http 2"
    if http2 and not client.http2:
        return f"{library} cannot speak HTTP/2; leave out +h2 and http 2, or measure {_those_with('http2')}"
    if tls and verify and not client.custom_ca:
        able = _those_with("custom_ca")
        return f"{library} cannot be told to trust the authority of the run; leave out tls, or measure {able}"
    if tls and not verify and not client.skip_verify:
        return f"{library} cannot leave certificates unchecked; leave out tls, or measure {_those_with('skip_verify')}"
    return None


def events_fault(library: str) -> str | None:
    """Why it cannot be seen when events reach a known client, or None."""
    if known_clients()[library].stream:
        return None
    able = _those_with("stream")
    return f"{library} cannot hand over a stream while it arrives; leave out events, or measure {able}"


def _those_with(ability: str) -> str:
    able = [name for name, client in known_clients().items() if getattr(client, ability) and name not in OWN_CLIENTS]
    return " or ".join(filter(None, (", ".join(able[:-1]), able[-1])))


def _without_nul(value: str, info: ValidationInfo) -> str:
    if "\0" in value:
        raise ValueError(
            f"{info.field_name} has the character NUL, which no database holds, got {value!r}; leave it out"
        )
    return value


Text = Annotated[str, AfterValidator(_without_nul)]
"""What can be stored and asked for."""
Method = Annotated[str, BeforeValidator(_method)]
Count = Annotated[int, AfterValidator(_above_zero)]
CountOrZero = Annotated[int, AfterValidator(_not_negative)]
Seconds = Annotated[int | float, _quantity(parse_duration), AfterValidator(_above_zero)]
SecondsOrZero = Annotated[int | float, _quantity(parse_duration), AfterValidator(_not_negative)]
Percent = Annotated[float, _quantity(parse_percent), AfterValidator(_above_zero)]
RateOverTime = Annotated[Rates, BeforeValidator(_rates), AfterValidator(_possible_rates)]
Size = Annotated[int, _quantity(parse_size), AfterValidator(_not_negative), at_most(MOST_BODY_BYTES, "1GiB")]
ReadableFile = Annotated[Path, AfterValidator(_readable_file)]
CertificateFile = Annotated[ReadableFile, AfterValidator(_certificates)]
Body = Annotated[str | bytes, BeforeValidator(_body)]
Words = Annotated[tuple[Text, ...], BeforeValidator(_several)]
Identifier = Annotated[str, BeforeValidator(lambda value: value or str(uuid4()))]
"""An id; None and empty stand for a new random one, where the default is validated."""
