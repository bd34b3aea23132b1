"""What all models share: typed data, checked once at the border, all faults reported at once.

`Model` is the frozen kind, which goes to JSON and back. `Record` is the plain kind that users construct with positional
arguments and may change afterwards.
"""

import dataclasses
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from http_benchmark.errors import ConfigurationError
from http_benchmark.redaction import without_passwords

SECRET_FIELDS = frozenset({"url", "target_url", "headers", "body", "proxy", "database_url"})
"""Fields of whose values a fault tells no more than the kind."""

_LONGEST_VALUE = 100  # characters of a wrong value that a message repeats

_STRUCTURES = {
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type"), "a mapping of names to values"
    ),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
}
_SCALARS = {
    "string_type": "text",
    "path_type": "a path",
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
}
"""What a value should be, in plain words, by pydantic's type of error."""


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


RECORD = ConfigDict(extra="forbid")
"""How `Record`s are configured: an unknown argument is a fault, assignments are not checked."""


class _Checked(type):
    """The class of `Record` classes: calling one raises this package's own error."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except ValidationError as error:
            raise configuration_error(error, _field_names(cls)) from None


class Record(metaclass=_Checked):
    """Base of the public data classes: positional arguments, plain attributes.

    A subclass is a pydantic data class with `config=RECORD`. Its constructor raises `ConfigurationError` with all
    faults; an attribute assigned later is checked by `checked`, not at once, so that several can be changed in turn.
    """

    def to_dict(self) -> dict[str, Any]:
        """All public attributes as they are: moments stay `datetime`s and bytes stay bytes."""
        return {name: getattr(self, name) for name in _field_names(type(self))}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`; takes moments as ISO 8601 text too."""
        return cls(**values)

    def checked(self) -> Self:
        """A copy that has been through the constructor's checks.

        Raises:
            ConfigurationError: An attribute assigned since then is at fault.
        """
        return type(self)(**self.to_dict())


def _field_names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def did_you_mean(word: str, choices: Collection[str]) -> str:
    """The advice after an unknown word: the nearest choices, else all of them."""
    near = get_close_matches(word, choices, n=2)
    return f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(choices)}"


def configuration_error(
    error: ValidationError, fields: Sequence[str] = (), *, placed: bool = False
) -> ConfigurationError:
    """Turn a validation error into one line per fault: the field, what was wrong, the value, what to do.

    Args:
        error: What pydantic raised.
        fields: The names that would have been understood, in order: they name positional arguments and help with an
            unknown name.
        placed: Say of every fault where in a nested document it is, also where our own words name the field.
    """
    return ConfigurationError(
        [fault for details in error.errors(include_url=False) for fault in faults_of(details, fields, placed=placed)]
    )


def faults_of(details: Any, fields: Sequence[str] = (), *, placed: bool = False) -> tuple[str, ...]:
    """The lines of `configuration_error` for one error of pydantic's, as it describes it."""
    path = details["loc"]
    if path and isinstance(path[0], int) and path[0] < len(fields):
        path = (fields[path[0]], *path[1:])
    name = ".".join(str(part) for part in path if not str(part).startswith("function-"))
    if details["type"] == "value_error":  # raised by our own validators, whose words say it all
        cause = details["ctx"]["error"]
        faults = cause.faults if isinstance(cause, ConfigurationError) else (str(cause),)
        return tuple(f"{name}: {fault}" for fault in faults) if placed else faults
    if details["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        advice = did_you_mean(name.rpartition(".")[2], fields) if fields else "leave it out"
        return (f"unknown setting {name!r}; {advice}",)
    if path and path[0] in SECRET_FIELDS:
        return (f"{name} must be {_SCALARS.get(details['type'], 'another value')}, got {kind_of(details['input'])}",)
    return (f"{name or 'the document'}{_in_plain_words(details)}",)


def kind_of(value: object) -> str:
    """What kind of value it is, in words: all that is told of one that may be secret."""
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else type(value).__name__


def _in_plain_words(details: Any) -> str:
    """What is wrong with a value, and the value; of what is a structure, or should be one, only its kind is told."""
    kind, value = details["type"], details["input"]
    if kind.startswith("missing"):
        return " is missing"
    if kind == "string_too_short":
        return " must not be empty"
    if kind in _STRUCTURES:
        return f" must be {_STRUCTURES[kind]}, got {'text' if isinstance(value, str) else _shown(value)}"
    if kind == "literal_error":
        return f" must be {details['ctx']['expected']}, got {_shown(value)}"
    if kind in _SCALARS:
        return f" must be {_SCALARS[kind]}, got {_shown(value)}"
    return f": {details['msg'][:1].lower()}{details['msg'][1:]}, got {_shown(value)}"


def _shown(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return kind_of(value)
    text = without_passwords(repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
