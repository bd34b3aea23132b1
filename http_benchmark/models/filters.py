"""Which stored experiments are asked for."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, ValidationError

from http_benchmark.models.base import Model, configuration_error
from http_benchmark.models.contender import Contender
from http_benchmark.models.fields import Text


def _as_stored(contenders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(Contender.parse(text)) for text in contenders)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} is before the year 1 or after 9999 in UTC; take another") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Filters(Model):
    """What an experiment must have: all that is given, exactly as it is written.

    Attributes:
        client: Each of these was measured: a library, or with version, mode or protocol, as a contender is named.
        version: A client of this version was measured; with exactly one `client`, that one.
        name: As configured.
        tag: It has each of these.
        host: The machine's name.
        workload: Its file's name or SHA-256, or the one request, as in "GET /bytes/1024".
        status: "running", "finished", "interrupted" or "failed".
        verdict: "valid", "suspect" or "invalid".
        since: Started then or later.
        until: Started before.
    """

    client: Annotated[tuple[str, ...], AfterValidator(_as_stored)] = ()
    version: Text | None = None
    name: Text | None = None
    tag: tuple[Text, ...] = ()
    host: Text | None = None
    workload: Text | None = None
    status: Text | None = None
    verdict: Text | None = None
    since: Moment | None = None
    until: Moment | None = None


def read_filters(values: dict[str, Any]) -> Filters:
    """Filters from what a user gave.

    Raises:
        ConfigurationError: A client is none, or a moment's zone is unknown.
    """
    try:
        return Filters(**values)
    except ValidationError as error:
        raise configuration_error(error, [*Filters.model_fields]) from None


ALL = Filters()
"""Every experiment."""
