"""Rows as CSV (RFC 4180), for spreadsheets and data frames."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from http_benchmark.report.rows import Cell, Measured, Table


def csv_text(table: Table, experiments: Iterable[Measured]) -> str:
    """A head with the names of the columns, then the rows.

    What was not measured is an empty cell, as is an empty text. Numbers have all their digits, moments are ISO 8601.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)  # ends lines as the RFC wants it, and writes None as nothing
    writer.writerow(column.name for column in table.columns)
    writer.writerows([_shown(cell) for cell in row] for row in table.rows(experiments))
    return file.getvalue()


def _shown(cell: Cell) -> Cell:
    return cell.isoformat() if isinstance(cell, datetime) else cell
