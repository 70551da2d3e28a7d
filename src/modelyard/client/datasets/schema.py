"""The schema of data in MLflow's JSON: columns with types, or tensors with shapes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

_WIDE = 4
_PYTHON = {str: "string", bool: "boolean", float: "double", int: "long", bytes: "binary"}


def columns_of(frame: Any) -> list[dict[str, Any]] | None:
    """The columns of a data frame; None when one of them has no type in MLflow's schema."""
    columns = []
    for name in frame.columns:
        kind = _column_type(frame[name])
        if kind is None:
            return None
        columns.append({**kind, "name": name, "required": not bool(frame[name].isnull().any())})
    return columns


def tensors_of(data: Any) -> list[dict[str, Any]]:
    """The tensors of an array or of a dictionary of arrays."""
    if isinstance(data, Mapping):
        return [{"name": name, **_tensor(array)} for name, array in data.items()]
    return [_tensor(data)]


def _tensor(array: Any) -> dict[str, Any]:
    return {"type": "tensor", "tensor-spec": {"dtype": _plain_dtype(array.dtype), "shape": [-1, *array.shape[1:]]}}


def _plain_dtype(dtype: Any) -> str:
    return {"U": "str", "S": "bytes"}.get(dtype.kind, str(dtype))


def _column_type(column: Any) -> dict[str, Any] | None:
    name = _object_type(column.dropna().tolist()) if _holds_objects(column.dtype) else _type_of(column.dtype)
    return {"type": name} if isinstance(name, str) else name


def _holds_objects(dtype: Any) -> bool:
    return getattr(dtype, "kind", "O") == "O" and not str(dtype).startswith(("string", "str"))


def _type_of(dtype: Any) -> str | None:
    kind, size = dtype.kind, getattr(dtype, "itemsize", _WIDE)
    if kind in "iu":
        fits = size < _WIDE or (size == _WIDE and kind == "i")
        return "integer" if fits else "long" if size < 2 * _WIDE or kind == "i" else None
    if kind == "f":
        return "float" if size <= _WIDE else "double"
    return {"b": "boolean", "M": "datetime", "O": "string", "U": "string"}.get(kind)


def _object_type(values: list[Any]) -> str | dict[str, Any] | None:
    kinds = {type(value) for value in values}
    if len(kinds) != 1:
        return None
    (kind,) = kinds
    if issubclass(kind, datetime.date):
        return "datetime"
    if kind is list:
        items = _object_type([item for value in values for item in value])
        return items and {"type": "array", "items": {"type": items} if isinstance(items, str) else items}
    return _PYTHON.get(kind)
