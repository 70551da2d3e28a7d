"""Logs a metric and a model to an experiment named after this script; `modelyard ui` shows them.

python examples/training/eg/tracking.py [FILE]
modelyard ui
"""

from __future__ import annotations

import sys
from pathlib import Path

from sklearn.linear_model import LinearRegression

import modelyard as mlflow
import modelyard.sklearn
from modelyard.training.data import load, split

DATA = "data/winequality-red.csv"


def main(data: str = DATA) -> None:
    wines = split(load(data), target="quality", task="regression", test_size=0.33, seed=0)
    mlflow.set_experiment(Path(__file__).name)
    with mlflow.start_run() as run:
        model = LinearRegression().fit(wines.train_x, wines.train_y)
        r2 = model.score(wines.test_x, wines.test_y)
        mlflow.log_metric("r2", r2)
        modelyard.sklearn.log_model(model, name="model", input_example=wines.train_x.head(3))
    print(f"run {run.info.run_id}: r2 {r2:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
