"""A Keras network as the last step of a pipeline that scales: it fits, scores, saves and loads as any pipeline does.

python examples/training/eg/tf.py [FILE]
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.metrics import r2_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

import modelyard as mlflow
import modelyard.sklearn
from modelyard.training.data import load, split
from modelyard.training.trainers.kerasnet import KerasRegressor

DATA = "data/winequality-red.csv"


def main(data: str = DATA) -> None:
    wines = split(load(data), target="quality", task="regression", test_size=0.33, seed=42)
    pipe = Pipeline([("scale", MinMaxScaler()), ("net", KerasRegressor(hidden=[32, 16], epochs=15, seed=42))])
    pipe.fit(wines.train_x, wines.train_y)
    predicted = pipe.predict(wines.test_x)
    score = pipe.score(wines.test_x, wines.test_y)
    assert np.isclose(score, r2_score(wines.test_y, predicted))

    with mlflow.start_run():
        mlflow.log_metric("r2", score)
        info = modelyard.sklearn.log_model(pipe, name="model", input_example=wines.train_x.head(3))
    again = modelyard.sklearn.load_model(info.model_uri)
    assert np.array_equal(again.predict(wines.test_x), predicted)
    print(f"{info.model_uri}: r2 {score:.3f}, and the same predictions after loading")


if __name__ == "__main__":
    main(*sys.argv[1:2])
