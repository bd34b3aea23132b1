"""A run that was ordered over REST: waits in a queue, is measured, and has events on its way."""

from datetime import datetime
from typing import Any, Literal

from http_benchmark.models.base import Model

JobStatus = Literal["queued", "running", "finished", "failed", "cancelled"]
ENDED: frozenset[JobStatus] = frozenset({"finished", "failed", "cancelled"})

EventKind = Literal["status", "plan", "block", "void"]


class Job(Model):
    """A job.

    Attributes:
        id: Also the ID of its experiment.
        status: "queued", "running", "finished", "failed" or "cancelled"; queued again when its server ended meanwhile.
        has_experiment: Whether its experiment is stored, with the blocks that are finished.
        created_at, started_at, finished_at: UTC; when it was started for the first time, and when it ended.
        configuration: What was ordered, without secrets.
        message: Why it failed; None where it did not.
    """

    id: str
    status: JobStatus
    has_experiment: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    configuration: dict[str, Any]
    message: str | None = None


class JobEvent(Model):
    """Something that happened to a job.

    Attributes:
        number: From 1 on, without gaps.
        at: UTC.
        kind: "status" (it has another one), "plan" (what is about to be measured), "block" (one is stored) or "void"
            (one is repeated).
        data: What else there is to say, by the kind.
    """

    number: int
    at: datetime
    kind: EventKind
    data: dict[str, Any]
