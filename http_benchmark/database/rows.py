"""Experiments and blocks as rows, and back.

Documents and blocks are blobs. What lists, filters and plain SQL need of them stands beside: columns of `experiments`,
a row per contender in `experiment_clients`, and the facets, pairs of a kind and a value that a filter can ask for. All
that follows from the document alone, except the tags, which can be changed afterwards.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError
from sqlalchemy import JSON, LargeBinary, RowMapping, Select, Text, cast, select

from http_benchmark.database.blobs import pack, unpack
from http_benchmark.errors import ConfigurationError, UnreadableError
from http_benchmark.migrations.schema import RESULTS
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.models.contender import Contender
from http_benchmark.models.experiment import ClientResult, ExperimentResult
from http_benchmark.models.measurement import BlockRecord
from http_benchmark.redaction import cleared_document

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_INDEXED_BYTES = 1500  # PostgreSQL's entries have 2704 at most, of which an ID of 200 characters takes up to 800
_BEGINNING = 300  # characters, of up to four bytes
_STORED_JSON = LargeBinary().with_variant(Text(), "postgresql")  # SQLite's may be no text, which ends a query
_JSON_COLUMNS = tuple(column.name for column in RESULTS.c if isinstance(column.type, JSON))


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, which both databases order alike."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """The inverse of `microseconds`."""
    return _EPOCH + microseconds * _MICROSECOND


def experiment_row(experiment: ExperimentResult, tags: Sequence[str]) -> dict[str, Any]:
    """The row of `experiments`."""
    return {
        "id": experiment.id,
        "name": _name(experiment),
        "status": experiment.status,
        "started_at": experiment.started_at,
        "finished_at": experiment.finished_at,
        "seed": str(experiment.seed),
        "contenders": _contenders(experiment),
        "tags": list(tags),
        "host": experiment.environment.get("host"),
        "workload": _workloads(experiment)[0],
        "verdict": _verdict(experiment),
    }


def document_row(experiment: ExperimentResult) -> dict[str, Any]:
    """The row of `experiment_documents`."""
    return {"experiment_id": experiment.id, "document": pack(experiment.to_dict())}


def experiment_of(row: RowMapping) -> ExperimentResult:
    """The experiment in a row of `experiment_documents`.

    Raises:
        UnreadableError: It is damaged, or of another version of this program.
    """
    name = f"experiment {row['experiment_id']}"
    try:
        return ExperimentResult.from_dict(unpack(row["document"], name))
    except ValidationError:
        raise UnreadableError(
            f"{name} was stored by another version of this program and cannot be read; use that version"
        ) from None


def client_rows(experiment: ExperimentResult) -> list[dict[str, Any]]:
    """The rows of `experiment_clients`: the main figures of each contender that was measured."""
    started_us = microseconds(experiment.started_at)
    return [
        {"experiment_id": experiment.id, "position": position, "started_us": started_us} | _figures(client)
        for position, client in enumerate(experiment.clients)
    ]


def _figures(client: ClientResult) -> dict[str, Any]:
    rate, cost, times = client.throughput_rps, client.cpu_s_per_1k, client.response_time_s
    return {
        "contender": client.contender,
        "library": client.library,
        "version": client.version,
        "mode": client.mode,
        "status": client.status,
        "requests": client.requests,
        "success_ratio": client.success_ratio,
        "throughput_rps": rate and rate.estimate,
        "cpu_s_per_1k": cost and cost.estimate,
        "mean_s": times and times.mean,
        "p50_s": times and times.p50,
        "p99_s": times and times.p99,
    }


def facet_rows(experiment: ExperimentResult, tags: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of `experiment_facets`: all that a filter can ask of an experiment, each pair once."""
    started_us = microseconds(experiment.started_at)
    return [
        {"experiment_id": experiment.id, "kind": kind, "value": indexed(value), "started_us": started_us}
        for kind, value in dict.fromkeys(_facets(experiment, tags))
    ]


def indexed(value: str) -> str:
    """A facet's value as it stands in the index: a very long one by its beginning and its SHA-256."""
    whole = value.encode(errors="surrogatepass")
    if len(whole) <= _MOST_INDEXED_BYTES:
        return value
    return f"{value[:_BEGINNING]}…{hashlib.sha256(whole).hexdigest()}"


