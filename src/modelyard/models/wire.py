"""Values that came as JSON, read by the types of a schema: base64 as bytes, ISO texts as datetimes, null as what is missing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.series import make_series
from modelyard.models.types import Array, ColumnType, DataType, Map, Object, SparkMLVector
from modelyard.models.values import enforce_value


def read_value(of: ColumnType, value: Any, where: str) -> Any:
    """One value of JSON as the type; ``InvalidParameter`` naming ``where`` for what does not fit.

    >>> read_value(DataType.binary, "YWJj", "Column 'key'")
    b'abc'
    """
    if value is None:
        return None
    return enforce_value(of, _decoded(of, value, where), where, required=False)


def _decoded(of: ColumnType, value: Any, where: str) -> Any:
    if of is DataType.binary and isinstance(value, str):
        try:
            return base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidParameter(f"{where} is no base64 text, in which bytes are sent as JSON.") from error
    if isinstance(of, Array | SparkMLVector) and isinstance(value, list):
        return [_decoded(of.dtype, each, where) for each in value]
    if isinstance(of, Map) and isinstance(value, Mapping):
        return {key: _decoded(of.value_type, each, where) for key, each in value.items()}
    if isinstance(of, Object) and isinstance(value, Mapping):
        types = {each.name: each.dtype for each in of.properties}
        return {key: _decoded(types[key], each, where) if key in types else each for key, each in value.items()}
    return value


def read_column(of: ColumnType, values: Collection[Any], where: str) -> Any:
    """A column of JSON values as a pandas Series of the type; ``InvalidParameter`` names ``where`` and the row."""
    return make_series(of, [read_value(of, value, f"{where}, row {row}") for row, value in enumerate(values)])
