"""What routes share: the settings, the database, the queue."""

import threading
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
        self._so_far: tuple[ExperimentResult, int, ExperimentResult] | None = None
        self._concluding = threading.Lock()

    def close(self) -> None:
        """Let go of the database."""
        self.storage.close()
        self.queue.close()

    def concluded(self, experiment: ExperimentResult) -> ExperimentResult:
        """What the blocks of an experiment say that has no end; once for each block, however many ask."""
        with self._concluding:
            count = self.storage.count_blocks(experiment.id)
            if self._so_far is None or self._so_far[:2] != (experiment, count):
                self._so_far = (experiment, count, conclude(experiment, self.storage.get_blocks(experiment.id)))
            return self._so_far[2]


def _shared(request: Request) -> Shared:
    shared: Shared = request.app.state.shared
    return shared


Common = Annotated[Shared, Depends(_shared)]


def stored(shared: Shared, experiment_id: str) -> ExperimentResult:
    """A stored experiment by its whole ID; of one that runs, or was killed, what its blocks say so far.

    Raises:
        ProblemError: There is none.
    """
    require_stored(shared.storage, experiment_id)
    experiment = shared.storage.get_experiment(experiment_id)
    if experiment is None:  # was deleted in this moment
        raise missing(experiment_id)
    return shared.concluded(experiment) if experiment.status == "running" else experiment


def require_stored(storage: ResultStorage, experiment_id: str) -> None:
    """See to it that there is an experiment with this whole ID.

    Raises:
        ProblemError: There is none.
    """
    if not storage.has_experiment(experiment_id):
        raise missing(experiment_id)


def missing(experiment_id: str) -> ProblemError:
    """There is no experiment with this whole ID."""
    return ProblemError(404, f"there is no experiment {experiment_id}")
