"""The flavor contract over LightGBM's models."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.testing.flavors import FlavorCase, FlavorContract

pytest.importorskip("lightgbm", reason="lightgbm is not installed")

import lightgbm

from tests.support.tables import categorical, good, graded, grades, numbers, quality

SMALL = {"n_estimators": 4, "num_leaves": 5, "n_jobs": 1, "random_state": 0, "verbose": -1}


def predicted(model: Any, data: Any) -> Any:
    return model.predict(data)


def booster() -> Any:
    settings = {"num_leaves": 5, "objective": "regression", "num_threads": 1, "verbose": -1}
    return lightgbm.train(settings, lightgbm.Dataset(numbers(), quality()), 4)


def own_objective() -> Any:
    return lightgbm.LGBMRegressor(**SMALL, objective=lambda target, guess: (guess - target, 1 + 0 * target)).fit(
        numbers(), quality()
    )


@pytest.mark.filterwarnings("ignore:.*whole numbers:UserWarning")
class TestLightgbm(FlavorContract):
    flavor = "lightgbm"
    cases = (
        FlavorCase(name="booster", make=booster, data=numbers, predict=predicted, is_data=True),
        FlavorCase(
            name="regressor",
            make=lambda: lightgbm.LGBMRegressor(**SMALL).fit(numbers(), quality()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="positions",
            make=lambda: lightgbm.LGBMRegressor(**SMALL).fit(numbers().to_numpy(), quality()).booster_,
            data=lambda: numbers().to_numpy(),
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="classifier",
            make=lambda: lightgbm.LGBMClassifier(**SMALL).fit(numbers(), good()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="classes as texts",
            make=lambda: lightgbm.LGBMClassifier(**SMALL).fit(numbers(), grades()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="categories",
            make=lambda: lightgbm.LGBMRegressor(**SMALL, min_child_samples=2).fit(categorical(), graded()),
            data=categorical,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="booster with categories",
            make=lambda: lightgbm.LGBMRegressor(**SMALL, min_child_samples=2).fit(categorical(), graded()).booster_,
            data=categorical,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(name="own objective", make=own_objective, data=numbers, predict=predicted),
        FlavorCase(
            name="pickle",
            make=lambda: lightgbm.LGBMRegressor(**SMALL).fit(numbers(), quality()),
            data=numbers,
            predict=predicted,
            options={"serialization_format": "cloudpickle"},
        ),
    )
