"""The published result of the conformance suite: each contender's outcome of each check."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from http_benchmark.models.base import Model

Outcome = Literal["conforms", "deviates", "not-offered", "not-applicable", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("conforms", "deviates", "not-offered", "not-applicable", "failed")


class ConformanceCheck(Model):
    """What was asked.

    Attributes:
        id: As `--check` takes it.
        subject: The group that it belongs to.
        question: One line; the answer that conforms is yes.
        witness: What the origin must have seen, or the client must have said.
    """

    id: str
    subject: str
    question: str
    witness: str


class CheckOutcome(Model):
    """What came of one check for one contender.

    Attributes:
        check: The check's id.
        outcome: One of `OUTCOMES`.
        seen: In words: what was seen, or why nothing was.
        expected: Whether that is what is known of this client.
        explanation: Why a known deviation is there; None where none is known.
    """

    check: str
    outcome: Outcome
    seen: str
    expected: bool
    explanation: str | None = None


class ContenderConformance(Model):
    """One contender's outcomes, in the order of the checks.

    Attributes:
        contender: Its name.
        library, version, mode: What was asked; the version is None where it is not known.
        outcomes: One per check that was asked; empty where it is not installed, which `message` then says.
        message: How to get it; None where it was asked.
    """

    contender: str
    library: str
    version: str | None
    mode: Literal["sync", "async"]
    outcomes: tuple[CheckOutcome, ...]
    message: str | None = None


class ConformanceResult(Model):
    """The whole answer; `schema` is a promise.

    Attributes:
        started_at, finished_at: In UTC.
        http_benchmark, python, system: Versions of this program, of the interpreter and of the system.
        status: "interrupted" if the user had enough before everything was asked; outcomes are then missing.
        as_expected: Whether every outcome is; what decides the exit code.
        checks: In the order in which they were asked.
        contenders: In the order in which they were named.
    """

    schema_: Annotated[Literal["http-benchmark/conformance/1"], Field(alias="schema")] = "http-benchmark/conformance/1"
    started_at: datetime
    finished_at: datetime
    http_benchmark: str
    python: str
    system: str
    status: Literal["finished", "interrupted"] = "finished"
    as_expected: bool
    checks: tuple[ConformanceCheck, ...]
    contenders: tuple[ContenderConformance, ...]

    def to_dict(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)
