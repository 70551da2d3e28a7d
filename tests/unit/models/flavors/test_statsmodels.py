"""statsmodels' flavor: names decide, and the object stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import flavor_of
from modelyard.models.flavors.statsmodels import StatsmodelsFlavor
from tests.support.tables import graded, mixed, numbers, quality

pytest.importorskip("statsmodels", reason="statsmodels is not installed")

import statsmodels.api as sm
import statsmodels.formula.api as formulas
from statsmodels.tsa.arima.model import ARIMA

TURNED = ["ph level", "sugar", "acid"]


def plain() -> Any:
    return sm.OLS(quality(), numbers()).fit()


def predict(model: Any, data: Any, params: Any = None) -> Any:
    return StatsmodelsFlavor().predictor(model, {})(data, params)


def test_columns_in_another_order_give_the_same_predictions() -> None:
    expected = plain().predict(numbers())
    assert np.allclose(predict(plain(), numbers()[TURNED]), expected, rtol=1e-12)
    assert np.allclose(predict(plain(), numbers()[TURNED].to_dict("records")), expected, rtol=1e-12)
    assert not np.allclose(plain().predict(numbers()[TURNED]), expected)
    with pytest.raises(InvalidParameter, match="no column 'sugar'"):
        predict(plain(), numbers()[["acid", "ph level"]].assign(other=1.0))


def test_a_constant_is_a_column_like_others() -> None:
    table = sm.add_constant(numbers())
    model = sm.OLS(quality(), table).fit()
    assert np.array_equal(predict(model, table[[*TURNED, "const"]]), model.predict(table))
    with pytest.raises(InvalidParameter, match="no column 'const'"):
        predict(model, numbers())


def test_a_formula_finds_its_columns() -> None:
    model = formulas.ols("graded ~ acid + C(colour)", mixed().assign(graded=graded())).fit()
    assert np.array_equal(predict(model, mixed()[["colour", "acid"]]), model.predict(mixed()))


def test_arrays_go_by_place() -> None:
    model = sm.OLS(quality(), numbers().to_numpy()).fit()
    assert np.array_equal(predict(model, numbers().to_numpy()), model.predict(numbers().to_numpy()))
    assert np.array_equal(predict(model, numbers()), model.predict(numbers().to_numpy()))


def test_a_series_is_predicted_from_start_to_end() -> None:
    model = ARIMA(quality(), order=(1, 0, 0)).fit()
    asked = pd.DataFrame({"start": [75], "end": [82]}, index=[7])
    assert np.array_equal(predict(model, asked), model.predict(start=75, end=82))
    assert np.array_equal(predict(model, {"start": 75, "end": 82}), model.predict(start=75, end=82))
    for wrong in (pd.DataFrame({"start": [75]}), pd.DataFrame({"start": [1, 2], "end": [3, 4]}), [[75, 82]]):
        with pytest.raises(InvalidParameter, match="one row with the columns 'start' and 'end'"):
            predict(model, wrong)


def test_removing_the_data_leaves_the_object_as_it_was(tmp_path: Path) -> None:
    model = plain()
    StatsmodelsFlavor().save(model, tmp_path)
    whole = (tmp_path / "model.statsmodels").stat().st_size
    entries = StatsmodelsFlavor(remove_data=True).save(model, tmp_path)
    assert (tmp_path / "model.statsmodels").stat().st_size < whole
    assert model.model.endog is not None
    again = StatsmodelsFlavor().load(tmp_path, entries["statsmodels"])
    predictor = StatsmodelsFlavor().predictor(again, entries["python_function"])
    assert np.allclose(predictor(numbers()[TURNED]), model.predict(numbers()), rtol=1e-12)


def test_a_model_that_was_not_fitted_is_refused_with_a_way_out(tmp_path: Path) -> None:
    model = sm.OLS(quality(), numbers())
    assert not StatsmodelsFlavor().handles(model)
    with pytest.raises(InvalidParameter, match=r"OLS is no result of a statsmodels fit: save what its fit\(\) answers"):
        StatsmodelsFlavor().save(model, tmp_path)


def test_it_is_found_by_the_object() -> None:
    assert flavor_of(plain()).name == "statsmodels"
