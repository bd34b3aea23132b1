"""One experiment: while it is measured, what came of it, its tags, and how it is deleted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from http_benchmark.api.models import Identifier, TagChange
from http_benchmark.api.pages.rendering import Fields, Form, PageRoute, faults_in, page, read, see
from http_benchmark.api.routes.experiments import delete_experiment, set_tags
from http_benchmark.api.shared import Common, Shared, missing, stored
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.job import ENDED
from http_benchmark.report import ranking
from http_benchmark.report.html import described, pictured
from http_benchmark.scaling import stored_scaling
from http_benchmark.stats.figures import figures_of
from http_benchmark.storage import ResultStorage

if TYPE_CHECKING:
    from http_benchmark.report.charts import Drawn

router = APIRouter(route_class=PageRoute)


@router.get("/experiments/{experiment_id}")
def show_experiment(experiment_id: Identifier, request: Request, shared: Common) -> Response:
    """Its answer, ranking, pictures and circumstances; how far it is while its job is measured."""
    return _shown(request, experiment_id, shared)


@router.post("/experiments/{experiment_id}/tags")
def tag(experiment_id: Identifier, request: Request, form: Form, shared: Common) -> Response:
    """Let it have these tags and no others; or the page again, with what was wrong."""
    try:
        change = read(TagChange, form.changed(tags=form.split("tags")), ("tags",))
        set_tags(experiment_id, change, shared)
    except ConfigurationError as error:
        return _shown(request, experiment_id, shared, given=form, faults=faults_in(error))
    return see(f"/experiments/{experiment_id}#keeping")


@router.get("/experiments/{experiment_id}/delete")
def ask_for_deletion(experiment_id: Identifier, request: Request, shared: Common) -> Response:
    """Whether it is really meant."""
    return page(request, "delete", experiment=stored(shared, experiment_id))


@router.post("/experiments/{experiment_id}/delete")
def delete(experiment_id: Identifier, shared: Common) -> Response:
    """Delete it, and show those that are left."""
    delete_experiment(experiment_id, shared)
    return see("/")


def _shown(
    request: Request, experiment_id: str, shared: Shared, *, given: Fields | None = None, faults: Sequence[str] = ()
) -> Response:
    """The page; with the tags that were filled in, where they were wrong."""
    job = shared.queue.get(experiment_id)
    is_live = job is not None and job.status not in ENDED
    if not shared.storage.has_experiment(experiment_id):
        if job is None:
            raise missing(experiment_id)
        return page(request, "experiment", job=job, is_live=is_live, experiment=None)
    experiment = stored(shared, experiment_id)
    told = described(experiment)
    if told["ranking"]:
        told["ranking"]["bars"] = _bars(experiment)
    drawn = [] if is_live else _drawn(experiment, shared.storage)
    pictures = [
        {**pictured(one), "image": f"/api/v1/experiments/{experiment_id}/charts/{one.name}.svg"} for one in drawn
    ]
    tags = shared.storage.get_tags(experiment_id)
    return page(
        request,
        "experiment",
        422 if faults else 200,
        **told,
        job=job,
        is_live=is_live,
        pictures=pictures,
        tags=tags,
        filled=given.get("tags") if given else ", ".join(tags),
        faults=faults,
    )


def _drawn(experiment: ExperimentResult, storage: ResultStorage) -> "list[Drawn]":
    from http_benchmark.report.charts import charts_of

    return charts_of(experiment, storage.get_blocks(experiment.id), scaling=stored_scaling(storage, experiment))


def _bars(experiment: ExperimentResult) -> dict[str, Any]:
    """The ranked figure of each contender, with its interval, in percent of the greatest."""
    metric = experiment.primary_metric
    figures = [figures_of(client).get(metric) for client in ranking.ranked(experiment)]
    ends = [end for one in figures if one for end in (one.estimate, one.high) if end is not None]
    scale = 100 / max(ends, default=1)
    return {
        "title": "requests/s, to scale" if metric == "throughput_rps" else "to scale; less is better",
        "rows": [
            {
                "share": round(one.estimate * scale, 2) if one else 0,
                "low": round(one.low * scale, 2) if one and one.low is not None and one.high is not None else None,
                "high": round(one.high * scale, 2) if one and one.high is not None else None,
            }
            for one in figures
        ],
    }
