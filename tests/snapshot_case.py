"""Terminal reports against snapshots that a person has read."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import TestCase

from rich.console import Console

SNAPSHOTS = Path(__file__).parent / "snapshots"


def printed(function: Callable[[Any, Console], None], value: Any, *, width: int = 80, encoding: str = "utf-8") -> str:
    """What the function prints into a file of that encoding."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    function(value, Console(file=file, width=width))
    file.flush()
    text = file.buffer.getvalue().decode(encoding)
    file.close()
    return text


class SnapshotCase(TestCase):
    maxDiff = None

    def check(self, name: str, text: str, *, width: int = 80) -> None:
        """Compare with the snapshot, and no line may end in blanks; with UPDATE_SNAPSHOTS set, replace it."""
        self.assertEqual([], [line for line in text.splitlines() if line != line.rstrip()])
        self.assertLessEqual(max(map(len, text.splitlines())), width)
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.write_text(text, encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), text)
