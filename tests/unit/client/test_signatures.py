"""Our functions take what MLflow's take: the same names in the same order with the same defaults."""

from __future__ import annotations

import inspect
import warnings
from enum import Enum
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest

import modelyard
from modelyard import artifacts, data
from modelyard.client.calls.datasets import DatasetCalls

NOT_MLFLOWS = {
    "sync",
    "Client",
    "MlflowException",
    "ActiveModel",
    "ActiveRun",
    "Image",
    "MlflowClient",
    "__version__",
    "autolog",  # all its arguments are keywords here, below
    "run",  # its later arguments are
}
VERBS = sorted(
    name for name in set(modelyard.__all__) - NOT_MLFLOWS if not isinstance(getattr(modelyard, name), ModuleType)
)
METHODS = sorted(name for name in dir(modelyard.MlflowClient) if not name.startswith("_"))
OURS_ALONE = {"after_logging", "flush_run", "link_inputs", "liveness", "tracking_uri"} | {
    name for name in vars(DatasetCalls) if not name.startswith("_")
}


@pytest.fixture(scope="module")
def mlflow() -> ModuleType:
    module: ModuleType = pytest.importorskip("mlflow", reason="mlflow is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("mlflow.artifacts")
        pytest.importorskip("mlflow.data")
    return module


def shape(function: Any) -> list[tuple[str, Any, Any]]:
    """Names, defaults and kinds of the parameters; an enumeration's member counts as its value."""
    return [
        (name, each.default.value if isinstance(each.default, Enum) else each.default, each.kind)
        for name, each in inspect.signature(function).parameters.items()
    ]


@pytest.mark.parametrize("name", VERBS)
def test_verb(mlflow: ModuleType, name: str) -> None:
    assert shape(getattr(modelyard, name)) == shape(getattr(mlflow, name))


def test_autolog_takes_each_argument_of_mlflows(mlflow: ModuleType) -> None:
    theirs = inspect.signature(mlflow.autolog).parameters
    modelyard.autolog(**{**{name: each.default for name, each in theirs.items()}, "disable": True})


def test_run_takes_mlflows_first_arguments_in_their_order_and_all_others_by_name(mlflow: ModuleType) -> None:
    theirs = shape(mlflow.run)
    *ours, (more, _, kind) = shape(modelyard.run)
    assert (ours, kind) == (theirs[: len(ours)], inspect.Parameter.VAR_KEYWORD)
    options = get_type_hints(modelyard.run)[more]
    assert {name for name, _, _ in theirs[len(ours) :]} == set(get_args(options)[0].__annotations__)


@pytest.mark.parametrize("name", sorted(set(METHODS) - OURS_ALONE))
def test_method_of_the_client(mlflow: ModuleType, name: str) -> None:
    assert shape(getattr(modelyard.MlflowClient, name)) == shape(getattr(mlflow.MlflowClient, name))


@pytest.mark.parametrize("name", artifacts.__all__)
def test_function_of_artifacts(mlflow: ModuleType, name: str) -> None:
    assert shape(getattr(artifacts, name)) == shape(getattr(mlflow.artifacts, name))


@pytest.mark.parametrize("name", ["from_pandas", "from_numpy"])
def test_function_of_data(mlflow: ModuleType, name: str) -> None:
    assert shape(getattr(data, name)) == shape(getattr(mlflow.data, name))


def test_the_client_is_made_as_mlflows_is(mlflow: ModuleType) -> None:
    assert shape(modelyard.MlflowClient)[:2] == shape(mlflow.MlflowClient)[:2]
