"""Trains a model and writes it as a system serves it, in that system's own environment.

`python trained.py SYSTEM MODEL FOLDER SMALL`: MODEL is `linear` or `forest`, SMALL is `1` for a model that only shows that
the bench works. It writes the model into FOLDER, and `rows.json`: the columns, rows to ask for, and what `model.predict`
answers for each of them alone. The data is the white-wine file that WINE_QUALITY_CSV names, or else numbers of its shape
and spread.
"""

from __future__ import annotations

import csv
import importlib
import json
import logging
import os
import random
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

NAMES = [
    "fixed acidity", "volatile acidity", "citric acid", "residual sugar", "chlorides", "free sulfur dioxide",
    "total sulfur dioxide", "density", "pH", "sulphates", "alcohol",
]  # fmt: skip
_SPREADS = [
    (6.85, 0.84, 1), (0.28, 0.10, 2), (0.33, 0.12, 2), (6.4, 5.0, 1), (0.046, 0.022, 3), (35, 17, 0),
    (138, 42, 0), (0.994, 0.003, 5), (3.19, 0.15, 2), (0.49, 0.11, 2), (10.5, 1.2, 1),
]  # fmt: skip
_ROWS = 4898
_ASKED = 1000


def data() -> tuple[list[list[float]], list[float], str]:
    """Rows, qualities, and where they are from."""
    file = os.environ.get("WINE_QUALITY_CSV", "")
    if file:
        with Path(file).open() as lines:
            found = [[float(value) for value in row] for row in list(csv.reader(lines, delimiter=";"))[1:]]
        return [row[:-1] for row in found], [row[-1] for row in found], "the white-wine file"
    rng = random.Random(5)
    rows = [
        [round(abs(rng.gauss(middle, spread)), digits) for middle, spread, digits in _SPREADS] for _ in range(_ROWS)
    ]
    marks = [round(3 + (row[10] - 8) * 0.6 - row[1] * 2 + rng.gauss(0.5, 0.6)) for row in rows]
    return rows, [float(mark) for mark in marks], "numbers of the white-wine file's shape and spread"


def main(system: str, kind: str, folder: str, small: str) -> None:
    """Train, write, and note the answers."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    rows, marks, source = data()
    if small == "1":
        rows, marks = rows[:300], marks[:300]
    inputs: Any = importlib.import_module("numpy").array(rows)
    if kind == "linear":
        model = importlib.import_module("sklearn.linear_model").ElasticNet(alpha=0.01, random_state=1)
    else:
        forests = importlib.import_module("sklearn.ensemble")
        model = forests.RandomForestRegressor(100 if small != "1" else 5, random_state=1)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    if system in ("modelyard", "mlflow"):
        inputs = importlib.import_module("pandas").DataFrame(inputs, columns=NAMES)
    model.fit(inputs, marks)
    _WRITERS[system](model, inputs, place)
    asked = rows[:_ASKED]
    if system in ("modelyard", "mlflow"):
        frame = importlib.import_module("pandas").DataFrame
        answers = [float(model.predict(frame([row], columns=NAMES))[0]) for row in asked]
    else:
        answers = [float(model.predict([row])[0]) for row in asked]
    told = {"columns": NAMES, "rows": asked, "answers": answers, "source": source}
    (place / "rows.json").write_text(json.dumps(told))


def _as_mlflow(client: str) -> Any:
    def write(model: Any, inputs: Any, place: Path) -> None:
        sklearn = importlib.import_module(f"{client}.sklearn")
        signature = importlib.import_module(f"{client}.models").infer_signature(inputs, model.predict(inputs.head()))
        more = (
            {"serialization_format": "cloudpickle"} if client == "mlflow" else {}
        )  # its skops takes no forest by itself
        sklearn.save_model(model, str(place / "model"), signature=signature, input_example=inputs.head(5), **more)

    return write


def _as_joblib(model: Any, _: Any, place: Path) -> None:
    importlib.import_module("joblib").dump(model, place / "model.joblib")


def _as_mlserver(model: Any, inputs: Any, place: Path) -> None:
    _as_joblib(model, inputs, place)
    settings = {
        "name": "wine",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": "1"},
    }
    (place / "model-settings.json").write_text(json.dumps(settings))


def _with_service(name: str) -> Any:
    def write(model: Any, inputs: Any, place: Path) -> None:
        _as_joblib(model, inputs, place)
        shutil.copy(Path(__file__).with_name(name), place / "service.py")

    return write


_WRITERS = {
    "modelyard": _as_mlflow("modelyard"),
    "mlflow": _as_mlflow("mlflow"),
    "mlserver": _as_mlserver,
    "bentoml": _with_service("bento.py"),
    "litserve": _with_service("lit.py"),
}


if __name__ == "__main__":
    main(*sys.argv[1:])
