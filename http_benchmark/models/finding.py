"""What an integrity check found."""

from typing import Literal

from http_benchmark.models.base import Model


class Finding(Model):
    """One fault of a database.

    Attributes:
        code: "file": the database's own check; "damaged": a document, block or single result that cannot be read;
            "missing": one that is not there; "stale": what stands beside a document does not follow from it.
        where: The id of the experiment or single result, or the database.
        message: For a person.
        repairable: It follows from what is whole, and can be made anew.
    """

    code: Literal["file", "damaged", "missing", "stale"]
    where: str
    message: str
    repairable: bool = False
