"""Verbs that log artifacts of the active run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from modelyard.client.active import PROCESS
from modelyard.client.client import MlflowClient, StoreClient
from modelyard.client.fluent.experiments import default_experiment_id
from modelyard.client.fluent.runs import current_run
from modelyard.core import keys


def log_artifact(
    local_path: str | os.PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Log a file, or a folder under its own name, below the folder ``artifact_path``.

    >>> import modelyard as mlflow, pathlib
    >>> _ = pathlib.Path("results.csv").write_text("a,b")
    >>> with mlflow.start_run() as run:
    ...     mlflow.log_artifact("results.csv", "tables")
    >>> [info.path for info in mlflow.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="tables")]
    ['tables/results.csv']
    """
    run_id, client = _target(run_id)
    client.log_artifact(run_id, os.fspath(local_path), artifact_path)


def log_artifacts(
    local_dir: str | os.PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Log the contents of a folder, with the folders in it, below the folder ``artifact_path``."""
    run_id, client = _target(run_id)
    client.log_artifacts(run_id, os.fspath(local_dir), artifact_path)


def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Log a text as a file."""
    run_id, client = _target(run_id)
    client.log_text(run_id, text, artifact_file)


def log_dict(dictionary: Mapping[str, Any], artifact_file: str, run_id: str | None = None) -> None:
    """Log a dictionary as JSON, or as YAML where the file's name ends in ``.yaml`` or ``.yml``."""
    run_id, client = _target(run_id)
    client.log_dict(run_id, dictionary, artifact_file)


def log_stream(stream: BinaryIO, artifact_file: str, run_id: str | None = None) -> None:
    """Log what a binary stream holds as a file."""
    run_id, client = _target(run_id)
    client.log_stream(run_id, stream, artifact_file)


def log_figure(figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None) -> None:
    """Log a matplotlib or plotly figure as a file of the format its name says."""
    run_id, client = _target()
    client.log_figure(run_id, figure, artifact_file, save_kwargs=save_kwargs)


def log_image(
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> None:
    """Log an image (an array, a PIL image or a ``modelyard.Image``) as a file, or under ``key`` as one of a series."""
    run_id, client = _target()
    client.log_image(run_id, image, artifact_file, key, step, timestamp, synchronous)


def log_table(data: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Log a dictionary of columns or a data frame as a table; rows are added to one that is there.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     mlflow.log_table({"question": ["why?"], "score": [0.5]}, "evaluation.json")
    >>> mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/evaluation.json")
    {'columns': ['question', 'score'], 'data': [['why?', 0.5]]}
    """
    run_id, client = _target(run_id)
    client.log_table(run_id, data, artifact_file)


def load_table(artifact_file: str, run_ids: list[str] | None = None, extra_columns: list[str] | None = None) -> Any:
    """A table of all runs of the active experiment that logged it, or of some runs, as one pandas data frame."""
    experiment_id = default_experiment_id(PROCESS.connect())
    return MlflowClient().load_table(experiment_id, artifact_file, run_ids, extra_columns)


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """The address of the active run's artifacts, or of one of them.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     mlflow.log_text("hello", "hello.txt")
    ...     mlflow.artifacts.load_text(mlflow.get_artifact_uri("hello.txt"))
    'hello'
    """
    opened = current_run()
    root = opened.run.info.artifact_uri or opened.connection.artifact_root(opened.run_id)
    if not artifact_path:
        return root
    path = artifact_path.strip("/")
    keys.check(path)
    return f"{root.rstrip('/')}/{path}"


def _target(run_id: str | None = None) -> tuple[str, StoreClient]:
    if run_id is not None:
        return run_id, MlflowClient()
    opened = current_run()
    return opened.run_id, StoreClient(opened.connection, opened.connection)
