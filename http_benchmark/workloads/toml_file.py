"""Our own format: weighted requests with placeholders, and the data that fills them, in a TOML file."""

import hashlib
import tomllib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from http_benchmark.errors import ConfigurationError
from http_benchmark.models.base import Model, configuration_error, did_you_mean
from http_benchmark.models.fields import Count, Method
from http_benchmark.models.secret_fields import HeaderTexts
from http_benchmark.redaction import without_passwords
from http_benchmark.secret import Reference
from http_benchmark.secret_url import parse_url
from http_benchmark.utils.vault import resolve
from http_benchmark.workloads.json_values import as_json
from http_benchmark.workloads.nesting import check_nesting, nests_too_deeply
from http_benchmark.workloads.placeholders import fault_in, names_in, references_in
from http_benchmark.workloads.tables import read_table
from http_benchmark.workloads.workload import Generate, Row, Step, Take, Template, Workload


def _weight(value: Any) -> Fraction:
    """A weight as it stands in the file: 0.7 is seven tenths."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(f"weight must be a number above 0, got {value!r}")
    return Fraction(str(value))


def _stream(value: Any) -> Any:
    if not isinstance(value, bool) and value != "events":
        raise ValueError(f'stream must be true, false or "events", got {value!r}')
    return value


def _tables(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, list):
        raise ValueError(  # noqa: TRY004 - of the two, pydantic takes this one for a fault
            f"{info.field_name} must be a list of tables; write each as [[{info.field_name}]]"
        )
    return value


class _Table(Model):
    """Where a table of data comes from."""

    csv: Path


class _Request(Model):
    """A request as the file has it; at most one of the bodies."""

    name: str = ""
    weight: Annotated[Any, AfterValidator(_weight)] = Fraction(1)
    method: Method = "GET"
    url: str
    headers: HeaderTexts = ()
    body: str | None = None
    body_json: Any = Field(default=None, alias="json")
    body_file: Path | None = Field(default=None, alias="body-file")
    stream: Annotated[bool | Literal["events"], BeforeValidator(_stream)] = False
    variants: Count | None = None
    placeholders: bool = True

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        if not value.startswith(("/", "http://", "https://")):
            raise ValueError(f"url must be a path that begins with /, or begin with http:// or https://, got {value!r}")
        return value

    @model_validator(mode="after")
    def _check_bodies(self) -> Self:
        given = [self.body, self.body_json, self.body_file]
        if sum(body is not None for body in given) > 1:
            raise ValueError("body, json and body-file contradict each other; give one of them")
        return self


class _Step(_Request):
    """A request that is sent before anything is measured."""

    for_each: str | None = Field(default=None, alias="for-each")
    take: dict[str, Any] = {}


class _File(Model):
    """The whole file."""

    order: Literal["shuffled", "as-written"] = "shuffled"
    data: dict[str, _Table] = {}
    values: dict[str, Any] = {}
    setup: Annotated[tuple[_Step, ...], BeforeValidator(_tables)] = ()
    request: Annotated[tuple[_Request, ...], BeforeValidator(_tables)] = ()


def read(path: Path, content: bytes) -> Workload:
    """Read a workload from a TOML file.

    Raises:
        ConfigurationError: With one line for each fault.
    """
    document = _document(path, content)
    reading = _Reading(path.parent, content)
    if not document.request:
        reading.faults.append("there is no request; write at least one [[request]]")
    tables = {name: reading.table(name, table.csv) for name, table in document.data.items()}
    generated = {name: reading.generator(name, value) for name, value in document.values.items()}
    templates = tuple(reading.template(f"request.{i}", request) for i, request in enumerate(document.request))
    reading.require_unique_names(templates)
    columns = {table: set(rows[0] if rows else ()) for table, rows in tables.items()}
    steps = tuple(reading.step(f"setup.{i}", step, columns) for i, step in enumerate(document.setup))
    taken, references = reading.taken(steps, columns)
    known = {f"{table}.{column}" for table, names in columns.items() for column in names}
    references |= reading.references(templates, known | generated.keys() | taken)
    if reading.faults:
        raise ConfigurationError([f"{path.name}: {fault}" for fault in reading.faults])
    return Workload(
        path=path,
        format="toml",
        sha256=reading.digest.hexdigest(),
        templates=templates,
        in_order=document.order == "as-written",
        tables=tables,
        generated=generated,
        references=references,
        setup=steps,
    )


def _document(path: Path, content: bytes) -> _File:
    try:
        values = tomllib.loads(content.decode())
    except RecursionError:
        raise nests_too_deeply(path.name) from None
    except ValueError as error:
        raise ConfigurationError(f"{path.name} is not TOML: {error}; correct it") from None
    check_nesting(values, path.name)
    try:
        return _File(**values)
    except ValidationError as error:
        names = [field.alias or name for model in (_File, _Step) for name, field in model.model_fields.items()]
        faults = configuration_error(error, names, placed=True).faults
        raise ConfigurationError([f"{path.name}: {fault}" for fault in faults]) from None


class _Reading:
    """Reads the parts of one file, and collects what is wrong with them.

    Attributes:
        faults: One line each.
        digest: Of all files that were read.
    """

    def __init__(self, folder: Path, content: bytes) -> None:
        self.faults: list[str] = []
        self.digest = hashlib.sha256(content)
        self._folder = folder

    def table(self, name: str, file: Path) -> tuple[Row, ...]:
        """The rows of a CSV file whose first line has the columns' names."""
        content = self._file(f"data.{name}.csv", file)
        if content is None:
            return ()
        faults: list[str] = []
        rows = read_table(str(file), content, faults)
        self.faults += [f"data.{name}: {fault}" for fault in faults]
        return rows

    def generator(self, name: str, value: Any) -> Generate:
        """What makes a value for each variant."""
        match value:
            case "sequence":
                return _sequence(1)
            case {"sequence": int(start), **rest} if not rest:
                return _sequence(start)
            case "uuid":
                return lambda generator, _: str(uuid.UUID(int=generator.getrandbits(128), version=4))
            case {"random": [int(low), int(high)], **rest} if not rest and low <= high:
                return lambda generator, _: str(generator.randint(low, high))
            case {"choice": [*choices], **rest} if not rest and choices:
                return self._choice(f"values.{name}.choice", choices)
        self.faults.append(
            f'values.{name} must be "sequence", "uuid", {{ sequence = START }}, {{ random = [LOW, HIGH] }} or '
            f"{{ choice = [VALUE, …] }}, got {value!r}"
        )
        return _sequence(1)

    def _choice(self, place: str, choices: Sequence[Any]) -> Generate:
        """One of these, texts as they are and others as JSON has them."""
        texts = [
            choice if isinstance(choice, str) else self._json(f"{place}.{number}", choice)
            for number, choice in enumerate(choices)
        ]
        return lambda generator, _: generator.choice(texts)

    def _json(self, place: str, value: Any) -> str:
        try:
            return as_json(place, value)
        except ConfigurationError as error:
            self.faults += error.faults
            return ""

    def step(self, place: str, step: _Step, columns: Mapping[str, set[str]]) -> Step:
        """A request of the setup with what it takes; what is wrong with that is noted."""
        if step.for_each is not None and step.for_each not in columns:
            self.faults.append(f"{place}: for-each must be a table of [data], got {step.for_each!r}")
        takes = {name: take for name, value in step.take.items() if (take := self._take(place, name, value))}
        return Step(self.template(place, step), step.for_each, takes)

    def taken(self, steps: Iterable[Step], columns: dict[str, set[str]]) -> tuple[set[str], dict[Reference, str]]:
        """What the steps take for everybody, and the secrets that they name; `columns` get what they take by row.

        A step knows what earlier ones took, and the row that it is sent for.
        """
        taken: set[str] = set()
        references: dict[Reference, str] = {}
        for step in steps:
            row = columns.get(step.for_each or "", set())
            references |= self.references([step.template], taken | {f"{step.for_each}.{column}" for column in row})
            if step.for_each is None:
                taken.update(step.takes)
            else:
                row.update(step.takes)
        return taken, references

    def _take(self, place: str, name: str, value: Any) -> Take | None:
        match value:
            case "cookies":
                return Take("cookies")
            case {"cookie": str(what)} | {"header": str(what)} | {"json": str(what)} if len(value) == 1:
                return Take(next(iter(value)), what)
        self.faults.append(
            f'{place}.take.{name} must be "cookies", {{ cookie = NAME }}, {{ header = NAME }} or '
            f'{{ json = "KEY.KEY" }}, got {value!r}'
        )
        return None

    def template(self, place: str, request: _Request) -> Template:
        """A request with its body."""
        stream = bool(request.stream) or request.method == "STREAM"
        method = "GET" if request.method == "STREAM" else request.method
        headers, body = request.headers, request.body or b""
        if request.body_json is not None:
            body = self._json(f"{place}.json", request.body_json)
            if "content-type" not in {name.lower() for name, _ in headers}:
                headers = (*headers, ("Content-Type", "application/json"))
        elif request.body_file is not None:
            body = self._file(f"{place}.body-file", request.body_file) or b""
        return Template(
            name=request.name or f"{method} {without_passwords(request.url.partition('?')[0])}",
            method=method,
            url=request.url,
            headers=headers,
            body=body,
            weight=request.weight,
            stream=stream,
            events=request.stream == "events",
            has_placeholders=request.placeholders,
            json_body=request.body_json is not None,
            variants=request.variants,
        )

    def require_unique_names(self, templates: Iterable[Template]) -> None:
        """Two requests of one name could not be told apart in the results."""
        seen: set[str] = set()
        for template in templates:
            if template.name in seen:
                self.faults.append(f"two requests are called {template.name!r}; give each a name of its own")
            seen.add(template.name)

    def references(self, templates: Iterable[Template], known: set[str]) -> dict[Reference, str]:
        """The secrets that the requests name; faults for all placeholders that stand for nothing."""
        references: dict[Reference, str] = {}
        for template in templates:
            broken = [fault for text in template.texts if (fault := fault_in(text))]
            self.faults += [
                f"{template.name}: {fault}; write {{{{name}}}}, or placeholders = false" for fault in broken
            ]
            for name in sorted(names_in(template)):
                if name not in known and not name.startswith("$"):
                    advice = did_you_mean(name, sorted(known)) if known else "there are no data and no values"
                    self.faults.append(f"{template.name}: nothing is called {{{{{name}}}}}; {advice}")
            try:
                if template.has_placeholders:
                    parse_url(template.url)  # which refuses references where a host should be
                references |= resolve(references_in(template))
            except ConfigurationError as error:
                self.faults += [f"{template.name}: {fault}" for fault in error.faults]
            except ValueError as error:
                self.faults.append(f"{template.name}: {error}")
        return references

    def _file(self, place: str, file: Path) -> bytes | None:
        try:
            content = (self._folder / file).read_bytes()
        except (OSError, ValueError) as error:  # also of a name with the character NUL
            reason = getattr(error, "strerror", None) or error
            self.faults.append(f"{place} cannot be read ({reason}), got {str(file)!r}; name a readable file")
            return None
        self.digest.update(content)
        return content


def _sequence(start: int) -> Generate:
    return lambda _, number: str(start + number)
