"""Reads the table of the earlier tool of this name, `benchmark_results` in a SQLite file, for its import.

What is no figure of the client is not taken over as one, and kept in `config_snapshot["imported"]`: its memory is a
percentage of the machine, not MiB, and its bytes are those of all the machine's processes. Of its configuration the
settings that it had are taken over, nothing else; its secrets, which it stored as they were, are masked.
"""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from math import isfinite
from pathlib import Path
from typing import Any

from http_benchmark.errors import ConfigurationError, StorageError
from http_benchmark.models.benchmark_result import BenchmarkResult
from http_benchmark.secret_url import shareable

TABLE = "benchmark_results"

_TEXTS = ("id", "name", "client_library", "client_type", "http_method", "url", "start_time", "end_time")
_COUNTS = ("requests_count", "error_count", "concurrency_level")
_FIGURES = (
    "duration",
    "requests_per_second",
    "avg_response_time",
    "min_response_time",
    "max_response_time",
    "p95_response_time",
    "p99_response_time",
    "cpu_usage_avg",
    "error_rate",
)

_SETTINGS = (
    "target_url",
    "http_method",
    "headers",
    "body",
    "concurrency",
    "duration_seconds",
    "total_requests",
    "client_library",
    "is_async",
    "timeout",
    "verify_ssl",
    "retry_attempts",
    "delay_between_requests",
    "name",
    "id",
)


def is_earlier(file: Path) -> bool:
    """Whether a file is a SQLite database that has the earlier tool's table."""
    try:
        with closing(_opened(file)) as connection:
            query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
            return connection.execute(query, (TABLE,)).fetchone() is not None
    except sqlite3.DatabaseError:
        return False


def earlier_results(file: Path) -> tuple[list[BenchmarkResult], list[str]]:
    """All results of the table, in the order in which they were stored.

    Args:
        file: The SQLite file; it is only read.

    Returns:
        The results, and a line for each row that is none, with what is wrong with it.

    Raises:
        StorageError: The file or the table cannot be read.
    """
    try:
        with closing(_opened(file)) as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute("SELECT * FROM benchmark_results ORDER BY rowid")]
    except sqlite3.DatabaseError as error:
        raise StorageError(f"the table {TABLE} in {str(file)!r} cannot be read ({error})") from error
    results, faults = [], []
    for number, row in enumerate(rows, 1):
        try:
            results.append(_result(row))
        except (ConfigurationError, TypeError, ValueError) as error:
            reason = str(error).replace("\n", "; ")
            faults.append(f"row {number} ({row.get('id')!r:.60}) is no result: {reason}")
    return results, faults


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


def _result(row: Mapping[str, Any]) -> BenchmarkResult:
    """The result of a row.

    Raises:
        ConfigurationError, TypeError, ValueError: It is none.
    """
    missing = [name for name in (*_TEXTS, *_COUNTS, "duration", "error_rate") if row.get(name) is None]
    if missing:
        raise ValueError(f"without {', '.join(missing)}")
    values: dict[str, Any] = {name: row[name] for name in (*_TEXTS, *_COUNTS)}
    values |= {name: _figure(row.get(name)) for name in _FIGURES}
    imported = {
        "from": TABLE,
        "memory_percent": _figure(row.get("memory_usage_avg")),
        "machine_network_io": _document(row, "network_io"),
        "created_at": row.get("created_at"),
    }
    return BenchmarkResult(
        **values | {"url": shareable({"url": str(row["url"])})["url"]},
        memory_usage_avg=None,
        network_io={"bytes_sent": None, "bytes_recv": None},
        config_snapshot=shareable(_settings(row)) | {"imported": imported},
    )


def _settings(row: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the earlier tool had; a value that is none of theirs may hold anything, and stays behind."""
    document = _document(row, "config_snapshot")
    return {name: document[name] for name in _SETTINGS if name in document and _is_setting(name, document[name])}


def _is_setting(name: str, value: Any) -> bool:
    if name == "headers":
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    return value is None or isinstance(value, str | int | float)


def _figure(value: Any) -> float | None:
    """A number; None where there is none, or what is no number at all."""
    figure = None if value is None else float(value)
    return figure if figure is not None and isfinite(figure) else None


def _document(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A column of JSON; empty where it is."""
    text = row.get(name)
    try:
        document = json.loads(text) if text else {}
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is no JSON") from error
    if not isinstance(document, dict):
        raise TypeError(f"{name} is no mapping")
    return document
