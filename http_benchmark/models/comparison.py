"""Two stored experiments side by side: what differs around them, and what each of them found. Never a verdict."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.experiment import Estimate, Metric


class Difference(Model):
    """A circumstance or setting in which two experiments differ.

    Attributes:
        field: For example "environment.cpu_model", "configuration.concurrency", "libraries.httpx".
        a, b: What it was in each; None where it is not known.
        severity: "matters" where it changes what is measured, "noted" where it does not, or is what is compared.
    """

    field: str
    a: Any = None
    b: Any = None
    severity: Literal["matters", "noted"]

    def __str__(self) -> str:
        return f"{self.field} differs: {_shown(self.a)} and {_shown(self.b)}"


class ComparedExperiment(Model):
    """One of the two, in short."""

    id: str
    name: str
    started_at: datetime
    blocks: int
    verdict: Literal["valid", "suspect", "invalid"]


class ComparedFigure(Model):
    """One metric of one contender in both experiments.

    Attributes:
        contender: As named in the first experiment.
        metric: The metric.
        a, b: Its estimates over the blocks, with 95 % intervals where they are known; None where it has no figure.
        ratio: The second estimate ÷ the first one; of throughput, more is better, of all others, less.
    """

    contender: str
    metric: Metric
    a: Estimate | None
    b: Estimate | None
    ratio: float | None


class Comparison(Model):
    """Two experiments side by side.

    Attributes:
        a, b: The two experiments.
        differences: In what they differ, what matters first.
        figures: Contender by contender, metric by metric, for the contenders that both have.
        only_a, only_b: Contenders that only one of them has.
        note: Why there is no verdict, and how to get one.
    """

    schema_: Annotated[Literal["http-benchmark/comparison/1"], Field(alias="schema")] = "http-benchmark/comparison/1"
    a: ComparedExperiment
    b: ComparedExperiment
    differences: tuple[Difference, ...] = ()
    figures: tuple[ComparedFigure, ...] = ()
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    note: str

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)


def _shown(value: Any) -> str:
    if value is None:
        return "not known"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
