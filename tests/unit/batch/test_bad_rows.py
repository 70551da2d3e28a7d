"""Rows that cannot be scored go to a file of their own with the reason; all others are scored."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import ModelFailed
from tests.unit.batch.conftest import Score, save
from tests.unit.batch.test_formats import read_rows, write_rows


def rejected(folder: Path, output: str) -> list[dict[str, Any]]:
    file = folder / f"{output}.rejected.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_what_is_no_value_of_its_column_is_named_by_row_and_column(score: Score, tmp_path: Path) -> None:
    lines = ["a,b", "1,2", "x,2", "3,4,5", "", "5", "-7,1", "8,9", '9,"1e3 "', "10,y"]
    (tmp_path / "in.csv").write_text("\n".join(lines))
    report = score("in.csv", "out.csv", chunk_rows=4)
    assert (report.rows, report.scored, report.rejected) == (8, 3, 5)
    assert (tmp_path / "out.csv").read_text() == 'a,b,prediction\n1,2,3\n8,9,17\n9,"1e3 ",1009\n'
    assert [(bad["row"], bad["reason"]) for bad in rejected(tmp_path, "out.csv")] == [
        (2, "Column 'a': the value is no number."),
        (3, "The row has 3 values; the header has 2 columns."),
        (4, "The row has 1 values; the header has 2 columns."),
        (5, "ValueError: a is negative"),
        (8, "Column 'b': the value is no number."),
    ]


def test_lines_that_are_no_json_objects_are_told(score: Score, tmp_path: Path) -> None:
    lines = ['{"a": 1, "b": 2}', "[1, 2]", "{", '{"a": 1}', "", '{"a": "x", "b": 2}', '{"a": 2, "b": 2}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    assert score("in.jsonl", "out.jsonl").scored == 2
    assert read_rows(tmp_path / "out.jsonl") == [
        {"a": 1, "b": 2, "prediction": 3.0},
        {"a": 2, "b": 2, "prediction": 4.0},
    ]
    told = {bad["row"]: bad["reason"] for bad in rejected(tmp_path, "out.jsonl")}
    assert told.keys() == {2, 3, 4, 5}
    assert told[2] == "The line is no JSON object but an array."
    assert told[3].startswith("The line is not JSON: ")
    assert "'b'" in told[4]
    assert "'a'" in told[5]
    assert "row" not in told[5]


def test_any_rows_a_model_refuses_are_found_and_no_other(score: Score, tmp_path: Path) -> None:
    drawn = random.Random(3)
    for share in (0.001, 0.2, 0.95):
        rows = [{"a": -1.0 if drawn.random() < share else 1.0 * n, "b": 1.0} for n in range(1000)]
        write_rows(tmp_path / "in.parquet", rows)
        score("in.parquet", "out.parquet", chunk_rows=300, restart=True)
        assert read_rows(tmp_path / "out.parquet") == [
            {**row, "prediction": row["a"] + 1} for row in rows if row["a"] >= 0
        ]
        places = [bad["row"] for bad in rejected(tmp_path, "out.parquet")]
        assert places == [place for place, row in enumerate(rows, 1) if row["a"] < 0]


def test_rows_are_counted_in_each_file(score: Score, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text("a,b\n1,1\n1,1\n-1,1\n")
    score("*o*.csv", "scored.jsonl", chunk_rows=2)
    found = [(Path(bad["file"]).name, bad["row"]) for bad in rejected(tmp_path, "scored.jsonl")]
    assert found == [("one.csv", 3), ("two.csv", 3)]


def refuse(model_input: Any) -> Any:
    raise RuntimeError("the weights are missing")


def test_a_model_that_scores_nothing_is_stopped_with_its_reason(score: Score, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", [{"a": 1.0}] * 100)
    folder = save(refuse, {"a": "double"}, "refusing")
    with pytest.raises(ModelFailed, match=r"any of the first rows.*RuntimeError: the weights are missing"):
        score("in.csv", "out.csv", model=folder)
    assert not (tmp_path / "out.csv").exists()


def shorten(model_input: Any) -> Any:
    return model_input["a"].to_numpy()[1:]


def test_a_model_without_a_prediction_for_each_row_is_refused(score: Score, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", [{"a": 1.0}] * 5)
    with pytest.raises(ModelFailed, match="4 predictions 'prediction' for 5 rows"):
        score("in.csv", "out.csv", model=save(shorten, {"a": "double"}, "short"))


def test_more_bad_rows_than_are_borne_end_the_batch_and_it_can_go_on(score: Score, tmp_path: Path) -> None:
    rows = [{"a": -1.0 if n % 10 == 9 else 1.0, "b": 1.0} for n in range(100)]
    write_rows(tmp_path / "in.csv", rows)
    with pytest.raises(ModelFailed, match="--max-bad is 3"):
        score("in.csv", "out.csv", chunk_rows=20, max_bad=3)
    assert not (tmp_path / "out.csv").exists()
    report = score("in.csv", "out.csv", chunk_rows=20, max_bad=10)
    assert (report.scored, report.rejected) == (90, 10)
    assert [bad["row"] for bad in rejected(tmp_path, "out.csv")] == list(range(10, 101, 10))


def double(model_input: Any) -> Any:
    return [str(value) * 2 for value in model_input["text"]]


def test_bytes_that_are_no_text_are_a_bad_row(score: Score, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"text,n\nab,1\n\xff\xfe,2\ncd,3\n")
    score("in.csv", "out.csv", model=save(double, {"text": "string"}, "doubling"))
    assert (tmp_path / "out.csv").read_bytes() == b"text,n,prediction\nab,1,abab\ncd,3,cdcd\n"
    assert rejected(tmp_path, "out.csv")[0]["reason"] == "Column 'text': the value is no text in UTF-8."
