"""Polars: the law, and what is cast or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from modelyard.core.errors import InvalidParameter
from modelyard.models.constraints import infer_constraints
from modelyard.models.enforce import enforce, to_frame
from modelyard.models.infer import infer_schema
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import infer_signature
from tests.unit.models.signature.tables import columns, nested, scalars, unhurried

pl = pytest.importorskip("polars", reason="polars is not installed")

_TYPES: dict[str, Any] = {
    "boolean": pl.Boolean,
    "long": pl.Int64,
    "double": pl.Float64,
    "string": pl.String,
    "binary": pl.Binary,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
    "array": pl.List(pl.Int64),
    "object": pl.Struct({"a": pl.Int64, "b": pl.String}),
    "arrays of objects": pl.List(pl.Struct({"role": pl.String, "n": pl.Int64})),
}


@unhurried
@given(columns({**scalars, **nested}))
def test_a_polars_frame_fits_its_own_schema(drawn: dict[str, tuple[str, list[Any]]]) -> None:
    frame = pl.DataFrame([pl.Series(name, values, dtype=_TYPES[kind]) for name, (kind, values) in drawn.items()])

    assert enforce(infer_schema(frame), frame).equals(frame)


def test_columns_are_ordered_by_the_schema_and_others_dropped() -> None:
    schema = Schema([ColSpec("double", "a"), ColSpec("long", "b")])
    frame = pl.DataFrame({"b": [1], "x": [0], "a": pl.Series([2], dtype=pl.Int32)})

    found = enforce(schema, frame)

    assert found.columns == ["a", "b"]
    assert found.rows() == [(2.0, 1)]


@pytest.mark.parametrize(
    ("values", "wanted", "found"),
    [
        ([1.5], "long", "Float64"),
        ([2**60 + 1], "double", "Int64"),
        ([1.5], "float", "Float64"),
        ([1], "string", "Int64"),
    ],
)
def test_what_would_lose_something_is_refused(values: list[Any], wanted: str, found: str) -> None:
    with pytest.raises(InvalidParameter, match=rf"Column 'a' is of type {found}; the model expects {wanted}"):
        enforce(Schema([ColSpec(wanted, "a")]), pl.DataFrame({"a": values}))


def test_decimals_are_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidParameter, match=r"Column 'price' is of Polars type Decimal.*cast it"):
        infer_schema(pl.DataFrame({"price": [Decimal("1.50")]}))


def test_an_enum_declares_its_choices() -> None:
    frame = pl.DataFrame({"colour": pl.Series(["red"], dtype=pl.Enum(["red", "blue"]))})

    signature = infer_signature(frame, constraints=infer_constraints(frame))

    assert signature.constraints is not None
    assert signature.constraints.to_dict() == {"colour": {"choices": ["red", "blue"]}}


def test_a_polars_frame_becomes_a_pandas_frame_that_fits() -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})

    assert to_frame(infer_schema(frame), frame).to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


def test_a_series_is_one_column() -> None:
    series = pl.Series("a", [1.5, None])

    assert infer_schema(series) == Schema([ColSpec("double", "a", required=False)])
    assert enforce(infer_schema(series), series).equals(series)
