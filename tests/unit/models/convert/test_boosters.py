"""XGBoost and LightGBM models as ONNX graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import flavor_of
from tests.support.frameworks import imported
from tests.support.graphs import furthest, graph
from tests.support.tables import good, grades, numbers, quality

imported("onnxruntime")
imported("onnxmltools")
xgboost, lightgbm = imported("xgboost"), imported("lightgbm")

TABLE = numbers()
SMALL = {"n_estimators": 8}
QUIET = {**SMALL, "verbose": -1, "min_child_samples": 5}


def answers(model: Any, data: Any) -> Any:
    """What its flavor answers: columns by name, whatever their order."""
    return flavor_of(model).predictor(model, {})(data, None)


MODELS = {
    "xgboost regressor": lambda: xgboost.XGBRegressor(**SMALL).fit(TABLE, quality()),
    "xgboost counts": lambda: xgboost.XGBRegressor(**SMALL).fit(TABLE, quality() - quality().min() + 1),
    "xgboost booster": lambda: xgboost.XGBRegressor(**SMALL).fit(TABLE, quality()).get_booster(),
    "xgboost booster of two classes": lambda: xgboost.XGBClassifier(**SMALL).fit(TABLE, good()).get_booster(),
    "xgboost without names": lambda: xgboost.XGBRegressor(**SMALL).fit(TABLE.to_numpy(), quality()),
    "lightgbm regressor": lambda: lightgbm.LGBMRegressor(**QUIET).fit(TABLE, quality()),
    "lightgbm booster": lambda: lightgbm.LGBMRegressor(**QUIET).fit(TABLE, quality()).booster_,
    "lightgbm booster of two classes": lambda: lightgbm.LGBMClassifier(**QUIET).fit(TABLE, good()).booster_,
    "lightgbm booster of three classes": lambda: lightgbm.LGBMClassifier(**QUIET).fit(TABLE, grades()).booster_,
}


@pytest.mark.parametrize("name", MODELS)
def test_a_booster_and_its_graph_agree(name: str) -> None:
    model = MODELS[name]()
    data = TABLE.to_numpy() if "without names" in name else TABLE
    assert furthest(answers(model, data), graph(model, data)(data)) < 1e-4


CLASSIFIERS = {
    "xgboost of two": lambda: xgboost.XGBClassifier(**SMALL).fit(TABLE, good()),
    "xgboost of three": lambda: xgboost.XGBClassifier(**SMALL).fit(TABLE, pd.factorize(grades())[0]),
    "lightgbm of two": lambda: lightgbm.LGBMClassifier(**QUIET).fit(TABLE, good()),
    "lightgbm of texts": lambda: lightgbm.LGBMClassifier(**QUIET).fit(TABLE, grades()),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_and_its_graph_name_the_same_classes(name: str) -> None:
    model = CLASSIFIERS[name]()
    assert list(graph(model, TABLE)(TABLE)) == list(answers(model, TABLE))


@pytest.mark.parametrize("name", ["xgboost regressor", "lightgbm regressor"])
def test_columns_in_another_order_than_the_training_s_find_their_places(name: str) -> None:
    model = MODELS[name]()
    turned = TABLE[TABLE.columns[::-1]]
    assert furthest(answers(model, TABLE), graph(model, turned)(turned)) < 1e-4


def test_training_that_stopped_early_predicts_with_its_best_trees() -> None:
    model = xgboost.XGBRegressor(n_estimators=60, early_stopping_rounds=2, learning_rate=0.9, max_depth=8)
    model.fit(TABLE[:40], quality()[:40], eval_set=[(TABLE[40:], quality()[40:])], verbose=False)
    assert model.best_iteration < model.get_booster().num_boosted_rounds() - 1
    assert furthest(answers(model, TABLE), graph(model, TABLE)(TABLE)) < 1e-4
    assert model.get_booster().feature_names == list(TABLE.columns), "the model was changed"


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_categories_are_refused_with_the_way_out(library: str) -> None:
    table = TABLE.assign(color=pd.Categorical(np.where(TABLE["acid"] > 0.5, "red", "white")))
    if library == "xgboost":
        model = xgboost.XGBRegressor(enable_categorical=True, **SMALL).fit(table, quality())
    else:
        model = lightgbm.LGBMRegressor(**QUIET).fit(table, quality())
    with pytest.raises(InvalidParameter, match="trained on categories, which have no conversion to ONNX"):
        graph(model, TABLE.assign(color="red"))
