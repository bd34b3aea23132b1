"""What a workload file says, whatever its format: weighted requests, and the data that fills their placeholders."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from http_benchmark.errors import ConfigurationError
from http_benchmark.secret import Reference

type Format = Literal["toml", "har", "curl", "openapi"]

_REFERENCE = re.compile(r"\$\{[a-z]+:[^{}]*\}")  # whose name may have a slash in it

type Row = Mapping[str, str]

_LEAST_SECRET = 4
"""Characters from which on a value of a table is kept secret; shorter ones, such as numbers, stand in every text."""

type Generate = Callable[[random.Random, int], str]
"""Make the value of a variant: from a generator of its own, and the variant's number from 0."""


@dataclass(frozen=True, slots=True)
class Template:
    """One request as the file describes it.

    Attributes:
        name: What its figures go by; several recorded requests may share one.
        method: An HTTP method in capitals.
        url: A path with a leading slash, or absolute.
        headers: (name, value) pairs beyond the default ones.
        body: What is uploaded; bytes are sent as they are.
        weight: Its share, in proportion to the others' weights.
        stream: Responses are read as streams.
        events: They are streams of server-sent events, and it is measured when each event arrives.
        has_placeholders: `{{…}}` and `${…}` in URL, headers and text bodies stand for values.
        json_body: Values are escaped as a JSON string in the body wants it.
        variants: Most concrete requests to make of it; None for the default.
        without: Default headers that it does not have, in lower case.
    """

    name: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: str | bytes = field(default=b"", repr=False)
    weight: Fraction = Fraction(1)
    stream: bool = False
    events: bool = False
    has_placeholders: bool = False
    json_body: bool = False
    variants: int | None = None
    without: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The host that its URL names, with the port; "" for a path."""
        return urlsplit(_REFERENCE.sub("x", self.url)).netloc.rpartition("@")[2]

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that may hold placeholders."""
        body = (self.body,) if isinstance(self.body, str) else ()
        return (self.url, *(value for _, value in self.headers), *body) if self.has_placeholders else ()


@dataclass(frozen=True, slots=True)
class Take:
    """A value to take out of an answer.

    Attributes:
        kind: From where; "cookies" is all of them, as a `Cookie` header has them.
        name: Of the cookie or header; of a JSON document the keys and numbers that lead there, with dots between.
    """

    kind: Literal["cookie", "cookies", "header", "json"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A request that is sent before anything is measured.

    Attributes:
        template: What is sent.
        for_each: Table; it is sent once for each of its rows, and what it takes becomes columns. None for once.
        takes: What later requests know by which name.
    """

    template: Template
    for_each: str | None
    takes: Mapping[str, Take]


@dataclass(frozen=True, slots=True)
class Workload:
    """A whole file.

    Attributes:
        path: Of the file.
        format: How it was read.
        sha256: Of the file and of all files that it names, in hexadecimal.
        templates: Its requests, at least one.
        in_order: Send them in the order of the file, not shuffled.
        tables: Rows of data by table.
        generated: Values that are made for each variant, by name.
        references: The secrets that it names.
        setup: Requests that are sent before anything is measured.
        taken: What they took out of the answers, by name; it may be secret.
        notes: What of the file was left out or changed, and why.
    """

    path: Path
    format: Format
    sha256: str
    templates: tuple[Template, ...]
    in_order: bool = False
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict, repr=False)
    generated: Mapping[str, Generate] = field(default_factory=dict)
    references: Mapping[Reference, str] = field(default_factory=dict, repr=False)
    setup: tuple[Step, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts (with ports) that its URLs name, each once; "" for paths. Empty where there are only paths."""
        hosts = dict.fromkeys(template.host for template in self.templates)
        return () if hosts.keys() == {""} else tuple(hosts)

    def only_to(self, hosts: Sequence[str]) -> "Workload":
        """The same workload without the requests to other hosts than these.

        Raises:
            ConfigurationError: One of them is in no URL.
        """
        if missing := [host for host in hosts if host not in self.hosts]:
            known = ", ".join(filter(None, self.hosts)) or "paths only"
            raise ConfigurationError(
                [f"{self.path.name} sends nothing to host {host!r}; it has {known}" for host in missing]
            )
        kept = tuple(template for template in self.templates if template.host in hosts)
        left_out = len(self.templates) - len(kept)
        others = ", ".join(host for host in self.hosts if host not in hosts)
        note = (f"left out: {left_out} to other hosts ({others})",) if left_out else ()
        return replace(self, templates=kept, notes=(*self.notes, *note))

    @property
    def every_template(self) -> tuple[Template, ...]:
        """Its requests, and those of its setup."""
        return (*(step.template for step in self.setup), *self.templates)

    @property
    def has_events(self) -> bool:
        """Whether one of its answers is a stream of server-sent events."""
        return any(template.events for template in self.templates)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must not be shown, the longest first: of references, of logins, and of data."""
        data = {value for rows in self.tables.values() for row in rows for value in row.values()}
        long_enough = {value for value in data if len(value) >= _LEAST_SECRET}
        return tuple(sorted({*self.references.values(), *self.taken.values(), *long_enough}, key=len, reverse=True))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its requests, each once, in the order of the file."""
        return tuple(dict.fromkeys(template.name for template in self.templates))
