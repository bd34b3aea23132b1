"""What an experiment is, and what it finds: figures with the limits that theory sets them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a check."""

    PASS = "pass"
    FAIL = "FAIL"
    NO_VERDICT = "no verdict"
    """The machine or the client set the figure, not the tool; the note says how."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure.

    Attributes:
        what: The figure, and of whom.
        measured: Its value, in `unit`.
        low, high: Between which it has to lie; None for no limit.
        expected: By theory, where that is one number.
        unit: For people: "ms", "%", "".
        note: What else is worth knowing.
        excuse: Why the figure says nothing about the tool, if it does not; then there is no verdict.
    """

    what: str
    measured: float
    low: float | None = None
    high: float | None = None
    expected: float | None = None
    unit: str = ""
    note: str = ""
    excuse: str = ""

    @property
    def outcome(self) -> Outcome:
        """Within the limits or not; a figure that is excused has no verdict unless it is right all the same."""
        above = self.low is None or self.measured >= self.low
        below = self.high is None or self.measured <= self.high
        if above and below:
            return Outcome.PASS
        return Outcome.NO_VERDICT if self.excuse else Outcome.FAIL


def near(what: str, measured: float, expected: float, within: float, **more: str) -> Check:
    """A figure that theory puts at `expected`, give or take `within`."""
    return Check(what, measured, expected - within, expected + within, expected, **more)


@dataclass(frozen=True, slots=True)
class Setting:
    """How to run.

    Attributes:
        full: Everything, however long it takes; otherwise about twenty minutes for all experiments.
        say: Told of the progress.
    """

    full: bool
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question to the tool whose answer is known.

    Attributes:
        id: As in docs/proof.md.
        question: What is asked.
        theory: Where the expected figures come from.
        run: Asks; yields the figures as they come.
    """

    id: str
    question: str
    theory: str
    run: Callable[[Setting], Iterator[Check]]
