"""The input example: two files, and the data back."""

from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.example import (
    load_example,
    load_example_params,
    load_serving_request,
    save_example,
    serving_request,
    split_example,
)
from modelyard.models.infer import infer_schema
from modelyard.models.schema import Schema

FRAME = pd.DataFrame(
    {
        "double": [1.5, np.nan],
        "text": ["x", None],
        "whole": [1, 2],
        "nullable": pd.array([1, None], dtype="Int64"),
        "truth": [True, False],
        "when": pd.to_datetime(["2026-01-01T10:00:00", "2026-01-02T00:00:00"]),
        "blob": [b"a\x00", b"b"],
        "list": [[1, 2], [3]],
    }
)


def saved(folder: Path, example: Any) -> dict[str, Any]:
    """What stands in the example's file."""
    save_example(folder, example)
    found: dict[str, Any] = json.loads((folder / "input_example.json").read_text())
    return found


def again(folder: Path, example: Any, *, schema: Schema | None = None) -> Any:
    """The example saved and loaded, by the schema of its own data unless another is given."""
    info = save_example(folder, example)
    return load_example(folder, info, schema=schema or infer_schema(split_example(example)[0]))


def test_a_frame_comes_back_with_its_types(tmp_path: Path) -> None:
    pd.testing.assert_frame_equal(again(tmp_path, FRAME), FRAME, check_dtype=False)
    assert again(tmp_path, FRAME)["nullable"].dtype == "Int64"
    assert again(tmp_path, FRAME)["when"].dtype.kind == "M"


def test_a_frame_is_written_by_columns_and_rows_with_null_for_nan(tmp_path: Path) -> None:
    info = save_example(tmp_path, FRAME[["double", "blob", "when"]])

    assert info == {
        "artifact_path": "input_example.json",
        "type": "dataframe",
        "pandas_orient": "split",
        "serving_input_path": "serving_input_example.json",
    }
    expected = {
        "columns": ["double", "blob", "when"],
        "data": [
            [1.5, base64.b64encode(b"a\x00").decode(), "2026-01-01T10:00:00"],
            [None, base64.b64encode(b"b").decode(), "2026-01-02T00:00:00"],
        ],
    }
    assert json.loads((tmp_path / "input_example.json").read_text()) == expected
    assert load_serving_request(tmp_path, info) == {"dataframe_split": expected}


def test_columns_that_are_only_counted_are_not_written(tmp_path: Path) -> None:
    assert saved(tmp_path, pd.DataFrame(np.eye(2))) == {"data": [[1.0, 0.0], [0.0, 1.0]]}
    assert again(tmp_path, pd.DataFrame(np.eye(2))).columns.tolist() == [0, 1]


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_other_tables_are_written_as_frames(tmp_path: Path, library: str) -> None:
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    make = module.table if library == "pyarrow" else module.DataFrame
    table = make({"a": [1.5, None], "b": ["x", "y"]})

    assert saved(tmp_path, table) == {"columns": ["a", "b"], "data": [[1.5, "x"], [None, "y"]]}


@pytest.mark.parametrize(
    "array",
    [
        np.array([[1.5, np.nan]], dtype="float32"),
        np.array([[1, 2]], dtype="int32"),
        np.array(["a", "b"]),
        np.array([True]),
        np.array(["2026-01-01T10:00:00"], dtype="datetime64[ns]"),
    ],
)
def test_an_array_comes_back_with_its_type(tmp_path: Path, array: Any) -> None:
    found = again(tmp_path, array)

    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_arrays_by_name_come_back(tmp_path: Path) -> None:
    found = again(tmp_path, {"a": np.zeros((1, 2), "float32"), "b": np.array([1])})

    assert found["a"].dtype == np.dtype("float32")
    assert found["b"].tolist() == [1]
    with pytest.raises(InvalidParameter, match="arrays and other values"):
        save_example(tmp_path, {"a": np.zeros(2), "b": 1})


def test_without_a_schema_numbers_with_gaps_are_floats(tmp_path: Path) -> None:
    info = save_example(tmp_path, np.array([1.5, np.nan]))

    np.testing.assert_array_equal(load_example(tmp_path, info), [1.5, np.nan])


@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_a_sparse_matrix_comes_back(tmp_path: Path, kind: str) -> None:
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    matrix = getattr(sparse, f"{kind}_matrix")(np.array([[1.5, 0.0], [0.0, 2.0]]))

    found = again(tmp_path, matrix)

    assert found.format == kind
    assert (found != matrix).nnz == 0
    assert serving_request(matrix) == {"inputs": [[1.5, 0.0], [0.0, 2.0]]}


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1, "b": "x"}, {"a": 2, "b": None}],
        {"a": 1, "b": [1, 2], "c": {"d": "x"}},
        [1.5, 2.5],
        "hello",
        3,
        b"abc",
        dt.datetime.fromisoformat("2026-01-01T10:00:00"),
        [{"blob": b"abc", "day": dt.date(2026, 1, 1), "many": [b"x"]}],
    ],
)
def test_plain_values_come_back(tmp_path: Path, value: Any) -> None:
    assert again(tmp_path, value) == value


def test_nan_is_kept_in_the_example_and_null_in_the_request(tmp_path: Path) -> None:
    info = save_example(tmp_path, [float("nan"), 1.0])

    assert "NaN" in (tmp_path / "input_example.json").read_text()
    assert load_serving_request(tmp_path, info) == {"inputs": [None, 1.0]}


def test_parameters_travel_beside_the_data(tmp_path: Path) -> None:
    info = save_example(tmp_path, ([{"a": 1.5}], {"k": 3, "since": dt.date(2026, 1, 1)}))

    assert info["params"] == "true"
    assert load_example(tmp_path, info) == [{"a": 1.5}]
    assert load_example_params(tmp_path, info) == {"k": 3, "since": "2026-01-01"}
    assert load_serving_request(tmp_path, info) == {"inputs": [{"a": 1.5}], "params": {"k": 3, "since": "2026-01-01"}}
    assert load_example_params(tmp_path, save_example(tmp_path, [1.5])) is None


def test_a_chat_is_sent_as_it_is() -> None:
    chat = {"messages": [{"role": "user", "content": "hi"}]}

    assert serving_request(chat) == chat
    assert serving_request((chat, {"temperature": 0.5})) == {**chat, "temperature": 0.5}


@pytest.mark.parametrize(
    "value", [object(), [object()], {"a": 1j}, {("a",): 1}, np.array([1], "m8[s]"), pd.DataFrame({"a": [1j]})]
)
def test_what_json_cannot_hold_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(InvalidParameter, match="JSON"):
        save_example(tmp_path, value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_outside_the_folder_is_never_read(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.json").write_text("[1]")

    with pytest.raises(FileNotFoundError):
        load_example(folder, {"artifact_path": "../secret.json", "type": "json_object"})


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    info = save_example(tmp_path, [1])

    with pytest.raises(InvalidParameter, match="of type 'hologram'"):
        load_example(tmp_path, {**info, "type": "hologram"})


def test_numbers_of_every_size_are_written(tmp_path: Path) -> None:
    assert saved(tmp_path, np.array([1.5], dtype=np.longdouble)) == [1.5]
    assert saved(tmp_path, [np.float16(1.5), np.int8(1), np.bool_(True), np.datetime64("NaT")]) == [1.5, 1, True, None]
