"""Predict the quality of wines in a file with a logged model.

`python 04_Predict_Batch.py MODEL FILE`: the model by any of its names (`runs:/RUN/model`, `models:/NAME/1`, or the path of
its folder), the wines as CSV with a head line.
"""

import sys

import pandas as pd

import modelyard as mlflow

if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: 04_Predict_Batch.py MODEL FILE")
    loaded_model = mlflow.pyfunc.load_model(sys.argv[1])
    data = pd.read_csv(sys.argv[2], sep=None, engine="python")  # one copy has semicolons, another commas
    data["prediction"] = loaded_model.predict(data.drop(columns="quality", errors="ignore"))
    print(data.to_csv(index=False), end="")
