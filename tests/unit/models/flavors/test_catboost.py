"""CatBoost's flavor: names decide, and what a format cannot keep is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import flavor_of
from modelyard.models.flavors.catboost import CatboostFlavor
from tests.support.tables import good, graded, mixed, numbers, quality

pytest.importorskip("catboost", reason="catboost is not installed")

import catboost

SMALL = {"iterations": 4, "depth": 3, "thread_count": 1, "verbose": False, "allow_writing_files": False}
TURNED = ["ph level", "sugar", "acid"]


def plain() -> Any:
    return catboost.CatBoostRegressor(**SMALL).fit(numbers(), quality())


def with_categories() -> Any:
    return catboost.CatBoostRegressor(**SMALL, cat_features=["colour"]).fit(mixed(), graded())


def predict(model: Any, data: Any, params: Any = None) -> Any:
    return CatboostFlavor().predictor(model, {})(data, params)


def test_columns_in_another_order_give_the_same_predictions() -> None:
    expected = plain().predict(numbers())
    assert np.array_equal(predict(plain(), numbers()[TURNED]), expected)
    assert np.array_equal(predict(plain(), numbers()[TURNED].to_dict("records")), expected)
    with pytest.raises(InvalidParameter, match="no column 'sugar'"):
        predict(plain(), numbers()[["acid", "ph level"]].assign(other=1.0))


def test_categories_may_be_texts_or_categoricals() -> None:
    expected = with_categories().predict(mixed())
    assert np.array_equal(predict(with_categories(), mixed()[["colour", *TURNED]]), expected)
    assert np.array_equal(predict(with_categories(), mixed().astype({"colour": "category"})), expected)
    assert np.array_equal(predict(with_categories(), mixed().to_dict("records")), expected)


def test_arrays_lists_and_pools_go_by_place() -> None:
    model = catboost.CatBoostRegressor(**SMALL).fit(numbers().to_numpy(), quality())
    expected = model.predict(numbers().to_numpy())
    assert np.array_equal(predict(model, numbers().to_numpy()), expected)
    assert np.array_equal(predict(model, numbers().to_numpy().tolist()), expected)
    assert np.array_equal(predict(model, catboost.Pool(numbers().to_numpy())), expected)


def test_params_are_predicts_keywords() -> None:
    model = catboost.CatBoostClassifier(**SMALL).fit(numbers(), good())
    given = predict(model, numbers(), {"prediction_type": "Probability"})
    assert np.array_equal(given, model.predict_proba(numbers()))


def test_it_is_found_by_the_object() -> None:
    assert flavor_of(plain()).name == "catboost"


def test_json_does_not_take_categories(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"does not keep the categories.*format='cbm'"):
        CatboostFlavor(format="json").save(with_categories(), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["onnx", "python"])
def test_formats_that_cannot_be_loaded_again_are_refused(form: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="Known: cbm, json"):
        CatboostFlavor(format=form).save(plain(), tmp_path)


def test_what_is_not_fitted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="CatBoostRegressor is not fitted yet"):
        CatboostFlavor().save(catboost.CatBoostRegressor(), tmp_path)


def test_a_class_of_ones_own_is_refused_with_a_way_out(tmp_path: Path) -> None:
    class Own(catboost.CatBoostRegressor):  # type: ignore[misc]
        pass

    with pytest.raises(InvalidParameter, match=r"Own cannot be saved in CatBoost's formats.*PythonModel"):
        CatboostFlavor().save(Own(**SMALL).fit(numbers(), quality()), tmp_path)


def test_a_class_that_a_file_names_is_one_of_catboosts(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="names the class 'Pool', which is none of CatBoost's"):
        CatboostFlavor().load(tmp_path, {"model_type": "Pool"})
