"""Holds an experiment that was measured again against the one that it repeats."""

from collections.abc import Iterator

from http_benchmark.comparison import Arm, compare
from http_benchmark.models.experiment import ExperimentResult, PairResult
from http_benchmark.models.reproduction import Agreement, Effect, ReproducedPair, Reproduction


def reproduction(original: Arm, reproduced: Arm) -> Reproduction:
    """Compare the effects of both runs, pair by pair.

    An effect is the ratio of two contenders that were measured in turns. What changed on the machine from one day to
    the other is in both of them, and cancels out; so unlike absolute figures, effects of two days can be compared.

    Raises:
        ComparisonError: They have no contender in common.
    """
    before, after = original.experiment, reproduced.experiment
    pairs = tuple(_pairs(before, after))
    decisive = {pair.agrees for pair in pairs if pair.metric == before.primary_metric}
    agrees: Agreement = "no" if "no" in decisive else "yes" if decisive == {"yes"} else "cannot-tell"
    return Reproduction(
        original=before.id,
        reproduced=after.id,
        primary_metric=before.primary_metric,
        pairs=pairs,
        agrees=agrees,
        comparison=compare(original, reproduced, force=True),
    )


def _pairs(before: ExperimentResult, after: ExperimentResult) -> Iterator[ReproducedPair]:
    """The effects that both have; contenders may have changed places, and the version in their names."""
    names = _names_now(before, after)
    found = {(pair.a, pair.b, pair.metric): _effect(pair) for pair in after.pairs}
    found |= {(pair.b, pair.a, pair.metric): _turned(_effect(pair)) for pair in after.pairs}
    for pair in before.pairs:
        now = found.get((names.get(pair.a, pair.a), names.get(pair.b, pair.b), pair.metric))
        if now:
            then = _effect(pair)
            yield ReproducedPair(
                a=pair.a, b=pair.b, metric=pair.metric, before=then, after=now, agrees=_agreement(then, now)
            )


def _names_now(before: ExperimentResult, after: ExperimentResult) -> dict[str, str]:
    """Contender then → contender now: the same place among the contenders that were asked for."""
    then, now = (experiment.configuration.get("contenders", ()) for experiment in (before, after))
    return dict(zip(then, now, strict=False)) if len({*then}) == len(then) == len(now) else {}


def _effect(pair: PairResult) -> Effect:
    return Effect(effect_percent=pair.effect_percent, low_percent=pair.low_percent, high_percent=pair.high_percent)


def _turned(effect: Effect) -> Effect:
    """The same seen from the other contender."""

    def turned(percent: float | None) -> float | None:
        return None if percent is None else 100 * (1 / (1 + percent / 100) - 1)

    return Effect(
        effect_percent=turned(effect.effect_percent) or 0.0,
        low_percent=turned(effect.high_percent),
        high_percent=turned(effect.low_percent),
    )


def _agreement(then: Effect, now: Effect) -> Agreement:
    if then.low_percent is None or then.high_percent is None or now.low_percent is None or now.high_percent is None:
        return "cannot-tell"
    return "yes" if then.low_percent <= now.high_percent and now.low_percent <= then.high_percent else "no"
