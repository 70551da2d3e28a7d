"""Values of JSON, read by a schema's types."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.types import AnyType, Array, ColumnType, DataType, Map, Object, Property
from modelyard.models.wire import read_column, read_value


@pytest.mark.parametrize(
    ("of", "value", "expected"),
    [
        (DataType.binary, "YWJj\n", b"abc"),
        (DataType.datetime, "2026-01-01", dt.date(2026, 1, 1)),
        (DataType.datetime, "2026-01-01T10:00:00Z", dt.datetime.fromisoformat("2026-01-01T10:00:00+00:00")),
        (DataType.double, 1, 1.0),
        (DataType.long, None, None),
        (Array("binary"), ["YQ==", None], [b"a", None]),
        (Map("binary"), {"x": "YQ=="}, {"x": b"a"}),
        (Object([Property("x", "binary")]), {"x": "YQ=="}, {"x": b"a"}),
        (AnyType(), {"x": [1]}, {"x": [1]}),
    ],
)
def test_a_value_is_read_by_its_type(of: ColumnType, value: Any, expected: Any) -> None:
    assert read_value(of, value, "Column 'a'") == expected


@pytest.mark.parametrize(
    ("of", "value", "message"),
    [
        (DataType.binary, "not base64!", "Column 'a' is no base64 text"),
        (DataType.datetime, "soon", "Column 'a' is of type str; the model expects datetime"),
        (DataType.long, 1.5, "Column 'a' is of type float; the model expects long"),
        (Object([Property("x", "long")]), {"y": 1}, "Column 'a' has no key 'x'"),
        (Map("long"), [1], "Column 'a' is of type list"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(of: ColumnType, value: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read_value(of, value, "Column 'a'")


def test_a_column_is_read_as_pandas_holds_it() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")

    assert str(read_column(DataType.long, [1, None], "Column 'a'").dtype) == "Int64"
    assert str(read_column(DataType.float, [1.5], "Column 'a'").dtype) == "float32"
    assert read_column(DataType.datetime, ["2026-01-01"], "Column 'a'").dtype.kind == "M"
    assert read_column(DataType.datetime, [], "Column 'a'").dtype.kind == "M"
    assert read_column(DataType.string, [None], "Column 'a'").dtype.kind == "O"
    with pytest.raises(InvalidParameter, match="Column 'a', row 1 is of type str"):
        read_column(DataType.long, [1, "2"], "Column 'a'")
