"""Logs the models that are to score files, run by each client's interpreter: prints their addresses as JSON.

`python scorer.py CLIENT STORE`. It imports nothing of this package, which the peers' environments do not have.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from typing import Any

_ROWS, _COLUMNS, _TREES = 1600, 11, 100
NAMES = [f"c{column}" for column in range(_COLUMNS)]


def main(client: str, store: str) -> None:
    """A linear model and a forest, trained on the same numbers by every client."""
    warnings.simplefilter("ignore")
    mlflow = importlib.import_module(client)
    mlflow.set_tracking_uri(store)
    sklearn = importlib.import_module(f"{client}.sklearn")
    found = {}
    with mlflow.start_run():
        for name, model, data in _models():
            told = sklearn.log_model(
                model, name=name, input_example=data.head(3), skops_trusted_types=["sklearn.tree._tree.Tree"]
            )
            found[name] = told.model_uri
    print(json.dumps(found))


def _models() -> list[tuple[str, Any, Any]]:
    numpy, pandas = importlib.import_module("numpy"), importlib.import_module("pandas")
    linear_model, ensemble = (
        importlib.import_module("sklearn.linear_model"),
        importlib.import_module("sklearn.ensemble"),
    )
    draw = numpy.random.default_rng(1)
    data = pandas.DataFrame(numpy.round(draw.random((_ROWS, _COLUMNS)) * 10, 4), columns=NAMES)
    target = numpy.round(data @ numpy.linspace(0.1, 1, _COLUMNS) + draw.random(_ROWS))
    return [
        ("linear", linear_model.ElasticNet(alpha=0.01).fit(data, target), data),
        ("forest", ensemble.RandomForestRegressor(_TREES, random_state=0).fit(data, target), data),
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
