"""The flavor contract over scikit-learn's estimators."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.testing.flavors import FlavorCase, FlavorContract

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("skops", reason="skops is not installed")

from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from tests.support.tables import good, grades, mixed, numbers, quality

TEXTS = ["a fine red wine", "a poor white wine", "a fine white wine", "a poor red wine"]


def predicted(model: Any, data: Any) -> Any:
    return model.predict(data)


def probabilities(model: Any, data: Any) -> Any:
    return model.predict_proba(data)


def mixed_pipeline() -> Any:
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["acid", "sugar"]),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["colour"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression()).fit(mixed(), grades())


def own_estimator() -> Any:
    """An estimator whose class exists here only, so that its code has to travel."""

    class Median(RegressorMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, table: Any, target: Any) -> Any:
            self.median_ = sorted(target)[len(target) // 2]
            return self

        def predict(self, table: Any) -> Any:
            return [self.median_] * len(table)

    return Median().fit(numbers(), quality())


def with_own_function() -> Any:
    factor = 3.0
    tripled = FunctionTransformer(lambda table: table * factor)
    return make_pipeline(tripled, ElasticNet(alpha=0.1)).fit(numbers(), quality())


class TestSklearn(FlavorContract):
    flavor = "sklearn"
    cases = (
        FlavorCase(
            name="regressor",
            make=lambda: ElasticNet(alpha=0.1, random_state=0).fit(numbers(), quality()),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="positions",
            make=lambda: ElasticNet(alpha=0.1, random_state=0).fit(numbers().to_numpy(), quality()),
            data=lambda: numbers().to_numpy(),
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="probabilities",
            make=lambda: LogisticRegression().fit(numbers(), good()),
            data=numbers,
            predict=probabilities,
            options={"pyfunc_predict_fn": "predict_proba"},
            is_data=True,
        ),
        FlavorCase(
            name="several outputs",
            make=lambda: ElasticNet(alpha=0.1).fit(numbers(), numbers().to_numpy()[:, :2]),
            data=numbers,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(
            name="trees",
            make=lambda: RandomForestClassifier(3, max_depth=2, random_state=0).fit(numbers(), grades()),
            data=numbers,
            predict=predicted,
        ),
        FlavorCase(name="mixed pipeline", make=mixed_pipeline, data=mixed, predict=predicted, is_data=True),
        FlavorCase(
            name="texts",
            make=lambda: make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, [1, 0, 1, 0]),
            data=lambda: TEXTS,
            predict=predicted,
            is_data=True,
        ),
        FlavorCase(name="own estimator", make=own_estimator, data=numbers, predict=predicted),
        FlavorCase(name="own function", make=with_own_function, data=numbers, predict=predicted),
        FlavorCase(
            name="pickle",
            make=lambda: StandardScaler().fit(numbers()),
            data=numbers,
            predict=lambda model, data: model.transform(data),
            options={"serialization_format": "pickle", "pyfunc_predict_fn": "transform"},
        ),
    )
