"""The sentences that a person quotes: who is ahead by how much, and who cannot be told apart."""

from collections.abc import Sequence

from http_benchmark.models.experiment import ClientResult, Metric, PairResult
from http_benchmark.stats.groups import tied_groups
from http_benchmark.stats.intervals import MIN_BLOCKS_95
from http_benchmark.stats.ranking import separated_pairs

_COSTS: dict[Metric, str] = {
    "cpu_s_per_1k": "CPU time",
    "mean": "mean response time",
    "p50": "median response time",
    "p99": "p99 response time",
}


def sentences(
    clients: Sequence[ClientResult], pairs: Sequence[PairResult], *, primary_metric: Metric, blocks: int
) -> list[str]:
    """Say what the ranking shows, in few sentences however many contenders there are.

    The leader, or the leaders that are tied, against the next one; the leader against the last one; who is tied. Only
    a difference that holds (Holm over all pairs) is stated as one; below six blocks there is none, and it is said.

    Args:
        clients: Best first, as `summarise` orders them.
        pairs: As `summarise` returns them; those on other metrics or of unranked contenders are ignored.
        primary_metric: What the ranking follows.
        blocks: How many blocks were measured.
    """
    ranked = [client for client in clients if client.rank is not None]
    names = [client.contender for client in ranked]
    leaders = [client.contender for client in ranked if client.rank == 1]
    pairs = [pair for pair in pairs if pair.metric == primary_metric and {pair.a, pair.b} <= set(names)]
    if not pairs:
        return []
    if all(pair.low_percent is None for pair in pairs):
        found = _estimated(names, pairs, metric=primary_metric)
        closing = [f"Too few blocks for an interval ({blocks}; {MIN_BLOCKS_95} are needed): these are estimates only"]
    else:
        found = _ahead(leaders, [name for name in names if name not in leaders], pairs, metric=primary_metric)
        closing = _tied(names, pairs)
    opening = [f"{found[0]} on this workload", *found[1:]] if found else []
    return [f"{sentence}." for sentence in opening + closing]


def ratio_range(low: float, high: float) -> str:
    """Print a range of ratios above 1 to the digits that its width deserves: "1.9–2.1×", "1.004–1.006×"."""
    fewest = 0 if low >= 10 and high - low >= 1 else 1
    for decimals in range(fewest, 4):
        if high - low >= 10**-decimals and round(low, decimals) > 1:
            return f"{low:.{decimals}f}–{high:.{decimals}f}×"
    return f"{low:.3f}–{high:.3f}×" if f"{low:.3f}" != f"{high:.3f}" else f"{low:.3f}×"


def listed(names: Sequence[str]) -> str:
    """Join names as one says them: "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _ahead(
    leaders: Sequence[str], followers: Sequence[str], pairs: Sequence[PairResult], *, metric: Metric
) -> list[str]:
    """The leaders against the next one, and the first leader against the last one."""
    against_next = [_difference(leaders, followers[0], pairs, metric=metric)] if followers else []
    against_last = [_difference(leaders[:1], followers[-1], pairs, metric=metric)] if len(followers) > 1 else []
    return [sentence for sentence in against_next + against_last if sentence]


def _difference(better: Sequence[str], worse: str, pairs: Sequence[PairResult], *, metric: Metric) -> str | None:
    """Those of `better` that are separated from `worse`, against it; None if nobody is."""
    limits = {name: separation for name in better if (separation := _separation(name, worse, pairs))}
    if not limits:
        return None
    low, high = min(low for low, _ in limits.values()), max(high for _, high in limits.values())
    return _comparison(list(limits), worse, ratio_range(low, high), metric=metric)


def _separation(better: str, worse: str, pairs: Sequence[PairResult]) -> tuple[float, float] | None:
    """Between which ratios the cost of `worse` exceeds that of `better`; None when the two are not separated so."""
    for pair in pairs:
        if not pair.separated or pair.low_percent is None or pair.high_percent is None:
            continue
        low, high = 1 + pair.low_percent / 100, 1 + pair.high_percent / 100
        if (pair.a, pair.b) == (better, worse) and low > 1:
            return low, high
        if (pair.b, pair.a) == (better, worse) and high < 1:
            return 1 / high, 1 / low
    return None


def _comparison(better: Sequence[str], worse: str, ratio: str, *, metric: Metric) -> str:
    if metric == "throughput_rps":
        verb = "is" if len(better) == 1 else "are"
        return f"{listed(better)} {verb} {ratio} as fast as {worse}"
    verb = "needs" if metric == "cpu_s_per_1k" else "has"
    return f"{worse} {verb} {ratio} the {_COSTS[metric]} of {listed(better)}"


def _tied(names: Sequence[str], pairs: Sequence[PairResult]) -> list[str]:
    """Who cannot be told apart; and how large a difference can still be, when nobody can."""
    separated = separated_pairs(pairs)
    ties = [f"{listed(group)} cannot be told apart" for group in tied_groups(names, separated) if len(group) > 1]
    if not ties:
        return []
    if separated:
        return ["; ".join(ties)]
    limit = max(abs(limit) for pair in pairs for limit in (pair.low_percent, pair.high_percent) if limit is not None)
    return [*ties, f"Differences of more than {limit:.{0 if limit >= 10 else 1}f} % are unlikely"]


def _estimated(names: Sequence[str], pairs: Sequence[PairResult], *, metric: Metric) -> list[str]:
    """The leader against the next and the last one, by estimates only."""
    effects = {(pair.a, pair.b): pair.effect_percent for pair in pairs}
    others = dict.fromkeys([names[1], names[-1]])
    return [
        _comparison(names[:1], other, f"about {1 + effects[names[0], other] / 100:.2f}×", metric=metric)
        for other in others
        if (names[0], other) in effects
    ]
