"""One reading of what a process used, as library users read it."""

from datetime import datetime

from pydantic import Field
from pydantic.dataclasses import dataclass

from http_benchmark.models.base import RECORD, Record
from http_benchmark.models.fields import Identifier


@dataclass(config=RECORD)
class ResourceMetrics(Record):
    """What the worker used up to one moment. A figure that could not be read is None.

    Attributes:
        benchmark_id: The id of the result that the reading belongs to.
        timestamp: When it was read.
        cpu_percent: Percent of one core.
        memory_mb: MiB.
        bytes_sent: To the network.
        bytes_received: From the network.
        disk_read_mb: MiB.
        disk_write_mb: MiB.
        id: None for a new random one.
    """

    benchmark_id: str
    timestamp: datetime
    cpu_percent: float | None
    memory_mb: float | None
    bytes_sent: int | None
    bytes_received: int | None
    disk_read_mb: float | None = 0.0
    disk_write_mb: float | None = 0.0
    id: Identifier = Field(default="", validate_default=True)
