"""The types of columns and values, under MLflow's names and in MLflow's JSON.

A type is a ``DataType`` (a scalar), or is made of others: ``Array``, ``Object`` of ``Property``, ``Map``, ``AnyType``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy

_NUMPY = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "str",
    "binary": "bytes",
    "datetime": "datetime64[ns]",
}
_PYTHON: dict[str, type] = {
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "string": str,
    "binary": bytes,
    "datetime": dt.date,
}


class DataType(Enum):
    """A scalar type of MLflow.

    >>> DataType["double"]
    double
    """

    boolean = 1
    integer = 2
    long = 3
    float = 4
    double = 5
    string = 6
    binary = 7
    datetime = 8

    def __repr__(self) -> str:
        return self.name

    def to_numpy(self) -> Any:
        """The numpy data type that holds it."""
        return numpy().dtype(_NUMPY[self.name])

    def to_pandas(self) -> Any:
        """The data type of its pandas column."""
        return numpy().dtype("object" if self.name in ("string", "binary") else _NUMPY[self.name])

    def to_python(self) -> type:
        """The Python type of its values."""
        return _PYTHON[self.name]

    def to_dict(self) -> dict[str, Any]:
        """Its JSON, as in an array's ``items``."""
        return {"type": self.name}


class Property(Struct, frozen=True):
    """A named value of an ``Object``.

    >>> Property("name", "string", required=False)
    name: string (optional)
    """

    name: str
    dtype: Any
    required: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise InvalidParameter(f"A property's name must be a string, not {type(self.name).__name__}.")
        force_setattr(self, "dtype", as_type(self.dtype))

    def __repr__(self) -> str:
        return f"{self.name}: {self.dtype!r} ({'required' if self.required else 'optional'})"

    def to_dict(self) -> dict[str, Any]:
        """``{name: {"type": …, "required": …}}``."""
        return {self.name: {**self.dtype.to_dict(), "required": self.required}}


class Object(Struct, frozen=True):
    """A JSON object with known properties, kept in the order of their names.

    >>> Object([Property("b", "long"), Property("a", "string")])
    {a: string (required), b: long (required)}
    """

    properties: list[Property]

    def __post_init__(self) -> None:
        properties = sorted(self.properties, key=lambda each: each.name)
        if not properties:
            raise InvalidParameter(
                "An Object needs at least one property; use AnyType() for one without known properties."
            )
        names = [each.name for each in properties]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InvalidParameter(f"An Object has properties of the same name: {', '.join(twice)}.")
        force_setattr(self, "properties", properties)

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self.properties)) + "}"

    def to_dict(self) -> dict[str, Any]:
        """``{"type": "object", "properties": {…}}``."""
        properties: dict[str, Any] = {}
        for each in self.properties:
            properties.update(each.to_dict())
        return {"type": "object", "properties": properties}


class Array(Struct, frozen=True):
    """A list of values of one type.

    >>> Array("double")
    Array(double)
    """

    dtype: Any

    def __post_init__(self) -> None:
        force_setattr(self, "dtype", as_type(self.dtype))

    def __repr__(self) -> str:
        return f"Array({self.dtype!r})"

    def to_dict(self) -> dict[str, Any]:
        """``{"type": "array", "items": {…}}``."""
        return {"type": "array", "items": self.dtype.to_dict()}


class SparkMLVector(Struct, frozen=True):
    """A vector of Spark ML: read, kept and written; its values are arrays of doubles."""

    @property
    def dtype(self) -> DataType:
        """The type of its elements."""
        return DataType.double

    def __repr__(self) -> str:
        return "SparkML vector"

    def to_dict(self) -> dict[str, Any]:
        """``{"type": "sparkml_vector"}``."""
        return {"type": "sparkml_vector"}


class Map(Struct, frozen=True):
    """A JSON object with any keys and values of one type.

    >>> Map("long")
    Map(str -> long)
    """

    value_type: Any

    def __post_init__(self) -> None:
        force_setattr(self, "value_type", as_type(self.value_type))

    def __repr__(self) -> str:
        return f"Map(str -> {self.value_type!r})"

    def to_dict(self) -> dict[str, Any]:
        """``{"type": "map", "values": {…}}``."""
        return {"type": "map", "values": self.value_type.to_dict()}


