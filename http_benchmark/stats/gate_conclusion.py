"""From the experiments of a gate to its answer: what is held against the candidate, and what of each metric holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import cast

from http_benchmark.models.experiment import WALL_METRICS, ClientResult, ExperimentResult, Metric
from http_benchmark.models.gate import Cause, GateMetric, GateOutcome, MetricJudgement
from http_benchmark.stats.gate import Judgement, Outcome, confirmed, overall
from http_benchmark.stats.validity import LIMITING


def sides(result: ExperimentResult, *names: str) -> list[ClientResult]:
    """Baseline and candidate; before the first block neither has a result."""
    found = {client.contender: client for client in result.clients}
    missing = [name for name in names if name not in found]
    placeholders = {name: ClientResult(contender=name, library="", mode="sync", status="ok") for name in missing}
    return [(found | placeholders)[name] for name in names]


def cause_of(result: ExperimentResult, baseline: str, candidate: str) -> Cause | None:
    """What is held against the candidate alone, besides its figures."""
    before, after = sides(result, baseline, candidate)
    if after.status == "failed" and before.status != "failed":
        return "candidate-failed"
    if after.status == "errors" and before.status == "ok":
        return "candidate-errors"
    return "unequal-work" if after.work.others and not before.work.others else None


def withheld(result: ExperimentResult, metric: Metric, names: Iterable[str]) -> tuple[str, ...]:
    """The codes of the reasons for which a metric says nothing, in an attempt that holds nothing against anybody."""
    codes = [
        reason.code
        for reason in result.validity.reasons
        if reason.severity == "invalid" and (reason.code not in LIMITING or metric in WALL_METRICS)
    ]
    clients = sides(result, *names)
    codes += ["errors"] * any(client.status != "ok" for client in clients)
    codes += ["other-work"] * any(client.work.others for client in clients)
    return tuple(dict.fromkeys(codes))


def is_told(judged: Judgement | None) -> bool:
    """Whether more blocks have nothing to add."""
    return judged is not None and judged.outcome is not Outcome.INCONCLUSIVE


def judged_metrics(
    judgements: Mapping[Metric, Judgement],
    result: ExperimentResult,
    number: int,
    *,
    arms: tuple[str, str],
    metrics: Iterable[Metric],
) -> dict[Metric, MetricJudgement]:
    """What an attempt says of each metric that it was to judge, in the order asked for."""
    found = {}
    for metric in metrics:
        if judged := judgements.get(metric):
            codes = withheld(result, metric, arms)
            outcome = Outcome.INCONCLUSIVE if codes else judged.outcome
            known = asdict(judged) | {"attempt": number, "outcome": outcome.value, "withheld": codes}
            found[metric] = MetricJudgement.from_dict(known)
    return found


def concluded(metric: Metric, judged: Sequence[dict[Metric, MetricJudgement]], *, is_complete: bool) -> GateMetric:
    """What the attempts say together; before the end nothing is said that another attempt may take back."""
    own = tuple(of_attempt[metric] for of_attempt in judged if metric in of_attempt)
    outcomes = [Outcome(one.outcome) for one in own]
    outcome = Outcome.INCONCLUSIVE
    if outcomes and is_complete:
        outcome = confirmed(outcomes[0], outcomes[-1]) if len(outcomes) > 1 else outcomes[0]
    return GateMetric(metric=metric, outcome=cast("GateOutcome", outcome.value), judgements=own)


def outcome_of(metrics: Iterable[GateMetric], causes: Sequence[Cause | None]) -> GateOutcome:
    """A cause fails where the second attempt repeats it, and is in doubt where it does not."""
    outcomes = [Outcome(metric.outcome) for metric in metrics]
    if causes[0]:
        outcomes.append(Outcome.FAIL if causes[0] == causes[-1] else Outcome.INCONCLUSIVE)
    return cast("GateOutcome", overall(outcomes).value)
