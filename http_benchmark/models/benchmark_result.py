"""The result of one benchmark of one client, as library users read it."""

from datetime import datetime
from typing import Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from http_benchmark.models.base import RECORD, Record
from http_benchmark.models.fields import Identifier


@dataclass(config=RECORD)
class BenchmarkResult(Record):
    """What one run of one client came to. A figure that could not be measured is None, so check before formatting.

    None are: all response times when every request failed, and the bytes of `network_io` against any server but the
    bundled origin. Percentiles are there for any number of requests; of few they say little.

    Attributes:
        name: The configuration's name.
        client_library: Which client.
        client_type: "sync" or "async".
        http_method: As configured.
        url: As configured.
        start_time: UTC, aware of its time zone.
        end_time: UTC, aware of its time zone.
        duration: Seconds from the first request sent until the last one done.
        requests_count: Requests done, failed ones included.
        requests_per_second: Requests done per second.
        avg_response_time: Seconds, like the other response times; over the successful requests.
        min_response_time: The shortest.
        max_response_time: The longest.
        p95_response_time: Nearest rank.
        p99_response_time: Nearest rank.
        cpu_usage_avg: CPU time of the worker in percent of one core.
        memory_usage_avg: Memory of the worker, MiB.
        network_io: {"bytes_sent": …, "bytes_recv": …}.
        error_count: Failed requests, answers with a status of 400 and above included.
        error_rate: Failed requests in percent of all.
        concurrency_level: Requests in flight at a time.
        config_snapshot: The configuration, as plain values.
        id: None for a new random one.
        p50_response_time: Nearest rank.
    """

    name: str
    client_library: str
    client_type: str
    http_method: str
    url: str
    start_time: datetime
    end_time: datetime
    duration: float
    requests_count: int
    requests_per_second: float | None
    avg_response_time: float | None
    min_response_time: float | None
    max_response_time: float | None
    p95_response_time: float | None
    p99_response_time: float | None
    cpu_usage_avg: float | None
    memory_usage_avg: float | None
    network_io: dict[str, int | None]
    error_count: int
    error_rate: float
    concurrency_level: int
    config_snapshot: dict[str, Any]
    id: Identifier = Field(default="", validate_default=True)
    p50_response_time: float | None = None
