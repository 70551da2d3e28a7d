"""LightGBM's flavor: names decide where LightGBM itself goes by place, and categories are those of the training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import flavor_of
from modelyard.models.flavors.lightgbm import LightgbmFlavor
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from tests.support.tables import categorical, graded, numbers, quality

pytest.importorskip("lightgbm", reason="lightgbm is not installed")

import lightgbm

SMALL = {"n_estimators": 4, "num_leaves": 5, "n_jobs": 1, "verbose": -1, "min_child_samples": 2}
TURNED = ["ph level", "sugar", "acid"]
NATIVES = pytest.mark.parametrize(
    "native", [lambda model: model, lambda model: model.booster_], ids=["estimator", "booster"]
)


def plain() -> Any:
    return lightgbm.LGBMRegressor(**SMALL).fit(numbers(), quality())


def with_categories() -> Any:
    return lightgbm.LGBMRegressor(**SMALL).fit(categorical(), graded())


def predict(model: Any, data: Any, params: Any = None) -> Any:
    return LightgbmFlavor().predictor(model, {})(data, params)


def again(model: Any, folder: Path) -> Any:
    """The model, saved and loaded."""
    return LightgbmFlavor().load(folder, LightgbmFlavor().save(model, folder)["lightgbm"])


@NATIVES
def test_columns_in_another_order_give_the_same_predictions(native: Any, tmp_path: Path) -> None:
    expected = plain().predict(numbers())
    for model in (native(plain()), again(native(plain()), tmp_path)):
        assert np.array_equal(predict(model, numbers()[TURNED]), expected)
        assert np.array_equal(predict(model, numbers()[TURNED].to_dict("records")), expected)
        assert not np.array_equal(plain().booster_.predict(numbers()[TURNED]), expected)
        with pytest.raises(InvalidParameter, match="no column 'sugar'"):
            predict(model, numbers()[["acid", "ph level"]].assign(other=1.0))


@NATIVES
def test_texts_become_the_categories_of_the_training(native: Any, tmp_path: Path) -> None:
    """Even a row alone, whose own categories would be numbered anew."""
    expected = with_categories().predict(categorical())
    plain_types = categorical().astype({"colour": "str", "year": "int64"})[["year", "colour", *TURNED]]
    for model in (native(with_categories()), again(native(with_categories()), tmp_path)):
        assert np.array_equal(predict(model, plain_types), expected)
        for row in (0, 1, 2, 3):
            assert np.array_equal(predict(model, plain_types.iloc[row : row + 1]), expected[row : row + 1])


def test_a_category_nobody_trained_on_is_missing_data() -> None:
    model = with_categories()
    new = categorical().astype({"colour": "str"}).assign(colour="green")
    known = categorical().assign(colour=pd.Categorical([None] * len(new), categories=["white", "rosé", "red"]))
    assert np.array_equal(predict(model, new), model.predict(known))


def test_arrays_and_lists_go_by_place() -> None:
    model = lightgbm.LGBMRegressor(**SMALL).fit(numbers().to_numpy(), quality())
    expected = model.predict(numbers().to_numpy())
    assert np.array_equal(predict(model, numbers().to_numpy()), expected)
    assert np.array_equal(predict(model.booster_, numbers().to_numpy().tolist()), expected)
    assert np.array_equal(predict(model.booster_, numbers()), expected)


def test_params_are_predicts_keywords() -> None:
    assert predict(plain().booster_, numbers(), {"pred_leaf": True}).shape == (len(numbers()), 4)
    assert np.array_equal(
        predict(plain(), numbers(), {"num_iteration": 1}), plain().predict(numbers(), num_iteration=1)
    )


def test_estimators_are_saved_as_lightgbms_and_not_as_scikit_learns() -> None:
    assert flavor_of(plain()).name == "lightgbm"
    assert flavor_of(plain().booster_).name == "lightgbm"


def test_estimators_are_skops_of_lightgbms_own_types_only(tmp_path: Path) -> None:
    entry = LightgbmFlavor().save(plain(), tmp_path)["lightgbm"]
    assert entry["serialization_format"] == "skops"
    assert "lightgbm.basic.Booster" in entry["skops_trusted_types"]

    class Own(lightgbm.LGBMRegressor):  # type: ignore[misc]
        pass

    entry = LightgbmFlavor().save(Own(**SMALL).fit(numbers(), quality()), tmp_path)["lightgbm"]
    assert (entry["serialization_format"], entry["data"]) == ("cloudpickle", "model.pkl")


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"'joblib' is no format for LightGBM\. Known: skops"):
        LightgbmFlavor(serialization_format="joblib").save(plain(), tmp_path)  # type: ignore[arg-type]


def test_what_an_estimator_needs_is_required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    for place, model in (("estimator", plain()), ("booster", plain().booster_)):
        save_model(model, tmp_path / place, flavor=LightgbmFlavor(), options=SaveOptions(verify=False))
    needed = {
        place: {line.partition("==")[0] for line in (tmp_path / place / "requirements.txt").read_text().split()}
        for place in ("estimator", "booster")
    }
    assert {"lightgbm", "scikit-learn", "skops"} <= needed["estimator"]
    assert needed["booster"] == {"lightgbm"}
