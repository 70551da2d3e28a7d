"""Train an elastic net on the wine-quality data, and log what went in, what came out, and the model.

`python 02_Experiment_log_model.py [alpha] [l1_ratio]` reads the file `WINE_QUALITY_CSV` names, or `winequality-white.csv` here.
"""

import os
import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import ElasticNet
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

import modelyard as mlflow


def eval_metrics(actual: pd.DataFrame, predicted: np.ndarray) -> tuple[float, float, float]:
    rmse = np.sqrt(mean_squared_error(actual, predicted))
    return rmse, mean_absolute_error(actual, predicted), r2_score(actual, predicted)


def read_data() -> pd.DataFrame:
    path = os.environ.get("WINE_QUALITY_CSV", "winequality-white.csv")
    if not os.path.isfile(path):
        sys.exit(f"There is no file {path!r}. Get one of the wine-quality files and name it in WINE_QUALITY_CSV.")
    return pd.read_csv(path, sep=None, engine="python")  # one copy has semicolons, another commas


if __name__ == "__main__":
    np.random.seed(40)
    data = read_data()

    mlflow.set_experiment("wine-quality-test")

    train, test = train_test_split(data)
    train_x, test_x = train.drop(["quality"], axis=1), test.drop(["quality"], axis=1)
    train_y, test_y = train[["quality"]], test[["quality"]]

    alpha = float(sys.argv[1]) if len(sys.argv) > 1 else 0.5
    l1_ratio = float(sys.argv[2]) if len(sys.argv) > 2 else 0.5

    with mlflow.start_run():
        model = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, random_state=42)
        model.fit(train_x, train_y)

        rmse, mae, r2 = eval_metrics(test_y, model.predict(test_x))

        print(f"Elasticnet model (alpha={alpha:f}, l1_ratio={l1_ratio:f}):")
        print(f"  RMSE: {rmse}")
        print(f"  MAE: {mae}")
        print(f"  R2: {r2}")

        mlflow.log_param("alpha", alpha)
        mlflow.log_param("l1_ratio", l1_ratio)
        mlflow.log_metric("rmse", rmse)
        mlflow.log_metric("r2", r2)
        mlflow.log_metric("mae", mae)

        mlflow.sklearn.log_model(model, "model", input_example=train_x.head(3))
