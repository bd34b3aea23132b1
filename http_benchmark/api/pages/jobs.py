"""The queue: what waits, what is measured, what came of it; and how to cancel."""

from fastapi import APIRouter, Request, Response

from http_benchmark.api.models import Identifier, JobQuery
from http_benchmark.api.pages.rendering import PageRoute, Query, options, page, read, see
from http_benchmark.api.routes.jobs import cancel_job
from http_benchmark.api.shared import Common

router = APIRouter(route_class=PageRoute)

_PAGE = 25
_STATUSES = ("queued", "running", "finished", "failed", "cancelled")


@router.get("/jobs")
def show_jobs(request: Request, query: Query, shared: Common) -> Response:
    """Jobs, newest first."""
    wanted = read(JobQuery, query)
    found = shared.queue.page(_PAGE, before=wanted.before, status=wanted.status)
    return page(
        request,
        "jobs",
        jobs=found.items,
        statuses=options(_STATUSES, query.get("status")),
        older=query.address("/jobs", before=found.next) if found.next else None,
        newest=query.address("/jobs", before=None) if "before" in query else None,
    )


@router.post("/jobs/{job_id}/cancel")
def cancel(job_id: Identifier, shared: Common) -> Response:
    """Cancel a job; what it measured so far stays."""
    cancel_job(job_id, shared)
    return see("/jobs")
