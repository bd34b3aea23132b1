"""Tables of data that fill placeholders: CSV files whose first line has the names of the columns."""

import codecs
import csv
import io

from http_benchmark.units import counted
from http_benchmark.workloads.workload import Row


def read_table(name: str, content: bytes, faults: list[str]) -> tuple[Row, ...]:
    """Read the rows of a CSV file in UTF-8; empty lines at its end are none.

    Args:
        name: Of the file, for messages.
        content: Its bytes.
        faults: Gets a line for each thing that is wrong.
    """
    try:
        columns, *lines = _lines(content) or [[]]
    except ValueError as error:
        faults.append(f"{name!r} {error}")
        return ()
    if not lines:
        faults.append(f"{name!r} has no rows; its first line has the names of the columns")
    if len(set(columns)) < len(columns):
        faults.append(f"{name!r} has a column twice; give each a name of its own")
    for number, line in enumerate(lines, 2):
        if len(line) != len(columns):
            faults.append(f"row {number} of {name!r} has {counted(len(line), 'field')}, its first line {len(columns)}")
    return tuple(dict(zip(columns, line, strict=False)) for line in lines)


def _lines(content: bytes) -> list[list[str]]:
    """The fields of each line.

    Raises:
        ValueError: It is no CSV.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is not UTF-8 in line {line}; save it as UTF-8") from None
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(f"is no CSV: {error}; correct it") from None
    while lines and not lines[-1]:
        lines.pop()
    return lines
