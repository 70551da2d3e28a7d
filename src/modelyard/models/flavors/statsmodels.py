"""Results of statsmodels."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, require
from modelyard.models.columns import as_frame, by_name
from modelyard.models.flavor import Predictor
from modelyard.models.libraries import kind_of
from modelyard.models.pickles import UNPICKLABLE, read_pickle

FILE = "model.statsmodels"
_WHAT = "A statsmodels model"


class StatsmodelsFlavor(msgspec.Struct, frozen=True):
    """What ``fit`` answered, as statsmodels writes it: a pickle, loaded for a reason only.

    ``remove_data`` leaves the training data out. Predicting is safe from several threads but for state space models,
    whose filter works in place.
    """

    name: ClassVar[str] = "statsmodels"
    remove_data: bool = False

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is what a statsmodels ``fit`` answered."""
        wrapper, model = loaded("statsmodels.base.wrapper"), loaded("statsmodels.base.model")
        return (wrapper is not None and isinstance(obj, wrapper.ResultsWrapper)) or (
            model is not None and isinstance(obj, model.Results)
        )

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the results; answers the entries of MLmodel."""
        statsmodels = require("statsmodels", what=_WHAT, extra="statsmodels")
        kind = f"{type(obj).__module__}.{type(obj).__qualname__}"
        if not self.handles(obj):
            raise InvalidParameter(f"A {kind} is no result of a statsmodels fit: save what its fit() answers.")
        try:
            written = copy.deepcopy(obj) if self.remove_data else obj  # statsmodels removes the data from what it saves
            written.save(str(folder / FILE), remove_data=self.remove_data)
        except UNPICKLABLE as error:
            raise InvalidParameter(f"This {kind} cannot be saved: {error}") from error
        entry = {"data": FILE, "statsmodels_version": statsmodels.__version__}
        pyfunc = {"loader_module": "mlflow.statsmodels", "data": FILE}
        columns = _names(obj.model) if self.remove_data else []
        if columns:  # removed with the data
            return {self.name: entry, "python_function": {**pyfunc, "exog_names": columns}}
        return {self.name: entry, "python_function": pyfunc}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The results."""
        return read_pickle(folder / str(config.get("data", FILE)))

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """``predict``; of a time series from ``start`` to ``end``, the columns of a single row."""
        series = require("statsmodels.tsa.base.tsa_model", what=_WHAT, extra="statsmodels")
        if isinstance(obj.model, series.TimeSeriesModel):
            return _Forecast(obj)
        names = list(config.get("exog_names") or _names(obj.model))

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            return obj.predict(by_name(as_frame(data), names), **(params or {}))

        return predict


class _Forecast(msgspec.Struct, frozen=True):
    """Predictions of a time series model."""

    results: Any

    def __call__(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        frame = as_frame(data)
        if kind_of(frame) != "pandas" or len(frame) != 1 or not {"start", "end"} <= set(frame.columns):
            raise InvalidParameter("A time series model predicts for one row with the columns 'start' and 'end'.")
        return self.results.predict(start=frame["start"].iloc[0], end=frame["end"].iloc[0], **(params or {}))


def _names(model: Any) -> list[str]:
    """The names of the columns the model was fitted on; none when it has a formula, which finds them, or had no names."""
    base = require("statsmodels.base.data", what=_WHAT, extra="statsmodels")
    if getattr(model, "formula", None) is not None or not isinstance(model.data, base.PandasData):
        return []
    return list(model.exog_names or [])
