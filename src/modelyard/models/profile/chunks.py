"""Data of any library as chunks of columns, so that no more than a chunk is ever copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded
from modelyard.models.libraries import kind_of, numpy
from modelyard.models.profile.values import Values, of_array, of_list, of_numbers
from modelyard.models.values import as_mapping

ROWS = 65_536
"""How many rows are looked at together."""

MOST_COLUMNS = 1000
"""Columns beyond these are counted and not profiled."""

VALUES = "values"
"""The name of what has no columns: a list, or a tensor, whose numbers are one distribution."""


class Chunk(NamedTuple):
    """Some rows: how many, their columns by name, and how many columns were left out."""

    rows: int
    columns: Iterable[tuple[str, Values]]
    left_out: int = 0


def chunks(data: Any) -> Iterator[Chunk]:
    """The chunks of a table, an array, rows, a dict of columns, or an iterator of these.

    Raises ``InvalidParameter`` for anything else.
    """
    data = _of_dataset(data)
    kind = kind_of(data)
    if kind in ("series", "polars-series"):
        data, kind = data.to_frame(), kind.removesuffix("-series").replace("series", "pandas")
    if kind in _TABLES:
        yield from _of_table(data, kind)
    elif kind == "ndarray":
        yield from _of_ndarray(data)
    elif kind == "sparse":
        yield from _of_sparse(data)
    elif isinstance(data, Iterator):
        for part in data:
            yield from chunks(part)
    else:
        yield from _of_python(as_mapping(data))


def _of_dataset(data: Any) -> Any:
    """What a dataset of ``modelyard.data`` or of MLflow holds: its table, or its features."""
    for name in ("df", "features"):
        held = getattr(data, name, None)
        if hasattr(data, "digest") and held is not None:
            return held
    return data


def _spans(rows: int) -> Iterator[slice]:
    for start in range(0, rows, ROWS):
        yield slice(start, min(start + ROWS, rows))


def _of_table(data: Any, kind: str) -> Iterator[Chunk]:
    names = [str(name) for name in (data.schema.names if kind == "arrow" else data.columns)]
    read = _TABLES[kind]
    for span in _spans(len(data) if kind != "arrow" else data.num_rows):
        columns = ((name, read(data, place, span)) for place, name in enumerate(names[:MOST_COLUMNS]))
        yield Chunk(span.stop - span.start, columns, max(0, len(names) - MOST_COLUMNS))


def _of_pandas(data: Any, place: int, span: slice) -> Values:
    column = data.iloc[span, place]
    types, dtype = loaded("pandas").api.types, column.dtype  # type: ignore[union-attr]
    if types.is_bool_dtype(dtype) or dtype.name == "category":
        return of_list([None if gap else str(value) for value, gap in zip(column, column.isna(), strict=True)])
    if types.is_numeric_dtype(dtype) and dtype.kind in "iuf":
        return of_numbers(column.to_numpy(dtype="float64", na_value=float("nan")))
    if types.is_datetime64_any_dtype(dtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(dtype, "tz", None) else column
    return of_array(column.to_numpy())


def _of_polars(data: Any, place: int, span: slice) -> Values:
    column = data.to_series(place)[span]
    if column.dtype.is_numeric():
        return of_numbers(column.cast(float).fill_null(float("nan")).to_numpy())
    return of_list(column.to_list())


def _of_arrow(data: Any, place: int, span: slice) -> Values:
    column = data.column(place).slice(span.start, span.stop - span.start)
    types: Any = loaded("pyarrow.types")
    if types.is_integer(column.type) or types.is_floating(column.type):
        # Unsafe: whole numbers beyond 2**53 are rounded, which a distribution can bear.
        return of_numbers(column.cast("float64", safe=False).to_numpy(zero_copy_only=False))
    return of_list(column.to_pylist())


_TABLES = {"pandas": _of_pandas, "polars": _of_polars, "arrow": _of_arrow}


def _of_ndarray(data: Any) -> Iterator[Chunk]:
    if data.ndim == 0:
        data = data.reshape(1)
    for span in _spans(data.shape[0]):
        part = data[span]
        rows = span.stop - span.start
        if data.ndim == 2:
            wide = data.shape[1]
            yield Chunk(
                rows,
                ((str(place), of_array(part[:, place])) for place in range(min(wide, MOST_COLUMNS))),
                max(0, wide - MOST_COLUMNS),
            )
        else:
            yield Chunk(rows, [(VALUES, of_array(part.reshape(-1)))])


def _of_sparse(data: Any) -> Iterator[Chunk]:
    by_row, wide = data.tocsr()[:, :MOST_COLUMNS], data.shape[1]
    few = max(1, ROWS // max(1, min(wide, MOST_COLUMNS)))  # a chunk is written out with its zeros
    for start in range(0, data.shape[0], few):
        part = by_row[start : start + few].toarray()
        columns = ((str(place), of_array(part[:, place])) for place in range(part.shape[1]))
        yield Chunk(part.shape[0], columns, max(0, wide - MOST_COLUMNS))


# ----------------------------------------------------------------------------------------------------------------------
# Plain Python


def _of_python(data: Any) -> Iterator[Chunk]:
    if isinstance(data, Mapping):
        yield from _of_columns(data)
    elif isinstance(data, list | tuple):
        yield from _of_rows(data)
    elif isinstance(data, str | int | float | bool):
        yield Chunk(1, [(VALUES, of_list([data]))])
    else:
        raise InvalidParameter(
            f"A profile cannot be made of a {type(data).__module__}.{type(data).__qualname__}; give a data frame, an"
            " array, a list of rows, or an iterator of those."
        )


def _of_columns(data: Mapping[Any, Any]) -> Iterator[Chunk]:
    """A dict of columns of one length; any other dict is one row."""
    lengths = {len(value) if _is_column(value) else -1 for value in data.values()}
    if lengths == {-1} or len(lengths) != 1:
        yield from _of_rows([data])
        return
    (rows,) = lengths
    for span in _spans(rows):
        found = [pair for name, value in data.items() for pair in _of_column(str(name), value[span])]
        yield Chunk(span.stop - span.start, found[:MOST_COLUMNS], max(0, len(found) - MOST_COLUMNS))


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple) or (kind_of(value) == "ndarray" and value.ndim > 0)


def _of_column(name: str, value: Any) -> Iterator[tuple[str, Values]]:
    if kind_of(value) != "ndarray":
        yield name, of_list(value)
    elif value.ndim == 1:
        yield name, of_array(value)
    else:
        yield name, of_array(value.reshape(-1))


def _of_rows(rows: Sequence[Any]) -> Iterator[Chunk]:
    for span in _spans(len(rows)):
        part = [as_mapping(row) for row in rows[span]]
        if all(isinstance(row, Mapping) for row in part):
            names = list(dict.fromkeys(name for row in part for name in row))
            columns = [(str(name), [row.get(name) for row in part]) for name in names]
        elif all(isinstance(row, list | tuple) for row in part):
            wide = max(map(len, part))
            columns = [
                (str(place), [row[place] if place < len(row) else None for row in part]) for place in range(wide)
            ]
        elif any(kind_of(row) == "ndarray" for row in part):
            yield from _of_ndarray(numpy().asarray(part))
            continue
        else:
            columns = [(VALUES, part)]
        yield Chunk(
            len(part),
            [(name, of_list(values)) for name, values in columns[:MOST_COLUMNS]],
            max(0, len(columns) - MOST_COLUMNS),
        )
