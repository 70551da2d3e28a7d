"""Rules of what is logged to runs: metrics, params and tags, alone and in batches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite, isinf
from typing import Any, NamedTuple

import msgspec

from modelyard.core.checks import check_name, check_storable, invalid, too_long
from modelyard.core.entities import Metric, Param, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.rules import limits
from modelyard.services.tracking.rules.limits import LARGEST, LARGEST_FLOAT, SMALLEST, Limits
from modelyard.services.tracking.rules.values import check_run_id, check_text, require

_BATCH_LIMITS = (
    ("metrics", limits.BATCH_METRICS),
    ("params", limits.BATCH_PARAMS),
    ("tags", limits.BATCH_TAGS),
    ("metrics, params, and tags", limits.BATCH_ENTRIES),
)


class Points(NamedTuple):
    """Points as they are stored, as columns, and those of them that name a logged model.

    The zero that has a sign is the one that has none: they are equal, and so must be one point.
    """

    keys: list[str]
    timestamps: list[int]
    steps: list[int]
    values: list[float]
    linked: list[Metric]


NO_POINTS = Points([], [], [], [], [])


class GoodNames:
    """Names that passed the checks before: training code logs the same few again and again.

    A bounded memory of a pure check: whatever is in it would pass again.
    """

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self.known: set[str] = set()

    def check(self, path: str, what: str, name: str) -> None:
        """Refuse a name that is not allowed for a key called ``what``; remember one that is."""
        check_name(path, name)
        if len(name) > limits.NAME_LENGTH:
            raise too_long(what, limits.NAME_LENGTH)
        if len(self.known) < self._size:
            self.known.add(name)


def check_metric(request: run.LogMetric, names: GoodNames) -> Points:
    """Check one point; answers it as it is stored."""
    key, value, timestamp, step = request.key, request.value, request.timestamp, request.step
    if (
        request.run_id
        and key in names.known
        and 0 <= timestamp <= LARGEST
        and SMALLEST <= step <= LARGEST
        and isfinite(value)
        and not request.model_id
    ):
        return Points([key], [timestamp], [step], [value + 0.0], [])
    require("run_id", request.run_id)
    require("key", key)
    dataset = request.dataset_name or None, request.dataset_digest or None
    point = Metric(key, value, timestamp, step, request.model_id or None, *dataset)
    return _checked_each((point,), names, single=True)


def check_batch(request: run.LogBatch, names: GoodNames) -> Points:
    """Check a batch as a whole and its points; answers the points as they are stored."""
    check_run_id(request.run_id)
    counts = (len(request.metrics), len(request.params), len(request.tags))
    for (what, limit), count in zip(_BATCH_LIMITS, (*counts, sum(counts)), strict=True):
        if count > limit:
            raise InvalidParameter(
                f"A batch logging request can contain at most {limit} {what}. Got {count} {what}. "
                f"Please split up {what} across multiple requests and try again."
            )
    return checked_metrics(request.metrics, names)


def checked_metrics(points: Sequence[Metric], names: GoodNames) -> Points:
    """The points as they are stored: infinities become the largest floats."""
    # List comprehensions: twice as fast as map and attrgetter.
    found = Points(
        [point.key for point in points],
        [point.timestamp for point in points],
        [point.step for point in points],
        [point.value + 0.0 for point in points],
        [],
    )
    return found if _are_plain(found, points, names.known) else _checked_each(points, names)


def _are_plain(found: Points, points: Sequence[Metric], known: set[str]) -> bool:
    """Whether there is nothing to refuse, to change or to link, column by column: most points are like this."""
    return not points or (
        known.issuperset(found.keys)
        and _lie_within(found.timestamps, 0)
        and _lie_within(found.steps, SMALLEST)
        and isfinite(sum(found.values))
        and [point.model_id for point in points].count(None) == len(points)
    )


def _lie_within(numbers: list[int], least: int) -> bool:
    ordered = sorted(numbers)  # takes less than min and max where they are in order, as nearly always
    return least <= ordered[0] and ordered[-1] <= LARGEST


def _checked_each(points: Sequence[Metric], names: GoodNames, *, single: bool = False) -> Points:
    known = names.known
    values: list[float] = []
    linked: list[Metric] = []
    for index, point in enumerate(points):
        key, value, timestamp, step = point.key, point.value, point.timestamp, point.step
        if key not in known:
            prefix = "" if single else f"metrics[{index}]."
            require(f"{prefix}key", key)
            names.check(f"{prefix}name", "Metric name", key)
        if not (0 <= timestamp <= LARGEST and SMALLEST <= step <= LARGEST):
            raise _bad_time(point, "" if single else f"metrics[{index}].")
        if isinf(value):
            value = LARGEST_FLOAT if value > 0 else -LARGEST_FLOAT
            point = msgspec.structs.replace(point, value=value)
        if point.model_id is not None:
            _check_link(point)
            linked.append(point)
        values.append(value + 0.0)
    keys = [point.key for point in points]
    return Points(keys, [point.timestamp for point in points], [point.step for point in points], values, linked)


def checked_params(params: Sequence[Param], limit: Limits, *, single: bool = False) -> list[Param]:
    """The params as they are stored: long values are cut, where that is allowed."""
    stored = [
        Param(
            _checked_key("key" if single else f"params[{index}].key", "Param key", param.key),
            fitting("Param value", param.value, limits.PARAM_LENGTH, limit),
        )
        for index, param in enumerate(params)
    ]
    keys = [param.key for param in stored]
    if len(set(keys)) < len(keys):
        repeated = [key for index, key in enumerate(keys) if key in keys[:index]]
        raise InvalidParameter(
            f"Duplicate parameter keys have been submitted: {repeated}. Please ensure the request contains only one "
            "param value per param key."
        )
    return stored


def checked_tags(tags: Sequence[RunTag], limit: Limits, *, single: bool = False) -> list[RunTag]:
    """The tags as they are stored; of equal keys the last counts."""
    stored: dict[str, RunTag] = {}
    for index, tag in enumerate(tags):
        prefix = "" if single else f"tags[{index}]."
        key = _checked_key(f"{prefix}key", f"{prefix}key", tag.key)
        stored[key] = RunTag(key, fitting(f"{prefix}value", tag.value, limits.TAG_LENGTH, limit))
    return list(stored.values())


def checked_new_tags(tags: Sequence[RunTag], limit: Limits) -> list[RunTag]:
    """The tags a run is made with. Like MLflow, a new run takes any characters in their keys."""
    stored: dict[str, RunTag] = {}
    for index, tag in enumerate(tags):
        stored[tag.key] = tag if _is_plain(tag) else _checked_new_tag(index, tag, limit)
    return list(stored.values())


def _is_plain(tag: RunTag) -> bool:
    """Whether nothing is wrong with a tag at first sight: of nearly all this is so, and finding out is cheap."""
    text = tag.key + tag.value
    return (
        0 < len(tag.key) <= limits.NAME_LENGTH
        and len(tag.value) <= limits.TAG_LENGTH
        and text.isascii()
        and "\0" not in text
    )


def _checked_new_tag(index: int, tag: RunTag, limit: Limits) -> RunTag:
    require(f"tags[{index}].key", tag.key)
    check_text(f"tags[{index}].key", tag.key, limits.NAME_LENGTH)
    return RunTag(tag.key, fitting(f"tags[{index}].value", tag.value, limits.TAG_LENGTH, limit))


def check_param(request: run.LogParam, limit: Limits) -> Param:
    """Check one param; answers it as it is stored."""
    require("run_id", request.run_id)
    return checked_params([Param(request.key, request.value)], limit, single=True)[0]


def check_tag(request: run.SetTag, limit: Limits) -> RunTag:
    """Check one tag; answers it as it is stored."""
    require("run_id", request.run_id)
    return checked_tags([RunTag(request.key, request.value)], limit, single=True)[0]


def fitting(what: str, value: str, longest: int, limit: Limits) -> str:
    """The value, cut to ``longest`` characters where long values are cut; else a long one is refused."""
    check_storable(what, value)
    if len(value) <= longest:
        return value
    if not limit.truncate_long_values:
        raise too_long(what, longest)
    return value[:longest]


def check_model_json(request: run.LogModel) -> dict[str, Any]:
    """Check an MLmodel document that an old client sends; answers what its tag keeps of it."""
    require("run_id", request.run_id)
    require("model_json", request.model_json)
    check_storable("model_json", request.model_json)
    try:
        document = json.loads(request.model_json)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise InvalidParameter(f"Malformed model info. \n {request.model_json[:1000]} \n is not a valid JSON.")
    absent = sorted({"artifact_path", "flavors", "utc_time_created", "run_id"} - document.keys())
    if absent:
        raise InvalidParameter(f"Model json is missing mandatory fields: {absent}")
    kept = ("run_id", "utc_time_created", "artifact_path", "model_uuid")
    flavors = document["flavors"] if isinstance(document["flavors"], dict) else {}
    return {key: document[key] for key in kept if key in document} | {
        "flavors": {name: _without_config(flavor) for name, flavor in flavors.items()}
    }


def model_history(before: str | None, document: dict[str, Any]) -> str:
    """The tag that lists the documents, with one more; refused when it grows beyond its limit."""
    try:
        listed = json.loads(before) if before else []
    except ValueError:
        listed = []  # a client overwrote the tag
    history = json.dumps([*(listed if isinstance(listed, list) else []), document])
    if len(history) > limits.MODEL_HISTORY_LENGTH:
        raise too_long("mlflow.log-model.history", limits.MODEL_HISTORY_LENGTH)
    return history


def _without_config(flavor: Any) -> Any:
    return {key: value for key, value in flavor.items() if key != "config"} if isinstance(flavor, dict) else flavor


def _checked_key(path: str, what: str, key: str) -> str:
    require(path, key)
    check_name(path, key)
    if len(key) > limits.NAME_LENGTH:
        raise too_long(what, limits.NAME_LENGTH)
    return key


def _check_link(point: Metric) -> None:
    check_text("model_id", point.model_id or "", limits.NAME_LENGTH)
    check_text("dataset_name", point.dataset_name or "", limits.DATASET_NAME_LENGTH)
    check_text("dataset_digest", point.dataset_digest or "", limits.DATASET_DIGEST_LENGTH)


def _bad_time(point: Metric, prefix: str) -> InvalidParameter:
    if not 0 <= point.timestamp <= LARGEST:
        return invalid(
            f"{prefix}timestamp",
            point.timestamp,
            f"metric '{point.key}' (value={point.value}). Timestamp must be a nonnegative long (64-bit integer) ",
        )
    return invalid(
        f"{prefix}step",
        point.step,
        f"metric '{point.key}' (value={point.value}). Step must be a valid long (64-bit integer).",
    )
