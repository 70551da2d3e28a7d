"""What is allowed in the model registry, whatever keeps it. Messages are MLflow's where MLflow has one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from modelyard.core.checks import check_name as check_key
from modelyard.core.checks import check_unique_path, missing, too_long
from modelyard.core.entities import ModelVersionTag, RegisteredModelTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import registry as reg

STAGES = ("None", "Staging", "Production", "Archived")
ACTIVE_STAGES = ("Staging", "Production")

MAX_NAME = 256
MAX_ALIAS = 255
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 100_000
MAX_DESCRIPTION = 100_000
MAX_TAGS = 1_000
MAX_MODELS_PAGE = 1_000
MAX_VERSIONS_PAGE = 200_000

_CANONICAL = {stage.lower(): stage for stage in STAGES}
_ALIAS = re.compile(r"[\w\-]*")
_VERSION_ALIAS = re.compile(r"v\d+", re.IGNORECASE)


def check_name(name: str, parameter: str = "name") -> None:
    """A registered model's name: not blank, without ``/`` and ``:``, at most 256 characters."""
    if not name.strip():
        raise missing(parameter)
    if "/" in name or ":" in name:
        raise InvalidParameter(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    check_unique_path(parameter, name)
    check_length("Registered model name", name, MAX_NAME)


def check_length(what: str, text: str, limit: int) -> None:
    """A text of at most ``limit`` characters."""
    if len(text) > limit:
        raise too_long(what, limit)


def version_number(version: str) -> int:
    """The number of a version; raises when it is not an integer."""
    if not re.fullmatch(r"\s*[+-]?\d{1,18}\s*", version, re.ASCII):
        raise InvalidParameter(f"Parameter 'version' must be an integer, got '{version}'.")
    return int(version)


def check_alias(alias: str, *, reserved: bool) -> None:
    """An alias: letters, digits, ``_``, ``-``, at most 255; with ``reserved``, not ``latest`` and not ``v<number>``."""
    if not alias:
        raise InvalidParameter("Registered model alias name cannot be empty.")
    if not _ALIAS.fullmatch(alias):
        raise InvalidParameter(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )
    check_length("Registered model alias name", alias, MAX_ALIAS)
    if reserved and alias.lower() == "latest":
        raise InvalidParameter("'latest' alias name (case insensitive) is reserved.")
    if reserved and _VERSION_ALIAS.fullmatch(alias):
        raise InvalidParameter(f"Version alias name '{alias}' is reserved.")


def check_tag(key: str, value: str) -> None:
    """A tag of a model or version."""
    if not key:
        raise missing("key")
    check_key("key", key)
    check_length("key", key, MAX_TAG_KEY)
    check_length("value", value, MAX_TAG_VALUE)


def check_tags(tags: Iterable[RegisteredModelTag | ModelVersionTag]) -> dict[str, str]:
    """All tags of a create by key; of equal keys the last one counts."""
    found = {}
    for tag in tags:
        check_tag(tag.key, tag.value)
        found[tag.key] = tag.value
    if len(found) > MAX_TAGS:
        raise InvalidParameter(f"A create can carry at most {MAX_TAGS} tags. Got {len(found)} tags.")
    return found


def canonical_stage(stage: str) -> str:
    """A stage in its own spelling."""
    canonical = _CANONICAL.get(stage.lower())
    if canonical is None:
        raise InvalidParameter(f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(STAGES)}.")
    return canonical


def check_transition(request: reg.TransitionModelVersionStage) -> str:
    """The stage to move to; others are archived only when it is an active one."""
    if not request.stage:
        raise missing("stage")
    stage = canonical_stage(request.stage)
    if request.archive_existing_versions and stage not in ACTIVE_STAGES:
        raise InvalidParameter(
            "Model version transition cannot archive existing model versions because "
            f"'{request.stage}' is not an Active stage. Valid stages are {list(ACTIVE_STAGES)}"
        )
    return stage
