"""What is allowed in the model registry, whatever keeps it. Messages are MLflow's where MLflow has one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

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
_TAG_KEY = re.compile(r"[/\w.\- :]*")
_DOCS = "See the API docs for more information about request parameters."


def missing(parameter: str) -> InvalidParameter:
    """What a required parameter that is not there is answered with."""
    return InvalidParameter(f"Missing value for required parameter '{parameter}'. {_DOCS}")


def check_name(name: str, parameter: str = "name") -> None:
    """A registered model's name: not blank, without ``/`` and ``:``, at most 256 characters."""
    if not name.strip():
        raise missing(parameter)
    if "/" in name or ":" in name:
        raise InvalidParameter(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    if posixpath.normpath(name) != name or name == "..":
        raise InvalidParameter(
            f"Invalid value \"{name}\" for parameter '{parameter}' supplied: Names may be treated as files in certain "
            f"cases, and must not resolve to other names when treated as such. This name would resolve to "
            f"{posixpath.normpath(name)!r}"
        )
    check_length("Registered model name", name, MAX_NAME)


def check_length(what: str, text: str, limit: int) -> None:
    """A text of at most ``limit`` characters."""
    if len(text) > limit:
        raise InvalidParameter(f"'{what}' exceeds the maximum length of {limit} characters")


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
    if not _TAG_KEY.fullmatch(key):
        raise InvalidParameter(
            f"Invalid value \"{key}\" for parameter 'key' supplied: Names may only contain alphanumerics, underscores "
            "(_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
        )
    if posixpath.normpath(key) != key or key[0] == "/" or key.startswith(".."):
        raise InvalidParameter(
            f"Invalid value \"{key}\" for parameter 'key' supplied: Names may be treated as files in certain cases, "
            f"and must not resolve to other names when treated as such. This name would resolve to "
            f"{posixpath.normpath(key)!r}"
        )
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


def check_page(max_results: int, limit: int) -> None:
    """A page size from 1 to ``limit``."""
    if max_results < 1:
        raise InvalidParameter(
            f"Invalid value {max_results} for parameter 'max_results' supplied. It must be a positive integer"
        )
    if max_results > limit:
        raise InvalidParameter(
            f"Invalid value {max_results} for parameter 'max_results' supplied. It must be at most {limit}"
        )
