"""Rules of the datasets and models that runs read, and of the models they write."""

from __future__ import annotations

from modelyard.core.checks import check_storable
from modelyard.core.entities import Dataset, DatasetInput, InputTag
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.rules import limits
from modelyard.services.tracking.rules.values import (
    check_count,
    check_int64,
    check_run_id,
    check_text,
    require,
)

CONTEXT_TAG = "mlflow.data.context"


def check_inputs(request: run.LogInputs) -> list[DatasetInput]:
    """Check inputs; answers the datasets, of equal name and digest the first."""
    check_run_id(request.run_id)
    check_count("datasets", request.datasets, limits.DATASETS_PER_CALL)
    check_count("models", request.models, limits.MODELS_PER_CALL)
    found: dict[tuple[str, str], DatasetInput] = {}
    for each in request.datasets:
        _check_dataset(each.dataset)
        for tag in each.tags:
            _check_tag(tag)
        found.setdefault((each.dataset.name, each.dataset.digest), each)
    for model in request.models:
        require("model_id", model.model_id)
        check_text("model_id", model.model_id, limits.NAME_LENGTH)
    return list(found.values())


def check_outputs(request: run.LogOutputs) -> None:
    """Check outputs."""
    require("run_id", request.run_id)
    require("models", request.models)
    check_count("models", request.models, limits.MODELS_PER_CALL)
    for model in request.models:
        require("model_id", model.model_id)
        check_text("model_id", model.model_id, limits.NAME_LENGTH)
        check_int64("step", model.step)


def context_of(tags: list[InputTag]) -> str | None:
    """What a dataset was used for, from the tags of its use."""
    return next((tag.value for tag in tags if tag.key == CONTEXT_TAG), None)


def _check_dataset(dataset: Dataset) -> None:
    check_text("name", dataset.name, limits.DATASET_NAME_LENGTH)
    check_text("digest", dataset.digest, limits.DATASET_DIGEST_LENGTH)
    check_storable("source_type", dataset.source_type)
    check_text("source", dataset.source, limits.DATASET_SOURCE_LENGTH)
    check_text("schema", dataset.schema or "", limits.DATASET_SCHEMA_LENGTH)
    check_text("profile", dataset.profile or "", limits.DATASET_PROFILE_LENGTH)


def _check_tag(tag: InputTag) -> None:
    check_text("key", tag.key, limits.INPUT_TAG_KEY_LENGTH)
    check_text("value", tag.value, limits.INPUT_TAG_LENGTH)
