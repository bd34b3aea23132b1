"""The ranking: every contender with its figures, rank and group, and every pair of them on every metric.

What could not be measured is left out, never guessed; who failed too often, was dropped, or did other work than was
ordered is listed without a rank.
"""

from collections.abc import Mapping, Sequence

from http_benchmark.models.experiment import METRICS, ClientResult, Metric, PairResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.models.work import Work
from http_benchmark.stats.groups import letters
from http_benchmark.stats.intervals import hodges_lehmann
from http_benchmark.stats.limits import Limits, with_limits
from http_benchmark.stats.pairs import BlockValues, block_values, compare_pairs, log_ratios
from http_benchmark.stats.totals import client_result, over_blocks, trials_by_contender


def summarise(
    blocks: Sequence[BlockRecord],
    primary_metric: Metric,
    *,
    works: Mapping[str, Work] | None = None,
    failures: Mapping[str, str] | None = None,
) -> tuple[list[ClientResult], list[PairResult]]:
    """Compute the whole answer from the records.

    Args:
        blocks: Finished blocks; a block in which a contender is missing says nothing about its pairs.
        primary_metric: What ranks and groups follow; named before the run.
        works: What each contender was to do and did; who is missing is taken for one that did what it was to do.
        failures: Contenders that were dropped, with the reason. Those that have no trial at all are the caller's to
            add, since nothing is known of them here.

    Returns:
        Contenders, best first, those without a rank last; and the pairs of those that have status "ok" and did the work
        that was ordered, where `a` stands before `b` in that order.
    """
    values = {metric: block_values(blocks, metric) for metric in METRICS}
    clients = [
        client_result(
            trials,
            values["throughput_rps"],
            values["cpu_s_per_1k"],
            work=(works or {}).get(name, Work()),
            failure=(failures or {}).get(name),
        )
        for name, trials in trials_by_contender(blocks).items()
    ]
    fit = [client.contender for client in clients if client.status == "ok" and not client.work.others]
    ranked = best_first(values[primary_metric], fit, metric=primary_metric)
    order = [*ranked, *(name for name in fit if name not in ranked)]
    pairs = [pair for metric in METRICS for pair in compare_pairs(values[metric], order, metric=metric)]
    place = {name: index for index, name in enumerate(order)}
    in_order = sorted(clients, key=lambda client: place.get(client.contender, len(place)))
    return _with_ranks(in_order, ranked, pairs, primary_metric), pairs


def limited(
    clients: Sequence[ClientResult], pairs: Sequence[PairResult], limits: Limits, *, primary_metric: Metric
) -> tuple[list[ClientResult], list[PairResult]]:
    """What `summarise` found, with what a limit made up taken back; ranks and groups follow.

    Args:
        clients: As `summarise` returns them; each is given the codes of its own limits.
        pairs: As `summarise` returns them.
        limits: Who was limited by what; see the module `limits`.
        primary_metric: What ranks and groups follow.
    """
    noted = [client.model_copy(update={"limited": limits.get(client.contender, ())}) for client in clients]
    ranked = [client.contender for client in clients if client.rank is not None]
    standing = with_limits(pairs, limits)
    return _with_ranks(noted, ranked, standing, primary_metric), standing


def best_first(values: BlockValues, contenders: Sequence[str], *, metric: Metric) -> list[str]:
    """Order contenders by how much more they cost than the cheapest; those without a figure are left out."""
    estimates = {name: over.estimate for name in contenders if (over := over_blocks(values, name)) is not None}
    if not estimates:
        return []
    sign = -1 if metric == "throughput_rps" else 1
    best = min(estimates, key=lambda name: sign * estimates[name])

    def cost(name: str) -> float:
        ratios = log_ratios(values, best, name, metric=metric)
        if name == best or not ratios.size:  # never in one block: their own estimates are all there is
            ratios = log_ratios(_estimates_as_values(estimates), best, name, metric=metric)
        return hodges_lehmann(ratios)

    return sorted(estimates, key=cost)


def ranks(contenders: Sequence[str], pairs: Sequence[PairResult]) -> dict[str, int]:
    """1 + the number of contenders that are separably better; those that are tied share a rank."""
    worse = [pair.b if pair.effect_percent > 0 else pair.a for pair in pairs if pair.separated]
    return {name: 1 + worse.count(name) for name in contenders}


def separated_pairs(pairs: Sequence[PairResult]) -> list[frozenset[str]]:
    """The pairs that were told apart."""
    return [frozenset((pair.a, pair.b)) for pair in pairs if pair.separated]


def _estimates_as_values(estimates: Mapping[str, float]) -> BlockValues:
    return {name: {0: {0: estimate}} for name, estimate in estimates.items()}


def _with_ranks(
    clients: Sequence[ClientResult], ranked: Sequence[str], pairs: Sequence[PairResult], primary_metric: Metric
) -> list[ClientResult]:
    """Fill in rank and group, which follow the pairs of the primary metric."""
    primary = [pair for pair in pairs if pair.metric == primary_metric]
    rank_of, group_of = ranks(ranked, primary), letters(ranked, separated_pairs(primary))
    return [
        client.model_copy(update={"rank": rank_of.get(client.contender), "group": group_of.get(client.contender)})
        for client in clients
    ]
