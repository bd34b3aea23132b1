"""Metrics on axes: their names with units, and what figures are multiplied by."""

from typing import NamedTuple

from http_benchmark.models.experiment import Metric


class Measure(NamedTuple):
    """What an axis shows.

    Attributes:
        title: With the unit.
        scale: What figures are multiplied by to be in that unit.
    """

    title: str
    scale: float


AXES: dict[Metric, Measure] = {
    "throughput_rps": Measure("requests per second", 1),
    "cpu_s_per_1k": Measure("CPU time per request, µs", 1e3),
    "mean": Measure("mean response time, ms", 1e3),
    "pooled_mean": Measure("mean response time over whole trials, ms", 1e3),
    "p50": Measure("p50 of the response time, ms", 1e3),
    "p99": Measure("p99 of the response time, ms", 1e3),
    "p999": Measure("p99.9 of the response time, ms", 1e3),
}
