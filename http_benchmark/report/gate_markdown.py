"""A gate as Markdown, for the comment on a pull request or the summary of a job."""

from http_benchmark.models.gate import GateResult
from http_benchmark.report import gate_words as words
from http_benchmark.report import parts
from http_benchmark.report.markdown import escaped, table

MARKER = "<!-- http-benchmark gate -->"
"""By which a comment is found again that is to be replaced by a newer one."""

_ABOVE_WORDS = ("metric", "outcome")


def gate_markdown(result: GateResult) -> str:
    """The outcome, the metrics, why it is so, and whether the runs are to be trusted."""
    arms = " → ".join(
        parts.contender(arm.contender, arm.version, in_one_line=True) for arm in (result.baseline, result.candidate)
    )
    differing = words.differences(result)
    listed = [
        *words.reasons(result),
        *(f"{reason.code}: {reason.message}" for reason in result.validity.reasons),
        *([f"Packages that differ: {', '.join(differing)}"] if differing else []),
        *words.notes(result),
    ]
    aim = _harmless(parts.aim(result.configuration, result.target))
    sections = [
        f"{MARKER}\n## {escaped(words.word(result.outcome))}: {escaped(_harmless(arms))}",
        escaped(_harmless(words.headline(result))),
        table(words.HEADINGS, words.rows(result), left=_ABOVE_WORDS),
        escaped(f"{aim}, {words.size(result)}, verdict {result.validity.verdict}"),
        "\n".join(f"- {escaped(_harmless(line))}" for line in listed),
    ]
    return "\n\n".join(sections) + "\n"


def _harmless(text: str) -> str:
    """With a space of no width behind each @, so that a path mentions nobody."""
    return text.replace("@", "@\N{ZERO WIDTH SPACE}")
