"""The same server, used by the unmodified mlflow package: a logged and registered scikit-learn model, loaded again.

Set `MLFLOW_TRACKING_URI` to the address of a server, or give it as the only argument.
"""

from __future__ import annotations

import sys
import warnings

import mlflow
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

NAME = "wine-classifier"


def train(c: float = 1.0, seed: int = 42) -> str:
    """Fit, log and register with mlflow, check that what was registered predicts the same, return the id of the run."""
    x, y = load_wine(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=seed)
    with mlflow.start_run(run_name="wine, by the mlflow client") as run:
        mlflow.set_tags({"task": "classification", "data": "wine"})
        mlflow.log_params({"C": c, "seed": seed})
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c)).fit(x_train, y_train)
        mlflow.log_metric("accuracy", model.score(x_test, y_test))
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=NAME,
            input_example=x_test[:2],
            pip_requirements=["scikit-learn"],  # named here, so that mlflow need not find out in a process of its own
        )
    loaded = mlflow.sklearn.load_model(f"models:/{NAME}/{logged.registered_model_version}")
    if not (loaded.predict(x_test) == model.predict(x_test)).all():
        raise SystemExit("the registered model does not predict what the trained one does")
    return run.info.run_id


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if len(sys.argv) > 1:
        mlflow.set_tracking_uri(sys.argv[1])
    mlflow.set_experiment("examples")
    print(train())
