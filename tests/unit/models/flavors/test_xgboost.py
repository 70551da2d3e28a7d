"""XGBoost's flavor: names decide, categories are those of the training, and no class is made but XGBoost's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import flavor_of
from modelyard.models.flavors.xgboost import XgboostFlavor
from tests.support.tables import categorical, graded, in_ascii, numbers, quality

pytest.importorskip("xgboost", reason="xgboost is not installed")

import xgboost

SMALL = {"n_estimators": 4, "max_depth": 3, "n_jobs": 1}
TURNED = ["ph level", "sugar", "acid"]
NATIVES = pytest.mark.parametrize(
    "native", [lambda model: model, lambda model: model.get_booster()], ids=["estimator", "booster"]
)


def plain() -> Any:
    return xgboost.XGBRegressor(**SMALL).fit(numbers(), quality())


def with_categories(table: pd.DataFrame) -> Any:
    return xgboost.XGBRegressor(**SMALL, enable_categorical=True).fit(table, graded())


def predict(model: Any, data: Any, params: Any = None) -> Any:
    return XgboostFlavor().predictor(model, {})(data, params)


@NATIVES
def test_columns_in_another_order_give_the_same_predictions(native: Any) -> None:
    model = native(plain())
    expected = plain().predict(numbers())
    assert np.array_equal(predict(model, numbers()[TURNED]), expected)
    assert np.array_equal(predict(model, numbers()[TURNED].to_dict("records")), expected)
    with pytest.raises(InvalidParameter, match="no column 'sugar'"):
        predict(model, numbers()[["acid", "ph level"]])


@NATIVES
def test_texts_become_the_categories_of_the_training(native: Any) -> None:
    """Even a row alone, whose own categories would be numbered anew."""
    model = native(with_categories(in_ascii()))
    expected = with_categories(in_ascii()).predict(in_ascii())
    plain_types = in_ascii().astype({"colour": "str", "year": "int64"})
    assert np.array_equal(predict(model, plain_types), expected)
    for row in (0, 1, 2, 3):
        assert np.array_equal(predict(model, plain_types.iloc[row : row + 1]), expected[row : row + 1])


@NATIVES
def test_categories_that_xgboost_does_not_keep_are_never_mixed_up(native: Any) -> None:
    """It cuts texts beyond ASCII in the wrong places, and would then predict for another category."""
    model = native(with_categories(categorical()))
    expected = with_categories(categorical()).predict(categorical())
    assert np.array_equal(predict(model, categorical()), expected)
    for unsure in (
        categorical().astype({"colour": "str"}),
        categorical().assign(colour=categorical()["colour"].cat.reorder_categories(["red", "rosé", "white"])),
        categorical().iloc[:1].assign(colour=pd.Categorical(["red"])),
    ):
        with pytest.raises(InvalidParameter, match="which category of the column 'colour' is which"):
            predict(model, unsure)


def test_params_are_predicts_keywords() -> None:
    margin = predict(plain(), numbers(), {"output_margin": True, "iteration_range": (0, 1)})
    assert np.array_equal(margin, plain().predict(numbers(), output_margin=True, iteration_range=(0, 1)))
    leaves = predict(plain().get_booster(), numbers(), {"pred_leaf": True})
    assert leaves.shape == (len(numbers()), 4)


def test_a_matrix_is_predicted_on_as_it_is() -> None:
    matrix = xgboost.DMatrix(numbers())
    assert np.array_equal(predict(plain().get_booster(), matrix), plain().predict(numbers()))
    assert np.array_equal(predict(plain(), matrix), plain().predict(numbers()))


def test_estimators_are_saved_as_xgboosts_and_not_as_scikit_learns() -> None:
    assert flavor_of(plain()).name == "xgboost"
    assert flavor_of(plain().get_booster()).name == "xgboost"


def test_a_class_of_ones_own_is_refused_with_a_way_out(tmp_path: Path) -> None:
    class Own(xgboost.XGBRegressor):  # type: ignore[misc]
        pass

    with pytest.raises(InvalidParameter, match=r"Own cannot be saved in XGBoost's formats.*get_booster\(\)"):
        XgboostFlavor().save(Own(**SMALL).fit(numbers(), quality()), tmp_path)


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"'xgb' is no format for XGBoost\. Known: ubj, json"):
        XgboostFlavor(model_format="xgb").save(plain(), tmp_path)  # type: ignore[arg-type]


def test_what_is_not_fitted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="cannot be saved"):
        XgboostFlavor().save(xgboost.XGBRegressor(), tmp_path)


def test_a_class_that_a_file_names_is_one_of_xgboosts(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"names the class 'subprocess\.Popen', which is none of XGBoost's"):
        XgboostFlavor().load(tmp_path, {"model_class": "subprocess.Popen", "data": "model.ubj"})


def test_a_folder_without_a_class_holds_a_booster(tmp_path: Path) -> None:
    """As MLflow before 1.22 wrote it."""
    XgboostFlavor().save(plain(), tmp_path)
    booster = XgboostFlavor().load(tmp_path, {"data": "model.ubj"})
    assert np.array_equal(predict(booster, numbers()), plain().predict(numbers()))
