"""A place on a console where progress is shown: a part that is drawn anew in a terminal, lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from loguru import logger
from rich.console import Console, RenderableType
from rich.live import Live

_REDRAW_S = 0.5


class Display:
    """Shows progress; a context manager. Where it cannot be shown the work goes on without.

    Args:
        console: Where to show it, and raise `OSError` if that fails; standard output is for the answer.
        redraw: Draw a part anew where the console is a terminal; log lines would go right through it.
    """

    def __init__(self, console: Console, *, redraw: bool = True) -> None:
        self._console = console
        self._redraw = redraw and console.is_terminal
        self._live: Live | None = None
        self._drawn_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_live(self) -> bool:
        """Whether there is a part that is drawn anew."""
        return self._live is not None

    def start(self) -> None:
        """Begin to draw, if this is a terminal."""
        if self._redraw:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            with self._or_nothing():
                self._live.start()

    def draw(self, make: Callable[[], RenderableType], *, now: bool = False) -> None:
        """Draw anew what `make` returns, unless that was done a moment ago."""
        if self._live and (now or time.monotonic() - self._drawn_s > _REDRAW_S):
            with self._or_nothing():
                self._live.update(make(), refresh=True)
            self._drawn_s = time.monotonic()

    def say(self, line: str) -> None:
        """Print a line that stays."""
        with self._or_nothing():
            self._console.print(line, soft_wrap=True, markup=False)

    def stop(self) -> None:
        """Take away what is drawn anew. Harmless when repeated."""
        live, self._live = self._live, None
        if live:
            with self._or_nothing():
                live.stop()

    @contextmanager
    def _or_nothing(self) -> Iterator[None]:
        """Show something; from the first time on that it fails, show nothing."""
        try:
            yield
        except OSError as error:
            self._console.quiet = True
            self._redraw = False
            logger.debug("progress is not shown any more: {}", error)
