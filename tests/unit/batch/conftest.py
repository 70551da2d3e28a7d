"""A process that has just begun in a folder of its own, and small models to score with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import modelyard
from modelyard.batch.options import BatchOptions
from modelyard.batch.run import Report, score_files
from modelyard.client.active import PROCESS
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature
from tests.support.buckets import *  # noqa: F403

Score = Callable[..., Report]


@pytest.fixture(autouse=True)
def fresh_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in ("pyarrow", "pandas", "yaml", "cloudpickle"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    for name in [name for name in os.environ if name.startswith(("AWS_", "MLFLOW_", "MODELYARD_"))]:
        if name != "MODELYARD_REQUIRE_ALL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("MODELYARD_TRACKING_URI", str(tmp_path / "yard"))
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    PROCESS.reset()
    yield
    PROCESS.reset()


def add(model_input: Any) -> Any:
    """The sum of a and b; a row with a negative a is refused."""
    if (model_input["a"] < 0).any():
        raise ValueError("a is negative")
    return (model_input["a"] + model_input["b"]).to_numpy()


def save(function: Callable[..., Any], columns: dict[str, str] | None, folder: str = "model") -> str:
    """Save a function as a model that takes these columns; None for one without a signature."""
    inputs = Schema([ColSpec(of, name) for name, of in columns.items()]) if columns is not None else None
    signature = ModelSignature(inputs=inputs) if inputs is not None else None
    modelyard.pyfunc.save_model(folder, python_model=function, signature=signature, verify=False)
    return folder


@pytest.fixture
def model() -> str:
    """A folder with the model that adds a and b."""
    return save(add, {"a": "double", "b": "double"})


@pytest.fixture
def score(model: str) -> Score:
    """Score with that model, without a run."""

    def run(source: str, target: str, **options: Any) -> Report:
        options.setdefault("track", False)
        return score_files(options.pop("model", model), source, target, BatchOptions(**options))

    return run
