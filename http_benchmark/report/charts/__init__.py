"""Pictures of experiments as Vega-Lite specifications, for reports, images and the dashboard.

What a picture shows is told here, in the module of its name; how it looks, by a theme (`themes`). Files are made of it
in `report.images`.
"""

from collections.abc import Sequence

from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingResult
from http_benchmark.report.charts import effects, latency, ranking, rates, resources, slices
from http_benchmark.report.charts.drawing import Chart, Drawn, Evidence
from http_benchmark.report.charts.series import SCALING, capacity_chart, comparison_chart, history_chart, scaling_chart
from http_benchmark.report.charts.themes import Theme, themed

__all__ = [
    "CHARTS",
    "SCALING",
    "Chart",
    "Drawn",
    "Evidence",
    "Theme",
    "capacity_chart",
    "charts_of",
    "comparison_chart",
    "history_chart",
    "scaling_chart",
    "themed",
]

CHARTS: tuple[Chart, ...] = (
    ranking.CHART,
    effects.CHART,
    latency.CHART,
    rates.CHART,
    slices.CHART,
    resources.CHART,
    SCALING,
)
"""Those of one experiment, the most important first."""


def charts_of(
    experiment: ExperimentResult,
    blocks: Sequence[BlockRecord],
    *,
    names: Sequence[str] | None = None,
    scaling: ScalingResult | None = None,
) -> list[Drawn]:
    """Draw what the experiment has figures for, the most important first.

    Args:
        experiment: The result.
        blocks: What it was concluded from; without them only what the result itself tells is drawn.
        names: Of the charts that are wanted; None for all.
        scaling: The several concurrencies that the experiment is one of; None for none.
    """
    evidence = Evidence(experiment, blocks, scaling)
    wanted = [chart for chart in CHARTS if names is None or chart.name in names]
    return [drawn for chart in wanted if (drawn := chart.drawn(evidence)) is not None]
