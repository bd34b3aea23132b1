"""Parses YAML that may come from anywhere: how deep it goes, and what its aliases multiply to, are bounded."""

import json
from dataclasses import dataclass
from typing import Any

import yaml
from jsonschema_path.loaders import JsonschemaSafeLoader

from http_benchmark.errors import ConfigurationError
from http_benchmark.workloads.nesting import DEEPEST, nests_too_deeply

MOST_VALUES = 1_000_000
"""Values of a document with every alias written out; large public APIs have half of them."""

_LOADER: Any = JsonschemaSafeLoader  # a safe one that keeps dates as text

_CONTRADICTORY = (TypeError, ValueError, LookupError, AttributeError)
"""What the loader raises for values that contradict their tags, such as `!!bool x`, and JSON for what it lacks."""


@dataclass(slots=True)
class _Extent:
    """How much a value holds with its aliases written out."""

    values: int = 1
    levels: int = 0
    is_open: bool = False

    def add(self, inner: "_Extent") -> None:
        self.values += inner.values
        self.levels = max(self.levels, inner.levels + 1)


def parse_yaml(content: bytes, name: str) -> Any:
    """Parse YAML into what JSON has: keys are text, and so are dates.

    Args:
        content: The bytes in UTF-8 or UTF-16.
        name: What it is, for messages.

    Raises:
        ConfigurationError: It is malformed, nests too deeply, or is too large with its aliases written out.
    """
    try:
        _check_extent(content, name)
        return json.loads(json.dumps(yaml.load(content, _LOADER)))  # noqa: S506 - see _LOADER
    except ConfigurationError:
        raise
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name} is no YAML: {' '.join(str(error).split())}; correct it") from None
    except _CONTRADICTORY:
        raise ConfigurationError(
            f"{name} has a value that its tag (!!) does not allow, or that JSON does not have; write it as text"
        ) from None


def _check_extent(content: bytes, name: str) -> None:
    """Refuse what would be too large, before anything is made of it."""
    anchored: dict[str | None, _Extent] = {}
    stack = [_Extent()]
    for event in yaml.parse(content, _LOADER):
        extent = _Extent()
        if isinstance(event, yaml.AliasEvent):
            extent = anchored.get(event.anchor, extent)
            if extent.is_open:
                raise ConfigurationError(f"{name}: *{event.anchor} stands for a value that it is part of; write it out")
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            anchored[event.anchor] = extent
        if isinstance(event, yaml.CollectionStartEvent):
            extent.levels, extent.is_open = 1, True
            stack.append(extent)
        elif isinstance(event, yaml.CollectionEndEvent):
            extent = stack.pop()
            extent.is_open = False
            stack[-1].add(extent)
        elif isinstance(event, yaml.NodeEvent):
            stack[-1].add(extent)
        _check(stack, name)


def _check(stack: list[_Extent], name: str) -> None:
    if len(stack) - 2 + stack[-1].levels > DEEPEST:
        raise nests_too_deeply(name)
    if stack[-1].values > MOST_VALUES:
        raise ConfigurationError(
            f"{name} has more than {MOST_VALUES:,} values, counting each alias (*) in full; use fewer aliases"
        )
