"""What people look at of an experiment: the report as one page, and its pictures."""

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from http_benchmark.api.models import Identifier
from http_benchmark.api.problems import ProblemError, responses
from http_benchmark.api.shared import Common, Shared, stored
from http_benchmark.redaction import cleared_document
from http_benchmark.report.chart_names import CHARTS
from http_benchmark.report.html import html_report, policy
from http_benchmark.report.images import svg
from http_benchmark.scaling import stored_scaling

if TYPE_CHECKING:
    from http_benchmark.report.charts import Drawn

router = APIRouter(tags=["experiments"])

ChartName = Annotated[str, Path(pattern=r"^[a-z-]{1,40}$", description=f"One of {', '.join(CHARTS)}.")]
ChartTheme = Annotated[Literal["light", "dark", "print"], Query(description="For pages, or for paper.")]


@router.get(
    "/experiments/{experiment_id}/report",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **responses(404)},
)
def show_report(experiment_id: Identifier, shared: Common) -> Response:
    """An experiment as one HTML page that needs no other file; its scripts can reach nothing of this server."""
    experiment = stored(shared, experiment_id)
    scaling = stored_scaling(shared.storage, experiment)
    page = html_report(experiment, shared.storage.get_blocks(experiment_id), scaling=scaling)
    headers = {
        "Content-Security-Policy": f"sandbox allow-scripts; {policy()}; frame-ancestors 'none'",
        "Content-Disposition": f'inline; filename="report-{experiment_id[:8]}.html"',
    }
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@router.get(
    "/experiments/{experiment_id}/charts/{chart}.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}, **responses(404)},
)
def show_image(experiment_id: Identifier, chart: ChartName, shared: Common, theme: ChartTheme = "print") -> Response:
    """A picture of an experiment as an image."""
    from http_benchmark.report.charts.drawing import WIDTH
    from http_benchmark.report.charts.themes import sized, themed

    spec = cleared_document(_drawn(shared, experiment_id, chart).spec)
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
    }
    return Response(svg(themed(sized(spec, WIDTH), theme)), media_type="image/svg+xml", headers=headers)


@router.get(
    "/experiments/{experiment_id}/charts/{chart}.json",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}, **responses(404)},
)
def show_specification(
    experiment_id: Identifier, chart: ChartName, shared: Common, theme: ChartTheme = "light"
) -> Response:
    """The same as a specification of Vega-Lite, which holds its figures."""
    from http_benchmark.report.charts import themed

    drawn = _drawn(shared, experiment_id, chart)
    return JSONResponse(cleared_document(themed(drawn.spec, theme)))


def _drawn(shared: Shared, experiment_id: str, name: str) -> "Drawn":
    """The picture.

    Raises:
        ProblemError: There is no such experiment or chart, or it has no figures for it.
    """
    from http_benchmark.report.charts import SCALING, charts_of

    experiment = stored(shared, experiment_id)
    scaling = stored_scaling(shared.storage, experiment) if name == SCALING.name else None
    drawn = charts_of(experiment, shared.storage.get_blocks(experiment_id), names=[name], scaling=scaling)
    if not drawn:
        raise ProblemError(404, f"experiment {experiment_id} has no chart {name}")
    return drawn[0]
