"""LightGBM: `train`, and `fit` of its estimators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.client.autolog.boosting import BoosterAutolog, BoosterTraining, EstimatorTraining, Iterations
from modelyard.client.autolog.data import head
from modelyard.client.autolog.recorder import Recorder

NAME = "lightgbm"
_FIT = "lightgbm.fit"


class LightgbmTraining(BoosterTraining):
    """A call of ``lightgbm.train``."""

    kind = "lightgbm.train"
    joins = _FIT
    left_out = (
        "params", "train_set", "valid_sets", "valid_names", "fobj", "feval", "init_model", "learning_rates", "callbacks",
    )  # fmt: skip

    def callback(self, iterations: Iterations) -> Any:
        """One that comes before early stopping, which ends the iteration."""

        def autolog(env: Any) -> None:
            found = {f"{each[0]}-{each[1]}": float(each[2]) for each in env.evaluation_result_list or ()}
            if found:
                iterations.add(env.iteration, found)

        autolog.order = 20  # type: ignore[attr-defined]
        return autolog

    def rows(self, data: Any, count: int) -> Any:
        """The rows, unless the dataset has let its data go or has them in a file."""
        return head(data.data, count) if hasattr(data.data, "shape") else None

    def whole(self, data: Any) -> Any:
        """The data, if they are still there."""
        return data.data

    def predict(self, model: Any, rows: Any) -> Any:
        """As the booster predicts."""
        return model.predict(rows)

    def log_best(self, iterations: Iterations, model: Any) -> None:
        """Only with early stopping is the best iteration more than 0; it counts from 1."""
        best = int(model.best_iteration)
        if best > 0 and iterations.rows:
            iterations.log_best(best - 1, {"stopped_iteration": len(iterations.rows), "best_iteration": best})

    def importances(self, recorder: Recorder) -> Sequence[str]:
        """Both that there are."""
        return ("split", "gain")

    def importance(self, model: Any, kind: str) -> Mapping[str, Any]:
        """By the names of the features."""
        return dict(zip(model.feature_name(), model.feature_importance(importance_type=kind).tolist(), strict=True))


class LightgbmEstimatorTraining(EstimatorTraining):
    """A fit of an ``LGBMModel``."""

    kind = _FIT


LIGHTGBM = BoosterAutolog(NAME, estimators="LGBMModel", train=LightgbmTraining, fit=LightgbmEstimatorTraining)
