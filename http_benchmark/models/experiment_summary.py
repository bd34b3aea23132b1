"""One line of the list of stored experiments."""

from datetime import datetime

from http_benchmark.models.base import Model


class ExperimentSummary(Model):
    """An experiment in short.

    Attributes:
        id: The whole id; a unique prefix of it is enough to find the experiment.
        name: As configured.
        started_at: UTC.
        status: "running", "finished", "interrupted" or "failed"; a killed run stays "running".
        blocks: Blocks stored so far.
        contenders: As named in tables.
        tags: As configured, or changed since.
        host: The machine's name; None where it was not noted.
        workload: Its file's name, or the one request, as in "GET /bytes/1024".
        verdict: None while it runs.
    """

    id: str
    name: str
    started_at: datetime
    status: str
    blocks: int
    contenders: tuple[str, ...]
    tags: tuple[str, ...]
    host: str | None = None
    workload: str | None = None
    verdict: str | None = None
