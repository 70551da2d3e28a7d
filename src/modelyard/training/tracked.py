"""A training's run: what it logs, the model it keeps, and the version it registers."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from modelyard.client.client import MlflowClient
from modelyard.client.context import context_tags
from modelyard.client.datasets.dataset import entity_of
from modelyard.client.datasets.frames import from_pandas
from modelyard.client.flavors.log import LogOptions, log_model, verdict_tags
from modelyard.core.entities import DatasetInput, InputTag, Metric, Param
from modelyard.core.errors import AlreadyExists, InvalidParameter, ModelyardError
from modelyard.core.settings import Settings
from modelyard.models.info import ModelInfo
from modelyard.models.options import SaveOptions
from modelyard.services.tracking.rules.inputs import CONTEXT_TAG
from modelyard.training.data import Split, Table
from modelyard.training.evaluate import Evaluation
from modelyard.training.request import TrainRequest
from modelyard.training.trainers.contract import Fitted

NOTES = "training"
"""Where the MLmodel file keeps what predictions need to know of the training."""

MODEL = "model"
CHECKPOINT = "checkpoints/last.pt"
_EXAMPLE_ROWS = 3
_LONGEST = 500

Told = Callable[[int, int], None]
"""Told how many epochs are done, of how many; of what has none, how many parts of the training."""


class TrackedRun:
    """The run of one training, which is also its ``Watch``."""

    def __init__(self, client: MlflowClient, run_id: str, told: Told) -> None:
        self.client = client
        self.run_id = run_id
        self._told = told
        self._has_epochs = False

    def stage(self, number: int, of: int) -> None:
        """A part of the training is done; told where there are no epochs, which tell more."""
        if not self._has_epochs:
            self._told(number, of)

    # Watch

    def epoch(self, number: int, of: int, losses: Mapping[str, float]) -> None:
        """Log the losses as points of their metrics."""
        self._has_epochs = True
        for key, value in losses.items():
            self.client.log_metric(self.run_id, key, value, step=number)
        self._told(number, of)

    def checkpoint(self, file: Path) -> None:
        """Keep a checkpoint as an artifact, instead of the one before."""
        folder, _, name = CHECKPOINT.rpartition("/")
        with tempfile.TemporaryDirectory(prefix="modelyard-") as place:
            named = Path(place) / name
            named.write_bytes(file.read_bytes())
            self.client.log_artifact(self.run_id, str(named), folder)

    def fetch_checkpoint(self, run_id: str, folder: Path) -> Path:
        """The last checkpoint of another run of this store."""
        return Path(self.client.download_artifacts(run_id, CHECKPOINT, str(folder)))

    # The rest of the run

    def describe(self, request: TrainRequest, table: Table, split: Split, framework: str) -> None:
        """Log what is known before the training: its data, its rows, its seed."""
        params = {
            "model": request.model,
            "framework": framework,
            "task": split.task,
            "target": split.target,
            "test_size": request.test_size,
            "seed": request.seed,
            "train_rows": split.rows.train,
            "test_rows": split.rows.test,
            "test_hash": split.rows.test_hash,
        }
        self._params(params)
        dataset = from_pandas(table.frame, source=table.source or None, targets=split.target, name=table.name)
        self.client.log_inputs(self.run_id, [DatasetInput(entity_of(dataset), [InputTag(CONTEXT_TAG, "training")])])

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log the model's params, apart from those of the training by their prefix."""
        self._params({f"param.{key}": value for key, value in params.items()})

    def log_evaluation(self, evaluation: Evaluation) -> None:
        """Log the metrics; those of each class are in a file."""
        points = [
            Metric(key, value, 0, 0)
            for key, value in evaluation.metrics.items()
            if value is not None and math.isfinite(value)
        ]
        for point in points:
            self.client.log_metric(self.run_id, point.key, point.value)
        if evaluation.classes:
            self.client.log_dict(self.run_id, dict(evaluation.classes), "classes.json")

    def log_plots(self, figures: Mapping[str, Any]) -> None:
        """Log pictures."""
        for name, figure in figures.items():
            self.client.log_figure(self.run_id, figure, f"plots/{name}")

    def log_model(self, fitted: Fitted, split: Split, notes: Mapping[str, Any], *, verify: bool) -> ModelInfo:
        """Log the model with its signature, an example, and a profile of the rows it was trained with."""
        save = SaveOptions(
            input_example=split.train_x.head(_EXAMPLE_ROWS),
            training_data=split.train_x,
            metadata={NOTES: dict(notes)},
            extra_pip_requirements=fitted.requirements or None,
            verify=verify,
        )
        info = log_model(
            fitted.obj,
            flavor=fitted.flavor,
            log=LogOptions(name=MODEL, run_id=self.run_id),
            save=save,
            client=self.client,
        )
        if info.signature is None:
            raise ModelyardError("The model fails on its own input example; the log says why.")
        return info

    def register(self, name: str, info: ModelInfo, tags: Mapping[str, Any]) -> str:
        """Make a version of a registered model of it; its number."""
        with contextlib.suppress(AlreadyExists):
            self.client.create_registered_model(name)
        made = self.client.create_model_version(
            name,
            info.model_uri,
            self.run_id,
            {**verdict_tags(info.verdict), **tags},
            model_id=info.model_id,
        )
        return made.version

    def _params(self, params: Mapping[str, Any]) -> None:
        pairs = [Param(key, str(value)[:_LONGEST]) for key, value in params.items()]
        self.client.log_batch(self.run_id, params=pairs)


@contextlib.contextmanager
def tracked(client: MlflowClient, experiment_id: str, request: TrainRequest, told: Told) -> Iterator[TrackedRun]:
    """A run for a training: finished with the block, or failed."""
    tags = {**context_tags(Settings.read()), "modelyard.training.model": request.model}
    run = client.create_run(experiment_id, tags=tags)
    try:
        yield TrackedRun(client, run.info.run_id, told)
    except BaseException as error:
        reason = error.message if isinstance(error, InvalidParameter) else type(error).__name__
        client.set_tag(run.info.run_id, "modelyard.training.error", reason[:_LONGEST])
        killed = isinstance(error, KeyboardInterrupt | SystemExit)
        client.set_terminated(run.info.run_id, "KILLED" if killed else "FAILED")
        raise
    client.set_terminated(run.info.run_id)
