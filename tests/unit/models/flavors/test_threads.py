"""What each tabular flavor says of threads: one loaded model, many threads, the same predictions."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet

from modelyard.models.catalog import flavor_of
from tests.support.tables import categorical, graded, mixed, numbers, quality

THREADS, TIMES = 4, 40


def _linear() -> tuple[Any, Any]:
    return ElasticNet(alpha=0.1).fit(numbers(), quality()), numbers()


def _xgboost() -> tuple[Any, Any]:
    xgboost = pytest.importorskip("xgboost", reason="xgboost is not installed")
    model = xgboost.XGBRegressor(n_estimators=4, n_jobs=1, enable_categorical=True).fit(categorical(), graded())
    return model.get_booster(), categorical()


def _lightgbm() -> tuple[Any, Any]:
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    model = lightgbm.LGBMRegressor(n_estimators=4, n_jobs=1, verbose=-1).fit(categorical(), graded())
    return model, categorical().astype({"colour": "str", "year": "int64"})


def _catboost() -> tuple[Any, Any]:
    catboost = pytest.importorskip("catboost", reason="catboost is not installed")
    settings = {"iterations": 4, "thread_count": 1, "verbose": False, "allow_writing_files": False}
    return catboost.CatBoostRegressor(**settings, cat_features=["colour"]).fit(mixed(), graded()), mixed()


@pytest.mark.parametrize("make", [_linear, _xgboost, _lightgbm, _catboost])
def test_many_threads_predict_with_one_model(make: Callable[[], tuple[Any, Any]]) -> None:
    model, data = make()
    predict = flavor_of(model).predictor(model, {})
    parts = [data.iloc[start : start + 10] for start in range(0, len(data), 10)]
    expected = [np.asarray(predict(part)) for part in parts]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(predict, parts * TIMES))
    assert all(np.array_equal(one, two) for one, two in zip(found, expected * TIMES, strict=True))
