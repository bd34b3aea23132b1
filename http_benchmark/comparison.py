"""Set stored experiments, or contenders of theirs, side by side, or refuse to.

What differs around them is found in `stats.comparability`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from http_benchmark.errors import ComparisonError
from http_benchmark.models.comparison import ComparedArm, ComparedFigure, Comparison, Difference
from http_benchmark.models.experiment import METRICS, ClientResult, Estimate, ExperimentResult, PairResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.stats.comparability import differences
from http_benchmark.stats.figures import Figures, figures_of
from http_benchmark.stats.pairs import block_values
from http_benchmark.stats.totals import over_blocks

NO_VERDICT = (
    "No verdict: runs of different times are not paired, so what changed on the machine between them cannot be told "
    "from what changed in a client. For a verdict measure both as contenders of one experiment."
)
PAIRED = "All arms are of one experiment, in which they were measured in turns: its verdict on them holds."


class Arm(NamedTuple):
    """What is compared.

    Attributes:
        experiment: The stored answer.
        contender: One contender of it, by its name, or by what no other one is called; None for all.
        blocks: Its records, from which every metric gets its interval. Without them only throughput and CPU time have
            one, since a result keeps no other.
    """

    experiment: ExperimentResult
    contender: str | None = None
    blocks: Sequence[BlockRecord] = ()


def parse_arm(text: str) -> tuple[str, str | None]:
    """The ID of an experiment, and of `ID:CONTENDER` the contender."""
    identifier, _, contender = text.partition(":")
    return identifier, contender or None


def compare(*compared: Arm | ExperimentResult, force: bool = False) -> Comparison:
    """Set arms side by side, each against the first.

    Arms without a chosen contender are compared contender by contender, by name, else by what they are but for the
    version. Of arms with one, these are compared, whatever they are.

    Args:
        compared: At least two; a contender is chosen in all of them, or in none.
        force: Compare even where differences matter; they are listed in the result all the same, and arms that differ
            are marked as misleading.

    Raises:
        ComparisonError: They differ in what matters, have no contender in common, or one of them is not there.
    """
    arms = [_resolved(arm if isinstance(arm, Arm) else Arm(arm)) for arm in compared]
    if len(arms) < 2:
        raise ComparisonError("a comparison takes two arms or more; name another experiment, or ID:CONTENDER")
    if len({arm.contender is None for arm in arms}) > 1:
        raise ComparisonError("name a contender in each arm (ID:CONTENDER), or in none")
    found = [differences(arms[0].experiment, arm.experiment) for arm in arms]
    if not force:
        _refuse_what_matters(found)
    lines = _lines(arms)
    in_one = len({arm.experiment.id for arm in arms}) == 1
    return Comparison(
        arms=tuple(_in_short(arm, [line[number] for line in lines], found[number]) for number, arm in enumerate(arms)),
        differences=tuple(_of_all(arms, found)),
        figures=tuple(figure for line in lines for figure in _side_by_side(arms, line)),
        pairs=tuple(_verdicts(arms)) if in_one else (),
        note=PAIRED if in_one else NO_VERDICT,
    )


def _resolved(arm: Arm) -> Arm:
    """The same with the contender's whole name."""
    names = [client.contender for client in arm.experiment.clients]
    if arm.contender is None or arm.contender in names:
        return arm
    fitting = [
        name for name in names if name.startswith((f"{arm.contender}:", f"{arm.contender}==", f"{arm.contender}@"))
    ]
    if len(fitting) != 1:
        raise ComparisonError(
            f"experiment {arm.experiment.id} has {'several contenders' if fitting else 'no contender'} "
            f"{arm.contender!r}; choose from {', '.join(fitting or names)}"
        )
    return arm._replace(contender=fitting[0])


def _refuse_what_matters(found: Sequence[Sequence[Difference]]) -> None:
    faults = dict.fromkeys(
        f"{difference}; measure both alike" for some in found for difference in some if difference.severity == "matters"
    )
    if faults:
        *others, last = faults
        raise ComparisonError([*others, f"{last}, or force it (--force)"])


