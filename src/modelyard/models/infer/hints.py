"""Schemas of dataclasses and pydantic models, by their type hints."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.types import AnyType, Array, ColumnType, DataType, Map, Object, Property

_SCALARS: dict[Any, ColumnType] = {
    bool: DataType.boolean,
    int: DataType.long,
    float: DataType.double,
    str: DataType.string,
    bytes: DataType.binary,
    dt.date: DataType.datetime,
    dt.datetime: DataType.datetime,
    Any: AnyType(),
}


def has_fields(kind: Any) -> bool:
    """Whether it is a dataclass or a pydantic model (the class, not an object of it)."""
    if not isinstance(kind, type):
        return False
    pydantic = loaded("pydantic")
    return is_dataclass(kind) or (pydantic is not None and issubclass(kind, pydantic.BaseModel))


def schema_of(kind: type) -> Schema:
    """A column for each field of a dataclass or pydantic model; ``X | None`` makes it optional.

    >>> import dataclasses
    >>> schema_of(dataclasses.make_dataclass("Row", [("age", int), ("city", str | None)]))
    ['age': long (required), 'city': string (optional)]
    """
    return Schema([ColSpec(of, name, required) for name, of, required in _fields(kind)])


def _fields(kind: type) -> list[tuple[str, ColumnType, bool]]:
    try:
        hints = get_type_hints(kind)
    except NameError as error:
        raise InvalidParameter(f"The type hints of {kind.__name__} cannot be read where it stands: {error}.") from error
    found = []
    for name, hint in hints.items():
        if name.startswith("_") or get_origin(hint) is typing.ClassVar or hint is typing.ClassVar:
            continue
        bare, optional = _without_none(hint)
        found.append((name, _type(bare, f"{kind.__name__}.{name}"), not optional))
    return found


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    others = [each for each in get_args(hint) if each is not type(None)]
    return (others[0] if len(others) == 1 else hint), len(others) < len(get_args(hint))


def _type(hint: Any, where: str) -> ColumnType:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if has_fields(hint):
        return Object([Property(name, of, required) for name, of, required in _fields(hint)])
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (list, Sequence, tuple) and len(set(inner) - {...}) == 1:
        return Array(_type(_without_none(inner[0])[0], where))
    if origin in (dict, Mapping) and inner and inner[0] is str:
        return Map(_type(_without_none(inner[1])[0], where))
    raise InvalidParameter(
        f"{where} is of type {hint!r}, which has no type in a signature; "
        "use bool, int, float, str, bytes, datetime, a list, dict[str, …] or a dataclass."
    )
