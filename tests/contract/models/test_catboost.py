"""The flavor contract over CatBoost's models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from modelyard.testing.flavors import FlavorCase, FlavorContract

pytest.importorskip("catboost", reason="catboost is not installed")

import catboost

from tests.support.tables import good, graded, grades, mixed, numbers, quality

SMALL = {
    "iterations": 4,
    "depth": 3,
    "thread_count": 1,
    "random_seed": 0,
    "verbose": False,
    "allow_writing_files": False,
}


def predicted(model: Any, data: Any) -> Any:
    return model.predict(data)


class TestCatboost(FlavorContract):
    flavor = "catboost"
    cases = (
        FlavorCase(
            name="regressor",
            make=lambda: catboost.CatBoostRegressor(**SMALL).fit(numbers(), quality()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="positions",
            make=lambda: catboost.CatBoostRegressor(**SMALL).fit(numbers().to_numpy(), quality()),
            data=lambda: numbers().to_numpy(),
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="classifier",
            make=lambda: catboost.CatBoostClassifier(**SMALL).fit(numbers(), good()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="classes as texts",
            make=lambda: catboost.CatBoostClassifier(**SMALL).fit(numbers(), grades()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="categories",
            make=lambda: catboost.CatBoostRegressor(**SMALL, cat_features=["colour"]).fit(mixed(), graded()),
            data=mixed,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="several outputs",
            make=lambda: catboost.CatBoost({**SMALL, "loss_function": "MultiRMSE"}).fit(
                numbers(), numbers().to_numpy()[:, :2]
            ),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
    )


class TestCatboostAsJson(FlavorContract):
    """CatBoost rounds the last digit of a number when it writes JSON."""

    flavor = "catboost"
    cases = (
        FlavorCase(
            name="json",
            make=lambda: catboost.CatBoostRegressor(**SMALL).fit(numbers(), quality()),
            data=numbers,
            predict=predicted,
            options={"format": "json"},
            is_data=True,
        ),
    )

    def same(self, one: Any, other: Any) -> bool:
        return bool(np.allclose(one, other, rtol=1e-12, atol=1e-12))