class AnyType(Struct, frozen=True):
    """Any JSON value: nothing is checked.

    >>> AnyType()
    Any
    """

    def __repr__(self) -> str:
        return "Any"

    def to_dict(self) -> dict[str, Any]:
        """``{"type": "any"}``."""
        return {"type": "any"}


ColumnType = DataType | Array | Object | Map | AnyType | SparkMLVector
_NAMES = frozenset(DataType.__members__)


def as_type(value: Any) -> ColumnType:
    """A type given as such or by the name of a ``DataType``."""
    if isinstance(value, str) and value in _NAMES:
        return DataType[value]
    if isinstance(value, ColumnType):
        return value
    found = repr(value) if isinstance(value, str) else f"a {type(value).__name__}"
    raise InvalidParameter(
        f"{found} is no type: give a DataType, Array, Object, Map, AnyType or one of {', '.join(DataType.__members__)}."
    )


def read_type(found: Mapping[str, Any]) -> ColumnType:
    """The type a JSON object describes; other keys than its own are left alone.

    >>> read_type({"type": "array", "items": {"type": "string"}})
    Array(string)
    """
    kind = found.get("type")
    try:
        match kind:
            case "array":
                return Array(read_type(found["items"]))
            case "map":
                return Map(read_type(found["values"]))
            case "object":
                return Object([_read_property(name, each) for name, each in found["properties"].items()])
            case "any":
                return AnyType()
            case "sparkml_vector":
                return SparkMLVector()
    except (KeyError, AttributeError, TypeError) as error:
        raise InvalidParameter(f"The description of a type of kind {kind!r} is not complete: {error}.") from error
    return as_type(kind)


def _read_property(name: str, found: Mapping[str, Any]) -> Property:
    return Property(name, read_type(found), bool(found.get("required", True)))


def merge(first: ColumnType, second: ColumnType) -> ColumnType:
    """The type of values of both types; ``InvalidParameter`` where there is none.

    What is of unknown type (None, an empty list) goes with every type; whole numbers go with doubles.

    >>> merge(DataType.long, DataType.double)
    double
    """
    if first == second or isinstance(second, AnyType):
        return _loose(first) if isinstance(second, AnyType) else first
    if isinstance(first, AnyType):
        return merge(second, first)
    if isinstance(first, DataType) and isinstance(second, DataType):
        wider = _WIDER.get(frozenset((first, second)))
        if wider is not None:
            return wider
    if isinstance(first, Array) and isinstance(second, Array):
        return Array(merge(first.dtype, second.dtype))
    if isinstance(first, Map) and isinstance(second, Map):
        return Map(merge(first.value_type, second.value_type))
    if isinstance(first, Object) and isinstance(second, Object):
        return _merge_objects(first, second)
    raise InvalidParameter(f"values of the types {first!r} and {second!r} do not go together")


def _loose(found: ColumnType) -> ColumnType:
    """An object that may be missing altogether: none of its properties can be counted on."""
    if isinstance(found, Object):
        return Object([Property(each.name, each.dtype, required=False) for each in found.properties])
    return found


def _merge_objects(first: Object, second: Object) -> Object:
    left = {each.name: each for each in first.properties}
    right = {each.name: each for each in second.properties}
    merged = []
    for name in left.keys() | right.keys():
        if name in left and name in right:
            required = left[name].required and right[name].required
            merged.append(Property(name, merge(left[name].dtype, right[name].dtype), required))
        else:
            merged.append(Property(name, (left.get(name) or right[name]).dtype, required=False))
    return Object(merged)


_WIDER = {
    frozenset(pair): wider
    for *pair, wider in (
        (DataType.integer, DataType.long, DataType.long),
        (DataType.float, DataType.double, DataType.double),
        (DataType.integer, DataType.double, DataType.double),
        (DataType.long, DataType.double, DataType.double),
        (DataType.integer, DataType.float, DataType.double),
        (DataType.long, DataType.float, DataType.double),
    )
}
