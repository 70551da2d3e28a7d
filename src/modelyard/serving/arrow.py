"""Tables of Arrow and Parquet in a request, within bounds of what they become in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelyard.core.errors import BadRequest, TooLarge, UnsupportedMediaType
from modelyard.core.extras import optional
from modelyard.models.schema import Schema
from modelyard.serving.inputs import tensor_rows

ARROW_STREAM = "application/vnd.apache.arrow.stream"
ARROW_FILE = "application/vnd.apache.arrow.file"
PARQUET = ("application/vnd.apache.parquet", "application/x-parquet")
TYPES = (ARROW_STREAM, ARROW_FILE, *PARQUET)
MAX_BYTES = 1_000_000_000
"""How much memory a table may take: a few bytes of it may stand for many, repeated or compressed."""
_ROWS = 256  # of Parquet at a time, so that no more than these are made before they are counted


def read_table(
    body: bytes, media_type: str, schema: Schema | None, field: str, *, max_bytes: int = MAX_BYTES
) -> tuple[Any, int]:
    """The data of a table, and how many rows it has; ``BadRequest`` for a body that is none, ``TooLarge`` for a large one."""
    library = optional("pyarrow")
    if library is None:
        raise UnsupportedMediaType(f"{media_type} needs pyarrow where the model runs; send JSON or CSV.")
    try:
        batches, columns = _opened(library, body, media_type)
        table = library.Table.from_batches(_bounded(batches, max_bytes), columns)
        table.validate(full=True)
    except (library.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise BadRequest(
            f"Failed to parse input as a table. Ensure that the input is valid {media_type}. Error: {type(error).__name__}."
        ) from None
    return _for_model(table, schema, field), table.num_rows


def _opened(library: Any, body: bytes, media_type: str) -> tuple[Iterator[Any], Any]:
    if media_type in PARQUET:
        parquet = optional("pyarrow.parquet")
        assert parquet is not None
        file = parquet.ParquetFile(library.BufferReader(body))
        return file.iter_batches(batch_size=_ROWS, use_threads=False), file.schema_arrow
    ipc = library.ipc
    if media_type == ARROW_STREAM:
        stream = ipc.open_stream(body)
        return iter(stream), stream.schema
    opened = ipc.open_file(library.BufferReader(body))
    return (opened.get_batch(place) for place in range(opened.num_record_batches)), opened.schema


def _bounded(batches: Iterator[Any], max_bytes: int) -> Iterator[Any]:
    size = 0
    for batch in batches:
        size += batch.nbytes
        if size > max_bytes:
            raise TooLarge(f"The table takes more than {max_bytes:,} bytes in memory; send it in several requests.")
        yield batch


def _for_model(table: Any, schema: Schema | None, field: str) -> Any:
    if schema is not None and schema.is_tensor_spec():
        return _tensors(table, schema, field)
    pandas = optional("pandas")
    if pandas is None:
        return table
    return table.to_pandas(types_mapper=None if schema is None else _nullable(pandas, table).get)


def _nullable(pandas: Any, table: Any) -> dict[Any, Any]:
    """Types of pandas' own for columns of whole numbers and truth values with gaps, which else become floats and objects."""
    own = {"bool": pandas.BooleanDtype(), "int32": pandas.Int32Dtype(), "int64": pandas.Int64Dtype()}
    return {
        column.type: own[str(column.type)] for column in table.columns if column.null_count and str(column.type) in own
    }


def _tensors(table: Any, schema: Schema, field: str) -> Any:
    names = table.schema.names
    columns = [column.to_pylist() for column in table.columns]
    return tensor_rows(schema, names, [list(row) for row in zip(*columns, strict=True)], field)
