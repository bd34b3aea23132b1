"""An experiment that was measured again, beside the one that it repeats."""

from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.comparison import Comparison
from http_benchmark.models.experiment import Metric

Agreement = Literal["yes", "no", "cannot-tell"]


class Effect(Model):
    """How much more of a cost one contender has than another, with its 95 % interval."""

    effect_percent: float
    low_percent: float | None = None
    high_percent: float | None = None


class ReproducedPair(Model):
    """One effect, then and now. It is paired within each run, so effects of different days may be compared.

    Attributes:
        a, b: The contenders, as named then.
        metric: The cost.
        before, after: How much more of it `b` has than `a`.
        agrees: "no" where the intervals have nothing in common; "cannot-tell" where one of them is missing.
    """

    a: str
    b: str
    metric: Metric
    before: Effect
    after: Effect
    agrees: Agreement


class Reproduction(Model):
    """What came of measuring again.

    Attributes:
        original, reproduced: IDs of both.
        pairs: Every effect that both found, by metric.
        agrees: "no" if a pair of the primary metric does not agree, "yes" if all agree.
        comparison: The absolute figures of both, without a verdict.
    """

    schema_: Annotated[Literal["http-benchmark/reproduction/1"], Field(alias="schema")] = (
        "http-benchmark/reproduction/1"
    )
    original: str
    reproduced: str
    primary_metric: Metric
    pairs: tuple[ReproducedPair, ...]
    agrees: Agreement
    comparison: Comparison

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
