"""An experiment that was measured again, beside the one that it repeats, for the terminal."""

from rich.console import Console, Group, RenderableType
from rich.text import Text

from http_benchmark.models.reproduction import Agreement, Effect, Reproduction
from http_benchmark.report import parts
from http_benchmark.report.comparison import METRICS, print_comparison
from http_benchmark.report.plain import Plain

_ROOMY = 100  # columns, from which on an interval stands beside its effect

_ANSWERS: dict[Agreement, str] = {
    "yes": "Reproduced: every difference between contenders agrees with that of the first run.",
    "no": "Not reproduced: a difference between contenders is another one than in the first run.",
    "cannot-tell": "It cannot be told whether it was reproduced: an effect needs its interval, in both runs.",
}
_WORDS: dict[Agreement, str] = {"yes": "yes", "no": "NO", "cannot-tell": "?"}


def print_reproduction(reproduction: Reproduction, console: Console) -> None:
    """Print the figures side by side, the effects of the primary metric then and now, and the answer."""
    print_comparison(reproduction.comparison, console)
    metric, is_roomy = reproduction.primary_metric, console.width >= _ROOMY
    rows = [
        [
            f"{pair.b} against {pair.a}",
            _effect(pair.before, in_one_line=is_roomy),
            _effect(pair.after, in_one_line=is_roomy),
            _WORDS[pair.agrees],
        ]
        for pair in reproduction.pairs
        if pair.metric == metric
    ]
    headings = ("contenders", "then", "now", "agrees")
    shown: list[RenderableType] = [Text()]
    if rows:
        shown += [
            Text(f"How much more the first costs than the second by {METRICS[metric].name}, 95 % interval:"),
            parts.table(headings, rows, width=console.width, left={"contenders"}, wraps=("contenders",)),
            Text(),
        ]
    shown.append(Text(_ANSWERS[reproduction.agrees], style="bold"))
    console.print(Plain(Group(*shown)))


def _effect(effect: Effect, *, in_one_line: bool) -> str:
    """With its interval beside or below it."""
    text = f"{effect.effect_percent:+.1f} %"
    if effect.low_percent is None or effect.high_percent is None:
        return text
    interval = f"({effect.low_percent:+.1f}..{effect.high_percent:+.1f})"
    return parts.with_detail(text, interval, between=" " if in_one_line else "\n")
