"""The figures of a contender as its result keeps them, by metric."""

from collections.abc import Mapping

from http_benchmark.models.experiment import ClientResult, Estimate, Metric
from http_benchmark.models.measurement import Distribution

type Figures = Mapping[Metric, Estimate]


def figures_of(client: ClientResult) -> Figures:
    """Throughput and CPU time with their intervals, times without one; what was not measured is left out."""
    times = client.response_time_s or Distribution(count=0)
    figures: dict[Metric, Estimate | float | None] = {
        "throughput_rps": client.throughput_rps,
        "cpu_s_per_1k": client.cpu_s_per_1k,
        "pooled_mean": times.mean,
        "p50": times.p50,
        "p99": times.p99,
        "p999": times.p999,
    }
    return {
        metric: figure if isinstance(figure, Estimate) else Estimate(estimate=figure)
        for metric, figure in figures.items()
        if figure is not None
    }
