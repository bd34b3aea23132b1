"""Jobs: runs on the machine of the server, ordered, watched, cancelled."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from http_benchmark.api.models import Identifier, JobOrder, JobPage, JobQuery
from http_benchmark.api.problems import ProblemError, responses
from http_benchmark.api.shared import Common, Shared
from http_benchmark.api.targets import require_allowed
from http_benchmark.models.job import ENDED, Job

router = APIRouter(tags=["jobs"])

_LOOK_EVERY_S = 5.0  # at a job that another server measures
_PING_EVERY_S = 15
_RETRY_MS = 2000
_END_PATIENCE_S = 4.0  # a stream ends by itself with the server; cut off, it would lack its end

_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "event": {"enum": ["status", "plan", "block", "void", "progress"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer"},
    },
    "required": ["data"],
}
"""One event of a stream."""


@router.post("/jobs", status_code=202, responses=responses(409))
def order_job(order: JobOrder, response: Response, shared: Common) -> Job:
    """Queue a run; it is measured when those before it are done."""
    configuration = order.configuration()
    require_allowed(configuration, shared.settings.allowed_targets)
    job_id = str(uuid.uuid4())
    shared.measuring.keep_order(job_id, order.given)
    job = shared.queue.add(job_id, configuration.to_dict())
    if job is None:
        shared.measuring.cancelled(job_id)
        raise ProblemError(409, "too many jobs wait already; cancel some, or wait")
    shared.measuring.look()
    response.headers["Location"] = f"/api/v1/jobs/{job_id}"
    return job


@router.get("/jobs")
def list_jobs(query: Annotated[JobQuery, Query()], shared: Common) -> JobPage:
    """Jobs, the newest first."""
    page = shared.queue.page(query.limit, before=query.before, status=query.status)
    return JobPage(jobs=page.items, next=page.next)


@router.get("/jobs/{job_id}", responses=responses(404))
def show_job(job_id: Identifier, shared: Common) -> Job:
    """One job; its experiment has the same ID."""
    return _found(shared, job_id)


@router.delete("/jobs/{job_id}", responses=responses(404, 409))
def cancel_job(job_id: Identifier, shared: Common) -> Job:
    """Cancel a job that waits or is measured; its finished blocks stay. What is cancelled already is left so."""
    job = shared.queue.end(job_id, "cancelled")
    if job is None:
        raise _missing(job_id)
    if job.status != "cancelled":
        raise ProblemError(409, f"job {job_id} has ended already: {job.status}")
    shared.measuring.cancelled(job_id)
    shared.feed.tell(job_id)
    return job


@router.get(
    "/jobs/{job_id}/events",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Server-sent events: `status`, `plan`, `block` and `void` with a number as their ID, from "
            "the first one after Last-Event-ID; and `progress`, which is not repeated. Ends with the job.",
            "content": {"text/event-stream": {"schema": _EVENT}},
        },
        204: {"description": "The job has ended, and all was told: do not ask again."},
        **responses(404),
    },
)
async def watch_job(
    job_id: Identifier, shared: Common, last_event_id: Annotated[int, Header(ge=0, lt=2**31)] = 0
) -> Response:
    """What happens to a job, as it happens."""
    job = await run_in_threadpool(_found, shared, job_id)
    if job.status in ENDED and not await run_in_threadpool(shared.queue.events, job_id, after=last_event_id):
        return Response(status_code=204)
    if shared.feed.readers >= shared.settings.most_streams:
        raise ProblemError(429, "too many streams of events are open; close some", {"Retry-After": "10"})
    return EventSourceResponse(
        _events(shared, job_id, last_event_id), ping=_PING_EVERY_S, shutdown_grace_period=_END_PATIENCE_S
    )


async def _events(shared: Shared, job_id: str, last: int) -> AsyncIterator[ServerSentEvent]:
    """All events after the last one, the stored ones from the table, until the job or the server ends."""
    said, seen = None, None
    with shared.feed.waiting(job_id) as news:
        while not shared.feed.closed:
            news.clear()
            if seen != shared.feed.changes:
                seen = shared.feed.changes
                job = await run_in_threadpool(shared.queue.get, job_id)
                for event in await run_in_threadpool(shared.queue.events, job_id, after=last):
                    last = event.number
                    yield _event(event.kind, {"at": event.at.isoformat(), **event.data}, last)
                if job is None or job.status in ENDED:
                    return
            if shared.feed.progress and shared.feed.progress[0] == job_id and shared.feed.progress[1] is not said:
                said = shared.feed.progress[1]
                yield _event("progress", said)
            try:
                await asyncio.wait_for(news.wait(), _LOOK_EVERY_S)
            except TimeoutError:
                seen = None


def _event(kind: str, data: Any, number: int | None = None) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(data), event=kind, id=None if number is None else str(number), retry=_RETRY_MS)


def _found(shared: Shared, job_id: str) -> Job:
    job = shared.queue.get(job_id)
    if job is None:
        raise _missing(job_id)
    return job


def _missing(job_id: str) -> ProblemError:
    return ProblemError(404, f"there is no job {job_id}")
