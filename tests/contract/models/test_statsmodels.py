"""The flavor contract over statsmodels' results."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.testing.flavors import FlavorCase, FlavorContract

pytest.importorskip("statsmodels", reason="statsmodels is not installed")

import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as formulas
from statsmodels.tsa.arima.model import ARIMA

from tests.support.tables import good, graded, mixed, numbers, quality


def predicted(model: Any, data: Any) -> Any:
    return model.predict(data)


def with_constant() -> pd.DataFrame:
    return sm.add_constant(numbers())


def forecast(model: Any, data: Any) -> Any:
    return model.predict(start=data["start"].iloc[0], end=data["end"].iloc[0])


@pytest.mark.filterwarnings("ignore:.*whole numbers:UserWarning")
class TestStatsmodels(FlavorContract):
    flavor = "statsmodels"
    cases = (
        FlavorCase(
            name="least squares",
            make=lambda: sm.OLS(quality(), with_constant()).fit(),
            data=with_constant,
            predict=predicted,
        ),
        FlavorCase(
            name="positions",
            make=lambda: sm.OLS(quality(), numbers().to_numpy()).fit(),
            data=lambda: numbers().to_numpy(),
            predict=predicted,
        ),
        FlavorCase(
            name="formula",
            make=lambda: formulas.ols("graded ~ acid + C(colour)", mixed().assign(graded=graded())).fit(),
            data=mixed,
            predict=predicted,
        ),
        FlavorCase(
            name="generalized",
            make=lambda: sm.GLM(good(), with_constant()[["const", "ph level"]], family=sm.families.Binomial()).fit(),
            data=lambda: with_constant()[["const", "ph level"]],
            predict=predicted,
        ),
        FlavorCase(
            name="without data",
            make=lambda: sm.OLS(quality(), with_constant()).fit(),
            data=with_constant,
            predict=predicted,
            options={"remove_data": True},
        ),
        FlavorCase(
            name="series",
            make=lambda: ARIMA(quality(), order=(1, 0, 0)).fit(),
            data=lambda: pd.DataFrame({"start": [70], "end": [85]}),
            predict=forecast,
        ),
    )
