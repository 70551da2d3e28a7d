"""The flavor contract over models of one's own making."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.models.python_model import LoadedPythonModel, PythonModel
from modelyard.testing.flavors import FlavorCase, FlavorContract

pytest.importorskip("pandas", reason="pandas is not installed")

from tests.support.tables import numbers

FILES = Path(__file__).parent / "files"


def times(factor: float) -> Callable[[Any, Any], Any]:
    """How a model predicts that multiplies: by itself once it is loaded, and what it must answer before."""
    return lambda model, data: model.predict(data) if isinstance(model, LoadedPythonModel) else data * factor


def from_artifacts() -> Any:
    class FromArtifacts(PythonModel):
        def load_context(self, context: Any) -> None:
            with open(context.artifacts["factor"], encoding="utf-8") as file:
                self.factor = json.load(file)["factor"] * context.model_config.get("more", 1)

        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            assert os.path.isfile(context.artifacts["factor"])
            return model_input * self.factor

    return FromArtifacts()


def without_context() -> Any:
    class WithoutContext(PythonModel):
        def predict(self, model_input: Any) -> Any:
            return model_input * 2

    return WithoutContext()


def other_names() -> Any:
    class OtherNames(PythonModel):
        def predict(self, ctx: Any, table: Any) -> Any:
            assert ctx.artifacts == {}
            return table * 2

    return OtherNames()


def no_python_model() -> Any:
    class Doubler:
        def predict(self, table: Any) -> Any:
            return table * 2

    return Doubler()


def function() -> Any:
    def doubled(model_input: Any) -> Any:
        return model_input * 2

    return doubled


def function_with_params() -> Any:
    def multiplied(model_input: Any, params: Any = None) -> Any:
        return model_input * (params or {}).get("factor", 2.0)

    return multiplied


def several_answers() -> Any:
    def described(model_input: Any) -> Any:
        return {"sum": model_input.sum(axis=1).to_numpy(), "most": model_input.max(axis=1).to_numpy()}

    return described


def described(model: Any, data: Any) -> Any:
    return model.predict(data) if isinstance(model, LoadedPythonModel) else model(data)


class TestPythonFunction(FlavorContract):
    flavor = "python_function"
    cases = (
        FlavorCase(
            name="class with artifacts and settings",
            make=from_artifacts,
            data=numbers,
            predict=times(6),
            options={"artifacts": {"factor": str(FILES / "factor.json")}, "model_config": {"more": 2}},
        ),
        FlavorCase(name="class without context", make=without_context, data=numbers, predict=times(2)),
        FlavorCase(name="class with other names", make=other_names, data=numbers, predict=times(2)),
        FlavorCase(name="any object that predicts", make=no_python_model, data=numbers, predict=times(2)),
        FlavorCase(name="function", make=function, data=numbers, predict=times(2)),
        FlavorCase(
            name="function with params",
            make=function_with_params,
            data=numbers,
            predict=lambda model, data: (
                model.predict(data, {"factor": 5.0}) if isinstance(model, LoadedPythonModel) else data * 5
            ),
            params={"factor": 5.0},
        ),
        FlavorCase(name="several answers", make=several_answers, data=numbers, predict=described),
        FlavorCase(name="file of code", make=lambda: FILES / "doubled.py", data=numbers, predict=times(2)),
    )

    def same(self, one: Any, other: Any) -> bool:
        if isinstance(one, dict):
            return set(one) == set(other) and all(
                super(TestPythonFunction, self).same(one[key], other[key]) for key in one
            )
        return super().same(one, other)
