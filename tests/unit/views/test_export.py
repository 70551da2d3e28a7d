"""Tables as files: whole, guarded, in pieces, with nothing held open between them."""

from __future__ import annotations

import csv
import io
import math
import sys
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import views as view
from modelyard.services.views.sql import export
from modelyard.services.views.sql.files import guarded
from modelyard.testing.tracking.steps import delete_run, log, make_run
from tests.unit.views.yard import Yard


def exported(yard: Yard, **request: Any) -> bytes:
    """The file of the runs of experiment 0."""
    found = yard.views.export_runs(view.ExportRuns(**{"experiment_id": ["0"], **request}))
    return b"".join(found.pieces())


def lines(yard: Yard, **request: Any) -> list[list[str]]:
    """Its lines, as a program reads them."""
    return list(csv.reader(io.StringIO(exported(yard, **request).decode(), newline="")))


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("-0.5", "-0.5"),
        ("+1e-3", "+1e-3"),
        ("-1+1", "'-1+1"),
        ("-Infinity", "-Infinity"),
        (-0.5, -0.5),
        (-3, -3),
        ("plain", "plain"),
        (None, None),
    ],
)
def test_texts_that_begin_like_formulas_are_guarded_and_numbers_are_not(cell: Any, safe: Any) -> None:
    assert guarded(cell) == safe


def test_a_file_holds_all_runs_of_the_search(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_AT_ONCE", 3)
    monkeypatch.setattr(export, "_NUMBERED", 4)
    for number in range(11):
        run_id = make_run(yard.tracking, run_name=f"r{number}", start_time=number)
        log(yard.tracking, run_id, metrics={"m": float(number)}, params={"p": "=SUM(A1)\n"})
    asked = {"column": ["attributes.run_name", "metrics.m", "params.p"], "order_by": ["metrics.m DESC"]}
    found = lines(yard, filter="metrics.m >= 2", **asked)
    assert found == [asked["column"], *([f"r{n}", f"{n}.0", "'=SUM(A1)\n"] for n in range(10, 1, -1))]


def test_without_columns_all_keys_there_are_become_columns(yard: Yard) -> None:
    first, second = make_run(yard.tracking, run_name="a"), make_run(yard.tracking, run_name="b", start_time=0)
    log(yard.tracking, first, params={"x": "1"}, metrics={"m": math.nan})
    log(yard.tracking, second, params={"y": 'q",'}, tags={"t": "2"})
    deleted = make_run(yard.tracking)
    log(yard.tracking, deleted, params={"gone": "1"})
    delete_run(yard.tracking, deleted)
    head, *rows = lines(yard)
    assert head[:2] == ["attributes.run_id", "attributes.run_name"]
    assert head[-5:] == ["params.x", "params.y", "metrics.m", "tags.mlflow.runName", "tags.t"]
    assert [row[-5:] for row in rows] == [["1", "", "NaN", "a", ""], ["", 'q",', "", "b", "2"]]


def test_a_file_without_runs_has_its_head(yard: Yard) -> None:
    assert lines(yard, column=["params.a"]) == [["params.a"]]


def test_a_run_that_goes_away_meanwhile_is_left_out(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_AT_ONCE", 1)
    ids = [make_run(yard.tracking, start_time=number) for number in range(3)]
    found = yard.views.export_runs(view.ExportRuns(experiment_id=["0"], column=["attributes.run_id"]))
    pieces = found.pieces()
    written = next(pieces)
    delete_run(yard.tracking, ids[0])
    yard.views.purge_deleted(view.PurgeDeleted(run_ids=[ids[0]]))  # nothing holds the database meanwhile
    assert (written + b"".join(pieces)).decode().split() == ["attributes.run_id", ids[2], ids[1]]


def test_parquet_keeps_numbers_as_numbers(yard: Yard) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    run_id = make_run(yard.tracking, start_time=5)
    log(yard.tracking, run_id, params={"p": "1"}, metrics={"m": math.nan})
    make_run(yard.tracking, start_time=4)
    columns = ["attributes.start_time", "attributes.end_time", "params.p", "metrics.m"]
    table = parquet.read_table(io.BytesIO(exported(yard, column=columns, format="parquet")))
    assert table.column_names == columns
    assert [str(field.type) for field in table.schema] == ["int64", "int64", "string", "double"]
    rows = table.to_pydict()
    assert rows["attributes.start_time"] == [5, 4]
    assert rows["params.p"] == ["1", None]
    assert math.isnan(rows["metrics.m"][0])
    assert rows["metrics.m"][1] is None


def test_parquet_without_pyarrow_is_refused_before_anything_is_sent(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InvalidParameter, match=r"Ask for format=csv, or install 'modelyard\[arrow\]'"):
        yard.views.export_runs(view.ExportRuns(experiment_id=["0"], format="parquet"))


def test_what_cannot_be_read_is_refused_before_anything_is_sent(yard: Yard) -> None:
    with pytest.raises(InvalidParameter, match="at character 1"):
        yard.views.export_runs(view.ExportRuns(experiment_id=["0"], filter="nonsense"))
    with pytest.raises(InvalidParameter, match="Invalid column"):
        yard.views.export_runs(view.ExportRuns(experiment_id=["0"], column=["attributes.x"]))
