"""scikit-learn estimators and pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import loaded, require
from modelyard.models.columns import as_frame, by_name
from modelyard.models.flavor import Predictor
from modelyard.models.libraries import kind_of
from modelyard.models.pickles import read_pickle, write_pickle
from modelyard.models.skops_files import skops_io
from modelyard.models.trust.skops_types import outside, types_in

SKOPS_FILE = "model.skops"
PICKLE_FILE = "model.pkl"
_FORMATS = ("skops", "cloudpickle", "pickle")
_PREDICTS = ("predict", "predict_proba", "predict_log_proba", "predict_joint_log_proba", "score", "transform")


class SklearnFlavor(msgspec.Struct, frozen=True):
    """Estimators as skops, which holds data and the names of types; cloudpickle for those that hold code of their own.

    ``serialization_format`` insists on a format; None takes skops unless a type is not on the frozen list.
    ``pyfunc_predict_fn`` is the method that predictions are made with. Predicting is safe from several threads for
    scikit-learn's own estimators, which do not change once they are fitted.
    """

    name: ClassVar[str] = "sklearn"
    serialization_format: Literal["skops", "cloudpickle", "pickle"] | None = None
    pyfunc_predict_fn: str = "predict"

    def handles(self, obj: Any) -> bool:
        """Whether ``obj`` is an estimator."""
        sklearn = loaded("sklearn.base")
        return sklearn is not None and isinstance(obj, sklearn.BaseEstimator)

    def save(self, obj: Any, folder: Path) -> dict[str, dict[str, Any]]:
        """Write the estimator; answers the entries of MLmodel."""
        sklearn = require("sklearn", what="A scikit-learn model", extra="sklearn")
        self._check(obj)
        file, form = self._write(obj, folder)
        entries: dict[str, dict[str, Any]] = {
            self.name: {"pickled_model": file, "serialization_format": form, "sklearn_version": sklearn.__version__}
        }
        if form == "skops":
            entries[self.name]["skops_trusted_types"] = types_in(folder / file)
        if hasattr(obj, self.pyfunc_predict_fn):
            entries["python_function"] = {
                "loader_module": "mlflow.sklearn",
                "model_path": file,
                "predict_fn": self.pyfunc_predict_fn,
            }
        return entries

    def _check(self, obj: Any) -> None:
        if self.serialization_format is not None and self.serialization_format not in _FORMATS:
            raise InvalidParameter(
                f"{self.serialization_format!r} is no format for scikit-learn. Known: {', '.join(_FORMATS)}."
            )
        name = self.pyfunc_predict_fn
        if name not in _PREDICTS:
            raise InvalidParameter(f"{name!r} is no method to predict with. Known: {', '.join(_PREDICTS)}.")
        if name != "predict" and not hasattr(obj, name):
            raise InvalidParameter(f"This {type(obj).__qualname__} has no method {name!r} to predict with.")

    def load(self, folder: Path, config: Mapping[str, Any]) -> Any:
        """The estimator. The types in a skops file were judged when the folder was admitted."""
        file = folder / str(config["pickled_model"])
        if config.get("serialization_format") != "skops":
            return read_pickle(file)
        skops = skops_io()
        return skops.load(file, trusted=types_in(file))

    def predictor(self, obj: Any, config: Mapping[str, Any]) -> Predictor:
        """The estimator's method, with the params as its keywords."""
        name = str(config.get("predict_fn", "predict"))
        if name not in _PREDICTS:
            raise InvalidParameter(f"{name!r} is no method to predict with. Known: {', '.join(_PREDICTS)}.")
        method = getattr(obj, name)

        def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
            return method(_as_trained(obj, data), **(params or {}))

        return predict

    def _write(self, obj: Any, folder: Path) -> tuple[str, str]:
        if self.serialization_format in (None, "skops") and self._as_skops(obj, folder / SKOPS_FILE):
            return SKOPS_FILE, "skops"
        write_pickle(obj, folder / PICKLE_FILE)
        return PICKLE_FILE, self.serialization_format or "cloudpickle"

    def _as_skops(self, obj: Any, file: Path) -> bool:
        """Whether there is a skops file now: skops holds the estimator, and it needs no type outside the frozen list."""
        insist = self.serialization_format == "skops"
        skops = skops_io()
        try:
            skops.dump(obj, file)
            if insist or not outside(file):
                return True
        except Exception as error:
            if insist:
                raise InvalidParameter(
                    f"skops cannot hold this {type(obj).__qualname__} ({error}); save it with"
                    " serialization_format='cloudpickle'."
                ) from error
        file.unlink(missing_ok=True)
        return False


def _as_trained(obj: Any, data: Any) -> Any:
    """Rows with names as a data frame, and its columns in the order the estimator knows them.

    A frame that lacks some is given as it is: a ColumnTransformer does without those it drops, and others say what is
    missing. What counts words takes texts, not a frame of them: it would count those in the names of the columns.
    """
    table = as_frame(data) if _has_names(data) else data
    if _takes_texts(obj):
        return table[table.columns[0]] if kind_of(table) in ("pandas", "polars") and table.shape[1] == 1 else table
    names = list(getattr(obj, "feature_names_in_", ()))
    if not names or kind_of(table) not in ("pandas", "polars") or not set(names) <= set(table.columns):
        return table
    return by_name(table, names)


def _takes_texts(obj: Any) -> bool:
    """Whether the first step is a vectorizer of texts."""
    steps = getattr(obj, "steps", None)
    return hasattr(_first(steps) if steps else obj, "build_analyzer")


def _first(steps: Sequence[tuple[str, Any]]) -> Any:
    return next((step for _, step in steps if step not in (None, "passthrough")), None)


def _has_names(data: Any) -> bool:
    kind = kind_of(data)
    return kind == "arrow" or (
        kind == "python" and isinstance(data[0] if isinstance(data, list) and data else data, Mapping)
    )
