"""Results of single benchmarks, as `BenchmarkRunner` stores them."""

from typing import Annotated

from fastapi import APIRouter, Query

from http_benchmark.api.models import Identifier, ResultPage, ResultQuery
from http_benchmark.api.problems import ProblemError, responses
from http_benchmark.api.shared import Common
from http_benchmark.models.benchmark_result import BenchmarkResult

router = APIRouter(tags=["results"])


@router.get("/results")
def list_results(query: Annotated[ResultQuery, Query()], shared: Common) -> ResultPage:
    """Results of single benchmarks, the last stored first."""
    page = shared.storage.page_of_results(query.limit, before=query.before, name=query.name)
    return ResultPage(results=page.items, next=page.next)


@router.get("/results/{result_id}", responses=responses(404))
def show_result(result_id: Identifier, shared: Common) -> BenchmarkResult:
    """One result."""
    result = shared.storage.get_result_by_id(result_id)
    if result is None:
        raise _missing(result_id)
    return result


@router.delete("/results/{result_id}", status_code=204, responses=responses(404))
def delete_result(result_id: Identifier, shared: Common) -> None:
    """Delete one result."""
    if not shared.storage.delete_result(result_id):
        raise _missing(result_id)


def _missing(result_id: str) -> ProblemError:
    return ProblemError(404, f"there is no result {result_id}")
