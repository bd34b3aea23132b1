"""One figure of one contender over many stored experiments, and where it shifted. Never a verdict."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model
from http_benchmark.models.comparison import Difference
from http_benchmark.models.experiment import Estimate, Metric


class HistoryPoint(Model):
    """The figure in one experiment.

    Attributes:
        experiment: Its ID.
        started_at: When it started.
        version: Of the contender's library.
        figure: The estimate over its blocks, with a 95 % interval where one is known.
        verdict: "valid" or "suspect".
        changed: What was another version than at the point before: the library, the interpreter, the kernel, ….
    """

    experiment: str
    started_at: datetime
    version: str | None
    figure: Estimate
    verdict: Literal["valid", "suspect"]
    changed: tuple[Difference, ...] = ()


class HistoryShift(Model):
    """A lasting change of the figure between two neighbouring points.

    Attributes:
        after: ID of the first experiment after it.
        started_at: When that started.
        before_median, after_median: Of the points up to the neighbouring shifts.
        effect_percent: Of the later against the earlier median.
        p_value: Of Mann and Whitney's test, two-sided.
        changed: What was changed at that moment; a candidate for the cause, and no more.
    """

    after: str
    started_at: datetime
    before_median: float
    after_median: float
    effect_percent: float
    p_value: float
    changed: tuple[Difference, ...] = ()


class OtherSeries(Model):
    """Points of the same contender that are left out, since machine or workload differ.

    Attributes:
        like: ID of its newest experiment, by which it can be asked for.
        points: How many it has.
        differences: In what it differs from the series that is shown.
    """

    like: str
    points: int
    differences: tuple[Difference, ...]


class History(Model):
    """A series of comparable points, oldest first.

    Attributes:
        contender: As asked for.
        metric: The figure.
        points: Of experiments with equal machine and workload.
        shifts: Where the figure changed for longer; None where there are too few points to search.
        invalid: How many experiments were left out since their verdict is "invalid", or the contender had errors.
        others: Other series, the one with the newest point first.
    """

    schema_: Annotated[Literal["http-benchmark/history/1"], Field(alias="schema")] = "http-benchmark/history/1"
    contender: str
    metric: Metric
    points: tuple[HistoryPoint, ...]
    shifts: tuple[HistoryShift, ...] | None
    invalid: int = 0
    others: tuple[OtherSeries, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The published JSON, with the key `schema`."""
        return self.model_dump(mode="json", by_alias=True)
