"""The sentences that a person quotes: who is ahead by how much, and who cannot be told apart."""

from collections.abc import Sequence

from http_benchmark.models.experiment import ClientResult, Metric, PairResult
from http_benchmark.stats.groups import tied_groups
from http_benchmark.stats.intervals import MIN_BLOCKS_95
from http_benchmark.stats.pairs import blocks_to_separate
from http_benchmark.units import counted

_COSTS: dict[Metric, str] = {
    "cpu_s_per_1k": "CPU time",
    "mean": "mean response time",
    "pooled_mean": "pooled mean response time",
    "p50": "median response time",
    "p99": "p99 response time",
    "p999": "p99.9 response time",
}


def sentences(
    clients: Sequence[ClientResult], pairs: Sequence[PairResult], *, primary_metric: Metric, blocks: int
) -> list[str]:
    """Say what the ranking shows, in few sentences however many contenders there are.

    The leader, or the leaders that are tied, against the next one; the leader against the last one; who is tied. Only
    a difference that holds (Holm over all pairs) is stated as one; with too few blocks there is none, and it is said.
    Where a limit forbids a verdict, that is said instead of "cannot be told apart"; where the noise is skewed, the
    second opinion follows. Two contenders are few enough for the effect with its interval, too.

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
    elif blocks < (needed := blocks_to_separate(len(pairs))):
        found = _estimated(names, pairs, metric=primary_metric)
        so_few = f"Too few blocks to tell {len(names)} contenders apart ({blocks}; {needed} are needed)"
        closing = [f"{so_few}: these are estimates only"]
    else:
        found = _ahead(leaders, [name for name in names if name not in leaders], pairs, metric=primary_metric)
        closing = [*_detail(names, pairs, blocks), *_limited(pairs), *_tied(names, pairs), *_skewed(pairs)]
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


def effect_text(pair: PairResult, blocks: int) -> str:
    """One pair in the words of the method: the effect with its interval, or how large a difference can still be.

    Said of the one who costs more. Five cases: a limit; the interval contains 0; too few blocks; it does not, but the
    pair is not separated among all pairs; separated.

    Args:
        pair: The pair, on any metric.
        blocks: How many blocks the two have in common.
    """
    if pair.limited:
        return f"{', '.join(pair.limited)}: no verdict on {pair.a} and {pair.b}"
    if pair.low_percent is not None and pair.high_percent is not None and pair.low_percent <= 0 <= pair.high_percent:
        limit = max(abs(pair.low_percent), abs(pair.high_percent))
        return f"no difference shown between {pair.a} and {pair.b}; differences beyond ±{_percent(limit)} are unlikely"
    worse = _turned(pair) if pair.effect_percent < 0 else pair
    if worse.low_percent is None or worse.high_percent is None:
        few = counted(blocks, "block")
        return f"{_effect(worse)} by estimate only ({few}; {MIN_BLOCKS_95} are needed for an interval)"
    interval = f"95 % interval {_number(worse.low_percent)}..{_percent(worse.high_percent)}"
    mde = worse.mde_percent
    detectable = [] if mde is None else [f"smallest effect detectable with 90 %: {_percent(mde)}"]
    doubt = "" if worse.separated else "; not told apart when all pairs are counted"
    return f"{_effect(worse)} ({', '.join([interval, counted(blocks, 'block'), *detectable])}){doubt}"


def skew_text(pair: PairResult) -> str:
    """Both opinions on a pair whose noise is skewed."""
    low, high = pair.t_low_percent, pair.t_high_percent
    interval = "" if low is None or high is None else f" (95 % interval {_number(low)}..{_percent(high)})"
    return (
        f"Skewed noise: {pair.b} costs {_signed(pair.effect_percent)} against {pair.a} in a typical block, but "
        f"{_signed(pair.mean_percent or 0.0)}{interval} in the mean of all blocks, where a few weigh heavily"
    )


def _detail(names: Sequence[str], pairs: Sequence[PairResult], blocks: int) -> list[str]:
    """The effect with its interval, where there are two contenders and a difference that holds."""
    return [effect_text(pair, blocks) for pair in pairs if len(names) == 2 and pair.separated]


def _limited(pairs: Sequence[PairResult]) -> list[str]:
    """Who may look slower, or equal, only because of what limited them."""
    found: dict[tuple[str, ...], list[str]] = {}
    for pair in pairs:
        if pair.limited:
            found.setdefault(pair.limited, []).append(f"{pair.a} and {pair.b}")
    return [f"{', '.join(codes)}: no verdict on {_some(between)}" for codes, between in found.items()]


def _skewed(pairs: Sequence[PairResult]) -> list[str]:
    """The second opinion on the first skewed pair, and how many more there are."""
    skewed = [pair for pair in pairs if pair.skewed]
    more = f"; {len(skewed) - 1} more like this" if len(skewed) > 1 else ""
    return [skew_text(skewed[0]) + more] if skewed else []


def _tied(names: Sequence[str], pairs: Sequence[PairResult]) -> list[str]:
    """Who cannot be told apart; and how large a difference can still be, when nobody can.

    Two of which a limit forbids to speak are not called tied: that is said of them elsewhere.
    """
    apart = [frozenset((pair.a, pair.b)) for pair in pairs if pair.separated or pair.limited]
    ties = [f"{listed(group)} cannot be told apart" for group in tied_groups(names, apart) if len(group) > 1]
    if not ties:
        return []
    if apart:
        return ["; ".join(ties)]
    limit = max(abs(limit) for pair in pairs for limit in (pair.low_percent, pair.high_percent) if limit is not None)
    return [*ties, f"Differences beyond ±{_percent(limit)} are unlikely"]


def _turned(pair: PairResult) -> PairResult:
    """The same pair with `a` and `b` exchanged."""
    low, high = pair.high_percent, pair.low_percent
    return pair.model_copy(
        update={
            "a": pair.b,
            "b": pair.a,
            "effect_percent": _inverse(pair.effect_percent),
            "low_percent": None if low is None else _inverse(low),
            "high_percent": None if high is None else _inverse(high),
        }
    )


def _inverse(percent: float) -> float:
    return 100 * (1 / (1 + percent / 100) - 1)


def _effect(pair: PairResult) -> str:
    """Who costs more by how much, for a pair of which `b` does."""
    size = _percent(pair.effect_percent)
    if pair.metric == "throughput_rps":
        return f"{pair.b} is {size} slower than {pair.a}"
    if pair.metric == "cpu_s_per_1k":
        return f"{pair.b} needs {size} more CPU time than {pair.a}"
    return f"the {_COSTS[pair.metric]} of {pair.b} is {size} longer than that of {pair.a}"


def _percent(value: float) -> str:
    return f"{_number(value)} %"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{_number(abs(value))} %"


def _number(value: float) -> str:
    return f"{value:.{0 if abs(value) >= 10 else 1 if abs(value) >= 0.1 else 2}f}"


def _some(between: Sequence[str]) -> str:
    """Up to three of them by name, so that a sentence stays one."""
    shown = [*between[:3], *([counted(len(between) - 3, "more pair")] if len(between) > 3 else [])]
    return "; ".join(shown)


def _estimated(names: Sequence[str], pairs: Sequence[PairResult], *, metric: Metric) -> list[str]:
    """The leader against the next and the last one, by estimates only."""
    effects = {(pair.a, pair.b): pair.effect_percent for pair in pairs}
    others = dict.fromkeys([names[1], names[-1]])
    return [
        _comparison(names[:1], other, f"about {1 + effects[names[0], other] / 100:.2f}×", metric=metric)
        for other in others
        if (names[0], other) in effects
    ]
