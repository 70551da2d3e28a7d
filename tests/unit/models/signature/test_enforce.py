"""What fits a schema of columns, what is cast, what is refused and how that is said."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.enforce import enforce, is_numeric, model_input, to_array, to_frame
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.types import AnyType, Array, Map, Object, Property

AB = Schema([ColSpec("double", "a"), ColSpec("string", "b", required=False)])
TABLES = {
    "pandas": pd.DataFrame,
    "arrow": pa.table,
    "rows": lambda columns: [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
}


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest) -> Any:
    """What makes a table of columns, by kind."""
    return TABLES[request.param]


def listed(data: Any) -> dict[str, list[Any]]:
    """The columns of any table."""
    if isinstance(data, pd.DataFrame):
        return {str(name): data[name].tolist() for name in data.columns}
    if isinstance(data, pa.Table):
        found: dict[str, list[Any]] = data.to_pydict()
        return found
    return {name: [row[name] for row in data] for name in data[0]}


def test_columns_are_ordered_by_name_and_others_dropped(table: Any) -> None:
    found = enforce(AB, table({"x": [0], "b": ["t"], "a": [1.5]}))

    assert list(listed(found).items()) == [("a", [1.5]), ("b", ["t"])]


def test_an_optional_column_may_be_left_out(table: Any) -> None:
    assert listed(enforce(AB, table({"a": [1.5]}))) == {"a": [1.5]}


def test_a_required_column_must_be_there(table: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"no (column )?'a', which the model requires.*'b', 'x'"):
        enforce(AB, table({"b": ["t"], "x": [1]}))


def test_whole_numbers_become_doubles_where_each_stays_what_it_is(table: Any) -> None:
    assert listed(enforce(Schema([ColSpec("double", "a")]), table({"a": [1, 2**53]}))) == {"a": [1.0, 2.0**53]}
    with pytest.raises(InvalidParameter, match=r"Column 'a'.*int.*expects double"):
        enforce(Schema([ColSpec("double", "a")]), table({"a": [1, 2**53 + 1]}))


@pytest.mark.parametrize("wanted", ["long", "integer", "boolean", "string", "binary", "datetime"])
def test_doubles_become_nothing_else(table: Any, wanted: str) -> None:
    with pytest.raises(InvalidParameter, match=rf"Column 'a'.*(float64|double|float).*expects {wanted}"):
        enforce(Schema([ColSpec(wanted, "a")]), table({"a": [1.0, 2.0]}))


@pytest.mark.parametrize("wanted", ["long", "double", "boolean", "binary"])
def test_texts_become_nothing_else(table: Any, wanted: str) -> None:
    with pytest.raises(InvalidParameter, match=rf"Column 'a'.*(str|object).*expects {wanted}"):
        enforce(Schema([ColSpec(wanted, "a")]), table({"a": ["1"]}))


def test_iso_texts_become_datetimes(table: Any) -> None:
    found = listed(enforce(Schema([ColSpec("datetime", "t")]), table({"t": ["2026-02-01T10:00:00"]})))

    assert found == {"t": [dt.datetime.fromisoformat("2026-02-01T10:00:00")]}
    with pytest.raises(InvalidParameter, match="Column 't'"):
        enforce(Schema([ColSpec("datetime", "t")]), table({"t": ["last week"]}))


def test_nested_values_are_checked_to_the_bottom(table: Any) -> None:
    schema = Schema([ColSpec(Array(Object([Property("role", "string"), Property("n", "long", required=False)])), "m")])

    fits = table({"m": [[{"role": "a", "n": 1}], []]})
    assert listed(enforce(schema, fits)) == {"m": [[{"role": "a", "n": 1}], []]}
    with pytest.raises(InvalidParameter, match=r"Column 'm', row 1, element 0, key 'role' is of type int; .* string"):
        enforce(schema, [{"m": []}, {"m": [{"role": 1}]}])
    with pytest.raises(InvalidParameter, match=r"Column 'm', row 0, element 0 has no key 'role'"):
        enforce(schema, pd.DataFrame({"m": [[{"n": 1}]]}))


def test_maps_take_any_keys() -> None:
    schema = Schema([ColSpec(Map("long"), "m")])

    assert enforce(schema, [{"m": {"x": 1}}]) == [{"m": {"x": 1}}]
    with pytest.raises(InvalidParameter, match=r"Column 'm', row 0, key 'x' is of type str"):
        enforce(schema, [{"m": {"x": "1"}}])


def test_what_may_be_anything_is_left_alone(table: Any) -> None:
    data = table({"a": ["x"]})

    assert listed(enforce(Schema([ColSpec(AnyType(), "a")]), data)) == {"a": ["x"]}


def test_a_frame_that_fits_is_answered_as_it_is() -> None:
    frame = pd.DataFrame({"a": [1.5], "b": ["x"]})
    rows = [{"a": 1.5, "b": "x"}]
    table = pa.table({"a": [1.5], "b": ["x"]})

    assert enforce(AB, frame) is frame
    assert enforce(AB, rows) is rows
    assert enforce(AB, table) is table


def test_what_is_given_is_never_changed() -> None:
    frame = pd.DataFrame({"b": ["x"], "a": [1]}, index=[7])
    rows = [{"b": "x", "a": 1}]

    found = enforce(AB, frame)
    enforce(AB, rows)

    assert frame.dtypes.tolist()[1] == np.dtype("int64")
    assert rows == [{"b": "x", "a": 1}]
    assert found.index.tolist() == [7]


def test_whole_numbers_with_gaps_are_refused_with_the_way_out() -> None:
    with pytest.raises(
        InvalidParameter, match=r"Column 'n' is of type float64; the model expects long.*astype\('Int64'\)"
    ):
        enforce(Schema([ColSpec("long", "n")]), pd.DataFrame({"n": [1, None]}))

    nullable = pd.DataFrame({"n": pd.array([1, None], dtype="Int64")})
    assert enforce(Schema([ColSpec("long", "n")]), nullable) is nullable


def test_an_optional_column_may_be_all_missing(table: Any) -> None:
    for wanted in ("long", "string", "datetime", "boolean"):
        found = enforce(Schema([ColSpec(wanted, "n", required=False)]), table({"n": [None, None]}))
        assert pd.isna(listed(found)["n"]).tolist() == [True, True]


def test_a_column_of_the_same_name_twice_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="several columns 'a'"):
        enforce(AB, pd.DataFrame([[1.5, 2.5]], columns=["a", "a"]))


def test_columns_without_names_are_counted() -> None:
    schema = Schema([ColSpec("double"), ColSpec("double")])

    assert enforce(schema, pd.DataFrame([[1.5, 2.5, 3.5]])).to_numpy().tolist() == [[1.5, 2.5]]
    assert enforce(schema, np.ones((2, 3))).shape == (2, 2)
    assert enforce(schema, [[1, 2.5]]) == [[1.0, 2.5]]
    with pytest.raises(InvalidParameter, match=r"takes 2 columns.*1 were given"):
        enforce(schema, pd.DataFrame([[1.5]]))


def test_an_array_has_no_names() -> None:
    assert enforce(Schema([ColSpec("double", "a")]), np.ones(3)).tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(InvalidParameter, match="takes columns by name"):
        enforce(AB, np.ones((2, 2)))
    with pytest.raises(InvalidParameter, match="Column 'a' is of type float64, the array's; the model expects long"):
        enforce(Schema([ColSpec("long", "a")]), np.ones(3))


def test_a_series_is_one_column() -> None:
    assert enforce(Schema([ColSpec("double", "a")]), pd.Series([1, 2], name="a")).tolist() == [1.0, 2.0]
    with pytest.raises(InvalidParameter, match="no column 'a'"):
        enforce(Schema([ColSpec("double", "a")]), pd.Series([1, 2], name="b"))


def test_a_dict_is_a_row_or_columns() -> None:
    assert enforce(AB, {"b": "x", "a": 1}) == {"a": 1.0, "b": "x"}
    assert enforce(AB, {"a": [1, 2], "b": ["x", "y"]}) == {"a": [1.0, 2.0], "b": ["x", "y"]}
    assert to_frame(AB, {"a": 1, "b": "x"}).to_dict("list") == {"a": [1.0], "b": ["x"]}
    assert to_frame(AB, {"a": [1, 2], "b": ["x", "y"]}).to_dict("list") == {"a": [1.0, 2.0], "b": ["x", "y"]}


def test_values_and_lists_are_a_column_without_a_name() -> None:
    schema = Schema([ColSpec("string")])

    assert enforce(schema, "x") == "x"
    assert enforce(schema, ["x", "y"]) == ["x", "y"]
    assert model_input(schema, ["x", "y"]).to_dict("list") == {0: ["x", "y"]}
    with pytest.raises(InvalidParameter, match="The input, row 1 is of type int; the model expects string"):
        enforce(schema, ["x", 1])


def test_errors_never_hold_the_value() -> None:
    for data in ([{"a": "secret"}], pd.DataFrame({"a": ["secret"]}), pa.table({"a": ["secret"]})):
        with pytest.raises(InvalidParameter) as caught:
            enforce(AB, data)
        assert "secret" not in str(caught.value)


def test_a_model_is_given_a_frame_for_rows_and_tables_as_they_are() -> None:
    table = pa.table({"a": [1.5], "b": ["x"]})

    assert model_input(AB, table) is table
    frame = model_input(AB, [{"a": 1, "b": None}, {"a": 2.5}])
    assert frame["a"].dtype == np.dtype("float64")
    assert frame["b"].isna().tolist() == [True, True]


# ----------------------------------------------------------------------------------------------------------------------
# Rows to one array

NUMBERS = Schema([ColSpec("double", "a"), ColSpec("long", "n")])


def test_rows_of_numbers_are_one_array() -> None:
    for rows in ([{"n": 2, "a": 1.5}, {"a": 2, "n": 3}], [[1.5, 2], [2, 3.0]]):
        found = to_array(NUMBERS, rows)
        assert found.dtype == np.dtype("float64")
        assert found.tolist() == [[1.5, 2.0], [2.0, 3.0]]
    assert to_array(Schema([ColSpec("long", "n")]), [[2**62]]).tolist() == [[2**62]]
    assert to_array(NUMBERS, []).shape == (0, 2)


def test_a_missing_number_is_nan_where_there_is_one() -> None:
    assert np.isnan(to_array(NUMBERS, [[None, 1]])[0, 0])
    optional = Schema([ColSpec("double", "a", required=False), ColSpec("long", "n")])
    assert np.isnan(to_array(optional, [{"n": 1}])[0, 0])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1.5, None]], "Column 'n', row 0 is missing"),
        ([[1.5, 1], [1.5, 2.5]], "Column 'n', row 1 is of type float; the model expects long"),
        ([["1.5", 1]], "Column 'a', row 0 is of type str; the model expects double"),
        ([[True, 1]], "Column 'a', row 0 is of type bool"),
        ([[2**60 + 1, 1]], "Column 'a', row 0 is of type int too large for it"),
        ([[1.5, 2**70]], "Column 'n', row 0 is of type int too large for it"),
        ([[1.5]], "Row 0 has 1 values; the model takes 2 in the order 'a', 'n'"),
        ([1.5], "Row 0 is of type float"),
        ([{"a": 1.5}], "Row 0 has no 'n', which the model requires; it has 'a'"),
        ([{"a": 1.5, "n": 1}, [1, 2]], "Row 1 is of type list, and the first row a dict"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_column_and_row(rows: list[Any], message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        to_array(NUMBERS, rows)
    assert message in str(caught.value)


def test_only_numbers_make_an_array() -> None:
    assert is_numeric(NUMBERS)
    assert not is_numeric(AB)
    with pytest.raises(InvalidParameter, match="all numbers"):
        to_array(AB, [[1.5, "x"]])


# ----------------------------------------------------------------------------------------------------------------------
# pandas' own types, arrays inside of rows, and other ways to a frame


@pytest.mark.parametrize(
    ("column", "wanted", "expected", "dtype"),
    [
        (pd.array([1, 2], dtype="Int32"), "long", [1, 2], "int64"),
        (pd.array([1, None], dtype="Int32"), "long", [1, None], "Int64"),
        (pd.array([1, None], dtype="Int64"), "double", [1.0, None], "float64"),
        (pd.array([1.5, None], dtype="Float32"), "double", [1.5, None], "float64"),
        (pd.array([1, 2], dtype="int32[pyarrow]"), "double", [1.0, 2.0], "float64"),
        (pd.arrays.SparseArray([0.0, 1.5]), "double", [0.0, 1.5], "Sparse[float64, nan]"),
        (pd.Series([1, 2], dtype="object"), "integer", [1, 2], "int32"),
        (pd.Series([True, False], dtype="object"), "boolean", [True, False], "bool"),
        (pd.Series([1, 2.5, None], dtype="object"), "double", [1.0, 2.5, None], "float64"),
        (pd.Series([None, None], dtype="object"), "double", [None, None], "float64"),
    ],
)
def test_columns_of_pandas_own_types_are_cast_too(column: Any, wanted: str, expected: list[Any], dtype: str) -> None:
    found = enforce(Schema([ColSpec(wanted, "a")]), pd.DataFrame({"a": column}))["a"]

    assert str(found.dtype) == dtype
    assert [None if pd.isna(value) else value for value in found] == expected


@pytest.mark.parametrize(
    ("column", "wanted", "found"),
    [
        (pd.array([2**60 + 1], dtype="Int64"), "double", "Int64"),
        (pd.array([1.5], dtype="Float64"), "long", "Float64"),
        (pd.Categorical([1, 2]), "string", "category"),
        (pd.Categorical(["a"]), "long", "category"),
        (pd.array(["a"], dtype="string"), "long", "string"),
        (pd.Series([1, None], dtype="object"), "long", "row 1 is missing"),
        (pd.Series([b"a"], dtype="object"), "string", "row 0 is of type bytes"),
        (pd.array([[1]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))), "long", "list"),
    ],
)
def test_columns_of_pandas_own_types_that_do_not_fit_are_refused(column: Any, wanted: str, found: str) -> None:
    with pytest.raises(InvalidParameter, match=rf"Column 'a'.*{found}.*expects {wanted}"):
        enforce(Schema([ColSpec(wanted, "a")]), pd.DataFrame({"a": column}))


def test_lists_of_arrow_inside_of_pandas_are_checked() -> None:
    frame = pd.DataFrame({"a": pd.array([[1, 2], []], dtype=pd.ArrowDtype(pa.list_(pa.int64())))})

    assert enforce(Schema([ColSpec(Array("long"), "a")]), frame) is frame
    with pytest.raises(InvalidParameter, match="Column 'a', row 0"):
        enforce(Schema([ColSpec(Array("string"), "a")]), frame)


def test_arrays_inside_of_rows_are_arrays_of_the_type() -> None:
    schema = Schema([ColSpec(Array(Array("double")), "a")])

    found = enforce(schema, [{"a": np.ones((2, 2), "float32")}])
    assert found[0]["a"].dtype == np.dtype("float64")
    with pytest.raises(InvalidParameter, match="Column 'a', row 0 is an array of <U1; the model expects double"):
        enforce(schema, [{"a": np.array([["x"]])}])
    with pytest.raises(InvalidParameter, match="Column 'a', row 0 is an array of 3 dimensions"):
        enforce(schema, [{"a": np.ones((1, 1, 1))}])
    objects = np.array([[1.5, None]], dtype=object)
    assert enforce(schema, [{"a": objects}])[0]["a"] is objects


def test_scalars_of_numpy_are_values() -> None:
    schema = Schema([ColSpec("double", "a"), ColSpec("long", "n"), ColSpec("boolean", "t"), ColSpec("datetime", "d")])
    row = {"a": np.float32(1.5), "n": np.int8(3), "t": np.bool_(True), "d": np.datetime64("2026-01-01")}

    assert enforce(schema, [row]) == [row]
    assert to_frame(schema, [row]).to_dict("list") == {
        "a": [1.5],
        "n": [3],
        "t": [True],
        "d": [pd.Timestamp("2026-01-01")],
    }


def test_every_kind_of_data_makes_a_frame() -> None:
    schema = Schema([ColSpec("double", "a")])

    for data in (pd.Series([1, 2], name="a"), np.array([1.0, 2.0]), pa.table({"a": [1, 2]}), [1, 2]):
        frame = to_frame(schema, data)
        assert frame.columns.tolist() == ["a"]
        assert frame["a"].tolist() == [1.0, 2.0]
        assert frame["a"].dtype == np.dtype("float64")


def test_moments_of_several_zones_stay_what_they_are() -> None:
    moments = [dt.datetime.fromisoformat("2026-01-01T00:00:00+01:00"), dt.datetime.fromisoformat("2026-01-01T00:00:00")]

    assert to_frame(Schema([ColSpec("datetime", "t")]), [{"t": each} for each in moments])["t"].tolist() == moments


def test_rows_of_dataclasses_and_gaps_of_every_kind_pass() -> None:
    schema = Schema([ColSpec("double", "a"), ColSpec("string", "b", required=False)])

    for gap in (None, float("nan"), pd.NA, pd.NaT):
        assert pd.isna(enforce(schema, [{"a": 1.5, "b": gap}])[0]["b"])
