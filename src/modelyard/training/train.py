"""Training: data in, a tracked run and a registered version out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from modelyard.client.client import MlflowClient
from modelyard.client.fluent.experiments import current_experiment_id
from modelyard.client.progress import Progress
from modelyard.core.errors import AlreadyExists, NotFound
from modelyard.training import plots
from modelyard.training.data import Split, Table, load, split
from modelyard.training.evaluate import evaluate
from modelyard.training.request import DEFAULT_MODEL, DEFAULT_SEED, DEFAULT_TEST_SIZE, TrainRequest, checked
from modelyard.training.result import Training
from modelyard.training.tracked import Told, TrackedRun, tracked
from modelyard.training.trainers.contract import Fitted, Trainer
from modelyard.training.trainers.table import trainer

EXPERIMENT = "training"
_STAGES = 4  # described, fitted, evaluated, registered


def train(
    data: Any,
    *,
    target: str,
    model: str = DEFAULT_MODEL,
    params: Mapping[str, Any] | None = None,
    test_size: float = DEFAULT_TEST_SIZE,
    seed: int = DEFAULT_SEED,
    name: str = "",
    models: str | os.PathLike[str] | None = None,
) -> Training:
    """Train a model on a table: a tracked run, and a version of the registered model ``name``.

    - ``data``: a CSV or Parquet file, its bytes, a data frame, an Arrow table or a list of dicts.
    - ``target``: the column to predict; all others are what it is predicted from.
    - ``model``: what to train, such as ``"RandomForestClassifier"`` or ``"DenseRegressor"``; ``params`` are its own.
    - ``test_size``, ``seed``: the share of the rows to test with, and what they and all else that is random are drawn by.
    - ``models``: the store, a folder or an address; the current tracking URI and experiment when it is None.

    On a terminal a bar shows how far it is. Raises ``InvalidParameter`` naming the param, the column or the model that is not
    possible, and ``NotFound`` with the path of a file that is not there.

    >>> from modelyard.training import train
    >>> rows = [{"size": float(size), "rooms": size // 20, "price": size * 3.0} for size in range(30, 130)]
    >>> done = train(rows, target="price", name="flats")
    >>> done.version, round(done.metrics["r2"], 2), done.rows.train, done.rows.test
    ('1', 1.0, 67, 33)
    """
    request = TrainRequest(
        target=target,
        model=model,
        params=dict(params or {}),
        test_size=test_size,
        seed=seed,
        name=name,
        plots=True,
        verify=True,
    )
    client = MlflowClient(None if models is None else os.fspath(models))
    experiment_id = current_experiment_id() if models is None else experiment_of(client)
    with Progress(f"training {model}") as bar:
        return train_table(load(data), request, client=client, experiment_id=experiment_id, told=bar.at)


def train_table(
    table: Table, request: TrainRequest, *, client: MlflowClient, experiment_id: str, told: Told | None = None
) -> Training:
    """Train as a request says and track it; what cannot be trained at all leaves no run."""
    chosen = trainer(checked(request).model)
    chosen.check(request.params)
    parts = split(
        table,
        target=request.target,
        task=chosen.task,
        test_size=request.test_size,
        seed=request.seed,
        takes=chosen.takes,
    )
    with tracked(client, experiment_id, request, told or _nobody) as run:
        run.describe(request, table, parts, chosen.framework)
        run.stage(1, _STAGES)
        fitted = chosen.fit(parts, request.params, seed=request.seed, watch=run)
        return _finish(run, request, chosen, parts, fitted)


def experiment_of(client: MlflowClient, name: str = EXPERIMENT) -> str:
    """The experiment that trainings of a store are kept in; it is made where there is none."""
    with contextlib.suppress(AlreadyExists):
        return client.create_experiment(name)
    found = client.get_experiment_by_name(name)
    if found is None:
        raise NotFound(f"There is no experiment {name!r}.")
    return found.experiment_id


def _finish(run: TrackedRun, request: TrainRequest, chosen: Trainer, parts: Split, fitted: Fitted) -> Training:
    run.stage(2, _STAGES)
    run.log_params(fitted.params)
    predicted = fitted.predict(parts.test_x)
    evaluation = evaluate(parts.task, parts.test_y, predicted, parts.labels)
    run.log_evaluation(evaluation)
    if request.plots:
        run.log_plots(plots.plots(parts, predicted))
    run.stage(3, _STAGES)
    info = run.log_model(fitted, parts, _notes(chosen, parts), verify=request.verify)
    tags = {
        "training.model": chosen.name,
        "training.framework": chosen.framework,
        "training.task": parts.task,
        "training.target": parts.target,
    }
    version = run.register(request.registered_name, info, tags)
    run.stage(4, _STAGES)
    return Training(
        run_id=run.run_id,
        model_id=info.model_id or "",
        name=request.registered_name,
        version=version,
        model=chosen.name,
        task=parts.task,
        target=parts.target,
        features=parts.features,
        params=fitted.params,
        metrics=evaluation.metrics,
        classes=evaluation.classes,
        rows=parts.rows,
        test_size=request.test_size,
        seed=request.seed,
        verification=info.verdict.status,
    )


def _notes(chosen: Trainer, parts: Split) -> dict[str, Any]:
    """What predictions need to know of the training; it travels with the model."""
    return {
        "model": chosen.name,
        "framework": chosen.framework,
        "task": parts.task,
        "target": parts.target,
        "features": [{"name": each.name, "type": each.type} for each in parts.features],
        "labels": parts.labels,
    }


def _nobody(done: int, of: int) -> None:
    """Nobody watches."""
