"""Stored experiments: listed, shown, tagged, exported, deleted."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from http_benchmark.api.models import (
    ExperimentPage,
    ExperimentQuery,
    ExperimentTags,
    ExportQuery,
    Identifier,
    TagChange,
)
from http_benchmark.api.problems import ProblemError, responses
from http_benchmark.api.shared import Common, missing, require_stored, stored
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.report.exporting import MEDIA_TYPES, content

router = APIRouter(tags=["experiments"])


@router.get("/experiments")
def list_experiments(query: Annotated[ExperimentQuery, Query()], shared: Common) -> ExperimentPage:
    """Experiments in short, the last one started first; of several filters, those that fit all."""
    page = shared.storage.page_of_experiments(query.limit, before=query.before, filters=query.filters)
    return ExperimentPage(experiments=page.items, next=page.next)


@router.get("/experiments/{experiment_id}", responses=responses(404))
def show_experiment(experiment_id: Identifier, shared: Common) -> ExperimentResult:
    """The published document of an experiment; of one that runs, what its blocks say so far."""
    return stored(shared, experiment_id)


@router.delete("/experiments/{experiment_id}", status_code=204, responses=responses(404, 409))
def delete_experiment(experiment_id: Identifier, shared: Common) -> None:
    """Delete an experiment with its blocks."""
    job = shared.queue.get(experiment_id)
    if job and job.status == "running":  # here, or by another server on this database
        raise ProblemError(409, f"experiment {experiment_id} is being measured; cancel its job first")
    require_stored(shared.storage, experiment_id)
    shared.storage.delete_experiment(experiment_id)


@router.get("/experiments/{experiment_id}/tags", responses=responses(404))
def show_tags(experiment_id: Identifier, shared: Common) -> ExperimentTags:
    """The tags of an experiment as they are now."""
    require_stored(shared.storage, experiment_id)
    return ExperimentTags(tags=shared.storage.get_tags(experiment_id))


@router.put("/experiments/{experiment_id}/tags", responses=responses(404))
def set_tags(experiment_id: Identifier, change: TagChange, shared: Common) -> ExperimentTags:
    """Let an experiment have these tags and no others."""
    require_stored(shared.storage, experiment_id)
    others = [tag for tag in shared.storage.get_tags(experiment_id) if tag not in change.tags]
    tags = shared.storage.tag_experiment(experiment_id, add=change.tags, remove=others)
    return ExperimentTags(tags=tags or ())


@router.get(
    "/experiments/{experiment_id}/export",
    response_class=Response,
    responses={
        200: {"content": {kind: {"schema": {"type": "string"}} for kind in dict.fromkeys(MEDIA_TYPES.values())}},
        **responses(404),
    },
)
def export_experiment(experiment_id: Identifier, query: Annotated[ExportQuery, Query()], shared: Common) -> Response:
    """An experiment in the form of another program, as a file."""
    require_stored(shared.storage, experiment_id)
    whole = shared.storage.get_stored(experiment_id)
    if whole is None:  # was deleted in this moment
        raise missing(experiment_id)
    return Response(
        content(query.format, whole, rows=query.rows, metric=query.metric),
        media_type=MEDIA_TYPES[query.format],
        headers={"Content-Disposition": f'attachment; filename="{experiment_id}.{query.format}"'},
    )
