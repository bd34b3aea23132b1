"""What the requests of one name of a workload came to, over a slice or a trial."""

import numpy as np

from http_benchmark.stats.histogram import Times
from http_benchmark.stats.raw import CODES, errors_by_kind


class TagFigures:
    """What the requests of one name came to.

    Attributes:
        outcomes: How many requests had each code, shape (1024,).
        response: Response times of the successful ones inside the cut.
    """

    def __init__(self) -> None:
        self.outcomes = np.zeros(CODES, dtype=np.int64)
        self.response = Times()

    @property
    def requests(self) -> int:
        """All of them, failed ones and those before the cut included."""
        return int(self.outcomes.sum())

    @property
    def errors(self) -> dict[str, int]:
        """How many failed, by kind."""
        return errors_by_kind(self.outcomes)

    def merge(self, other: "TagFigures") -> None:
        """Add all that the other holds."""
        self.outcomes += other.outcomes
        self.response.merge(other.response)
