"""Anything that rich can print, for a screen or a file that knows ASCII only."""

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

# Each stands for one character, so that columns stay where they are; ± is in sentences only.
_IN_ASCII = str.maketrans(
    {"–": "-", "−": "-", "—": "-", "─": "-", "×": "x", "µ": "u", "█": "#", "…": ".", "≤": "<", "±": "+-"}
    | {"│": "|"}
    | dict.fromkeys("┌┐└┘├┤┬┴┼", "+")
    | {"✓": "+", "✗": "x", "\N{NO-BREAK SPACE}": " "}
    | dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))  # of the conformance matrix
    | {"·": ".", "●": "*", "○": "o", "▲": "^", "△": "v", "■": "#", "□": "%", "◆": "@", "◇": "&"}  # of curves
)


class Plain:
    """Prints `renderable` as it is where the console takes UTF-8, and in ASCII otherwise (LANG=C, Latin-1 files)."""

    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render as for UTF-8, then replace what cannot be written; a foreign name's letters become "?"."""
        if not options.ascii_only:
            yield self.renderable
            return
        rich_options = options.copy()
        rich_options.encoding = "utf-8"
        for text, style, control in console.render(self.renderable, rich_options):
            yield Segment(text.translate(_IN_ASCII).encode("ascii", "replace").decode("ascii"), style, control)
