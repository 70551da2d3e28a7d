"""The meaning of filters and orders on plain records."""

from __future__ import annotations

import math

import pytest

from modelyard.core.search import (
    LOGGED_MODELS,
    RUNS,
    DatasetFilter,
    DatasetUse,
    Measured,
    OrderObject,
    Record,
    matches,
    order_records,
    parse_filter,
    parse_order_by,
    parse_order_objects,
)

RUN = Record(
    attributes={"run_id": "r1", "status": "FINISHED", "start_time": 10, "end_time": None, "experiment_id": "1"},
    metrics={
        "loss": (Measured(0.5, 0.25, 2.0),),
        "bad": (Measured(math.nan, 1.0, 3.0),),
        "worst": (Measured(math.nan),),
    },
    params={"model": "Linear", "empty": ""},
    tags={"team": "a\nb"},
    datasets=[DatasetUse("train", "d1", "training"), DatasetUse("test", "d2")],
)


@pytest.mark.parametrize(
    "text",
    [
        "metrics.loss = 0.5",
        "metrics.loss.min < 0.3 AND metrics.loss.max >= 2",
        "metrics.loss BETWEEN 0.5 AND 0.5",
        "metrics.loss IN (1, 0.5)",
        "metrics.bad != 1",
        "metrics.bad NOT IN (1)",
        "metrics.bad.max = 3",
        "NOT metrics.bad > 0",
        "NOT metrics.worst.min > 0",
        "params.empty = ''",
        "params.model LIKE 'Lin%'",
        "params.model ILIKE 'LIN_AR'",
        "params.model =~ '^L.*r$'",
        "params.missing IS NULL",
        "params.empty IS NOT NULL",
        "NOT params.missing = 'x'",
        "NOT params.missing != 'x'",
        "tags.team =~ 'a.b'",
        "tags.team LIKE 'a_b'",
        "end_time IS NULL",
        "start_time > 9.5",
        "datasets.name = 'test'",
        "datasets.name != 'test'",
        "datasets.context IN ('training')",
        "params.missing = 'x' OR status = 'FINISHED'",
    ],
)
def test_a_record_matches(text: str) -> None:
    assert matches(parse_filter(text, RUNS), RUN)


@pytest.mark.parametrize(
    "text",
    [
        "metrics.bad > 0",
        "metrics.bad = 1",
        "metrics.bad BETWEEN 0 AND 9",
        "metrics.worst.min != 1",
        "metrics.missing != 1",
        "metrics.missing NOT IN (1)",
        "params.missing != 'x'",
        "params.missing NOT IN ('x')",
        "params.missing LIKE '%'",
        "params.model LIKE 'lin%'",
        "params.model LIKE 'Lin'",
        "params.model =~ 'linear'",
        "end_time != 5",
        "end_time IS NOT NULL",
        "tags.team IS NULL",
        "datasets.context = ''",
        "NOT datasets.name != 'test'",
        "status = 'FINISHED' AND params.missing = 'x'",
    ],
)
def test_a_record_does_not_match(text: str) -> None:
    assert not matches(parse_filter(text, RUNS), RUN)


def test_every_record_matches_no_filter() -> None:
    assert matches(None, RUN)


def run(name: str, start: int, **metrics: float) -> Record:
    return Record(
        attributes={"run_id": name, "start_time": start, "experiment_id": "1"},
        metrics={key: (Measured(value),) for key, value in metrics.items()},
    )


RUNS_OF_M = [
    run("none", 9),
    run("nan", 8, m=math.nan),
    run("b", 5, m=1.0),
    run("a", 5, m=1.0),
    run("old", 4, m=1.0),
    run("two", 0, m=2.0),
]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("metrics.m", ["a", "b", "old", "two", "nan", "none"]),
        ("metrics.m DESC", ["two", "a", "b", "old", "nan", "none"]),
        ("start_time", ["two", "old", "a", "b", "nan", "none"]),
        ("end_time DESC", ["none", "nan", "a", "b", "old", "two"]),
    ],
)
def test_real_values_come_first_then_nan_then_what_is_missing(clause: str, expected: list[str]) -> None:
    found = order_records(RUNS_OF_M, parse_order_by([clause], RUNS), RUNS)
    assert [record.attributes["run_id"] for record in found] == expected


def test_ids_of_experiments_are_ordered_as_numbers() -> None:
    records = [Record(attributes={"run_id": each, "start_time": 0, "experiment_id": each}) for each in ("10", "9")]
    found = order_records(records, parse_order_by(["experiment_id"], RUNS), RUNS)
    assert [record.attributes["run_id"] for record in found] == ["9", "10"]


def model(name: str, *measured: Measured) -> Record:
    return Record(attributes={"model_id": name, "creation_timestamp": 0}, metrics={"acc": measured} if measured else {})


MODELS = [
    model(
        "a", Measured(0.9, dataset_name="x", dataset_digest="1"), Measured(0.1, dataset_name="y", dataset_digest="2")
    ),
    model("b", Measured(0.5, dataset_name="y", dataset_digest="3")),
    model("c"),
]


@pytest.mark.parametrize(
    ("text", "datasets", "expected"),
    [
        ("metrics.acc > 0.4", (), ["a", "b"]),
        ("metrics.acc > 0.4", (DatasetFilter("y"),), ["b"]),
        ("metrics.acc < 0.4", (DatasetFilter("y", "2"),), ["a"]),
        ("metrics.acc < 0.4", (DatasetFilter("y", "3"), DatasetFilter("x")), []),
        ("", (DatasetFilter("y", "3"),), ["b"]),
        ("", (), ["a", "b", "c"]),
        ("model_id != 'a'", (DatasetFilter("x"), DatasetFilter("y")), ["b"]),
    ],
)
def test_metrics_of_models_are_narrowed_to_datasets(
    text: str, datasets: tuple[DatasetFilter, ...], expected: list[str]
) -> None:
    predicate = parse_filter(text, LOGGED_MODELS)
    assert [each.attributes["model_id"] for each in MODELS if matches(predicate, each, datasets=datasets)] == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (OrderObject("metrics.acc"), ["b", "a", "c"]),
        (OrderObject("metrics.acc", dataset_name="y"), ["a", "b", "c"]),
        (OrderObject("metrics.acc", dataset_name="y", dataset_digest="3"), ["b", "a", "c"]),
    ],
)
def test_models_are_ordered_by_their_newest_value_on_a_dataset(wanted: OrderObject, expected: list[str]) -> None:
    found = order_records(MODELS, parse_order_objects([wanted], LOGGED_MODELS), LOGGED_MODELS)
    assert [each.attributes["model_id"] for each in found] == expected
