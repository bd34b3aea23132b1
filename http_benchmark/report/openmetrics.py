"""The answer of an experiment as OpenMetrics text, which Prometheus and its like read.

A figure that was not measured has no sample. Every sample bears the time at which its experiment ended (or started, if
it did not end), so that it finds its place beside what is measured later.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest

from http_benchmark.models.experiment import ClientResult, Estimate, ExperimentResult
from http_benchmark.models.measurement import Distribution

type Figures = Mapping[str, float | None]
"""What a family says of a contender: value of its own label → figure; of a family without such a label, "" → figure."""

_LABELS = ("experiment", "name", "contender", "library", "version", "mode")
_QUANTILES = {"p50": "0.5", "p90": "0.9", "p95": "0.95", "p99": "0.99", "p999": "0.999"}


class _Family(NamedTuple):
    name: str  # ends in its unit
    meaning: str
    of: Callable[[ClientResult], Figures]
    label: str | None = None


def openmetrics(experiments: Iterable[ExperimentResult]) -> str:
    """One exposition for all of these experiments, told apart by the label `experiment`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector([*experiments]))
    text: bytes = generate_latest(registry)
    return text.decode()


class _Collector:
    def __init__(self, experiments: Iterable[ExperimentResult]) -> None:
        self._families = [_gauge(family, experiments) for family in _FAMILIES]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """What the registry asks for."""
        return [family for family in self._families if family.samples]


def _gauge(family: _Family, experiments: Iterable[ExperimentResult]) -> GaugeMetricFamily:
    own = [family.label] if family.label else []
    gauge = GaugeMetricFamily(f"http_benchmark_{family.name}", family.meaning, labels=[*_LABELS, *own])
    for experiment in experiments:
        ended_s = (experiment.finished_at or experiment.started_at).timestamp()
        for client in experiment.clients:
            labels = [experiment.id, experiment.name, *_identity(client)]
            for value, figure in family.of(client).items():
                if figure is not None:
                    gauge.add_metric([*labels, *([value] if own else [])], figure, timestamp=ended_s)
    return gauge


def _identity(client: ClientResult) -> tuple[str, ...]:
    return client.contender, client.library, client.version or "", client.mode


def _figure(name: str) -> Callable[[ClientResult], Figures]:
    return lambda client: {"": getattr(client, name)}


def _mean_response_time(client: ClientResult) -> Figures:
    return {"": client.response_time_s.mean} if client.response_time_s else {}


def _estimate(name: str) -> Callable[[ClientResult], Figures]:
    def figures(client: ClientResult) -> Figures:
        estimate: Estimate | None = getattr(client, name)
        return {part: getattr(estimate, part) for part in ("estimate", "low", "high")} if estimate else {}

    return figures


def _quantiles(name: str) -> Callable[[ClientResult], Figures]:
    def figures(client: ClientResult) -> Figures:
        times: Distribution | None = getattr(client, name)
        return {quantile: getattr(times, figure) for figure, quantile in _QUANTILES.items()} if times else {}

    return figures


_FAMILIES = (
    _Family("throughput_rps", "Requests per second, with its 95 % interval.", _estimate("throughput_rps"), "bound"),
    _Family(
        "cpu_s_per_1k", "CPU seconds per 1000 requests, with its 95 % interval.", _estimate("cpu_s_per_1k"), "bound"
    ),
    _Family("response_time_seconds", "Response time of a typical trial.", _quantiles("response_time_s"), "quantile"),
    _Family("service_time_seconds", "Service time of a typical trial.", _quantiles("service_time_s"), "quantile"),
    _Family("mean_response_time_seconds", "Mean response time of a typical trial.", _mean_response_time),
    _Family("peak_memory_bytes", "Peak resident memory, median over the trials.", _figure("peak_memory_bytes")),
    _Family("measured_requests", "Measured requests, failed ones included.", _figure("requests")),
    _Family("failed_requests", "Failed requests by kind.", lambda client: client.errors, "kind"),
    _Family("success_ratio", "Share of the requests that succeeded.", _figure("success_ratio")),
    _Family("rank", "Place in the ranking; who cannot be told apart shares one.", _figure("rank")),
)
