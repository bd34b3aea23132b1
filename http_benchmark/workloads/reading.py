"""Reads a workload file: finds out which format it has, and hands it to that format's reader."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from http_benchmark.errors import ConfigurationError
from http_benchmark.redaction import know, tells, without_secrets
from http_benchmark.workloads import curl, har, toml_file
from http_benchmark.workloads.nesting import parse_json
from http_benchmark.workloads.workload import Template, Workload

_MOST_KNOWN_ROWS = 100  # each makes every text that is printed slower; messages of clients are cleared of all

_FORMATS = (
    "a workload is a .toml file, a .har file, a file that begins with curl, or an OpenAPI document (.json, .yaml)"
)


def read_workload(path: Path) -> Workload:
    """Read a file; its name's ending says which format it has, else its content.

    Raises:
        ConfigurationError: With one line for each fault, and where in the file it is.
    """
    workload = _read(path)
    faults = [fault for template in workload.every_template if (fault := _url_fault(template))]
    if faults:
        raise ConfigurationError([f"{path.name}: {fault}" for fault in faults])
    for value in _secrets(workload):
        know(value)
    return workload


def _secrets(workload: Workload) -> Iterator[str]:
    """What must not be printed, whatever prints it: of references, and of columns that are called a password."""
    yield from workload.references.values()
    for rows in workload.tables.values():
        for row in rows[:_MOST_KNOWN_ROWS]:
            yield from (value for column, value in row.items() if tells(column))


def _url_fault(template: Template) -> str | None:
    try:
        urlsplit(template.url)
    except ValueError as error:
        return f"{template.name}: {without_secrets(template.url)!r} is no URL ({error}); correct it"
    return None


def _read(path: Path) -> Workload:
    content = path.read_bytes()
    suffix = path.suffix.lower()
    if suffix == ".toml":
        return toml_file.read(path, content)
    if suffix in {".yaml", ".yml"}:
        return _open_api(path, content, None)
    if suffix in {".har", ".json"}:
        document = _json(path, content)
        if suffix == ".har" or "log" in document:
            return har.read(path, content, document)
        return _open_api(path, content, document)
    if any(line.split()[:1] == [b"curl"] for line in content.splitlines()):
        return curl.read(path, content)
    raise ConfigurationError(f"{path.name} has no format that is known; {_FORMATS}")


def _open_api(path: Path, content: bytes, document: Any) -> Workload:
    """Read an OpenAPI document; what that takes is imported here, since it takes a second."""
    from http_benchmark.workloads.openapi import reading  # noqa: PLC0415

    return reading.read(path, content, document)


def _json(path: Path, content: bytes) -> dict[str, Any]:
    document = parse_json(content, path.name)
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path.name} is a JSON {type(document).__name__}, not an object; {_FORMATS}")
    return document
