"""Stored experiments, or single contenders of theirs, side by side: what differs around them, and what was found.

Never a verdict, but for arms that were measured in one experiment, whose own verdict is repeated.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.experiment import Estimate, Metric, PairResult


class Difference(Model):
    """A circumstance or setting in which two experiments differ.

    Attributes:
        field: For example "environment.cpu_model", "configuration.concurrency", "libraries.httpx".
        a, b: What it was in each; None where it is not known.
        severity: "matters" where it changes what is measured, "noted" where it does not, or is what is compared.
        experiment: ID of the second one, where several are held against the first.
    """

    field: str
    a: Any = None
    b: Any = None
    severity: Literal["matters", "noted"]
    experiment: str | None = None

    def __str__(self) -> str:
        return f"{self.field} differs: {_shown(self.a)} and {_shown(self.b)}"


class ComparedArm(Model):
    """One of those compared.

    Attributes:
        experiment: ID of the experiment.
        contender: The one that was chosen of it; None for all that it shares with the others.
        name, started_at, blocks: Of the experiment.
        verdict: That of its own run.
        unmatched: Contenders of it that have no partner among the others.
        misleading: Why its figures are not to be held against the first arm's, in words; empty where they may be.
    """

    experiment: str
    contender: str | None = None
    name: str
    started_at: datetime
    blocks: int
    verdict: Literal["valid", "suspect", "invalid"]
    unmatched: tuple[str, ...] = ()
    misleading: tuple[str, ...] = ()


class ComparedFigure(Model):
    """One metric of one contender in all arms.

    Attributes:
        contender: As named in the first arm that has it.
        metric: The metric.
        estimates: By arm: over its blocks, with a 95 % interval where one is known; None where it has no figure.
        ratios: By arm: its estimate ÷ the first arm's; of throughput, more is better, of all others, less.
    """

    contender: str
    metric: Metric
    estimates: tuple[Estimate | None, ...]
    ratios: tuple[float | None, ...]


class Comparison(Model):
    """Several arms side by side.

    Attributes:
        arms: At least two; the others are held against the first.
        differences: In what their circumstances differ from the first one's, what matters first.
        figures: Contender by contender, metric by metric, for the contenders that at least two arms have.
        pairs: The verdicts of arms that were measured in one experiment, as it found them; empty for other arms.
        note: What can be said of them, and how to get a verdict.
    """

    schema_: Annotated[Literal["http-benchmark/comparison/1"], Field(alias="schema")] = "http-benchmark/comparison/1"
    arms: tuple[ComparedArm, ...]
    differences: tuple[Difference, ...] = ()
    figures: tuple[ComparedFigure, ...] = ()
    pairs: tuple[PairResult, ...] = ()
    note: str

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)


def _shown(value: Any) -> str:
    if value is None:
        return "not known"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
