"""Rules of logged models."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core import ids
from modelyard.core.checks import check_max_results
from modelyard.core.entities import LoggedModelParameter, LoggedModelTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import logged_models as lm
from modelyard.services.tracking.rules import limits
from modelyard.services.tracking.rules.experiments import check_id, numbers
from modelyard.services.tracking.rules.values import check_count, check_text, require

VERSIONS_TAG = "mlflow.modelVersions"
_BAD_CHARACTERS = ("/", ":", ".", "%", '"', "'")


def check_create(request: lm.CreateLoggedModel) -> tuple[int, str]:
    """Check a new model; answers its experiment's number and its name, a random one when none was given."""
    experiment = check_id(request.experiment_id)
    if request.name:
        _check_model_name(request.name)
    check_text("model_type", request.model_type or "", limits.LOGGED_MODEL_NAME_LENGTH)
    check_text("source_run_id", request.source_run_id or "", limits.NAME_LENGTH)
    check_params(request.params)
    check_tags(request.tags)
    return experiment, request.name or ids.new_run_name()


def check_model_id(model_id: str) -> None:
    """Check an id that is looked up."""
    require("model_id", model_id)


def check_params(params: Sequence[LoggedModelParameter]) -> None:
    """Check params; like MLflow, a model takes any characters in their keys."""
    check_count("params", params, limits.LOGGED_MODEL_PARAMS)
    for index, param in enumerate(params):
        require(f"params[{index}].key", param.key)
        check_text(f"params[{index}].key", param.key, limits.NAME_LENGTH)
        check_text(f"params[{index}].value", param.value, limits.LOGGED_MODEL_TEXT_LENGTH)


def check_tags(tags: Sequence[LoggedModelTag]) -> None:
    """Check tags; like MLflow, a model takes any characters in their keys."""
    check_count("tags", tags, limits.TAGS_PER_CREATE)
    for index, tag in enumerate(tags):
        require(f"tags[{index}].key", tag.key)
        check_text(f"tags[{index}].key", tag.key, limits.NAME_LENGTH)
        check_text(f"tags[{index}].value", tag.value, limits.LOGGED_MODEL_TEXT_LENGTH)


def check_search(request: lm.SearchLoggedModels) -> list[int]:
    """Check a search; answers the experiments' numbers."""
    require("experiment_ids", request.experiment_ids)
    check_max_results(request.max_results, limits.PAGE)
    if not all(dataset.dataset_name for dataset in request.datasets):
        raise InvalidParameter("`dataset_name` in the `datasets` clause must be specified.")
    return numbers(request.experiment_ids)


def changed_params(model_id: str, changes: Sequence[tuple[str, str, str]]) -> InvalidParameter:
    """The error for params that were logged with another value: key, old value, new value."""
    listed = [{"key": key, "old_value": old, "new_value": new} for key, old, new in changes]
    return InvalidParameter(
        f"Changing param values is not allowed. Params were already logged='{listed}' for model ID='{model_id}'."
    )


def _check_model_name(name: str) -> None:
    if any(character in name for character in _BAD_CHARACTERS):
        raise InvalidParameter(
            f"Invalid model name ({name[: limits.LOGGED_MODEL_NAME_LENGTH]!r}) provided. Model name must be a "
            f"non-empty string and cannot contain the following characters: {_BAD_CHARACTERS}"
        )
    check_text("name", name, limits.LOGGED_MODEL_NAME_LENGTH)
