"""Tables as files: CSV, and Parquet where pyarrow is installed. Each is made piece by piece."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from modelyard.core import extras
from modelyard.core.errors import InvalidParameter
from modelyard.core.search import Column, Kind
from modelyard.core.search.fields import ValueType
from modelyard.core.wire.messages.views import Cell
from modelyard.services.views.sql.attributes import SORTABLE

Table = list[list[Cell]]
Write = Callable[[Sequence[Column], Iterator[Table]], Iterator[bytes]]

TYPES: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|-Infinity")


def guarded(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula: a text that begins like one is quoted, unless it is a number.

    >>> guarded("=1+1"), guarded("-0.5"), guarded(-0.5), guarded("-x")
    ("'=1+1", '-0.5', -0.5, "'-x")
    """
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def write_csv(columns: Sequence[Column], tables: Iterator[Table]) -> Iterator[bytes]:
    """A line of names, and a line a run; what a run does not have is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(column.name) for column in columns])
    for table in tables:
        writer.writerows([map(guarded, row) for row in zip(*table, strict=True)])
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    if rest := out.getvalue():
        yield rest.encode()


class _Sink(io.RawIOBase):
    """Where pyarrow writes, and what it has written is taken from."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def take(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def write_parquet(columns: Sequence[Column], tables: Iterator[Table]) -> Iterator[bytes]:
    """Numbers as numbers, all else as text; a row group for each table."""
    arrow, parquet = _pyarrow("pyarrow"), _pyarrow("pyarrow.parquet")
    types = [_type(arrow, column) for column in columns]
    schema = arrow.schema([(column.name, kind) for column, kind in zip(columns, types, strict=True)])
    sink = _Sink()
    with parquet.ParquetWriter(arrow.PythonFile(sink, mode="w"), schema) as writer:
        for table in tables:
            cells = [
                arrow.array([_number(cell) for cell in cells] if kind == arrow.float64() else cells, type=kind)
                for cells, kind in zip(table, types, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(cells, schema=schema))
            yield sink.take()
    yield sink.take()


def _type(arrow: Any, column: Column) -> Any:
    field = column.field
    if field.kind is Kind.METRIC:
        return arrow.float64()
    attribute = SORTABLE.attributes.get(field.key) if field.kind is Kind.ATTRIBUTE else None
    return arrow.int64() if attribute is not None and attribute.type is ValueType.NUMBER else arrow.string()


def _number(cell: Cell) -> float | None:
    return None if cell is None else float(cell)


def _pyarrow(module: str) -> Any:
    found = extras.optional(module)
    if found is None:
        raise InvalidParameter(
            "This server writes no Parquet: pyarrow is not installed beside it. Ask for format=csv, or install"
            " 'modelyard[arrow]' there."
        )
    return found


def _parquet() -> Write:
    _pyarrow("pyarrow.parquet")  # told before anything is sent
    return write_parquet


FORMATS: Mapping[str, Callable[[], Write]] = {"csv": lambda: write_csv, "parquet": _parquet}
