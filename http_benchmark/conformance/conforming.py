"""Putting the questions: each contender in turn with a prober and an origin of its own, several at a time."""

import platform
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from threading import Event
from typing import Literal

from http_benchmark import __version__
from http_benchmark.clients import OWN_CLIENTS, installed_clients, installed_version, known_clients
from http_benchmark.conformance import certificates
from http_benchmark.conformance.check import Check
from http_benchmark.conformance.examinee import Certified, DeviationError, Examinee, NotAskedError, NotOfferedError
from http_benchmark.conformance.known import Known, known_deviation
from http_benchmark.conformance.suite import SUBJECTS
from http_benchmark.environments.making import ClientEnvironment, Environments
from http_benchmark.models.conformance import (
    CheckOutcome,
    ConformanceCheck,
    ConformanceResult,
    ContenderConformance,
    Outcome,
)
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment_configuration import ExperimentConfiguration
from http_benchmark.utils.child import OWN_INTERPRETER

AT_A_TIME = 4
"""Contenders that are examined at a time: most of the time goes by waiting for timeouts."""

type OnOutcome = Callable[[str, CheckOutcome], None]
"""Told each contender's outcomes as they come, from several threads."""


def conform(
    names: Sequence[str],
    checks: Sequence[Check],
    on_outcome: OnOutcome = lambda *_: None,
    *,
    environments: Environments | None = None,
) -> ConformanceResult:
    """Examine contenders; when interrupted, break off what is under way, and return what was asked before.

    Args:
        names: As users type them; empty for every installed client.
        checks: What to ask.
        on_outcome: Told what comes of each.
        environments: Makes what versions and source trees among the contenders take.

    Raises:
        ConfigurationError: There is no such contender, or a version or source tree cannot be had.
        TargetError: An origin could not be started.
    """
    started_at, started_s = datetime.now(UTC), time.monotonic()
    contenders = resolved(names)
    made = (environments or Environments()).of_all(contenders)
    status: Literal["finished", "interrupted"] = "finished"
    with ExitStack() as stack:
        certified = {
            http2: stack.enter_context(_certified(checks, http2=http2)) for http2 in {one.http2 for one in contenders}
        }
        examinations = [
            _Examination(one, environment, certified[one.http2], on_outcome)
            for one, environment in zip(contenders, made, strict=True)
        ]
        pool = stack.enter_context(ThreadPoolExecutor(AT_A_TIME))
        try:
            list(pool.map(lambda examination: examination.run(checks), examinations))
        except BaseException as error:
            for examination in examinations:
                examination.interrupt()  # the pool waits for those that are under way
            if not isinstance(error, KeyboardInterrupt):
                raise
            status = "interrupted"
    found = [examination.result() for examination in examinations]
    return ConformanceResult(
        started_at=started_at,
        finished_at=started_at + timedelta(seconds=time.monotonic() - started_s),
        http_benchmark=__version__,
        python=platform.python_version(),
        system=platform.platform(),
        status=status,
        as_expected=all(outcome.expected for contender in found for outcome in contender.outcomes),
        checks=described(checks),
        contenders=tuple(found),
    )


def resolved(names: Sequence[str]) -> list[Contender]:
    """Each contender once, with its mode.

    Raises:
        ConfigurationError: There is no such contender, or it cannot be so.
    """
    configuration = ExperimentConfiguration(contenders=tuple(dict.fromkeys(names)))
    contenders = configuration.resolved_contenders(tuple(installed_clients()))
    return [contender for contender in contenders if contender.number == 1]


def described(checks: Sequence[Check]) -> tuple[ConformanceCheck, ...]:
    """The checks as they are published."""
    subject_of = {check.id: subject for subject, group in SUBJECTS.items() for check in group}
    return tuple(
        ConformanceCheck(id=check.id, subject=subject_of[check.id], question=check.question, witness=check.witness)
        for check in checks
    )


def _certified(checks: Sequence[Check], *, http2: bool) -> AbstractContextManager[Certified]:
    return certificates.certified(http2=http2) if set(checks) & set(certificates.CHECKS) else nullcontext({})


class _Examination:
    """One contender and what came of its checks so far.

    Args:
        contender: With its mode.
        environment: Where it is installed; None for this one.
        certified: Where checks of certificates ask.
        on_outcome: Told of each outcome.
    """

    def __init__(
        self,
        contender: Contender,
        environment: ClientEnvironment | None,
        certified: Certified,
        on_outcome: OnOutcome,
    ) -> None:
        self._contender = contender
        self._environment = environment
        self._certified = certified
        self._on_outcome = on_outcome
        self._enough = Event()
        self._examinee: Examinee | None = None
        self._outcomes: list[CheckOutcome] = []

    def run(self, checks: Sequence[Check]) -> None:
        """Ask, unless it is not installed."""
        if not self._is_there:
            return
        capabilities = known_clients()[self._contender.library]
        interpreter = self._environment.interpreter if self._environment else OWN_INTERPRETER
        with Examinee(self._contender, capabilities, self._certified, interpreter=interpreter) as self._examinee:
            for check in takewhile(lambda _: not self._enough.is_set(), checks):
                outcome = asked(check, self._examinee)
                if self._enough.is_set():  # it was broken off
                    break
                self._outcomes.append(outcome)
                self._on_outcome(str(self._contender), outcome)

    def interrupt(self) -> None:
        """Break off what is under way; from another thread."""
        self._enough.set()
        if self._examinee:
            self._examinee.interrupt()

    def result(self) -> ContenderConformance:
        """What came of it."""
        library = self._contender.library
        assert self._contender.mode is not None
        return ContenderConformance(
            contender=str(self._contender),
            library=library,
            version=self._environment.version if self._environment else installed_version(library),
            mode=self._contender.mode,
            outcomes=tuple(self._outcomes),
            message=None if self._is_there else f"{library} is not installed; {known_clients()[library].install}",
        )

    @property
    def _is_there(self) -> bool:
        return bool(self._environment) or self._contender.library in {*installed_clients(), *OWN_CLIENTS}


def asked(check: Check, examinee: Examinee) -> CheckOutcome:
    """Put one question to one contender."""
    if examinee.contender.http2 and check.not_http2:
        return CheckOutcome(check=check.id, outcome="not-applicable", seen=check.not_http2, expected=True)
    examinee.begin()
    outcome: Outcome = "conforms"
    try:
        seen = check.ask(examinee)
        examinee.compare()
    except DeviationError as error:
        outcome, seen = "deviates", str(error)
    except NotOfferedError as error:
        outcome, seen = "not-offered", str(error)
    except NotAskedError as error:
        outcome, seen = "failed", str(error)
    known = known_deviation(examinee.contender, check.id)
    return CheckOutcome(
        check=check.id,
        outcome=outcome,
        seen=seen,
        expected=_is_expected(outcome, known),
        explanation=known.explanation if known else None,
    )


def _is_expected(outcome: Outcome, known: Known | None) -> bool:
    if outcome == "failed":
        return False
    if outcome == "deviates":
        return known is not None
    return known is None or known.sometimes
