"""XGBoost: `train`, and `fit` of its estimators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.client.autolog.boosting import BoosterAutolog, BoosterTraining, EstimatorTraining, Iterations
from modelyard.client.autolog.recorder import Recorder
from modelyard.core.extras import optional, require

NAME = "xgboost"
_FIT = "xgboost.fit"
_CELLS = 1_000_000
"""A DMatrix gives its data back as a copy: of larger ones no dataset is recorded."""


class _Events:
    """The method of a callback."""

    def __init__(self, iterations: Iterations) -> None:
        super().__init__()
        self._iterations = iterations

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Any]]) -> bool:
        found = {f"{data}-{name}": _last(values) for data, each in evals_log.items() for name, values in each.items()}
        self._iterations.add(epoch, found)
        return False


class XgboostTraining(BoosterTraining):
    """A call of ``xgboost.train``."""

    kind = "xgboost.train"
    joins = _FIT
    left_out = (
        "params", "dtrain", "evals", "obj", "feval", "evals_result", "xgb_model", "callbacks", "learning_rates",
    )  # fmt: skip

    def callback(self, iterations: Iterations) -> Any:
        """One that ends nothing: it answers False."""
        xgboost = require("xgboost", what="Autologging of XGBoost", extra="xgboost")

        kind: Any = type("AutologCallback", (_Events, xgboost.callback.TrainingCallback), {})
        return kind(iterations)

    def rows(self, data: Any, count: int) -> Any:
        """The rows with their names, where a DMatrix has them."""
        first = data.slice(list(range(min(count, data.num_row())))).get_data().toarray()
        pandas = optional("pandas") if data.feature_names else None
        return first if pandas is None else pandas.DataFrame(first, columns=data.feature_names)

    def whole(self, data: Any) -> Any:
        """The data of a small DMatrix."""
        return data.get_data().toarray() if data.num_row() * data.num_col() <= _CELLS else None

    def predict(self, model: Any, rows: Any) -> Any:
        """A booster predicts on a DMatrix."""
        xgboost = require("xgboost", what="Autologging of XGBoost", extra="xgboost")
        return model.predict(xgboost.DMatrix(rows, feature_types=model.feature_types))

    def log_best(self, iterations: Iterations, model: Any) -> None:
        """Only with early stopping has a booster a best iteration."""
        best = model.attr("best_iteration")
        if best is not None and iterations.rows:
            iterations.log_best(int(best), {"stopped_iteration": len(iterations.rows) - 1, "best_iteration": int(best)})

    def importances(self, recorder: Recorder) -> Sequence[str]:
        """What was asked for."""
        return getattr(recorder.options, "importance_types", None) or ("weight",)

    def importance(self, model: Any, kind: str) -> Mapping[str, Any]:
        """As the booster scores it."""
        found: Mapping[str, Any] = model.get_score(importance_type=kind)
        return found

    def flavor_options(self, recorder: Recorder) -> Mapping[str, Any]:
        """The format."""
        return {"model_format": getattr(recorder.options, "model_format", "ubj")}


class XgboostEstimatorTraining(EstimatorTraining):
    """A fit of an ``XGBModel``."""

    kind = _FIT

    def flavor_options(self, recorder: Recorder) -> Mapping[str, Any]:
        """The format."""
        return {"model_format": getattr(recorder.options, "model_format", "ubj")}


XGBOOST = BoosterAutolog(NAME, estimators="XGBModel", train=XgboostTraining, fit=XgboostEstimatorTraining)


def _last(values: Sequence[Any]) -> float:
    """The metric of the iteration that just was; with its deviation, in a cross-validation."""
    value = values[-1]
    return float(value[0] if isinstance(value, tuple) else value)
