"""What comes of several experiments: any two side by side, and a figure over time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from http_benchmark.api.models import ComparisonQuery, HistoryQuery
from http_benchmark.api.pages.rendering import Fields, PageRoute, Query, faults_in, options, page, read, see
from http_benchmark.api.problems import ProblemError
from http_benchmark.api.routes.comparisons import compare_experiments, show_history
from http_benchmark.api.shared import Common, Shared, stored
from http_benchmark.comparison import parse_arm
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.comparison import Comparison
from http_benchmark.models.experiment import METRICS, Estimate, Metric
from http_benchmark.models.history import History
from http_benchmark.report import parts
from http_benchmark.report.comparison import METRICS as SHOWN
from http_benchmark.report.html import pictured

if TYPE_CHECKING:
    from http_benchmark.report.charts import Drawn

router = APIRouter(route_class=PageRoute)

_OFFERED = 50  # experiments that a form proposes

_WORDS = {metric: SHOWN[metric].name for metric in METRICS}


@router.get("/compare")
def show_comparison(request: Request, query: Query, shared: Common) -> Response:
    """Two experiments, or contenders of theirs, side by side; a form as long as they are not chosen."""
    from http_benchmark.report.charts import comparison_chart

    arms = query.all("arm")
    metric = _metric(query)
    if query.get("order") == "time" and len(arms) > 1:
        return see(query.address("/compare", order=None, arm=_oldest_first(arms, shared)))
    comparison, faults = None, []
    if len(arms) > 1:
        try:
            wanted = read(ComparisonQuery, query.changed(metric=None), ("arm",))
            comparison = compare_experiments(wanted, shared)
        except (ConfigurationError, ProblemError) as error:
            faults = _words_of(error)
    return page(
        request,
        "compare",
        422 if faults else 200,
        faults=faults,
        arms=arms if len(arms) > 1 else ["", *arms, ""][:2],  # the baseline is still to be chosen
        forced="force" in query,
        metrics=options(METRICS, metric, _WORDS),
        offered=shared.storage.page_of_experiments(_OFFERED).items,
        comparison=comparison,
        rows=_rows(comparison) if comparison else (),
        pictures=_pictures(comparison_chart(comparison, metric) if comparison else None),
    )


@router.get("/history")
def show_series(request: Request, query: Query, shared: Common) -> Response:
    """A contender's figure over time; a form as long as none is chosen."""
    from http_benchmark.report.charts import history_chart

    history, faults = None, []
    metric = _metric(query)
    if "contender" in query:
        try:
            history = show_history(read(HistoryQuery, query, ("client", "tag")), shared)
        except (ConfigurationError, ProblemError) as error:
            faults = _words_of(error)
    return page(
        request,
        "history",
        422 if faults else 200,
        faults=faults,
        contender=query.get("contender"),
        metrics=options([one for one in METRICS if one != "mean"], metric, _WORDS),
        offered=_contenders(shared),
        history=history,
        points=_points(history) if history else (),
        shifts=_shifts(history) if history else (),
        others=[
            (
                query.address("/history", like=other.like),
                other.points,
                ", ".join(one.field for one in other.differences),
            )
            for other in (history.others if history else ())
        ],
        pictures=_pictures(history_chart(history) if history else None),
    )


def _oldest_first(arms: Sequence[str], shared: Shared) -> list[str]:
    """The arms in the order in which their experiments were started, so that the first one is the baseline.

    Raises:
        ProblemError: One of them is not stored.
    """
    return sorted(arms, key=lambda arm: stored(shared, parse_arm(arm)[0]).started_at)


def _metric(query: Fields) -> Metric:
    return next((metric for metric in METRICS if metric == query.get("metric")), "throughput_rps")


def _words_of(error: ConfigurationError | ProblemError) -> list[str]:
    return faults_in(error) if isinstance(error, ConfigurationError) else [str(error.detail)]


def _pictures(drawn: "Drawn | None") -> Sequence[dict[str, Any]]:
    return [{**pictured(drawn), "image": None}] if drawn else []


def _contenders(shared: Shared) -> list[str]:
    """Those of the newest experiments."""
    newest = shared.storage.page_of_experiments(_OFFERED).items
    return sorted({contender for experiment in newest for contender in experiment.contenders})


def _rows(comparison: Comparison) -> list[dict[str, Any]]:
    """A line for each contender and metric: figures with intervals by arm, and what they are of the first."""
    places = list(dict.fromkeys(figure.contender for figure in comparison.figures))
    return [
        {
            "place": places.index(figure.contender),
            "contender": figure.contender,
            "metric": SHOWN[figure.metric].name,
            "cells": [_cell(estimate, figure.metric) for estimate in figure.estimates],
            "ratios": [parts.NO_FIGURE if ratio is None else f"{ratio:.3f}" for ratio in figure.ratios[1:]],
        }
        for figure in comparison.figures
        if figure.metric != "pooled_mean"
    ]


def _cell(estimate: Estimate | None, metric: Metric) -> tuple[str, str]:
    """The figure, and its interval."""
    scale = SHOWN[metric].scale
    interval = parts.interval(estimate, lambda value: parts.figure(value, scale))
    return parts.figure(estimate.estimate if estimate else None, scale), interval or ""


def _points(history: History) -> list[dict[str, Any]]:
    """Newest first."""
    return [
        {
            "point": point,
            "figure": _cell(point.figure, history.metric),
            "changed": "; ".join(f"{one.field.partition('.')[2]} {one.a} → {one.b}" for one in point.changed),
        }
        for point in reversed(history.points)
    ]


def _shifts(history: History) -> list[dict[str, Any]]:
    scale = SHOWN[history.metric].scale
    return [
        {
            "shift": shift,
            "before": parts.figure(shift.before_median, scale),
            "after": parts.figure(shift.after_median, scale),
            "changed": "; ".join(f"{one.field.partition('.')[2]} {one.a} → {one.b}" for one in shift.changed),
        }
        for shift in history.shifts or ()
    ]
