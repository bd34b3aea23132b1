"""What comes of several experiments: side by side, and over time."""

from typing import Annotated

from fastapi import APIRouter, Query
from loguru import logger

from http_benchmark.api.models import ComparisonQuery, HistoryQuery
from http_benchmark.api.problems import ProblemError, responses
from http_benchmark.api.shared import Common, Shared, stored
from http_benchmark.comparison import Arm, compare, parse_arm
from http_benchmark.errors import UnreadableError
from http_benchmark.history import history
from http_benchmark.models.comparison import Comparison
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.history import History

router = APIRouter(tags=["comparisons"])


@router.get("/comparisons", responses=responses(404))
def compare_experiments(query: Annotated[ComparisonQuery, Query()], shared: Common) -> Comparison:
    """Experiments side by side, or single contenders of theirs (`ID:CONTENDER`), each against the first."""
    arms = []
    for identifier, contender in map(parse_arm, query.arm):
        experiment = stored(shared, identifier)
        arms.append(Arm(experiment, contender, shared.storage.get_blocks(experiment.id)))
    return compare(*arms, force=query.force)


@router.get("/history", responses=responses(404))
def show_history(query: Annotated[HistoryQuery, Query()], shared: Common) -> History:
    """How one figure of a contender went over time, and where it shifted for longer."""
    filters = query.filters
    filters = filters.model_copy(update={"client": (*filters.client, query.contender)})
    likened = stored(shared, query.like).id if query.like else None
    found = shared.storage.list_experiments(limit=query.limit, filters=filters)
    experiments = [one for summary in found if (one := _readable(shared, summary.id)) is not None]
    return history(experiments, query.contender, query.metric, like=likened)


def _readable(shared: Shared, experiment_id: str) -> ExperimentResult | None:
    """An experiment, or None for one that is damaged, or was deleted in this moment."""
    try:
        return stored(shared, experiment_id)
    except (UnreadableError, ProblemError) as error:
        logger.warning("left out of a history: {}", error)
        return None
