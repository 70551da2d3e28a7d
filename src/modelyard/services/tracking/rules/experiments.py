"""Rules of experiments."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core.checks import check_max_results, check_name
from modelyard.core.entities import ExperimentTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import experiments as exp
from modelyard.services.tracking.rules import limits, locations
from modelyard.services.tracking.rules.values import check_count, check_text, experiment_number, require

DEFAULT_ID = 0
DEFAULT_NAME = "Default"


def check_create(request: exp.CreateExperiment, *, folder: str) -> str | None:
    """Check a new experiment; answers the location to store, None for one of our own making."""
    require("name", request.name)
    check_text("name", request.name, limits.EXPERIMENT_NAME_LENGTH)
    location = locations.checked(request.artifact_location, folder=folder) if request.artifact_location else None
    check_count("tags", request.tags, limits.TAGS_PER_CREATE)
    _check_tags(request.tags)
    return location


def check_id(experiment_id: str) -> int:
    """Check an id and answer its number."""
    require("experiment_id", experiment_id)
    return experiment_number(experiment_id)


def check_by_name(request: exp.GetExperimentByName) -> None:
    """Check a look-up by name."""
    require("experiment_name", request.experiment_name)


def check_update(request: exp.UpdateExperiment) -> int:
    """Check a new name; answers the experiment's number."""
    number = check_id(request.experiment_id)
    require("new_name", request.new_name)
    check_text("name", request.new_name, limits.EXPERIMENT_NAME_LENGTH)
    return number


def check_set_tag(request: exp.SetExperimentTag) -> int:
    """Check a tag; answers the experiment's number."""
    number = check_id(request.experiment_id)
    require("key", request.key)
    _check_tags([ExperimentTag(request.key, request.value)])
    return number


def check_delete_tag(request: exp.DeleteExperimentTag) -> int:
    """Check the removal of a tag; answers the experiment's number."""
    number = check_id(request.experiment_id)
    require("key", request.key)
    return number


def check_search(request: exp.SearchExperiments) -> None:
    """Check the size of a page."""
    check_max_results(request.max_results, limits.PAGE)


def check_search_datasets(request: exp.SearchDatasets) -> list[int]:
    """Check a search of datasets; answers the experiments' numbers."""
    count = len(request.experiment_ids)
    if not count:
        raise InvalidParameter("SearchDatasets request must specify at least one experiment_id.")
    if count > limits.DATASET_SEARCH_EXPERIMENTS:
        raise InvalidParameter(
            f"SearchDatasets request cannot specify more than {limits.DATASET_SEARCH_EXPERIMENTS} experiment_ids. "
            f"Received {count} experiment_ids."
        )
    return numbers(request.experiment_ids)


def numbers(experiment_ids: Sequence[str]) -> list[int]:
    """The experiments' numbers, each once."""
    check_count("experiment_ids", experiment_ids, limits.SEARCH_EXPERIMENTS)
    return list(dict.fromkeys(experiment_number(each) for each in experiment_ids))


def _check_tags(tags: Sequence[ExperimentTag]) -> None:
    for tag in tags:
        require("key", tag.key)
        check_name("key", tag.key)
        check_text("key", tag.key, limits.NAME_LENGTH)
        check_text("value", tag.value, limits.EXPERIMENT_TAG_LENGTH)
