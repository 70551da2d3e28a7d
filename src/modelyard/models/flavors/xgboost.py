"""XGBoost boosters, and its estimators with scikit-learn's methods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, require
from modelyard.models.columns import as_categories, as_frame, by_name
from modelyard.models.flavor import Predictor
from modelyard.models.libraries import kind_of

BOOSTER = "xgboost.core.Booster"
CLASSES = {
    BOOSTER: "Booster",
    "xgboost.sklearn.XGBModel": "XGBModel",
    "xgboost.sklearn.XGBClassifier": "XGBClassifier",
    "xgboost.sklearn.XGBRegressor": "XGBRegressor",
    "xgboost.sklearn.XGBRanker": "XGBRanker",
    "xgboost.sklearn.XGBRFClassifier": "XGBRFClassifier",
    "xgboost.sklearn.XGBRFRegressor": "XGBRFRegressor",
}
"""What MLmodel calls a class → its name in the package. No other class is made of what a file says."""

_FORMATS = ("ubj", "json")
_WHAT = "An XGBoost model"


class XgboostFlavor(msgspec.Struct, frozen=True):
    """Models in XGBoost's own formats, which hold data only: ``ubj`` (binary JSON) or ``json``.

    Predicting is safe from several threads: XGBoost locks inside a booster.
    """

    name: ClassVar[str] = "xgboost"
    model_format: Literal["ubj", "json"] = "ubj"

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is a booster or one of XGBoost's estimators."""
        core, sklearn = loaded("xgboost.core"), loaded("xgboost.sklearn")
        return (core is not None and isinstance(obj, core.Booster)) or (
            sklearn is not None and isinstance(obj, sklearn.XGBModel)
        )

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the model; answers the entries of MLmodel."""
        if self.model_format not in _FORMATS:
            raise InvalidParameter(f"{self.model_format!r} is no format for XGBoost. Known: {', '.join(_FORMATS)}.")
        xgboost = require("xgboost", what=_WHAT, extra="xgboost")
        kind = f"{type(obj).__module__}.{type(obj).__qualname__}"
        if kind not in CLASSES:
            raise InvalidParameter(
                f"A {kind} cannot be saved in XGBoost's formats, which know {', '.join(CLASSES.values())}. Save its"
                " get_booster(), or save it with the sklearn flavor."
            )
        file = f"model.{self.model_format}"
        try:
            obj.save_model(folder / file)
        except Exception as error:
            raise InvalidParameter(f"This {kind} cannot be saved: {error}") from error
        return {
            self.name: {
                "data": file,
                "model_class": kind,
                "model_format": self.model_format,
                "xgb_version": xgboost.__version__,
            },
            "python_function": {"loader_module": "mlflow.xgboost", "data": file},
        }

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """A booster or estimator of the class that was saved."""
        xgboost = require("xgboost", what=_WHAT, extra="xgboost")
        kind = str(config.get("model_class", BOOSTER))
        if kind not in CLASSES:
            raise InvalidParameter(f"The MLmodel file names the class {kind!r}, which is none of XGBoost's.")
        model = getattr(xgboost, CLASSES[kind])()
        model.load_model(folder / str(config["data"]))
        return model

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """``predict`` with the columns in the model's order; params are its keywords, such as ``output_margin``."""
        xgboost = require("xgboost", what=_WHAT, extra="xgboost")
        is_booster = isinstance(obj, xgboost.Booster)
        booster = obj if is_booster else obj.get_booster()
        names = list(booster.feature_names or ())
        categories = _Categories.of(booster)

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            if isinstance(data, xgboost.DMatrix):
                return booster.predict(data, **(params or {}))
            table = categories.restored(by_name(as_frame(data), names))
            if is_booster:
                return obj.predict(xgboost.DMatrix(table, enable_categorical=True), **(params or {}))
            return obj.predict(table, **(params or {}))

        return predict


class _Categories(msgspec.Struct, frozen=True):
    """What a booster knows of the categories it was trained on.

    XGBoost puts new data in the order of these by itself. Texts beyond ASCII it cuts in the wrong places (3.2 still
    does), and would take one category for another without a word.
    """

    columns: list[str]
    are_kept: bool
    cut: dict[str, bytes]
    """Column → the beginning of its categories' texts, one after the other, where they are not plain ASCII."""

    @classmethod
    def of(cls, booster: Any) -> _Categories:
        """Those of a booster; only one that has any is looked into."""
        kinds = zip(booster.feature_names or (), booster.feature_types or (), strict=False)
        columns = [name for name, kind in kinds if kind == "c"]
        if not columns:
            return cls([], False, {})
        written = json.loads(bytes(booster.save_raw(raw_format="json")))["learner"]["gradient_booster"]
        kept = (written.get("gbtree") or written).get("model", {}).get("cats", {}).get("enc", [])
        cut = {
            name: bytes(value % 256 for value in each["values"])
            for name, each in zip(booster.feature_names, kept, strict=False)
            if "offsets" in each and any(value < 0 for value in each["values"])
        }
        return cls(columns, bool(kept), cut)

    def restored(self, table: Any) -> Any:
        """The table with texts as categories."""
        if not self.columns or kind_of(table) != "pandas":
            return table
        for name in self.columns:
            is_category = str(table[name].dtype) == "category"
            if not (self._is_as_trained(name, table[name].cat.categories) if is_category else self._is_safe(name)):
                raise InvalidParameter(
                    f"XGBoost does not know which category of the column {name!r} is which: it keeps no texts but plain"
                    " ASCII, and none at all before 3.1. Give the column as a pandas categorical with the categories of"
                    " the training data, in their order."
                )
        return as_categories(table, self.columns)

    def _is_safe(self, name: str) -> bool:
        return self.are_kept and name not in self.cut

    def _is_as_trained(self, name: str, categories: Any) -> bool:
        if name not in self.cut:
            return True
        return "".join(map(str, categories)).encode()[: len(self.cut[name])] == self.cut[name]
