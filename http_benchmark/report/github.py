"""A gate as GitHub shows it beside a job: workflow commands, which become annotations."""

from http_benchmark.models.gate import GateMetric, GateOutcome, GateResult
from http_benchmark.report import gate_words as words

_COMMANDS: dict[GateOutcome, str] = {
    "fail": "error",
    "inconclusive": "warning",
    "improvement": "notice",
    "pass": "notice",
}


def annotations(result: GateResult) -> list[str]:
    """A line for the whole, and one for each metric that is worse, better or in doubt."""
    title = f"{result.baseline.contender} → {result.candidate.contender}"
    whole = _command(_COMMANDS[result.outcome], title, f"{words.word(result.outcome)}: {words.headline(result)}")
    return [whole, *(_of_metric(metric, title, result) for metric in result.metrics if metric.outcome != "pass")]


def _of_metric(metric: GateMetric, title: str, result: GateResult) -> str:
    return _command(_COMMANDS[metric.outcome], title, words.sentence(metric, result.margin_percent))


def _command(name: str, title: str, message: str) -> str:
    """As documented under "Workflow commands": properties have two characters more to be escaped."""
    escaped_title = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{name} title={escaped_title}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
