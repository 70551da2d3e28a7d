"""The flavor contract over XGBoost's models."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.testing.flavors import FlavorCase, FlavorContract

pytest.importorskip("xgboost", reason="xgboost is not installed")

import xgboost

from tests.support.tables import good, graded, in_ascii, numbers, quality

SMALL = {"n_estimators": 4, "max_depth": 3, "n_jobs": 1, "random_state": 0}


def predicted(model: Any, data: Any) -> Any:
    return model.predict(data)


def boosted(model: Any, data: Any) -> Any:
    return model.predict(xgboost.DMatrix(data, enable_categorical=True))


def booster() -> Any:
    settings = {"max_depth": 3, "objective": "reg:squarederror", "nthread": 1}
    return xgboost.train(settings, xgboost.DMatrix(numbers(), quality()), 4)


@pytest.mark.filterwarnings("ignore:.*whole numbers:UserWarning")
class TestXgboost(FlavorContract):
    flavor = "xgboost"
    cases = (
        FlavorCase(name="booster", make=booster, data=numbers, predict=boosted, is_data=True),
        FlavorCase(
            name="json", make=booster, data=numbers, predict=boosted, options={"model_format": "json"}, is_data=True
        ),
        FlavorCase(
            name="regressor",
            make=lambda: xgboost.XGBRegressor(**SMALL).fit(numbers(), quality()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="positions",
            make=lambda: xgboost.XGBRegressor(**SMALL).fit(numbers().to_numpy(), quality()),
            data=lambda: numbers().to_numpy(),
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="classifier",
            make=lambda: xgboost.XGBClassifier(**SMALL).fit(numbers(), good()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="several outputs",
            make=lambda: xgboost.XGBRegressor(**SMALL).fit(numbers(), numbers().to_numpy()[:, :2]),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="categories",
            make=lambda: xgboost.XGBRegressor(**SMALL, enable_categorical=True).fit(in_ascii(), graded()),
            data=in_ascii,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="random forest",
            make=lambda: xgboost.XGBRFClassifier(**SMALL).fit(numbers(), good()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
    )
