"""What a person reads of a gate in the terminal: the outcome, a row for each metric, and why it is so."""

from rich.console import Console, Group, RenderableType
from rich.text import Text

from http_benchmark.models.gate import GateOutcome, GateResult
from http_benchmark.report import gate_words as words
from http_benchmark.report import parts
from http_benchmark.report.plain import Plain

_STYLES: dict[GateOutcome, str] = {
    "fail": "bold red",
    "inconclusive": "bold yellow",
    "improvement": "bold green",
    "pass": "bold green",
}
_DISPENSABLE = ("blocks", "99 % bounds")


def print_gate(result: GateResult, console: Console) -> None:
    """Print the outcome, whether it is to be trusted, the metrics, and what they mean."""
    baseline, candidate = (
        parts.contender(arm.contender, arm.version, in_one_line=True) for arm in (result.baseline, result.candidate)
    )
    shown: list[RenderableType] = [
        Text.assemble((f"{baseline} → {candidate}", "bold"), f" ({result.id})"),
        Text(parts.aim(result.configuration, result.target)),
        Text(words.size(result)),
        Text.assemble((words.word(result.outcome), _STYLES[result.outcome]), f": {words.headline(result)}"),
        *parts.verdict(result.validity),
        Text(),
        parts.table(
            words.HEADINGS,
            words.rows(result),
            width=console.width,
            left=("metric", "outcome"),
            dispensable=_DISPENSABLE,
        ),
        Text(),
        *map(Text, words.reasons(result)),
    ]
    if differing := words.differences(result):
        shown.append(Text(f"Packages that differ: {', '.join(differing)}"))
    shown += [Text(note, style="dim") for note in words.notes(result)]
    console.print(Plain(Group(*shown)))
