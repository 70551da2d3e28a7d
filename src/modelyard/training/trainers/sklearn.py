"""Estimators of scikit-learn, by their class names. Only those listed here: no other name is ever imported."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, first_line
from modelyard.core.extras import require
from modelyard.models import catalog
from modelyard.training.data import NUMBER, Split
from modelyard.training.result import Task
from modelyard.training.trainers.contract import Fitted, Watch

_LINEAR, _TREES, _ENSEMBLE = "sklearn.linear_model", "sklearn.tree", "sklearn.ensemble"

REGRESSORS: Mapping[str, str] = MappingProxyType(
    {
        "LinearRegression": _LINEAR,
        "Ridge": _LINEAR,
        "Lasso": _LINEAR,
        "ElasticNet": _LINEAR,
        "BayesianRidge": _LINEAR,
        "HuberRegressor": _LINEAR,
        "SGDRegressor": _LINEAR,
        "SVR": "sklearn.svm",
        "KNeighborsRegressor": "sklearn.neighbors",
        "DecisionTreeRegressor": _TREES,
        "RandomForestRegressor": _ENSEMBLE,
        "ExtraTreesRegressor": _ENSEMBLE,
        "GradientBoostingRegressor": _ENSEMBLE,
        "HistGradientBoostingRegressor": _ENSEMBLE,
        "MLPRegressor": "sklearn.neural_network",
        "DummyRegressor": "sklearn.dummy",
    }
)
CLASSIFIERS: Mapping[str, str] = MappingProxyType(
    {
        "LogisticRegression": _LINEAR,
        "RidgeClassifier": _LINEAR,
        "SGDClassifier": _LINEAR,
        "SVC": "sklearn.svm",
        "GaussianNB": "sklearn.naive_bayes",
        "KNeighborsClassifier": "sklearn.neighbors",
        "DecisionTreeClassifier": _TREES,
        "RandomForestClassifier": _ENSEMBLE,
        "ExtraTreesClassifier": _ENSEMBLE,
        "GradientBoostingClassifier": _ENSEMBLE,
        "HistGradientBoostingClassifier": _ENSEMBLE,
        "MLPClassifier": "sklearn.neural_network",
        "DummyClassifier": "sklearn.dummy",
    }
)
SCALED = frozenset(
    "HuberRegressor SGDRegressor SVR KNeighborsRegressor MLPRegressor LogisticRegression SGDClassifier SVC"
    " KNeighborsClassifier MLPClassifier".split()
)
"""Estimators that depend on the units of the columns: they are the second step of a pipeline that scales first."""


class SklearnTrainer(msgspec.Struct, frozen=True):
    """One estimator; its params are those of its class."""

    name: str
    task: Task
    module: str
    framework: str = "sklearn"
    takes: str = NUMBER

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse params the class has not."""
        make(self.module, self.name, params, 0)

    def fit(self, split: Split, params: Mapping[str, Any], *, seed: int, watch: Watch) -> Fitted:
        """Fit the estimator, scaled where it depends on units."""
        estimator = make(self.module, self.name, params, seed)
        model = estimator
        if self.name in SCALED:
            scaler = require("sklearn.preprocessing", what="Training", extra="sklearn").StandardScaler()
            model = require("sklearn.pipeline", what="Training", extra="sklearn").make_pipeline(scaler, estimator)
        fit(model, split, self.name)
        return Fitted(
            obj=model,
            flavor=catalog.flavor("sklearn"),
            predict=model.predict,
            params={key: value for key, value in estimator.get_params(deep=False).items() if value is not None},
        )


def make(module: str, name: str, params: Mapping[str, Any], seed: int) -> Any:
    """An estimator with its params; the seed is its random state, unless one is given."""
    kind = getattr(require(module, what=f"Training a {name}", extra="sklearn"), name)
    known = kind().get_params(deep=False)
    for key in params:
        if key not in known:
            raise InvalidParameter(f"{name} has no param {key!r}. It has: {', '.join(sorted(known))}.")
    drawn = {"random_state": seed} if "random_state" in known else {}
    return kind(**{**drawn, **params})


def fit(model: Any, split: Split, name: str) -> None:
    """Fit; what the estimator has against its params or the data is ``InvalidParameter``."""
    try:
        model.fit(split.train_x, split.train_y)
    except (ValueError, TypeError) as error:  # what scikit-learn raises for params and data it does not take
        raise InvalidParameter(f"{name} cannot be trained like that: {first_line(error)}.") from None


TRAINERS = (
    *(SklearnTrainer(name, "regression", module) for name, module in REGRESSORS.items()),
    *(SklearnTrainer(name, "classification", module) for name, module in CLASSIFIERS.items()),
)