def _facets(experiment: ExperimentResult, tags: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "name", _name(experiment)
    yield "status", experiment.status
    if verdict := _verdict(experiment):
        yield "verdict", verdict
    if host := experiment.environment.get("host"):
        yield "host", host
    for workload in _workloads(experiment):
        yield "workload", workload
    for tag in tags:
        yield "tag", tag
    for contender in _contenders(experiment):
        yield "client", contender
        for name in _spellings(contender):
            yield "client", name
    for client in experiment.clients:
        if client.version:
            yield "version", client.version
            for name in _spellings(client.contender, client.version):
                yield "client", name


def _spellings(contender: str, version: str | None = None) -> Iterator[str]:
    """Every name that fits a contender: with its version, mode and protocol, or without."""
    try:
        parsed = Contender.parse(contender.partition("#")[0])
    except ConfigurationError:
        return  # of an older version, which named them otherwise
    versions = {None, version or parsed.version}
    for chosen, mode, http2 in product(versions, {None, parsed.mode}, {False, parsed.http2}):
        yield str(Contender(parsed.library, mode, version=chosen, http2=http2))


def _name(experiment: ExperimentResult) -> str:
    """As it stands in the document, without secrets that are known."""
    return str(cleared_document(experiment.name))


def _contenders(experiment: ExperimentResult) -> list[str]:
    """Who was measured; while it runs, who will be."""
    measured = [client.contender for client in experiment.clients]
    planned: list[str] = experiment.configuration.get("contenders", measured)
    return planned if experiment.status == "running" else measured


def _verdict(experiment: ExperimentResult) -> str | None:
    return None if experiment.status == "running" else experiment.validity.verdict


def _workloads(experiment: ExperimentResult) -> tuple[str, ...]:
    """What a workload goes by: its file and that file's digest, or the one request; the first is for people."""
    if experiment.workload:
        return experiment.workload.file, experiment.workload.sha256
    method = experiment.configuration.get("method", "GET")
    return (f"{method} {urlsplit(experiment.target.url).path or '/'}",)


def block_row(experiment_id: str, block: BlockRecord) -> dict[str, Any]:
    """The row of `blocks`."""
    return {
        "experiment_id": experiment_id,
        "block": block.number,
        "started_at": block.started_at,
        "finished_at": block.finished_at,
        "trials": pack(block.to_dict()["trials"]),
    }


def block_of(row: RowMapping) -> BlockRecord:
    """The block in a row of `blocks`.

    Raises:
        UnreadableError: It is damaged, or of another version of this program.
    """
    name = f"block {row['block']} of experiment {row['experiment_id']}"
    values = {
        "number": row["block"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "trials": unpack(row["trials"], name),
    }
    try:
        return BlockRecord.from_dict(values)
    except ValidationError:
        raise UnreadableError(
            f"{name} was stored by another version of this program and cannot be read; use that version"
        ) from None


def result_row(result: BenchmarkResult) -> dict[str, Any]:
    """The row of `results`, without its number."""
    moments = {"start_time": result.start_time.isoformat(), "end_time": result.end_time.isoformat()}
    return result.to_dict() | moments


def result_rows() -> Select[Any]:
    """The query for what `result_of` takes, with JSON as it stands there: reading one that is damaged would end it."""
    columns = (
        cast(column, _STORED_JSON).label(column.name) if column.name in _JSON_COLUMNS else column
        for column in RESULTS.c
    )
    return select(*columns)


def result_of(row: RowMapping) -> BenchmarkResult:
    """The result in a row that `result_rows` gave.

    Raises:
        UnreadableError: It is damaged.
    """
    values = {str(name): value for name, value in row.items() if name != "number"}
    try:
        return BenchmarkResult.from_dict(values | {name: _json(values[name]) for name in _JSON_COLUMNS})
    except (ValueError, RecursionError, ConfigurationError):
        raise UnreadableError(f"result {row['id']} is damaged; restore the database from a copy") from None


def _json(stored: str | bytes) -> Any:
    return json.loads(stored if isinstance(stored, str) else stored.decode())
