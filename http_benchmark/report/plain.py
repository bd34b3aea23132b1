"""Anything that rich can print, without blanks at the ends of lines, and for those who know ASCII only."""

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

# Each stands for one character, so that columns stay where they are; ± is in sentences only.
_IN_ASCII = str.maketrans(
    {"–": "-", "−": "-", "—": "-", "─": "-", "×": "x", "µ": "u", "█": "#", "…": ".", "≤": "<", "→": ">", "±": "+-"}
    | {"│": "|"}
    | dict.fromkeys("┌┐└┘├┤┬┴┼", "+")
    | {"✓": "+", "✗": "x", "\N{NO-BREAK SPACE}": " "}
    | dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))  # of the conformance matrix
    | {"·": ".", "●": "*", "○": "o", "▲": "^", "△": "v", "■": "#", "□": "%", "◆": "@", "◇": "&"}  # of curves
)


class Plain:
    """Prints `renderable` without the blanks that fill its lines.

    As it is where the console takes UTF-8, and in ASCII otherwise (LANG=C, Latin-1 files).
    """

    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render as for UTF-8, then replace what cannot be written; a foreign name's letters become "?"."""
        rich_options = options.copy()
        rich_options.encoding = "utf-8"
        for line in Segment.split_lines(console.render(self.renderable, rich_options)):
            for text, style, control in _without_trailing_blanks(line):
                yield Segment(_in_ascii(text) if options.ascii_only else text, style, control)
            yield Segment.line()


def _without_trailing_blanks(line: list[Segment]) -> list[Segment]:
    kept = list(line)
    while kept and not kept[-1].text.strip(" "):
        kept.pop()
    if kept:
        text, style, control = kept[-1]
        kept[-1] = Segment(text.rstrip(" "), style, control)
    return kept


def _in_ascii(text: str) -> str:
    return text.translate(_IN_ASCII).encode("ascii", "replace").decode("ascii")
