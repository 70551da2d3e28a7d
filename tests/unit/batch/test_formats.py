"""Each format is read and each is written, and the rows come out as they went in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import Conflict, InvalidParameter, ModelFailed, NotFound
from tests.unit.batch.conftest import Score, save

ROWS = [{"a": float(n), "b": n / 4, "name": f"row {n}, é"} for n in range(25)]
FORMATS = ("csv", "jsonl", "parquet", "arrow")


def write_rows(path: Path, rows: list[dict[str, Any]]) -> str:
    import pyarrow
    from pyarrow import csv, parquet

    table = pyarrow.Table.from_pylist(rows)
    match path.suffix:
        case ".csv":
            csv.write_csv(table, path)
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case ".parquet":
            parquet.write_table(table, path, row_group_size=10)
        case ".arrow":
            with pyarrow.ipc.new_file(path, table.schema) as writer:
                writer.write_table(table, max_chunksize=10)
    return str(path)


def read_rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow
    from pyarrow import csv, parquet

    match path.suffix:
        case ".csv":
            return csv.read_csv(path).to_pylist()
        case ".jsonl":
            return [json.loads(line) for line in path.read_text().splitlines()]
        case ".parquet":
            return parquet.read_table(path).to_pylist()
    with pyarrow.OSFile(str(path)) as file:
        return pyarrow.ipc.open_file(file).read_all().to_pylist()


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_from_any_format_to_any(source: str, target: str, score: Score, tmp_path: Path) -> None:
    file = write_rows(tmp_path / f"in.{source}", ROWS)
    report = score(file, f"out.{target}", chunk_rows=7)
    assert (report.rows, report.scored, report.rejected) == (25, 25, 0)
    assert read_rows(tmp_path / f"out.{target}") == [{**row, "prediction": row["a"] + row["b"]} for row in ROWS]


@pytest.mark.parametrize("source", FORMATS)
def test_only_what_is_asked_for_is_kept(source: str, score: Score, tmp_path: Path) -> None:
    file = write_rows(tmp_path / f"in.{source}", ROWS)
    score(file, "none.csv", columns="none", chunk_rows=7)
    score(file, "name.jsonl", columns="name", prediction_column="sum", chunk_rows=7)
    assert read_rows(tmp_path / "none.csv") == [{"prediction": row["a"] + row["b"]} for row in ROWS]
    assert read_rows(tmp_path / "name.jsonl") == [{"name": row["name"], "sum": row["a"] + row["b"]} for row in ROWS]


def test_lines_of_csv_are_kept_letter_by_letter(score: Score, tmp_path: Path) -> None:
    lines = ['"a",b,text', '1.10,002,"a ""quoted"", text"', "", "3e0,4,\r", '5, 6.0 ,"two\nlines"']
    (tmp_path / "in.csv").write_bytes("\n".join(lines).encode())
    score("in.csv", "out.csv")
    kept = ['1.10,002,"a ""quoted"", text",3.1', "3e0,4,,7", '5, 6.0 ,"two\nlines",11']
    assert (tmp_path / "out.csv").read_text() == "\n".join(["a,b,text,prediction", *kept, ""])


def test_a_mark_of_byte_order_and_another_delimiter_are_read(score: Score, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"\xef\xbb\xbfa;b\n1;2\n3;4")
    score("in.csv", "out.csv", delimiter=";")
    assert (tmp_path / "out.csv").read_text() == "a;b;prediction\n1;2;3\n3;4;7\n"


def test_a_folder_and_a_pattern_are_one_input_in_the_order_of_names(score: Score, tmp_path: Path) -> None:
    for name, rows in (("b/2", ROWS[10:]), ("a/1", ROWS[:10])):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        write_rows(tmp_path / "in" / f"{name}.csv", rows)
    (tmp_path / "in" / "a" / "_notes.csv").write_text("no data")
    score("in", "in/out.jsonl", columns="none")
    score("in/*/[0-9].csv", "out.jsonl", columns="none")
    assert read_rows(tmp_path / "out.jsonl") == [{"prediction": row["a"] + row["b"]} for row in ROWS]
    assert (tmp_path / "in" / "out.jsonl").read_bytes() == (tmp_path / "out.jsonl").read_bytes()


def test_an_input_without_rows_has_an_output_with_columns(score: Score, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n")
    for target in ("out.csv", "out.parquet", "out.jsonl"):
        assert score("in.csv", target).rows == 0
    assert (tmp_path / "out.csv").read_text() == "a,b,prediction\n"
    assert read_rows(tmp_path / "out.parquet") == []


def named(model_input: Any) -> Any:
    import pandas

    return pandas.DataFrame({"low": model_input["a"] - 1, "high": model_input["a"] + 1, "word": "x,y"})


def test_named_outputs_have_their_names(score: Score, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", [{"a": 1.0}, {"a": 2.0}])
    folder = save(named, {"a": "double"}, "named")
    score("in.csv", "all.csv", model=folder)
    score("in.csv", "high.csv", model=folder, outputs="high", columns="none")
    assert (tmp_path / "all.csv").read_text() == 'a,low,high,word\n1,0,2,"x,y"\n2,1,3,"x,y"\n'
    assert read_rows(tmp_path / "high.csv") == [{"high": 2}, {"high": 3}]
    with pytest.raises(ModelFailed, match=r"The model has no output 'middle'\. It has: 'low', 'high', 'word'\."):
        score("in.csv", "no.csv", model=folder, outputs="middle")


def count(model_input: Any) -> Any:
    return [model_input.shape[1]] * len(model_input)


def test_a_model_without_a_signature_gets_all_columns(score: Score, tmp_path: Path) -> None:
    folder = save(count, None, "counting")
    for source in FORMATS:
        file = write_rows(tmp_path / f"in.{source}", ROWS)
        score(file, f"out-{source}.jsonl", model=folder, columns="none")
        assert read_rows(tmp_path / f"out-{source}.jsonl") == [{"prediction": 3}] * len(ROWS)


@pytest.mark.parametrize(
    ("name", "content", "options", "told"),
    [
        ("in.csv", "a,c\n1,2\n", {}, "The data has no column 'b', which the model requires"),
        ("in.csv", "a;b\n1;2\n", {}, "given was 'a;b'. If ';' stands between its values: --delimiter ';'$"),
        ("in.csv", "a,b\n1,2\n", {"delimiter": "|"}, "--delimiter ,$"),
        ("in.csv", "a\tb\n1\t2\n", {}, r"--delimiter \$'\\t'$"),
        ("in.csv", "c\n1\n", {}, "given was 'c'.$"),
        ("in.csv", "a,b,a\n1,2,3\n", {}, "several columns 'a'"),
        ("in.csv", "", {}, "is empty: CSV begins with a header line"),
        ("in.csv", "a,b,prediction\n1,2,3\n", {}, "--prediction-column OTHER"),
        ("in.csv", "a,b\n1,2\n", {"columns": "c"}, "The input has no column 'c'"),
        ("in.csv", "a,b\n1,2\n", {"chunk_rows": 0}, "A chunk has 1 row or more"),
        ("in.txt", "a,b\n1,2\n", {}, "say it with --input-format"),
        ("in.parquet", "a,b\n1,2\n", {}, "is no Parquet file"),
        ("in.arrow", "a,b\n1,2\n", {}, "neither a file nor a stream of Arrow IPC"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    name: str, content: str, options: dict[str, Any], told: str, score: Score, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidParameter, match=told):
        score(name, "out.csv", **options)
    assert not (tmp_path / "out.csv").exists()


def test_an_input_that_is_not_there_is_told(score: Score) -> None:
    with pytest.raises(NotFound, match=r"There is no file or folder 'nowhere\.csv'"):
        score("nowhere.csv", "out.csv")


def test_a_file_that_no_batch_has_made_is_not_written_over(score: Score, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", ROWS)
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(Conflict, match="--restart replaces it"):
        score("in.csv", "out.csv")
    assert (tmp_path / "out.csv").read_text() == "mine"
    assert score("in.csv", "out.csv", restart=True).scored == 25
