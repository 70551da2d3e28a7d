"""Results of a search as tables."""

from __future__ import annotations

import math

import pytest

from modelyard.client.frames import run_columns, runs_to_arrow, runs_to_pandas
from modelyard.core.entities import Metric, Param, Run, RunData, RunInfo, RunTag

RUNS = [
    Run(
        info=RunInfo(
            run_id="a", experiment_id="0", status="FINISHED", start_time=1_000, end_time=2_000, artifact_uri="x"
        ),
        data=RunData(metric_list=[Metric("loss", 0.5, 1)], param_list=[Param("alpha", "1")]),
    ),
    Run(
        info=RunInfo(run_id="b", experiment_id="0", start_time=3_000),
        data=RunData(tag_list=[RunTag("state", "new")], metric_list=[Metric("accuracy", 1.0, 1)]),
    ),
]


def test_columns_are_mlflows() -> None:
    assert list(run_columns(RUNS)) == [
        *("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"),
        *("metrics.loss", "metrics.accuracy", "params.alpha", "tags.state"),
    ]


def test_what_a_run_lacks_is_nan_for_metrics_and_none_for_texts() -> None:
    columns = run_columns(RUNS)
    assert columns["metrics.loss"][0] == 0.5
    assert math.isnan(columns["metrics.loss"][1])
    assert columns["params.alpha"] == ["1", None]


def test_times_in_a_data_frame_are_in_utc() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = runs_to_pandas(RUNS)
    assert frame["start_time"][0] == pandas.Timestamp("1970-01-01T00:00:01Z")
    assert pandas.isna(frame["end_time"][1])
    assert list(runs_to_pandas([]).columns) == [
        *("run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time")
    ]


def test_an_arrow_table_has_the_same_columns() -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = runs_to_arrow(RUNS)
    assert table.column_names == list(run_columns(RUNS))
    assert table.column("params.alpha").to_pylist() == ["1", None]
    assert str(table.schema.field("start_time").type) == "timestamp[ms, tz=UTC]"
