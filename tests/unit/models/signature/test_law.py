"""The law: data fits the schema inferred from it, and is answered as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from modelyard.models.enforce import enforce, model_input, to_array, to_frame
from modelyard.models.infer import infer_schema
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.types import DataType
from tests.unit.models.signature.tables import columns, names, nested, same, scalars, unhurried

_PANDAS: dict[str, str] = {
    "boolean": "boolean",
    "long": "Int64",
    "double": "float64",
    "string": "str",
    "binary": "object",
    "date": "object",
    "datetime": "datetime64[us]",
}


@unhurried
@given(columns(scalars), st.booleans())
def test_a_data_frame_fits_its_own_schema(drawn: dict[str, tuple[str, list[Any]]], as_objects: bool) -> None:
    frame = pd.DataFrame(
        {
            name: pd.Series(values, dtype="object" if as_objects else _PANDAS[kind])
            for name, (kind, values) in drawn.items()
        }
    )

    found = enforce(infer_schema(frame), frame)

    assert found.columns.tolist() == frame.columns.tolist()
    for name in frame.columns:
        assert found[name].isna().tolist() == frame[name].isna().tolist()
        kept = frame[name].notna()
        assert found[name][kept].tolist() == frame[name][kept].tolist()
    if not as_objects:
        pd.testing.assert_frame_equal(found, frame)


@unhurried
@given(
    numpy_strategies.arrays(
        st.sampled_from(["int8", "uint16", "int32", "uint32", "float16", "float32", "bool"]), (3, 2)
    )
)
def test_small_numbers_of_a_data_frame_keep_their_values(array: np.ndarray[Any, Any]) -> None:
    frame = pd.DataFrame(array, columns=["a", "b"])

    np.testing.assert_array_equal(enforce(infer_schema(frame), frame).to_numpy(), array)


@unhurried
@given(columns(nested))
def test_a_data_frame_of_lists_and_dicts_fits_its_own_schema(drawn: dict[str, tuple[str, list[Any]]]) -> None:
    frame = pd.DataFrame({name: pd.Series(values, dtype="object") for name, (_, values) in drawn.items()})

    found = enforce(infer_schema(frame), frame)

    assert all(same(found[name].tolist(), frame[name].tolist()) for name in frame.columns)


_ARROW: dict[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "long": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "array": pa.list_(pa.int64()),
    "object": pa.struct([("a", pa.int64()), ("b", pa.string())]),
    "arrays of objects": pa.list_(pa.struct([("role", pa.string()), ("n", pa.int64())])),
}


@unhurried
@given(columns({**scalars, **nested}))
def test_an_arrow_table_fits_its_own_schema(drawn: dict[str, tuple[str, list[Any]]]) -> None:
    table = pa.table({name: pa.array(values, type=_ARROW[kind]) for name, (kind, values) in drawn.items()})

    assert enforce(infer_schema(table), table).equals(table)


@unhurried
@given(
    st.one_of(
        numpy_strategies.arrays(dtype, numpy_strategies.array_shapes(max_dims=3, max_side=3))
        for dtype in (
            *"bool int8 int32 int64 uint8 uint64 float16 float32 float64 complex128".split(),
            "U3",
            "S3",
            "M8[ns]",
        )
    )
)
def test_an_array_fits_its_own_schema(array: np.ndarray[Any, Any]) -> None:
    found = enforce(infer_schema(array), array)

    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@unhurried
@given(
    st.dictionaries(
        names, numpy_strategies.arrays(st.sampled_from(["int64", "float32"]), (2, 3)), min_size=1, max_size=3
    )
)
def test_a_dict_of_arrays_fits_its_own_schema(arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    found = enforce(infer_schema(arrays), arrays)

    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A list of dicts, some without some of the keys."""
    drawn = draw(columns({**scalars, **nested}))
    length = len(next(iter(drawn.values()))[1])
    found = [
        {name: values[row] for name, (_, values) in drawn.items() if values[row] is not None or draw(st.booleans())}
        for row in range(length)
    ]
    return found if any(found) else [{"a": 1}]


@unhurried
@given(rows())
def test_a_list_of_dicts_fits_its_own_schema(records: list[dict[str, Any]]) -> None:
    assert same(enforce(infer_schema(records), records), records)


@unhurried
@given(rows())
def test_a_list_of_dicts_makes_a_frame_that_fits_too(records: list[dict[str, Any]]) -> None:
    schema = infer_schema(records)
    frame = model_input(schema, records)

    pd.testing.assert_frame_equal(enforce(schema, frame), frame)
    for name in frame.columns:
        given_values = [row.get(name) for row in records]
        assert frame[name].isna().tolist() == [value is None for value in given_values]


@unhurried
@given(st.one_of(*scalars.values(), *nested.values(), st.lists(scalars["long"]), st.lists(scalars["string"])))
def test_a_value_or_list_fits_its_own_schema(value: Any) -> None:
    if value == {}:
        return
    assert same(enforce(infer_schema(value), value), value)


@unhurried
@given(st.data())
def test_numbers_as_rows_make_the_array_that_pandas_makes(data: st.DataObject) -> None:
    drawn = data.draw(columns({"double": scalars["double"], "long": st.integers(-(2**53), 2**53)}, gaps=False))
    records = [
        dict(zip(drawn, row, strict=True)) for row in zip(*(values for _, values in drawn.values()), strict=True)
    ]
    schema: Schema = infer_schema(records)

    expected = to_frame(schema, records).to_numpy()

    for given_rows in (records, [list(row.values()) for row in records]):
        found = to_array(schema, given_rows)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_matrix"])
def test_a_sparse_matrix_fits_its_own_schema(kind: str) -> None:
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    matrix = getattr(sparse, kind)(np.eye(3, dtype="float32"))

    assert enforce(infer_schema(matrix), matrix) is matrix


def test_categories_and_zones_are_kept() -> None:
    frame = pd.DataFrame(
        {
            "colour": pd.Categorical(["red", None], categories=["red", "blue"]),
            "when": pd.to_datetime(["2026-01-01", None]).tz_localize("Europe/Zurich"),
            "arrow": pd.array([1, None], dtype="int64[pyarrow]"),
        }
    )

    assert enforce(infer_schema(frame), frame) is frame


def test_categories_held_as_objects_are_kept() -> None:
    frame = pd.DataFrame(
        {"colour": pd.Categorical(["red", None], categories=pd.Index(["red", "blue"], dtype="object"))}
    )

    assert infer_schema(frame).input_types() == [DataType.string]
    assert enforce(infer_schema(frame), frame) is frame


def test_a_record_batch_fits_its_own_schema() -> None:
    batch = pa.record_batch({"a": pa.array([1, None], pa.int8()), "b": ["x", "y"]})
    schema = infer_schema(batch)

    found = enforce(schema, batch)

    assert found.to_pydict() == batch.to_pydict()
    assert enforce(Schema([ColSpec("double", "a", required=False)]), batch).to_pydict() == {"a": [1.0, None]}
