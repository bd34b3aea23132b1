"""All checks by subject, in the order in which they are asked and shown."""

from collections.abc import Iterable

from http_benchmark.conformance import answers, bodies, certificates, connections, failures, surroundings, timeouts
from http_benchmark.conformance.check import Check
from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import did_you_mean

SUBJECTS: dict[str, tuple[Check, ...]] = {
    "what is carried": bodies.CHECKS,
    "answers": answers.CHECKS,
    "surroundings": surroundings.CHECKS,
    "connections": connections.CHECKS,
    "timeouts": timeouts.CHECKS,
    "failures": failures.CHECKS,
    "certificates": certificates.CHECKS,
}

CHECKS: dict[str, Check] = {check.id: check for checks in SUBJECTS.values() for check in checks}


def chosen_checks(ids: Iterable[str]) -> tuple[Check, ...]:
    """The checks with these ids, in the order of the suite; all for none.

    Raises:
        ConfigurationError: There is no such check.
    """
    wanted = set(ids)
    unknown = sorted(wanted - CHECKS.keys())
    if unknown:
        raise ConfigurationError([f"unknown check {name!r}; {did_you_mean(name, tuple(CHECKS))}" for name in unknown])
    return tuple(check for name, check in CHECKS.items() if not wanted or name in wanted)
