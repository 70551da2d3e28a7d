"""Logs a model, or loads one and predicts, in a process of its own, run by each client's interpreter: prints JSON.

`python modeler.py CLIENT ACTION STORE [ADDRESS]`; the action is `prepare` (make the store), `log` or `load`. It imports
nothing of this package, which the peers' environments do not have.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ROWS, _COLUMNS, _WARM = 442, 10, 3
NUMBERS = [[((row * 31 + column * 17) % 101) / 101 for column in range(_COLUMNS)] for row in range(_ROWS)]
NAMES = [f"feature_{column}" for column in range(_COLUMNS)]


def main(client: str, action: str, store: str, address: str = "") -> None:
    """Do it once from nothing and then some times more; say what it took and which model it was."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    print(json.dumps({"prepare": _prepare, "log": _log, "load": _load}[action](client, store, address)))


def _prepare(client: str, store: str, _: str) -> dict[str, Any]:
    mlflow = _client(client, store)
    with mlflow.start_run():
        pass
    return {}


def _log(client: str, store: str, _: str) -> dict[str, Any]:
    """A regressor that was trained just now, logged with the first rows as its example."""
    linear_model, pandas = importlib.import_module("sklearn.linear_model"), importlib.import_module("pandas")
    data = pandas.DataFrame(NUMBERS, columns=NAMES)
    model = linear_model.ElasticNet(alpha=0.01).fit(data, data.sum(axis=1))

    def once() -> Any:
        mlflow = _client(client, store)
        with mlflow.start_run():
            return importlib.import_module(f"{client}.sklearn").log_model(
                model, name="model", input_example=data.head(5)
            )

    info, timings = _timed(once)
    if info.signature is None:
        raise SystemExit("the model was logged without a signature")
    return {**timings, "address": info.model_uri}


def _load(client: str, store: str, address: str) -> dict[str, Any]:
    """The model as a Python function, and one prediction with it."""

    def once() -> Any:
        _client(client, store)
        model = importlib.import_module(f"{client}.pyfunc").load_model(address)
        data = importlib.import_module("pandas").DataFrame(NUMBERS[:5], columns=NAMES)
        return model.predict(data)

    predictions, timings = _timed(once)
    return {**timings, "predictions": [float(each) for each in predictions]}


def _client(client: str, store: str) -> Any:
    module = importlib.import_module(client)
    module.set_tracking_uri(store)
    return module


def _timed(once: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """The first time, with the imports it takes, and the median of more times in the same process."""
    found, first, cpu = _clocked(once)
    warm = [_clocked(once)[1:] for _ in range(_WARM)]
    return found, {
        "first": first,
        "first_cpu": cpu,
        "warm": statistics.median(seconds for seconds, _ in warm),
        "warm_cpu": statistics.median(used for _, used in warm),
    }


def _clocked(once: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, the seconds that passed, and the processor's, those of the processes it started too."""
    cpu, began = _processor_time(), time.perf_counter()
    found = once()
    return found, time.perf_counter() - began, _processor_time() - cpu


def _processor_time() -> float:
    """Seconds that this process used, those it waited for, and its children that still run with all they waited for."""
    used = sum(os.times()[:4])
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                used += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return used


if __name__ == "__main__":
    main(*sys.argv[1:])
