"""The configuration of one benchmark of one client, as library users construct it."""

from pydantic import Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass

from http_benchmark.models.base import RECORD, Record
from http_benchmark.models.fields import (
    Body,
    Count,
    CountOrZero,
    Identifier,
    Method,
    Seconds,
    SecondsOrZero,
    Text,
    client_fault,
    mode_fault,
)
from http_benchmark.models.secret_fields import HeaderMapping, Url
from http_benchmark.secret_url import parse_url


@dataclass(config=RECORD)
class BenchmarkConfiguration(Record):
    """One client, one workload.

    Attributes:
        target_url: Where the requests go.
        http_method: One of the eight; STREAM reads a GET response as a stream.
        headers: Sent with each request; None stands for none.
        body: Uploaded with each request; None stands for none.
        concurrency: Requests in flight at a time.
        duration_seconds: How long to send requests, where `total_requests` does not say how many.
        total_requests: Exactly how many requests to send; wins over `duration_seconds`.
        client_library: Which client, as listed by `http-benchmark clients`.
        is_async: The client's asynchronous mode.
        timeout: Total deadline of a request, seconds.
        verify_ssl: Check certificates.
        retry_attempts: How often a failed request is tried again.
        delay_between_requests: Seconds that each of the `concurrency` users waits after a response.
        name: What to call it; None for a default that mentions the URL.
        id: None for a new random one.

    Raises:
        ConfigurationError: With one line for each fault.
    """

    target_url: Url
    http_method: Method = "GET"
    headers: HeaderMapping = Field(default_factory=dict, repr=False)
    body: Body = Field(default="", repr=False)
    concurrency: Count = 10
    duration_seconds: Seconds | None = 30
    total_requests: Count | None = Field(default=None, validate_default=True)
    client_library: str = "requests"
    is_async: bool = Field(default=False, validate_default=True)
    timeout: Seconds = 30
    verify_ssl: bool = True
    retry_attempts: CountOrZero = 0
    delay_between_requests: SecondsOrZero = 0.0
    name: Text = Field(default="", validate_default=True)
    id: Identifier = Field(default="", validate_default=True)

    @field_validator("total_requests")
    @classmethod
    def _check_end(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is None and info.data.get("duration_seconds", 0) is None:
            raise ValueError("duration_seconds and total_requests are both None; give one of them")
        return value

    @field_validator("client_library")
    @classmethod
    def _check_client(cls, value: str) -> str:
        if fault := client_fault(value):
            raise ValueError(fault)
        return value

    @field_validator("is_async")
    @classmethod
    def _check_mode(cls, value: bool, info: ValidationInfo) -> bool:
        library = info.data.get("client_library")
        if library and (fault := mode_fault(library, "async" if value else "sync", _asked_for)):
            raise ValueError(fault)
        return value

    @field_validator("name", mode="before")
    @classmethod
    def _default_name(cls, value: object, info: ValidationInfo) -> object:
        return value or f"Benchmark of {parse_url(info.data.get('target_url', ''))}"


def _asked_for(mode: str) -> str:
    return f"is_async={mode == 'async'}"
