"""How two versions differ."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest

from modelyard.client.dataset_versions.difference import MAX_LINES, MAX_TEXT, Changes, compare
from modelyard.client.dataset_versions.summary import summarize

pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'modelyard[arrow]'")


def files(tmp_path: Path, old: str | bytes, new: str | bytes, name: str) -> tuple[Path, Path]:
    paths = tmp_path / f"old_{name}", tmp_path / f"new_{name}"
    for path, content in zip(paths, (old, new), strict=True):
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return paths


def test_tables_differ_in_rows_columns_types_and_figures(tmp_path: Path) -> None:
    old, new = files(tmp_path, "id,price,city\n1,1.5,a\n2,2.5,b\n", "id,price,rooms\nx,1.5,3\ny,4.5,4\nz,,1\n", "t.csv")
    changes = compare(old, new)
    assert (changes.rows, changes.columns_added, changes.columns_removed) == ((2, 3), ("rooms",), ("city",))
    assert changes.types_changed == (("id", "int64", "string"),)
    ((name, before, after),) = changes.numbers
    assert (name, before.mean, after.mean, after.missing, after.most) == ("price", 2.0, 3.0, 1, 4.5)
    assert changes.as_dictionary()["numbers"]["price"]["after"]["present"] == 2


def test_figures_are_those_of_the_whole_column_however_it_is_cut(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    values = [float(number * 7919 % 1013) for number in range(1000)]
    table = arrow.table({"value": [*values, None, math.nan], "name": ["x"] * 1002})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=97)
    found = summarize(tmp_path / "t.parquet")
    assert found is not None
    assert (found.rows, found.columns) == (1002, {"value": "double", "name": "string"})
    figures = found.numbers["value"]
    assert (figures.present, figures.missing, figures.least, figures.most) == (1000, 2, min(values), max(values))
    assert figures.mean == pytest.approx(statistics.fmean(values))
    assert figures.deviation == pytest.approx(statistics.stdev(values))


def test_texts_differ_in_lines(tmp_path: Path) -> None:
    changes = compare(*files(tmp_path, "one\ntwo\n", "one\n2\n", "notes.txt"))
    assert changes.lines[2:] == ("@@ -1,2 +1,2 @@", " one", "-two", "+2")


def test_long_comparisons_are_cut_and_long_texts_are_not_compared(tmp_path: Path) -> None:
    many = "\n".join(map(str, range(1000)))
    changes = compare(*files(tmp_path, many, many.replace("\n", "\nx"), "notes.txt"))
    assert (len(changes.lines), changes.lines[-1]) == (MAX_LINES + 1, "…")
    assert compare(*files(tmp_path, "a" * MAX_TEXT, "b" * (MAX_TEXT + 1), "long.txt")) == Changes()


@pytest.mark.parametrize("content", [b"\0\1", b"\xff\xfe\xff"])
def test_what_is_no_text_has_no_lines(tmp_path: Path, content: bytes) -> None:
    assert compare(*files(tmp_path, content, b"text", "model.bin")) == Changes()


def test_a_broken_table_is_compared_as_a_text(tmp_path: Path) -> None:
    assert compare(*files(tmp_path, "a,b\n1,2\n", "a,b\n1,2,3\n", "t.csv")).lines
    assert compare(*files(tmp_path, "no parquet", "either", "t.parquet")).lines


def test_folders_differ_in_files(tmp_path: Path) -> None:
    for folder, names in (("old", {"a": "1", "b": "1", "c": "1"}), ("new", {"a": "1", "b": "2", "d": "1"})):
        (tmp_path / folder).mkdir()
        for name, text in names.items():
            (tmp_path / folder / name).write_text(text)
    changes = compare(tmp_path / "old", tmp_path / "new")
    assert (changes.files_added, changes.files_removed, changes.files_changed) == (("d",), ("c",), ("b",))