def _of_all(arms: Sequence[Arm], found: Sequence[Sequence[Difference]]) -> list[Difference]:
    """The differences of all arms from the first, each with the experiment that differs; what matters first."""
    by_experiment = {arm.experiment.id: some for arm, some in zip(arms, found, strict=True)}
    everything = [
        difference.model_copy(update={"experiment": experiment_id})
        for experiment_id, some in by_experiment.items()
        for difference in some
    ]
    return sorted(everything, key=lambda difference: difference.severity != "matters")


def _lines(arms: Sequence[Arm]) -> list[tuple[str | None, ...]]:
    """What is compared with what: a contender of each arm, None where an arm has none that belongs there."""
    first, *others = arms
    if first.contender is not None:
        return [tuple(arm.contender for arm in arms)]
    partners = [_partners(first.experiment.clients, other.experiment.clients) for other in others]
    shared = [
        client.contender for client in first.experiment.clients if any(client.contender in some for some in partners)
    ]
    if not shared:
        raise ComparisonError(
            f"experiments {' and '.join(dict.fromkeys(arm.experiment.id for arm in arms))} have no contender with "
            "figures in common; compare some that share one, or name a contender of each (ID:CONTENDER)"
        )
    return [(name, *(some.get(name) for some in partners)) for name in shared]


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


def _in_short(arm: Arm, compared: Sequence[str | None], found: Sequence[Difference]) -> ComparedArm:
    """An arm, of which these contenders are compared, and which differs so from the first."""
    experiment = arm.experiment
    unmatched = [client.contender for client in experiment.clients if client.contender not in compared]
    return ComparedArm(
        experiment=experiment.id,
        contender=arm.contender,
        name=experiment.name,
        started_at=experiment.started_at,
        blocks=experiment.blocks,
        verdict=experiment.validity.verdict,
        unmatched=() if arm.contender else tuple(unmatched),
        misleading=tuple(_misleading(arm, compared, found)),
    )


def _misleading(arm: Arm, compared: Sequence[str | None], found: Sequence[Difference]) -> Iterator[str]:
    differing = [difference.field for difference in found if difference.severity == "matters"]
    if differing:
        yield f"other circumstances ({', '.join(differing)})"
    validity = arm.experiment.validity
    if validity.verdict != "valid":
        yield f"its run is {validity.verdict} ({', '.join(reason.code for reason in validity.against)})"
    for client in arm.experiment.clients:
        if client.contender in compared and client.status != "ok":
            yield f"{client.contender} has the status {client.status!r}"
        elif client.contender in compared and client.work.others:
            yield f"{client.contender} did other work"


def _verdicts(arms: Sequence[Arm]) -> Iterator[PairResult]:
    """What their one experiment found about each two of them."""
    chosen = {arm.contender for arm in arms}
    return (pair for pair in arms[0].experiment.pairs if {pair.a, pair.b} <= chosen)


def _side_by_side(arms: Sequence[Arm], line: Sequence[str | None]) -> Iterator[ComparedFigure]:
    figures = [_figures(arm, name) for arm, name in zip(arms, line, strict=True)]
    for metric in METRICS:
        estimates = tuple(of_arm.get(metric) for of_arm in figures)
        if any(estimates):
            yield ComparedFigure(
                contender=next(filter(None, line)),
                metric=metric,
                estimates=estimates,
                ratios=tuple(_ratio(estimates[0], estimate) for estimate in estimates),
            )


def _figures(arm: Arm, contender: str | None) -> Figures:
    """A contender's figures, with intervals where the blocks are at hand; none for None."""
    if contender is None:
        return {}
    if not arm.blocks:
        return next(figures_of(client) for client in arm.experiment.clients if client.contender == contender)
    values = {metric: block_values(arm.blocks, metric) for metric in METRICS}
    estimates = {metric: over_blocks(of_metric, contender) for metric, of_metric in values.items()}
    return {metric: estimate for metric, estimate in estimates.items() if estimate}


def _ratio(first: Estimate | None, estimate: Estimate | None) -> float | None:
    return estimate.estimate / first.estimate if first and estimate and first.estimate else None
