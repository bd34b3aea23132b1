"""Rows as an Apache Parquet file, for data frames and query engines; needs the extra `parquet`."""

from collections.abc import Iterable
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from http_benchmark import __version__
from http_benchmark.report.rows import Kind, Measured, Table

_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "real": pa.float64(),
    "moment": pa.timestamp("us", tz="UTC"),
}


def write_parquet(table: Table, experiments: Iterable[Measured], file: BinaryIO) -> None:
    """Write the rows with the types of their columns, which do not depend on what was measured.

    The meaning of each column stands in its field's metadata, the program in the schema's.
    """
    fields = [
        pa.field(column.name, _TYPES[column.kind], metadata={"meaning": column.meaning}) for column in table.columns
    ]
    schema = pa.schema(fields, metadata={"program": f"http-benchmark {__version__}"})
    names = schema.names
    rows = [dict(zip(names, row, strict=True)) for row in table.rows(experiments)]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file, compression="zstd")
