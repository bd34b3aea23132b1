"""What is said of a gate, in words and cells: the terminal, Markdown, JUnit and GitHub say the same."""

from collections.abc import Sequence

from http_benchmark.models.gate import GateMetric, GateOutcome, GateResult, MetricJudgement
from http_benchmark.report import parts, wording
from http_benchmark.report.comparison import METRICS, Shown
from http_benchmark.units import counted

HEADINGS = ("metric", "baseline", "candidate", "worse by", "99 % bounds", "blocks", "outcome")
"""Of the table with a row for each metric."""

_INSTRUCTIONS = Shown("instructions/req", 1)
_CAUSES = {
    "candidate-failed": "the candidate crashed, hung or could not be set up",
    "candidate-errors": "requests of the candidate fail, and none of the baseline's",
    "unequal-work": "the candidate does other work than ordered, and the baseline does not",
}


def headline(result: GateResult) -> str:
    """The outcome in a sentence."""
    if result.cause:
        return f"{_CAUSES[result.cause]}, in both experiments"
    if result.status != "finished":
        return {
            "failed": "the baseline could not be measured, so nothing is known of the candidate",
            "interrupted": "interrupted before it was decided",
        }.get(result.status, "not decided yet")
    said = {
        "fail": ("worse by more than {margin}" + ("" if result.instructions else ", in two experiments"), "fail"),
        "improvement": ("better by more than {margin}", "improvement"),
        "inconclusive": ("nothing is known of {metrics}", "inconclusive"),
        "pass": ("not worse by more than {margin}, as far as these blocks can tell", "pass"),
    }
    words, outcome = said[result.outcome]
    metrics = [metric for metric in result.metrics if metric.outcome == outcome]
    if outcome == "inconclusive":
        names = " and ".join(_shown(metric).name for metric in metrics)
        return words.format(metrics=names or "the candidate, which failed in one of two experiments")
    return f"{words.format(margin=f'{result.margin_percent:g} %')}: {', '.join(map(_with_effect, metrics))}"


def rows(result: GateResult) -> list[tuple[str, ...]]:
    """The cells of each metric, from its last judgement: of what failed, that is the one that nothing was chosen by."""
    return [_row(metric) for metric in result.metrics]


def reasons(result: GateResult) -> list[str]:
    """Why a metric is not concluded, and what a first experiment said that the second one did not repeat."""
    return [reason for metric in result.metrics for reason in _reasons(metric, result.margin_percent)]


def sentence(metric: GateMetric, margin_percent: float) -> str:
    """What is said of one metric by itself."""
    if found := _reasons(metric, margin_percent):
        return found[0]
    name, scale = _shown(metric)
    last = _last(metric)
    figures = f"{parts.figure(last.baseline, scale)} → {parts.figure(last.candidate, scale)}"
    return f"{name}: {metric.outcome}, {_signed(last.effect_percent)} ({figures}, 99 % bounds {_bounds(last)})"


def differences(result: GateResult) -> list[str]:
    """What else differs between the two environments: "sniffio 1.3.1 → none"."""
    return [f"{one.package} {one.baseline or 'none'} → {one.candidate or 'none'}" for one in result.differences]


def notes(result: GateResult) -> list[str]:
    """What the figures mean, and how to measure the same again."""
    if result.instructions:
        counted_by = f"{result.instructions.tool} of valgrind {result.instructions.valgrind_version}"
        return [
            *wording.sources(result.environment),
            f"Instructions per request, counted by {counted_by}; median of several repeats.",
        ]
    ids = ", ".join(attempt.experiment_id[:8] for attempt in result.attempts)
    return [
        *wording.sources(result.environment),
        "Worse by: how much more the candidate costs, from the ratio in each block; less throughput is more cost.",
        f"Stored experiments: {ids}. With --seed {result.seed} the orders are the same again.",
    ]


def size(result: GateResult) -> str:
    """How much was measured: "concurrency 10, 20 blocks, margin 3 %, seed 42"."""
    if result.instructions:
        return f"instructions, margin {result.margin_percent:g} %"
    blocks = " + ".join(str(attempt.blocks) for attempt in result.attempts)
    total = sum(attempt.blocks for attempt in result.attempts)
    described = [
        f"concurrency {result.configuration.get('concurrency')}",
        f"{blocks} {'block' if total == 1 else 'blocks'}",
        f"margin {result.margin_percent:g} %",
        f"seed {result.seed}",
        "" if result.status == "finished" else result.status,
    ]
    return ", ".join(part for part in described if part)


def word(outcome: GateOutcome) -> str:
    """The outcome as it is called in a headline."""
    return outcome.upper() if outcome in ("fail", "inconclusive") else outcome


def _row(metric: GateMetric) -> tuple[str, ...]:
    name, scale = _shown(metric)
    last = _last(metric)
    return (
        name,
        parts.figure(last.baseline, scale),
        parts.figure(last.candidate, scale),
        _signed(last.effect_percent),
        _bounds(last),
        " + ".join(str(judged.blocks) for judged in metric.judgements) or "0",
        word(metric.outcome),
    )


def _shown(metric: GateMetric) -> Shown:
    """How a metric is printed."""
    return _INSTRUCTIONS if metric.metric == "instructions" else METRICS[metric.metric]


def _last(metric: GateMetric) -> MetricJudgement:
    if metric.judgements:
        return metric.judgements[-1]
    return MetricJudgement(attempt=1, outcome="inconclusive")


def _with_effect(metric: GateMetric) -> str:
    return f"{_shown(metric).name} {_signed(_last(metric).effect_percent)}"


def _signed(percent: float | None) -> str:
    return parts.NO_FIGURE if percent is None else f"{percent:+.1f} %".replace("-", "−")


def _bounds(judged: MetricJudgement) -> str:
    if judged.low_percent is None or judged.high_percent is None:
        return parts.NO_FIGURE
    return f"{judged.low_percent:+.1f} to {judged.high_percent:+.1f} %".replace("-", "−")


def _reasons(metric: GateMetric, margin_percent: float) -> Sequence[str]:
    name, last = _shown(metric).name, _last(metric)
    if last.withheld:
        return [f"{name}: nothing is said because of {', '.join(last.withheld)}"]
    if metric.outcome == "inconclusive" and metric.metric == "instructions" and last.half_width_percent is not None:
        return [f"{name}: not steady; the repeats lie {2 * last.half_width_percent:.1f} % apart"]
    if metric.outcome == "inconclusive" and last.half_width_percent is not None:
        width = f"{last.half_width_percent:.1f} % to either side after {counted(last.blocks, 'block')}"
        return [f"{name}: too much noise; its 95 % interval is {width}, and the margin is {margin_percent:g} %"]
    if metric.outcome == "pass" and len(metric.judgements) > 1:
        first = metric.judgements[0]
        return [f"{name}: {_signed(first.effect_percent)} in the first experiment was not repeated by the second"]
    return []
