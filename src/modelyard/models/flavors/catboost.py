"""CatBoost models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, require
from modelyard.models.columns import as_frame, by_name
from modelyard.models.flavor import Predictor

FILE = "model.cb"
CLASSES = ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")
_FORMATS = ("cbm", "json")
_WHAT = "A CatBoost model"


class CatboostFlavor(msgspec.Struct, frozen=True):
    """Models in CatBoost's own formats, which hold data only: ``cbm`` (binary), or ``json`` without categories.

    Predicting is safe from several threads: the trees are only read.
    """

    name: ClassVar[str] = "catboost"
    format: Literal["cbm", "json"] = "cbm"

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is one of CatBoost's models."""
        catboost = loaded("catboost.core")
        return catboost is not None and isinstance(obj, catboost.CatBoost)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the model; answers the entries of MLmodel."""
        if self.format not in _FORMATS:
            raise InvalidParameter(
                f"{self.format!r} is no format CatBoost models can be loaded from again. Known: {', '.join(_FORMATS)}."
            )
        catboost = require("catboost", what=_WHAT, extra="catboost")
        kind = type(obj)
        if kind.__name__ not in CLASSES or getattr(catboost, kind.__name__) is not kind:
            raise InvalidParameter(
                f"A {kind.__module__}.{kind.__qualname__} cannot be saved in CatBoost's formats, which know"
                f" {', '.join(CLASSES)}. Save it in a PythonModel."
            )
        if not obj.is_fitted():
            raise InvalidParameter(f"This {kind.__name__} is not fitted yet: there is nothing to save.")
        if self.format == "json" and obj.get_cat_feature_indices():
            raise InvalidParameter(
                "CatBoost's JSON format does not keep the categories of categorical features: save with format='cbm'."
            )
        obj.save_model(folder / FILE, format=self.format)
        entry = {
            "catboost_version": catboost.__version__,
            "data": FILE,
            "model_type": kind.__name__,
            "save_format": self.format,
        }
        return {self.name: entry, "python_function": {"loader_module": "mlflow.catboost", "data": FILE}}

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """A model of the class that was saved."""
        catboost = require("catboost", what=_WHAT, extra="catboost")
        kind = str(config.get("model_type"))
        if kind not in CLASSES:
            raise InvalidParameter(f"The MLmodel file names the class {kind!r}, which is none of CatBoost's.")
        model = getattr(catboost, kind)()
        model.load_model(folder / str(config.get("data", FILE)), format=str(config.get("save_format", "cbm")))
        return model

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """``predict`` with the columns in the model's order; params are its keywords, such as ``prediction_type``."""
        catboost = require("catboost", what=_WHAT, extra="catboost")

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            if not isinstance(data, catboost.Pool):
                data = by_name(as_frame(data), _names(obj))
            return obj.predict(data, **(params or {}))

        return predict


def _names(model: Any) -> list[str]:
    """The names of the features; none when CatBoost numbered them."""
    names = list(model.feature_names_ or [])
    return [] if names == [str(place) for place in range(len(names))] else names
