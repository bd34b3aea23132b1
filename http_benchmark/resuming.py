"""May an interrupted experiment go on here and now? What has to be as it was when its first blocks were measured.

Blocks are paired within themselves, so blocks of two sessions stand side by side as those of one, as long as machine,
programs and plan are the same.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.experiment import ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.stats.comparability import differences
from http_benchmark.utils.sessions import is_alive

_SAME = ("libraries.", "packages of ")
"""Differences that are what a comparison is made for, and that may not be within one experiment."""


class Interrupted(NamedTuple):
    """An experiment that did not get to its end.

    Attributes:
        stored: As it was stored.
        blocks: Those that it finished.
        force: Go on though circumstances are others; that is noted in the result.
    """

    stored: ExperimentResult
    blocks: Sequence[BlockRecord]
    force: bool = False


def require_resumable(stored: ExperimentResult, *, force: bool = False) -> None:
    """Refuse an experiment that is done, that nobody can tell the plan of, or that somebody still measures.

    Args:
        stored: As it was stored.
        force: Accept one that somebody may still measure whose process cannot be seen from here.

    Raises:
        ConfigurationError: It cannot be resumed, whatever is the same.
    """
    name = f"experiment {stored.id}"
    if stored.status == "finished":
        raise ConfigurationError(
            f"{name} is finished; measure it again with: http-benchmark results reproduce {stored.id}"
        )
    if stored.provenance is None or stored.provenance.plan_fingerprint is None:
        raise ConfigurationError(
            f"{name} was measured by an earlier version, which did not note its plan; measure it anew"
        )
    last = stored.provenance.sessions[-1] if stored.provenance.sessions else None
    alive = stored.status == "running" and last and is_alive(last)
    if last and alive:
        raise ConfigurationError(f"{name} is being measured by process {last.pid}; wait for it, or stop it")
    if last and alive is None and not force:
        raise ConfigurationError(
            f"{name} may still be measured by process {last.pid} of another container, which cannot be seen from here; "
            "make sure that it has ended, then force it (--force)"
        )


def other_circumstances(stored: ExperimentResult, now: ExperimentResult) -> Iterator[str]:
    """In what an experiment that is about to go on differs from what it was, in words.

    Args:
        stored: As it was stored.
        now: As it would be stored now.
    """
    assert stored.provenance and now.provenance, "both were begun by this version or a later one"
    for difference in differences(stored, now):
        is_given_again = difference.field.startswith("configuration.")  # all else of it was restored
        if not is_given_again and (difference.severity == "matters" or difference.field.startswith(_SAME)):
            yield str(difference)
    if stored.provenance.program.version != now.provenance.program.version:
        return  # named already, and another version may plan otherwise
    if stored.provenance.plan_fingerprint != now.provenance.plan_fingerprint:
        yield "the plan differs: a setting's default, a file, the machine's limits or who is installed changed"


def dropped_before(stored: ExperimentResult, blocks: Sequence[BlockRecord], arms: Sequence[str]) -> dict[str, str]:
    """Contenders that failed in earlier sessions, so that the last block is without them, with the reason if known."""
    if not blocks:
        return {}
    there = {trial.contender for trial in blocks[-1].trials}
    reasons = {client.contender: client.message for client in stored.clients if client.status == "failed"}
    return {name: reasons.get(name) or "failed in an earlier session" for name in arms if name not in there}
