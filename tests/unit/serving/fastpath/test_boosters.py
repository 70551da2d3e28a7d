"""Regressors of XGBoost and LightGBM are answered by their arrays bit by bit, or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest

from modelyard.serving import fastpath

xgboost = pytest.importorskip("xgboost")
lightgbm = pytest.importorskip("lightgbm")

DRAW = np.random.default_rng(5)
X = DRAW.normal(2.0, 3.0, (300, 5))
Y = X[:, 0] * 2 + np.sin(X[:, 1]) + DRAW.normal(size=300)
QUIET: dict[str, Any] = {"n_estimators": 8, "n_jobs": 1}


def lgb(**options: Any) -> Any:
    return lightgbm.LGBMRegressor(**{**QUIET, "verbose": -1, **options}).fit(X, Y)


def xgb(**options: Any) -> Any:
    return xgboost.XGBRegressor(**{**QUIET, **options}).fit(X, Y)


def stopped_early() -> Any:
    model = xgboost.XGBRegressor(n_estimators=60, early_stopping_rounds=2, n_jobs=1, num_parallel_tree=2)
    model.fit(X[:100], Y[:100], eval_set=[(X[100:], Y[100:])], verbose=False)
    assert model.best_iteration < 50
    return model


EQUAL = {
    "lightgbm": lgb,
    "lightgbm, absolute": lambda: lgb(objective="l1"),
    "lightgbm, dart": lambda: lgb(boosting_type="dart"),
    "lightgbm, booster": lambda: lgb().booster_,
    "xgboost": xgb,
    "xgboost, base": lambda: xgb(base_score=0.3, max_depth=2),
    "xgboost, absolute": lambda: xgb(objective="reg:absoluteerror"),
    "xgboost, stopped early": stopped_early,
    "xgboost, booster": lambda: xgb().get_booster(),
}
OTHER = {
    "lightgbm, classes": lambda: lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, Y > 0),
    "lightgbm, forest": lambda: lgb(boosting_type="rf", bagging_freq=1, bagging_fraction=0.5),
    "lightgbm, poisson": lambda: lightgbm.LGBMRegressor(n_estimators=2, objective="poisson").fit(X, abs(Y)),
    "lightgbm, roots": lambda: lgb(reg_sqrt=True),
    "lightgbm, zero is missing": lambda: lightgbm.LGBMRegressor(zero_as_missing=True, verbose=-1).fit(X.round(), Y),
    "lightgbm, categories": lambda: lightgbm.LGBMRegressor(verbose=-1).fit(
        abs(X.round()).clip(0, 3), Y, categorical_feature=[0]
    ),
    "lightgbm, linear leaves": lambda: lgb(linear_tree=True),
    "xgboost, classes": lambda: xgboost.XGBClassifier(n_estimators=2).fit(X, Y > 0),
    "xgboost, linear": lambda: xgb(booster="gblinear"),
    "xgboost, dart": lambda: xgb(booster="dart"),
    "xgboost, poisson": lambda: xgboost.XGBRegressor(n_estimators=2, objective="count:poisson").fit(X, abs(Y)),
    "xgboost, two outputs": lambda: xgboost.XGBRegressor(n_estimators=2).fit(X, np.stack([Y, Y], axis=1)),
}


def predict_alone(model: Any, row: Any) -> Any:
    table = pandas.DataFrame(row)
    return model.predict(xgboost.DMatrix(table) if isinstance(model, xgboost.Booster) else table)


@pytest.mark.parametrize("name", EQUAL)
@pytest.mark.filterwarnings("ignore")
def test_a_booster_is_answered_by_its_arrays_as_by_itself(name: str) -> None:
    model = EQUAL[name]()
    kernel, why = fastpath.find_kernel(model)
    assert kernel is not None, why
    assert fastpath.certify(kernel, lambda row: predict_alone(model, row), X[:5], seconds=0.2) == ""
    found = kernel.predict(X[:30])
    for place in range(30):
        alone = predict_alone(model, X[place : place + 1])
        assert alone.dtype == found.dtype
        assert alone.tobytes() == found[place : place + 1].tobytes()


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.filterwarnings("ignore")
def test_other_boosters_have_no_fast_path(name: str) -> None:
    kernel, why = fastpath.find_kernel(OTHER[name]())
    assert kernel is None
    assert why.startswith("There is no fast path for models of the type")
