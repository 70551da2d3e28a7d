"""Verbs about metrics. ``log_metric`` is called in training loops: it checks, appends and returns."""

from __future__ import annotations

from collections.abc import Mapping
from time import time_ns
from typing import Any

from modelyard.client.active import MODEL, PROCESS, STACK, OpenRun
from modelyard.client.client import MlflowClient, StoreClient
from modelyard.client.datasets.dataset import entity_of
from modelyard.client.fluent.runs import current_run
from modelyard.client.lane import Lane, check_key
from modelyard.client.numeric import number, step_number, time_number
from modelyard.client.pending import RunOperations
from modelyard.core.entities import DatasetInput, ModelInput
from modelyard.core.wire.messages.runs import LogInputs


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> RunOperations | None:
    """Log a point of a metric to the active run. It is queued and sent in the background, in microseconds.

    ``value`` is a number; booleans, texts and None are refused. ``step`` is 0 unless given, ``timestamp`` (in
    milliseconds) is now. A run's value of a metric is that of its largest step, of equal steps the latest.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     for step in range(3):
    ...         mlflow.log_metric("loss", 1 / (step + 1), step=step)
    >>> [point.value for point in mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")]
    [1.0, 0.5, 0.3333333333333333]
    """
    stack = STACK.get()
    if (
        not stack
        or run_id is not None
        or timestamp is not None
        or synchronous is not None
        or model_id is not None
        or dataset is not None
        or MODEL.get() is not None
    ):
        return _log_point(key, value, step, _Particulars(synchronous, timestamp, run_id, model_id, dataset))
    # From here on it is Lane.add, written out: a call less in a training loop.
    lane = stack[-1].lane
    if type(value) is not float:
        value = number(key, value)
    if key not in lane.good_keys:
        check_key(key)
    if type(step) is not int:
        step = step_number(key, step)
    lane.append((key, value, time_ns() // 1_000_000, step))
    if lane.direct or lane.shipper.asleep or len(lane.points) > lane.limit:
        lane.settle()
    return None


def log_metrics(
    metrics: Mapping[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> RunOperations | None:
    """Log points of several metrics, all with one step and one time; one that is refused means that none is logged.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     mlflow.log_metrics({"mse": 2.5, "rmse": 1.58}, step=1)
    >>> mlflow.get_run(run.info.run_id).data.metrics
    {'mse': 2.5, 'rmse': 1.58}
    """
    particulars = _Particulars(synchronous, timestamp, run_id, model_id, dataset)
    lane, client, run_id = particulars.target()
    about = particulars.link(client, run_id)
    moment = time_ns() // 1_000_000 if timestamp is None else time_number("timestamp", timestamp)
    points = []
    for key, value in metrics.items():
        check_key(key)
        points.append((key, number(key, value), moment, step_number(key, step), *about))
    lane.points.extend(points)
    lane.settle()
    return particulars.answer(client, run_id)


class _Particulars:
    """What is seldom said about a point."""

    def __init__(
        self, synchronous: bool | None, timestamp: int | None, run_id: str | None, model_id: str | None, dataset: Any
    ) -> None:
        self._synchronous = synchronous
        self.timestamp = timestamp
        self._run_id = run_id
        self._model_id = model_id or MODEL.get()
        self._dataset = dataset

    def target(self) -> tuple[Lane, StoreClient, str]:
        """The queue, and the client and the id of the run."""
        if self._run_id is None:
            opened: OpenRun = current_run()
            return opened.lane, StoreClient(opened.connection, opened.connection), opened.run_id
        client = MlflowClient()
        return PROCESS.connect().sender.lane(self._run_id), client, self._run_id

    def link(self, client: StoreClient, run_id: str) -> tuple[str | None, ...]:
        """The model and the dataset a point is about; the run is noted to have read them."""
        if self._model_id is None and self._dataset is None:
            return ()
        entity = entity_of(self._dataset) if self._dataset is not None else None
        client.link_inputs(
            LogInputs(
                run_id=run_id,
                datasets=[DatasetInput(entity)] if entity else [],
                models=[ModelInput(self._model_id)] if self._model_id else [],
            )
        )
        return (self._model_id, entity.name if entity else None, entity.digest if entity else None)

    def answer(self, client: StoreClient, run_id: str) -> RunOperations | None:
        """What a call answers that asked to wait, or for something to wait for."""
        return client.after_logging(run_id, self._synchronous)


def _log_point(key: str, value: Any, step: int | None, particulars: _Particulars) -> RunOperations | None:
    checked = number(key, value)  # before a run is started for it
    check_key(key)
    lane, client, run_id = particulars.target()
    lane.add(key, checked, step, particulars.timestamp, particulars.link(client, run_id))
    return particulars.answer(client, run_id)
