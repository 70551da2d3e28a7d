"""Writes one model of each kind with the release of MLflow it is run by. Run by ``make.py``, in an empty folder."""

import importlib
import inspect
import json
import os
import sys
import warnings

import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
import sklearn
from sklearn.linear_model import LinearRegression

sys.path.insert(0, os.getcwd())
from golden_scale import Scale

FRAME = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "z": [0.5, 0.0, 1.5, 1.0]})
TARGET = 2 * FRAME["x"] - FRAME["z"] + 1
FROM_CODE = """\
import mlflow
from mlflow.models import set_model


class Add(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["x"] + model_input["z"]


set_model(Add())
"""


def _version():
    return tuple(int(part) for part in mlflow.__version__.split(".")[:2])


def _save(save_model, *args, code=None, example=True, outputs=None, **options):
    """Call ``save_model`` with those options that this release knows, by the names it has for them."""
    known = inspect.signature(save_model).parameters
    if example and "signature" in known:
        options["signature"] = importlib.import_module("mlflow.models").infer_signature(FRAME, outputs)
        options["input_example"] = FRAME[:2]
    if code is not None:
        options["code_paths" if "code_paths" in known else "code_path"] = code
    save_model(*args, **{name: value for name, value in options.items() if name in known})


def _sklearn(folder, form):
    model = LinearRegression().fit(FRAME, TARGET)
    requirements = [f"scikit-learn=={sklearn.__version__}"]
    _save(
        mlflow.sklearn.save_model, model, folder, outputs=model.predict(FRAME), serialization_format=form,
        pip_requirements=requirements,
    )  # fmt: skip


def _plain(folder):
    """What the shortest call gives: no signature, no example."""
    model = LinearRegression().fit(FRAME, TARGET)
    _save(mlflow.sklearn.save_model, model, folder, example=False, pip_requirements=["scikit-learn"])


def _factor():
    with open("factor.json", "w", encoding="utf-8") as file:
        json.dump({"factor": 3.0}, file)
    return "factor.json"


def _pyfunc(folder):
    _save(
        mlflow.pyfunc.save_model, folder, outputs=FRAME["x"] * 3.0, python_model=Scale(),
        artifacts={"factor": _factor()}, code=["golden_scale.py"], pip_requirements=["pandas"],
    )  # fmt: skip


def _loader(folder):
    _save(
        mlflow.pyfunc.save_model, folder, outputs=FRAME["x"] * 3.0, loader_module="golden_loader",
        data_path=_factor(), code=["golden_loader.py"], pip_requirements=["pandas"],
    )  # fmt: skip


def _from_code(folder):
    with open("add.py", "w", encoding="utf-8") as file:
        file.write(FROM_CODE)
    outputs = FRAME["x"] + FRAME["z"]
    _save(mlflow.pyfunc.save_model, folder, outputs=outputs, python_model="add.py", pip_requirements=["pandas"])


def _xgboost(folder):
    xgboost = importlib.import_module("xgboost")
    model = xgboost.train(
        {"max_depth": 2, "objective": "reg:squarederror"}, xgboost.DMatrix(FRAME, TARGET), num_boost_round=3
    )
    outputs = model.predict(xgboost.DMatrix(FRAME))
    save_model = importlib.import_module("mlflow.xgboost").save_model
    _save(save_model, model, folder, outputs=outputs, model_format="json", pip_requirements=["xgboost"])


def main():
    """Write the models, read each again, note what it predicts."""
    warnings.simplefilter("ignore")
    writers = {"sklearn-plain": _plain, "pyfunc": _pyfunc, "loader": _loader}
    if _version() >= (1, 30):
        writers["sklearn-pickle"] = lambda folder: _sklearn(folder, "pickle")
        writers["sklearn-cloudpickle"] = lambda folder: _sklearn(folder, "cloudpickle")
        writers["xgboost"] = _xgboost
    if _version() >= (2, 13):
        writers["from-code"] = _from_code
    if _version() >= (3, 0):
        writers["sklearn-skops"] = lambda folder: _sklearn(folder, "skops")
    expected = {}
    for name, write in writers.items():
        folder = os.path.join("models", name)
        write(folder)
        predictions = mlflow.pyfunc.load_model(folder).predict(FRAME)
        expected[name] = [float(each) for each in np.asarray(predictions)]
    with open(os.path.join("models", "expected.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1)


main()
