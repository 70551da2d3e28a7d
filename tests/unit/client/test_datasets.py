"""Datasets: the same identity, schema and profile as MLflow's for the same data."""

from __future__ import annotations

import datetime
import json
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from modelyard.client.datasets.dataset import entity_of
from modelyard.core.errors import InvalidParameter
from modelyard.data import HttpSource, UriSource, from_numpy, from_pandas

numpy = pytest.importorskip("numpy", reason="numpy is not installed")
pandas = pytest.importorskip("pandas", reason="pandas is not installed")


@pytest.fixture
def mlflow_data() -> Iterator[ModuleType]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mlflow's own
        yield pytest.importorskip("mlflow.data", reason="mlflow is not installed")


FRAMES = {
    "integers": {"a": [1, 2], "b": [3, 4]},
    "floats and gaps": {"a": [1.0, None], "b": [0.5, 0.25]},
    "texts": {"a": ["x", "y"], "b": ["x", None]},
    "booleans": {"a": [True, False]},
    "bytes": {"a": [b"x", b"y"]},
    "times": {"a": [datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 1)]},  # noqa: DTZ001 - as data has them
    "small numbers": {"a": numpy.array([1, 2], dtype="uint8"), "b": numpy.array([1, 2], dtype="float32")},
    "middle numbers": {"a": numpy.array([1, 2], dtype="int32"), "b": numpy.array([1, 2], dtype="uint32")},
    "no type of MLflow's": {"a": numpy.array([1, 2], dtype="uint64")},
    "mixed": {"a": numpy.array([1, "x"], dtype=object)},
    "lists": {"a": [[1, 2], [3]], "b": [["x"], ["y"]]},
    "objects that are one": {"a": numpy.array(["p", None], dtype=object)},
}


@pytest.mark.parametrize("columns", FRAMES.values(), ids=FRAMES)
def test_a_data_frame_is_described_as_mlflow_describes_it(mlflow_data: ModuleType, columns: dict[str, Any]) -> None:
    frame = pandas.DataFrame(columns)
    theirs = mlflow_data.from_pandas(frame, source="data.csv", name="wine").to_dict()
    ours = from_pandas(frame, source="data.csv", name="wine").to_dict()
    assert {**ours, "schema": ours["schema"] and json.loads(ours["schema"])} == {
        **theirs,
        "schema": theirs["schema"] and json.loads(theirs["schema"]),
    }


@pytest.mark.parametrize(
    ("features", "targets"),
    [
        (numpy.ones((3, 2), dtype="float32"), numpy.array([1, 2, 3])),
        (numpy.arange(6).reshape(1, 2, 3), None),
        ({"a": numpy.ones((3, 2)), "b": numpy.ones(3)}, None),
        (numpy.array(["x", "yy"]), None),
    ],
    ids=["features and targets", "three dimensions", "a dictionary", "texts"],
)
def test_arrays_are_described_as_mlflow_describes_them(mlflow_data: ModuleType, features: Any, targets: Any) -> None:
    theirs = mlflow_data.from_numpy(features, source="data.npy", targets=targets).to_dict()
    assert from_numpy(features, source="data.npy", targets=targets).to_dict() == theirs


@pytest.mark.parametrize(
    "source", ["data.csv", "/data/wine.csv", "file:///data/wine.csv", "https://host/wine.csv", "s3://b/x"]
)
def test_a_source_is_described_as_mlflow_describes_it(mlflow_data: ModuleType, source: str) -> None:
    frame = pandas.DataFrame({"a": [1]})
    theirs, ours = mlflow_data.from_pandas(frame, source=source), from_pandas(frame, source=source)
    assert (ours.source.to_json(), ours.to_dict()["source_type"]) == (
        theirs.source.to_json(),
        theirs.to_dict()["source_type"],
    )


def test_without_a_source_it_is_the_program() -> None:
    dataset = from_pandas(pandas.DataFrame({"a": [1]}))
    assert dataset.source.kind == "code"
    assert "mlflow.source.name" in json.loads(dataset.source.to_json())["tags"]


def test_a_dataset_of_mlflows_is_a_record_too(mlflow_data: ModuleType) -> None:
    frame = pandas.DataFrame({"a": [1, 2]})
    assert entity_of(mlflow_data.from_pandas(frame, source="x/y.csv")) == entity_of(
        from_pandas(frame, source="x/y.csv")
    )


def test_what_is_no_dataset_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="DataFrame is no dataset"):
        entity_of(type("DataFrame", (), {})())


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="no column 'b' for the targets"):
        from_pandas(pandas.DataFrame({"a": [1]}), targets="b")


def test_a_local_source_is_its_path(tmp_path: Any) -> None:
    assert UriSource(f"file://{tmp_path}", "local").load() == str(tmp_path)
    assert HttpSource("https://host/x").to_dict() == {"url": "https://host/x"}
