"""What a rule of a verdict is: when it applies, from which limit on, and in which words it says so.

The rules themselves are in `validity` and, those on equal work, in `work_rules`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from http_benchmark.models.experiment import Reason, Validity
from http_benchmark.stats.evidence import Figures

_SHOWN = 4  # contenders that a sentence names; the reason lists all of them


def percent(share: float) -> str:
    """As many digits as tell it from its limit."""
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def count(number: float) -> str:
    """A number of things."""
    return f"{number:,.0f}"


@dataclass(frozen=True, slots=True)
class Rule[Seen]:
    """One way in which what was measured is not to be trusted; several rules may share a code.

    `Seen` is what a rule looks at: all that is known of a run, or a part of it that a capacity has, too.

    Attributes:
        code: In the closed list of docs/json.md.
        find: The figures beyond the limit, the worst first.
        limit: What figures are held against; a function where the limit is the worst contender's own; None for what
            has no figure.
        message: The sentence. `{who}` stands for contenders with their figures, `{value}` for the worst figure,
            `{limit}` for the limit.
        shown: How a figure is written.
        severity: What the reason makes of the run.
    """

    code: str
    find: Callable[[Seen], Figures]
    limit: float | Callable[[Seen, str], float] | None
    message: str
    shown: Callable[[float], str] = percent
    severity: Literal["note", "suspect", "invalid"] = "suspect"

    def reason(self, evidence: Seen) -> Reason | None:
        """What this rule holds against what was measured, if anything."""
        figures = self.find(evidence)
        if not figures:
            return None
        worst, value = next(iter(figures.items()))
        limit = self.limit(evidence, worst) if callable(self.limit) else self.limit
        return Reason(
            code=self.code,
            severity=self.severity,
            message=self.message.format(
                who=self._named(figures), value=self.shown(value), limit="" if limit is None else self.shown(limit)
            ),
            value=None if limit is None else value,
            limit=limit,
            contenders=tuple(name for name in figures if name),
        )

    def _named(self, figures: Figures) -> str:
        named = [f"{name} {self.shown(figure)}" for name, figure in list(figures.items())[:_SHOWN]]
        return ", ".join(named + ([f"{len(figures) - _SHOWN} more"] if len(figures) > _SHOWN else []))


def verdict(given: Sequence[Reason]) -> Validity:
    """All reasons, and the gravest of them as the verdict."""
    severities = {reason.severity for reason in given}
    return Validity(
        verdict="invalid" if "invalid" in severities else "suspect" if "suspect" in severities else "valid",
        reasons=tuple(given),
    )
