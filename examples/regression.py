"""Regression: the progress of diabetes after a year, on data that scikit-learn ships. One run with a learning curve."""

from __future__ import annotations

from math import sqrt

from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

import modelyard


def train(trees: int = 120, learning_rate: float = 0.05, depth: int = 2, seed: int = 42) -> str:
    """Fit, log a point for each tree that is added, and return the id of the run."""
    x, y = load_diabetes(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=seed)
    with modelyard.start_run(run_name="diabetes, gradient boosting") as run:
        modelyard.set_tags({"task": "regression", "data": "diabetes"})
        modelyard.log_params({"trees": trees, "learning_rate": learning_rate, "depth": depth, "seed": seed})
        model = GradientBoostingRegressor(
            n_estimators=trees, learning_rate=learning_rate, max_depth=depth, random_state=seed
        ).fit(x_train, y_train)
        for step, predicted in enumerate(model.staged_predict(x_test)):
            modelyard.log_metrics(
                {
                    "rmse": sqrt(mean_squared_error(y_test, predicted)),
                    "mae": mean_absolute_error(y_test, predicted),
                    "r2": r2_score(y_test, predicted),
                },
                step=step,
            )
    return run.info.run_id


if __name__ == "__main__":
    modelyard.set_experiment("examples")
    print(train())
