"""Tables are read whatever separates their columns, refused by the column that does not fit, and split as scikit-learn does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.training.data import TEXT, draw, load, separator_of, split

np = pytest.importorskip("numpy", reason="numpy is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")

ROWS = [{"a": float(i), "b": i * 2, "y": i % 3} for i in range(30)]


def parts(data: Any, **settings: Any) -> Any:
    chosen = {"target": "y", "task": "regression", "test_size": 0.33, "seed": 42, **settings}
    return split(load(data), **chosen)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_first_line_says_what_separates_columns(separator: str, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text(f'"a, or; b"{separator}y\n1.5{separator}2\n', encoding="utf-8-sig")
    frame = load(file).frame
    assert list(frame.columns) == ["a, or; b", "y"]
    assert frame.to_numpy().tolist() == [[1.5, 2.0]]


def test_a_line_of_one_column_is_separated_by_commas() -> None:
    assert separator_of("alone") == ","


def test_a_file_that_is_not_there_is_named_with_its_whole_path(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=str(tmp_path / "no.csv")):
        load(tmp_path / "no.csv")


@pytest.mark.parametrize(
    "content", [b"", b"  \n", b"\xff\xfe\x00", b'a,b\n1,2,3\n4,5\n"', b"PAR1 and no more", b"a\x00b,c\n"]
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidParameter):
        load(content, name="sent.csv")


def test_tables_of_other_libraries_are_taken() -> None:
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = arrow.Table.from_pylist(ROWS)
    sink = io.BytesIO()
    pd.DataFrame(ROWS).to_parquet(sink)
    for data in (pd.DataFrame(ROWS), table, ROWS, sink.getvalue()):
        assert parts(data).rows == parts(ROWS).rows
    with pytest.raises(InvalidParameter, match="int"):
        load(7)


def test_the_split_is_that_of_scikit_learn() -> None:
    selection = pytest.importorskip("sklearn.model_selection", reason="sklearn is not installed")
    for count in (11, 20, 1599):
        for size in (0.1, 0.33, 0.5, 0.9):
            train, test = draw(count, size, 7)
            theirs = selection.train_test_split(np.arange(count), test_size=size, random_state=7)
            assert [train.tolist(), test.tolist()] == [each.tolist() for each in theirs]


def test_the_hash_tells_rows_apart() -> None:
    changed = [dict(row) for row in ROWS]
    for row in changed:
        row["a"] += 1e-9
    hashes = [parts(ROWS), parts(ROWS), parts(ROWS, seed=1), parts(changed), parts(ROWS, test_size=0.5)]
    assert len({each.rows.test_hash for each in hashes}) == 4
    assert hashes[0].rows == hashes[1].rows


@pytest.mark.parametrize("size", [0, 1, -0.5, 2.5, "abc", None, True, float("nan"), 0.999])
def test_a_share_that_leaves_no_rows_is_refused(size: Any) -> None:
    with pytest.raises(InvalidParameter, match="test_size"):
        parts(ROWS, test_size=size)


@pytest.mark.parametrize("seed", [-1, 1.5, "x", None, True, 2**32])
def test_a_seed_no_generator_takes_is_refused(seed: Any) -> None:
    with pytest.raises(InvalidParameter, match="seed"):
        parts(ROWS, seed=seed)


@pytest.mark.parametrize(
    ("change", "settings", "named"),
    [
        ({}, {"target": "z"}, "'a', 'b', 'y'"),
        ({"a": "text"}, {}, "'a' holds other values"),
        ({"a": None}, {}, "'a' has no value in 1 of 30 rows"),
        ({"a": float("inf")}, {}, "'a' holds infinite"),
        ({"y": None}, {}, "'y' has no value"),
        ({"y": "text"}, {}, "'y' holds other values"),
        ({"y": 0.5}, {"task": "classification"}, "'y' holds decimal"),
    ],
)
def test_a_column_that_does_not_fit_is_named(change: dict[str, Any], settings: dict[str, Any], named: str) -> None:
    rows = [{**ROWS[0], **change}, *ROWS[1:]]
    with pytest.raises(InvalidParameter, match=named):
        parts(rows, **settings)


def test_a_table_needs_a_column_besides_the_target_and_two_classes() -> None:
    with pytest.raises(InvalidParameter, match="no column to predict from"):
        parts([{"y": i} for i in range(9)])
    with pytest.raises(InvalidParameter, match="'y' has 1"):
        parts([{"a": i, "y": 1} for i in range(9)], task="classification")
    lonely = [{"a": i, "y": int(i == 0)} for i in range(9)]
    testing = next(seed for seed in range(99) if 0 in draw(9, 0.33, seed)[1])
    with pytest.raises(InvalidParameter, match="only one class"):
        parts(lonely, task="classification", seed=testing)


def test_classes_keep_their_kind() -> None:
    assert parts(ROWS, task="classification").labels == [0, 1, 2]
    assert parts([{**row, "y": float(row["y"])} for row in ROWS], task="classification").labels == [0, 1, 2]
    assert parts([{**row, "y": f"c{row['y']}"} for row in ROWS], task="classification").labels == ["c0", "c1", "c2"]


def test_texts_come_from_the_one_column_that_has_some() -> None:
    rows = [{"said": f"word {i}", "n": i, "y": i % 2} for i in range(9)]
    found = parts(rows, task="classification", takes=TEXT)
    assert [each.name for each in found.features] == ["said"]
    with pytest.raises(InvalidParameter, match="none"):
        parts(ROWS, task="classification", takes=TEXT)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="'1'"):
        load(pd.DataFrame([[1, 2]], columns=[1, "1"]))
