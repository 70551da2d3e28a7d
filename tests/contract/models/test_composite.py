"""The flavor contract over composite models."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.models.composite import CompositeModel
from modelyard.testing.flavors import FlavorCase, FlavorContract

pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")

from tests.support.tables import numbers


def of_named_parameters() -> CompositeModel:
    def predict(text: str, repeat: Any, *, times: int = 2) -> str:
        return str(repeat(text, times))

    return CompositeModel(predict, {"repeat": lambda text, times: text * times})


def of_a_table() -> CompositeModel:
    def predict(table: Any, by: Any) -> Any:
        return table.sum(axis=1) * by["factor"]

    return CompositeModel(predict, {"by": {"factor": 3}})


class TestCompositeModels(FlavorContract):
    """Called by name, and with a table."""

    flavor = "composite"
    cases = (
        FlavorCase(
            name="named parameters",
            make=of_named_parameters,
            data=lambda: {"text": "ab"},
            predict=lambda model, data: model.predict(**data),
        ),
        FlavorCase(
            name="parameters of the call",
            make=of_named_parameters,
            data=lambda: {"text": "ab"},
            params={"times": 3},
            predict=lambda model, data: model.predict(**data, times=3),
        ),
        FlavorCase(name="a table", make=of_a_table, data=numbers, predict=lambda model, data: model.predict(data)),
    )
