"""Which stored experiments need not be kept."""

from datetime import timedelta
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import Model, configuration_error
from http_benchmark.units import parse_duration


class Retention(Model):
    """An experiment may go that is old enough, that newer ones of its name have followed, and that no tag protects.

    Attributes:
        older_than: It started longer ago; None for any age.
        keep_last: So many newer ones of the same name are stored; None for any number.
        name: Only experiments of this name may go; None for all.
        expendable: Tags that protect nothing, such as one that every run of a job has.
    """

    older_than: timedelta | None = Field(default=None, ge=timedelta(0))
    keep_last: int | None = Field(default=None, ge=0)
    name: str | None = None
    expendable: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.older_than is None and self.keep_last is None:
            raise ValueError("say what may go: --older-than 90d, --keep-last 10, or both")
        return self


def read_retention(*, older_than: str | None, **values: Any) -> Retention:
    """A rule from what a user gave, the age as in "90d".

    Raises:
        ConfigurationError: It is none.
    """
    try:
        age = None if older_than is None else timedelta(seconds=parse_duration(older_than))
        return Retention(older_than=age, **values)
    except ValidationError as error:
        raise configuration_error(error, [*Retention.model_fields]) from None
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"--older-than is {error}") from None
