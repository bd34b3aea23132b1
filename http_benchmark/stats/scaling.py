"""From experiments at several concurrencies to curves per contender, and to how much of the best rate is kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from http_benchmark.models.experiment import ClientResult, Estimate, ExperimentResult, Metric, Reason, Validity
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.scaling import ScalingCurve, ScalingPoint
from http_benchmark.stats.intervals import estimate_over_blocks
from http_benchmark.stats.pairs import block_values
from http_benchmark.stats.totals import over_blocks


def scaling_curves(
    results: Mapping[int, ExperimentResult], blocks: Mapping[int, Sequence[BlockRecord]]
) -> tuple[ScalingCurve, ...]:
    """Put the levels together, contender by contender; the highest comparable throughput first.

    Args:
        results: Concurrency → what its experiment says.
        blocks: Concurrency → the experiment's finished blocks, in order; those with the same index were measured next
            to each other.
    """
    names = dict.fromkeys(client.contender for result in results.values() for client in result.clients)
    curves = [_curve(name, results, blocks) for name in names]
    return tuple(sorted(curves, key=lambda curve: -_best_rps(curve)))


def retention(throughputs: Mapping[int, Mapping[int, float]], *, top: int, best: int) -> Estimate | None:
    """Throughput at one concurrency as a part of that at another, from the ratio in each block that has both.

    Args:
        throughputs: Concurrency → index of the block → requests per second.
        top: The concurrency that is asked about.
        best: The one that it is compared with.
    """
    return ratio_in_each_block(throughputs.get(top, {}), throughputs.get(best, {}))


def at_concurrencies(levels: Iterable[int]) -> str:
    """Where something holds, in words."""
    return f"at concurrency {', '.join(map(str, levels))}"


def gravest[Key](validities: Mapping[Key, Validity], where: Callable[[Iterable[Key]], str]) -> Validity:
    """The verdict over several experiments: each reason once for the same contenders, with where it holds.

    Args:
        validities: What tells an experiment apart → its verdict.
        where: Puts into words of which experiments something holds.
    """
    by_reason: dict[tuple[str, frozenset[str]], list[tuple[Key, Reason]]] = {}
    for key, validity in validities.items():
        for reason in validity.reasons:
            by_reason.setdefault((reason.code, frozenset(reason.contenders)), []).append((key, reason))
    reasons = [_for_all(found, where) for found in by_reason.values()]
    verdicts = {validity.verdict for validity in validities.values()}
    verdict = "invalid" if "invalid" in verdicts else "suspect" if "suspect" in verdicts else "valid"
    return Validity(verdict=verdict, reasons=tuple(reasons))


def _for_all[Key](found: Sequence[tuple[Key, Reason]], where: Callable[[Iterable[Key]], str]) -> Reason:
    """One of several reasons with the same code and contenders, and where there are such."""
    place = where(dict.fromkeys(key for key, _ in found))
    first = next((reason for _, reason in found if reason.severity == "invalid"), found[0][1])
    return first.model_copy(update={"message": f"{place}: {first.message}"})


def _curve(
    name: str, results: Mapping[int, ExperimentResult], blocks: Mapping[int, Sequence[BlockRecord]]
) -> ScalingCurve:
    clients = {
        concurrency: client
        for concurrency, result in results.items()
        for client in result.clients
        if client.contender == name
    }
    points = tuple(
        ScalingPoint(concurrency=concurrency, **point_of(clients[concurrency], blocks[concurrency]))
        for concurrency in sorted(clients)
    )
    rates = {
        point.concurrency: point.throughput_rps.estimate
        for point in points
        if point.is_comparable and point.throughput_rps
    }
    if not rates:
        return ScalingCurve(contender=name, points=points)
    best = max(rates, key=lambda concurrency: rates[concurrency])
    throughputs = {concurrency: by_block(blocks[concurrency], name) for concurrency in rates}
    return ScalingCurve(
        contender=name,
        points=points,
        best_concurrency=best,
        retention=retention(throughputs, top=max(results), best=best),
    )


def point_of(client: ClientResult, blocks: Sequence[BlockRecord]) -> dict[str, Any]:
    """The fields that a contender's point has, whatever it stands over."""
    return {
        "status": client.status,
        "message": client.message,
        "other_work": client.work.others,
        "work": client.work,
        "throughput_rps": client.throughput_rps,
        "cpu_s_per_1k": client.cpu_s_per_1k,
        "p99_s": p99_everywhere(client.contender, blocks),
    }


def p99_everywhere(contender: str, blocks: Sequence[BlockRecord]) -> Estimate | None:
    """p99 of a contender's trials, where each has one: over a part of the blocks it would be lower."""
    p99 = block_values(blocks, "p99")
    everywhere = len(p99.get(contender, {})) == len(by_block(blocks, contender))
    return over_blocks(p99, contender) if everywhere else None


def ratio_in_each_block(figures: Mapping[int, float], beside: Mapping[int, float]) -> Estimate | None:
    """One figure as a part of another, both by index of the block; None without a block that has both."""
    ratios = [figures[index] / beside[index] for index in sorted(figures.keys() & beside.keys())]
    return estimate_over_blocks(ratios) if ratios else None


def by_block(blocks: Sequence[BlockRecord], name: str, metric: Metric = "throughput_rps") -> dict[int, float]:
    """A contender's figure in each block: the median over its rounds."""
    values = block_values(blocks, metric).get(name, {})
    return {index: float(np.median(list(rounds.values()))) for index, rounds in values.items()}


def _best_rps(curve: ScalingCurve) -> float:
    comparable = [point.throughput_rps for point in curve.points if point.is_comparable and point.throughput_rps]
    return max((throughput.estimate for throughput in comparable), default=0.0)
