"""What models answer, as named columns of Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.batch.arrow import arrow, from_numpy
from modelyard.core.errors import ModelFailed
from modelyard.models.libraries import kind_of, numpy


class Naming:
    """How columns of predictions are called: ``single`` where there is one without a name, the signature's names for several."""

    def __init__(self, single: str, outputs: Sequence[str] = (), chosen: Sequence[str] = ()) -> None:
        self._single = single
        self._outputs = tuple(outputs)
        self._chosen = tuple(chosen)

    def columns(self, answer: Any, rows: int) -> dict[str, Any]:
        """The answer for so many rows as columns; ``ModelFailed`` where it has not a prediction for each row."""
        found = self._named(answer)
        for name, column in found.items():
            if len(column) != rows:
                raise ModelFailed(
                    f"The model answered {len(column)} predictions {name!r} for {rows} rows; scoring a file needs one for each."
                )
        missing = [name for name in self._chosen if name not in found]
        if missing:
            raise ModelFailed(f"The model has no output {missing[0]!r}. It has: {', '.join(map(repr, found))}.")
        return {name: found[name] for name in self._chosen} if self._chosen else found

    def _named(self, answer: Any) -> dict[str, Any]:
        kind = kind_of(answer)
        if kind in ("pandas", "polars", "arrow"):
            return _of_table(answer, kind)
        if kind in ("series", "polars-series"):
            return {self._single: _array(answer.to_numpy() if kind == "series" else answer.to_list())}
        if kind == "sparse":
            answer, kind = answer.toarray(), "ndarray"
        if kind == "ndarray":
            return self._of_array(answer)
        if isinstance(answer, Mapping):
            return {str(name): _array(values) for name, values in answer.items()}
        if isinstance(answer, list | tuple):
            return self._of_list(list(answer))
        if hasattr(answer, "numpy"):  # a tensor of torch or tensorflow
            return self._of_array(numpy().asarray(answer))
        raise ModelFailed(f"The model answered a {type(answer).__name__}, of which no columns can be made.")

    def _of_array(self, array: Any) -> dict[str, Any]:
        if array.ndim == 0:
            array = array.reshape(1)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim == 1:
            return {self._single: _array(array)}
        if array.ndim > 2:
            return {self._single: arrow().array(array.tolist())}
        names = self._names(array.shape[1])
        return {name: _array(array[:, place]) for place, name in enumerate(names)}

    def _names(self, count: int) -> Sequence[str]:
        if len(self._outputs) == count:
            return self._outputs
        return [f"{self._single}_{place}" for place in range(count)]

    def _of_list(self, rows: list[Any]) -> dict[str, Any]:
        if rows and all(isinstance(row, Mapping) for row in rows):
            names = list(dict.fromkeys(name for row in rows for name in row))
            return {str(name): arrow().array([row.get(name) for row in rows]) for name in names}
        if rows and kind_of(rows[0]) == "ndarray":
            return self._of_array(numpy().asarray(rows))
        return {self._single: _array(rows)}


def _of_table(table: Any, kind: str) -> dict[str, Any]:
    if kind == "polars":
        table, kind = table.to_arrow(), "arrow"
    if kind == "arrow":
        table = arrow().table(table)
        return {name: _joined(table.column(name)) for name in table.column_names}
    return {str(name): _joined(arrow().array(table.iloc[:, place])) for place, name in enumerate(table.columns)}


def _array(values: Any) -> Any:
    """An Arrow array of a numpy array or a list; NaN stays NaN."""
    if kind_of(values) == "ndarray":
        if values.ndim > 1:
            return arrow().array(values.tolist())
        if values.dtype.kind in "iuf" and values.dtype.itemsize in (4, 8) and values.dtype.isnative:
            return from_numpy(numpy().ascontiguousarray(values))
        values = values.tolist() if values.dtype.kind in "OUS" else numpy().ascontiguousarray(values)
    return _joined(arrow().array(values))


def _joined(column: Any) -> Any:
    found = column.combine_chunks() if isinstance(column, arrow().ChunkedArray) else column
    return found.dictionary_decode() if arrow().types.is_dictionary(found.type) else found
