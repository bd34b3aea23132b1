"""What all models share: frozen data, checked once at the border, all faults reported at once."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from http_benchmark.errors import ConfigurationError


class Model(BaseModel):
    """Frozen, typed data that goes to JSON and back without loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_dict(self) -> dict[str, Any]:
        """The model as plain values that `json.dumps` takes."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls.model_validate(values)


def configuration_error(error: ValidationError) -> ConfigurationError:
    """Turn a validation error into one line per fault: the field, what was wrong, the value, what to do."""
    return ConfigurationError([_fault(details) for details in error.errors(include_url=False)])


def _fault(details: Any) -> str:
    field = ".".join(str(part) for part in details["loc"] if not str(part).startswith("function-"))
    if details["type"] == "value_error":  # raised by our own validators, whose words say it all
        return str(details["ctx"]["error"])
    value = "" if details["type"] == "missing" else f", got {details['input']!r}"
    return f"{field}: {details['msg'][:1].lower()}{details['msg'][1:]}{value}"
