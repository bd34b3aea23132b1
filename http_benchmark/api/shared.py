"""What routes share: the settings, the database, the queue."""

from typing import Annotated

from fastapi import Depends, Request

from http_benchmark.api.jobs import Feed, Measuring
from http_benchmark.api.problems import ProblemError
from http_benchmark.api.settings import ServerSettings
from http_benchmark.database.jobs import JobQueue
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.stats.conclusion import conclude
from http_benchmark.storage import ResultStorage


class Shared:
    """Of one application.

    Args:
        settings: Of the server.
        feed: Wakes up who listens to jobs.
        measuring: Measures them.

    Attributes:
        settings, feed, measuring: As given.
        storage, queue: The database, whose methods any thread may call.
    """

    def __init__(self, settings: ServerSettings, feed: Feed, measuring: Measuring) -> None:
        self.settings = settings
        self.feed = feed
        self.measuring = measuring
        self.storage = ResultStorage(settings.database, pooled=True)
        self.queue = JobQueue(settings.database, pooled=True)

    def close(self) -> None:
        """Let go of the database."""
        self.storage.close()
        self.queue.close()


def _shared(request: Request) -> Shared:
    shared: Shared = request.app.state.shared
    return shared


Common = Annotated[Shared, Depends(_shared)]


def stored(storage: ResultStorage, experiment_id: str) -> ExperimentResult:
    """A stored experiment by its whole ID; of one that runs, or was killed, what its blocks say so far.

    Raises:
        ProblemError: There is none.
    """
    require_stored(storage, experiment_id)
    experiment = storage.get_experiment(experiment_id)
    if experiment is None:  # was deleted in this moment
        raise ProblemError(404, f"there is no experiment {experiment_id}")
    return conclude(experiment, storage.get_blocks(experiment.id)) if experiment.status == "running" else experiment


def require_stored(storage: ResultStorage, experiment_id: str) -> None:
    """See to it that there is an experiment with this whole ID.

    Raises:
        ProblemError: There is none.
    """
    if storage.whole_id(experiment_id) != experiment_id:
        raise ProblemError(404, f"there is no experiment {experiment_id}")
