"""What may be said of two contenders when the server, or the floor under every client, limited one of them.

Such a limit can only make the limited contender look slower than it is: its requests wait for something that is not
its own work. So four cases, on every metric that a wall clock measured:

- nobody is limited: the verdict stands;
- only the apparent winner is limited: without the limit it would be further ahead, so "separated" stands, and the
  effect is the least that it can be;
- only the apparent loser is limited: what it lost may be the server's doing, so nothing is said;
- both are limited: the server was compared with itself, so nothing is said.

Two that were not separated say nothing in any case; with a limit, though, they may only look equal, and this is said.
CPU time per request is the contender's own work, so its verdicts stand.
"""

from collections.abc import Mapping, Sequence

from http_benchmark.models.experiment import WALL_METRICS, PairResult

type Limits = Mapping[str, tuple[str, ...]]
"""Contender → the reason codes of what limited it; who is missing was not limited."""


def with_limits(pairs: Sequence[PairResult], limits: Limits) -> list[PairResult]:
    """Take back each verdict that a limit may have made up, and note the codes of the limit in the pair."""
    return [_limited(pair, limits) for pair in pairs]


def _limited(pair: PairResult, limits: Limits) -> PairResult:
    codes = tuple(dict.fromkeys([*limits.get(pair.a, ()), *limits.get(pair.b, ())]))
    loser = pair.b if pair.effect_percent > 0 else pair.a
    stands = pair.separated and not limits.get(loser)
    if not codes or pair.metric not in WALL_METRICS or stands:
        return pair
    return pair.model_copy(update={"separated": False, "limited": codes})
