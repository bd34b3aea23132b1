"""The first page: the newest experiments by filters, and what is being measured."""

import re

from fastapi import APIRouter, Request, Response

from http_benchmark.api.models import ExperimentQuery
from http_benchmark.api.pages.rendering import Fields, PageRoute, Query, faults_in, options, page, read
from http_benchmark.api.shared import Common
from http_benchmark.database.jobs import JobQueue
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.job import Job

router = APIRouter(route_class=PageRoute)

_PAGE = 25
_JOBS = 5
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TEXTS = ("client", "version", "name", "tag", "workload", "host")
_STATUSES = ("running", "finished", "interrupted", "failed")
_VERDICTS = ("valid", "suspect", "invalid")


@router.get("/")
def show_overview(request: Request, query: Query, shared: Common) -> Response:
    """Experiments, newest first, and the newest jobs."""
    faults: list[str] = []
    try:
        wanted = read(ExperimentQuery, _with_zones(query), ("client", "tag"))
        filters, before = wanted.filters, wanted.before
        found = shared.storage.page_of_experiments(_PAGE, before=before, filters=filters)
        count = str(shared.storage.count_experiments(filters))
    except ConfigurationError as error:
        faults, found, count = faults_in(error), None, "0"
    filled = {name: query.get(name) for name in (*_TEXTS, "since", "until", "status", "verdict")}
    return page(
        request,
        "overview",
        422 if faults else 200,
        faults=faults,
        filled=filled,
        filtered=any(filled.values()),
        statuses=options(_STATUSES, filled["status"]),
        verdicts=options(_VERDICTS, filled["verdict"]),
        experiments=found.items if found else (),
        count=count,
        older=query.address("/", before=found.next) if found and found.next else None,
        newest=query.address("/", before=None) if "before" in query else None,
        jobs=newest_jobs(shared.queue),
    )


def newest_jobs(queue: JobQueue) -> list[Job]:
    """What is measured and what waits, and then what ended last."""
    newest = queue.page(_JOBS).items
    running = [job for job in queue.page(1, status="running").items if job not in newest]
    return [*running, *newest][:_JOBS]


def _with_zones(query: Fields) -> Fields:
    """The same with days as moments: their beginnings, UTC."""
    return query.changed(
        **{name: f"{day}T00:00:00Z" for name in ("since", "until") if _DATE.fullmatch(day := query.get(name))}
    )
