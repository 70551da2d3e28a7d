"""Data in the form a tabular model was trained on."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.columns import as_categories, as_frame, by_name

FRAME = pd.DataFrame({"a": [1, 2], "b": [3, 4]})


@pytest.mark.parametrize(
    "data",
    [
        FRAME,
        [{"a": 1, "b": 3}, {"b": 4, "a": 2}],
        {"a": [1, 2], "b": [3, 4]},
        {"a": FRAME["a"].to_numpy(), "b": [3, 4]},
    ],
    ids=["frame", "rows", "columns", "columns of arrays"],
)
def test_rows_and_columns_with_names_become_a_frame(data: Any) -> None:
    assert as_frame(data).equals(FRAME)


def test_a_single_row_becomes_a_frame_of_one_row() -> None:
    assert as_frame({"a": 1, "b": "text"}).equals(pd.DataFrame({"a": [1], "b": ["text"]}))


def test_a_series_becomes_a_column() -> None:
    assert as_frame(FRAME["a"]).equals(FRAME[["a"]])


@pytest.mark.parametrize("data", [[[1, 2], [3, 4]], FRAME.to_numpy(), ["text"], [], 3])
def test_what_has_no_names_stays_as_it_is(data: Any) -> None:
    assert as_frame(data) is data


def test_arrow_tables_become_frames() -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    assert as_frame(arrow.table({"a": [1, 2], "b": [3, 4]})).equals(FRAME)


def test_polars_tables_become_frames() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    assert as_frame(polars.DataFrame({"a": [1, 2], "b": [3, 4]})).equals(FRAME)


def test_columns_are_put_in_the_models_order_and_others_left_out() -> None:
    data = FRAME.assign(c=0)[["c", "b", "a"]]
    assert by_name(data, ["a", "b"]).equals(FRAME)


def test_what_is_in_order_is_not_copied() -> None:
    assert by_name(FRAME, ["a", "b"]) is FRAME


def test_a_missing_column_is_named() -> None:
    with pytest.raises(
        InvalidParameter, match=r"no column 'c', which the model was trained on; its columns are 'a', 'b'"
    ):
        by_name(FRAME, ["a", "c"])


def test_a_column_that_is_there_twice_is_named() -> None:
    with pytest.raises(InvalidParameter, match="several columns 'a'"):
        by_name(FRAME[["a", "a", "b"]], ["a", "b"])


def test_without_names_on_one_of_both_sides_place_decides() -> None:
    counted = pd.DataFrame(FRAME.to_numpy())
    assert by_name(counted, ["a", "b"]) is counted
    assert by_name(FRAME, []) is FRAME


def test_texts_become_categories_and_categories_stay() -> None:
    ordered = pd.Categorical(["x", "y"], categories=["y", "x"])
    data = as_categories(pd.DataFrame({"text": ["u", "v"], "kept": ordered}), ["text", "kept"])
    assert list(data["text"].cat.categories) == ["u", "v"]
    assert list(data["kept"].cat.categories) == ["y", "x"]
