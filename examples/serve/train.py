"""Registers a model for the server to serve: the progress of diabetes after a year, on data that scikit-learn ships.

    python train.py

It prints the model's address.
"""

from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet

import modelyard as mlflow
import modelyard.sklearn

NAME = "diabetes"


def main() -> None:
    """Fit, log under a run, register, and say which version is the one to serve."""
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    model = ElasticNet(alpha=0.001).fit(features, target)
    with mlflow.start_run(run_name="diabetes, for the server"):
        mlflow.log_metric("r2", model.score(features, target))
        info = mlflow.sklearn.log_model(model, name="model", input_example=features.head(2), registered_model_name=NAME)
    mlflow.MlflowClient().set_registered_model_alias(NAME, "champion", info.registered_model_version)
    print(f"models:/{NAME}@champion")


if __name__ == "__main__":
    main()
