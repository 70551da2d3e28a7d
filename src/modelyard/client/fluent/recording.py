"""Verbs that log params, tags, inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.client.active import PROCESS
from modelyard.client.calls.base import check_text_key, key_values
from modelyard.client.client import MlflowClient, StoreClient
from modelyard.client.datasets.dataset import entity_of
from modelyard.client.fluent.runs import current_run
from modelyard.client.pending import RunOperations
from modelyard.core.entities import DatasetInput, InputTag, Param, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.services.tracking.rules.inputs import CONTEXT_TAG


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log a parameter of the active run, as a text; answers the value. Another value for it later is refused.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     mlflow.log_param("alpha", 0.5)
    0.5
    >>> mlflow.get_run(run.info.run_id).data.params
    {'alpha': '0.5'}
    """
    check_text_key(key)
    run_id, client = _target()
    return client.log_param(run_id, key, value, synchronous)


def log_params(
    params: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None
) -> RunOperations | None:
    """Log several parameters; up to 100 are stored as a whole or not at all.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     mlflow.log_params({"alpha": 0.5, "depth": 3})
    """
    pairs = key_values(Param, params)
    run_id, client = _target(run_id)
    return client.log_batch(run_id, params=pairs, synchronous=synchronous)


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
    """Set a tag of the active run, as a text; it can be set again and deleted.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     mlflow.set_tag("release.version", "2.2.0")
    """
    check_text_key(key)
    run_id, client = _target()
    return client.set_tag(run_id, key, value, synchronous)


def set_tags(tags: Mapping[str, Any], synchronous: bool | None = None) -> RunOperations | None:
    """Set several tags of the active run."""
    pairs = key_values(RunTag, tags)
    run_id, client = _target()
    return client.log_batch(run_id, tags=pairs, synchronous=synchronous)


def delete_tag(key: str) -> None:
    """Remove a tag of the active run."""
    run_id, client = _target()
    client.delete_tag(run_id, key)


def log_input(
    dataset: Any = None, context: str | None = None, tags: Mapping[str, str] | None = None, model: Any = None
) -> None:
    """Record a dataset, of ours or MLflow's, or a logged model that the active run reads.

    ``context`` says what for, such as ``"training"``.
    """
    read = _dataset_input(dataset, context, tags)
    run_id, client = _target()
    client.log_inputs(run_id, [read] if read else None, [model] if model is not None else None)


def log_inputs(
    datasets: Sequence[Any] | None = None,
    contexts: Sequence[str | None] | None = None,
    tags_list: Sequence[Mapping[str, str] | None] | None = None,
    models: Sequence[Any] | None = None,
) -> None:
    """Record several datasets and logged models that the active run reads. The first three lists are of one length."""
    datasets, contexts, tags_list = datasets or [], contexts or [], tags_list or []
    if not len(datasets) == len(contexts) == len(tags_list):
        raise InvalidParameter(
            "`mlflow.log_inputs` requires `datasets`, `contexts`, `tags_list` to be non-empty list and have the same"
            " length."
        )
    read = [_dataset_input(*each) for each in zip(datasets, contexts, tags_list, strict=True)]
    run_id, client = _target()
    client.log_inputs(run_id, [each for each in read if each], [each for each in models or () if each is not None])


def log_outputs(models: Sequence[Any] | None = None) -> None:
    """Record logged models that the active run writes."""
    run_id, client = _target()
    client.log_outputs(run_id, models or [])


def flush_async_logging() -> None:
    """Return when everything that was logged until now is stored, or kept in the journal while the store is away."""
    PROCESS.flush()


def flush_artifact_async_logging() -> None:
    """Artifacts are written at once: nothing is left to wait for."""


def _target(run_id: str | None = None) -> tuple[str, StoreClient]:
    """A run and the client of its store: the active run, or the one named."""
    if run_id is not None:
        return run_id, MlflowClient()
    opened = current_run()
    return opened.run_id, StoreClient(opened.connection, opened.connection)


def _dataset_input(dataset: Any, context: str | None, tags: Mapping[str, str] | None) -> DatasetInput | None:
    if dataset is None:
        if context or tags:
            raise InvalidParameter("`dataset` must be specified if `context` or `tags` is specified.")
        return None
    told = key_values(InputTag, tags)
    if context:
        told.append(InputTag(CONTEXT_TAG, context))
    return DatasetInput(entity_of(dataset), told)
