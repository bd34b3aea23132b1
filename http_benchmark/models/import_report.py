"""What became of experiments or results that were to be taken into a database."""

from typing import Literal

from http_benchmark.models.base import Model

OnConflict = Literal["refuse", "skip", "rename"]
"""What to do with an ID that is stored with other content: take in nothing at all, leave that one out, or give it a new
ID."""


class ImportReport(Model):
    """By ID.

    Attributes:
        added: Taken in.
        present: There already, with equal content.
        skipped: Left out, since something else has the ID.
        renamed: Taken in under another ID: old → new.
    """

    added: tuple[str, ...] = ()
    present: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    renamed: dict[str, str] = {}
