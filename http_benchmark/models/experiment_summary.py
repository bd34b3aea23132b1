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
        tags: As configured.
    """

    id: str
    name: str
    started_at: datetime
    status: str
    blocks: int
    contenders: tuple[str, ...]
    tags: tuple[str, ...]
