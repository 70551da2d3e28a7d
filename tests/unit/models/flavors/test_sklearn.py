"""scikit-learn's flavor: names decide, formats are what was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelyard.core.errors import InvalidParameter
from modelyard.models.flavors.sklearn import SklearnFlavor
from tests.support.tables import numbers, quality

TURNED = ["ph level", "sugar", "acid"]


def linear() -> Any:
    return LinearRegression().fit(numbers(), quality())


def predict(model: Any, data: Any, **config: Any) -> Any:
    return SklearnFlavor().predictor(model, config)(data)


def test_columns_in_another_order_give_the_same_predictions() -> None:
    expected = linear().predict(numbers())
    for turned in (numbers()[TURNED], numbers()[TURNED].assign(more=1), numbers()[TURNED].to_dict("records")):
        assert np.allclose(predict(linear(), turned), expected, rtol=1e-12)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="sugar"):
        predict(linear(), numbers()[["acid", "ph level"]])


def test_a_column_that_the_pipeline_drops_may_be_missing() -> None:
    chosen = make_column_transformer(("passthrough", ["acid"]), remainder="drop")
    model = make_pipeline(chosen, LinearRegression()).fit(numbers(), quality())
    assert list(predict(model, numbers()[["acid"]])) == list(model.predict(numbers()))


def test_texts_in_a_frame_are_counted_and_not_the_names_of_its_columns() -> None:
    texts = ["red wine", "white wine", "red red", "white"]
    model = make_pipeline("passthrough", CountVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
    assert list(predict(model, pd.DataFrame({"text": texts}))) == [1, 0, 1, 0]
    assert list(predict(model, texts)) == [1, 0, 1, 0]
    assert predict(CountVectorizer().fit(texts), pd.DataFrame({"text": texts}), predict_fn="transform").shape == (4, 3)


def test_params_are_the_methods_keywords() -> None:
    class Thresholded(LinearRegression):  # type: ignore[misc]
        def predict(self, table: Any, threshold: float = 0.0) -> Any:
            return super().predict(table) > threshold

    model = Thresholded().fit(numbers(), quality())
    given = SklearnFlavor().predictor(model, {})(numbers(), {"threshold": 1.0})
    assert list(given) == list(model.predict(numbers(), threshold=1.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"serialization_format": "joblib"}, r"'joblib' is no format for scikit-learn\. Known: skops, cloudpickle"),
        ({"pyfunc_predict_fn": "predict_proba"}, "LinearRegression has no method 'predict_proba'"),
        (
            {"pyfunc_predict_fn": "__reduce__"},
            "'__reduce__' is no method to predict with. Known: predict, predict_proba",
        ),
    ],
)
def test_what_it_cannot_save_is_named(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=message):
        SklearnFlavor(**options).save(linear(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_method_that_a_file_names_is_one_that_predicts() -> None:
    with pytest.raises(InvalidParameter, match="'fit' is no method to predict with"):
        SklearnFlavor().predictor(linear(), {"predict_fn": "fit"})


def test_skops_is_insisted_on(tmp_path: Path) -> None:
    class Local(LinearRegression):  # type: ignore[misc]
        pass

    model = Local().fit(numbers(), quality())
    assert SklearnFlavor().save(model, tmp_path)["sklearn"]["serialization_format"] == "cloudpickle"
    assert not (tmp_path / "model.skops").exists()
    entry = SklearnFlavor(serialization_format="skops").save(linear(), tmp_path)["sklearn"]
    assert entry["serialization_format"] == "skops"


def test_a_transformer_has_no_python_function_unless_it_is_asked_for(tmp_path: Path) -> None:
    scaler = StandardScaler().fit(numbers())
    assert list(SklearnFlavor().save(scaler, tmp_path)) == ["sklearn"]
    assert "python_function" in SklearnFlavor(pyfunc_predict_fn="transform").save(scaler, tmp_path)


def test_saving_nothing_of_the_kind_is_refused_by_its_type(tmp_path: Path) -> None:
    assert not SklearnFlavor().handles(numbers())
    assert not SklearnFlavor().handles(LinearRegression)
