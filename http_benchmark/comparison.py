"""Set two stored experiments side by side, or refuse to: what differs around them stands in `stats.comparability`."""

from collections.abc import Mapping, Sequence

from http_benchmark.errors import ComparisonError
from http_benchmark.models.comparison import ComparedExperiment, ComparedFigure, Comparison, Difference
from http_benchmark.models.experiment import METRICS, ClientResult, Estimate, ExperimentResult, Metric
from http_benchmark.models.measurement import BlockRecord, Distribution
from http_benchmark.stats.comparability import differences
from http_benchmark.stats.pairs import block_values
from http_benchmark.stats.totals import over_blocks

NOTE = (
    "No verdict: runs of different times are not paired, so what changed on the machine between them cannot be told "
    "from what changed in a client. For a verdict measure both as contenders of one experiment."
)

type Figures = Mapping[Metric, Estimate]


def compare(
    a: ExperimentResult,
    b: ExperimentResult,
    *,
    force: bool = False,
    blocks: tuple[Sequence[BlockRecord], Sequence[BlockRecord]] = ((), ()),
) -> Comparison:
    """Set two experiments side by side.

    Args:
        a: The earlier one, or the one to compare with.
        b: The other one; ratios are `b` ÷ `a`.
        force: Compare even where differences matter; they are listed in the result all the same.
        blocks: The records of both, from which every metric gets its interval. Without them only throughput and CPU
            time have one, since a result keeps no other.

    Raises:
        ComparisonError: The two differ in what matters, or have no contender in common.
    """
    found = differences(a, b)
    if not force:
        _refuse_what_matters(found)
    partners = _partners(a.clients, b.clients)
    if not partners:
        raise ComparisonError(
            f"experiments {a.id} and {b.id} have no contender with figures in common; compare two that share one"
        )
    figures_a, figures_b = _figures(a, blocks[0]), _figures(b, blocks[1])
    return Comparison(
        a=_in_short(a),
        b=_in_short(b),
        differences=tuple(found),
        figures=tuple(
            figure
            for in_a, in_b in partners.items()
            for figure in _side_by_side(in_a, figures_a.get(in_a, {}), figures_b.get(in_b, {}))
        ),
        only_a=tuple(client.contender for client in a.clients if client.contender not in partners),
        only_b=tuple(client.contender for client in b.clients if client.contender not in partners.values()),
        note=NOTE,
    )


def _refuse_what_matters(found: Sequence[Difference]) -> None:
    faults = [f"{difference}; measure both alike" for difference in found if difference.severity == "matters"]
    if faults:
        raise ComparisonError([*faults[:-1], f"{faults[-1]}, or force it (--force)"])


def _partners(a: Sequence[ClientResult], b: Sequence[ClientResult]) -> dict[str, str]:
    """Contender of the first → contender of the second experiment; by name, else by what it is but for the version."""
    here, there = [[client for client in clients if client.requests] for clients in (a, b)]
    names = {client.contender for client in there}
    by_kind: dict[tuple[str, ...], list[str]] = {}
    for client in there:
        by_kind.setdefault(_kind(client), []).append(client.contender)
    partners = {}
    for client in here:
        candidates = by_kind.get(_kind(client), [])
        alone = len(candidates) == 1 and [_kind(other) for other in here].count(_kind(client)) == 1
        if client.contender in names:
            partners[client.contender] = client.contender
        elif alone:
            partners[client.contender] = candidates[0]
    return partners


def _kind(client: ClientResult) -> tuple[str, ...]:
    return client.library, client.mode, client.http_version


def _in_short(experiment: ExperimentResult) -> ComparedExperiment:
    return ComparedExperiment(
        id=experiment.id,
        name=experiment.name,
        started_at=experiment.started_at,
        blocks=experiment.blocks,
        verdict=experiment.validity.verdict,
    )


def _figures(experiment: ExperimentResult, blocks: Sequence[BlockRecord]) -> dict[str, Figures]:
    """Every contender's figures, with intervals where the blocks are at hand."""
    if not blocks:
        return {client.contender: _of_result(client) for client in experiment.clients}
    found: dict[str, dict[Metric, Estimate]] = {}
    for metric in METRICS:
        values = block_values(blocks, metric)
        for contender in values:
            if estimate := over_blocks(values, contender):
                found.setdefault(contender, {})[metric] = estimate
    return dict(found)


def _of_result(client: ClientResult) -> Figures:
    times = client.response_time_s or Distribution(count=0)
    figures: dict[Metric, Estimate | float | None] = {
        "throughput_rps": client.throughput_rps,
        "cpu_s_per_1k": client.cpu_s_per_1k,
        "pooled_mean": times.mean,
        "p50": times.p50,
        "p99": times.p99,
        "p999": times.p999,
    }
    return {
        metric: figure if isinstance(figure, Estimate) else Estimate(estimate=figure)
        for metric, figure in figures.items()
        if figure is not None
    }


def _side_by_side(contender: str, a: Figures, b: Figures) -> list[ComparedFigure]:
    return [
        ComparedFigure(
            contender=contender,
            metric=metric,
            a=a.get(metric),
            b=b.get(metric),
            ratio=_ratio(a.get(metric), b.get(metric)),
        )
        for metric in METRICS
        if metric in a or metric in b
    ]


def _ratio(a: Estimate | None, b: Estimate | None) -> float | None:
    return b.estimate / a.estimate if a and b and a.estimate else None
