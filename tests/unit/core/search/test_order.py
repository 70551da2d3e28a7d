"""What order_by means, and how clauses that mean nothing are refused."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.core.search.fields import (
    EXPERIMENTS,
    LOGGED_MODELS,
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    RUNS,
    FieldTable,
    OrderKey,
)
from modelyard.core.search.order import OrderObject, parse_order_by, parse_order_objects
from modelyard.core.search.predicate import Aspect, Field, Kind


def key(kind: Kind, name: str, *, ascending: bool = True, aspect: Aspect = Aspect.LAST) -> OrderKey:
    return OrderKey(Field(kind, name, aspect), ascending=ascending)


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("metrics.loss", key(Kind.METRIC, "loss")),
        ("metrics.loss DESC", key(Kind.METRIC, "loss", ascending=False)),
        ("metrics.loss  aSc", key(Kind.METRIC, "loss")),
        ("metrics.`a b` desc", key(Kind.METRIC, "a b", ascending=False)),
        ('metrics."a.b"', key(Kind.METRIC, "a.b")),
        ("metrics.loss.min", key(Kind.METRIC, "loss", aspect=Aspect.MIN)),
        ("attributes.start_time ASC", key(Kind.ATTRIBUTE, "start_time")),
        ("Created desc", key(Kind.ATTRIBUTE, "start_time", ascending=False)),
        ("params.order", key(Kind.PARAM, "order")),
        ("tags.desc DESC", key(Kind.TAG, "desc", ascending=False)),
        (" status ", key(Kind.ATTRIBUTE, "status")),
    ],
)
def test_a_clause_is_read(clause: str, expected: OrderKey) -> None:
    assert parse_order_by([clause], RUNS) == (expected,)


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        ("m.acc", "Invalid entity type 'm'"),
        ("acc", "Invalid attribute key 'acc'"),
        ("", "Invalid order_by clause ''. Could not be parsed."),
        ("`metrics.A", "Invalid order_by clause '`metrics.A'. Could not be parsed."),
        ("metrics.A != 1", "Invalid order_by clause 'metrics.A != 1'. Could not be parsed."),
        ("metrics.a/b", "Invalid order_by clause 'metrics.a/b'. Could not be parsed."),
        ("metrics.a, metrics.b", "Invalid order_by clause 'metrics.a, metrics.b'. Could not be parsed."),
        ("metrics.a DESC NULLS LAST", "Invalid order_by clause 'metrics.a DESC NULLS LAST'. Could not be parsed."),
        ("run_id ACS", "Invalid ordering key in order_by clause 'run_id ACS'."),
        ("datasets.name", "Invalid order_by entity: dataset"),
    ],
)
def test_what_is_no_clause_is_refused(clause: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_order_by([clause], RUNS)
    assert caught.value.message.startswith(message)


def test_a_field_may_be_named_once() -> None:
    with pytest.raises(
        InvalidParameter, match=r"`order_by` contains duplicate fields: \['created', 'start_time DESC'\]"
    ):
        parse_order_by(["created", "start_time DESC"], RUNS)
    assert len(parse_order_by(["metrics.a", "metrics.a.min", "params.a"], RUNS)) == 3


def test_16_keys_are_allowed() -> None:
    clauses = [f"metrics.m{number}" for number in range(17)]
    assert len(parse_order_by(clauses[:16], RUNS)) == 16
    with pytest.raises(InvalidParameter, match="holds 17 fields; at most 16"):
        parse_order_by(clauses, RUNS)


@pytest.mark.parametrize("table", [EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS])
def test_only_runs_and_logged_models_are_ordered_by_more_than_attributes(table: FieldTable) -> None:
    assert parse_order_by(["name DESC"], table) == (key(Kind.ATTRIBUTE, "name", ascending=False),)
    with pytest.raises(InvalidParameter, match="Invalid order_by entity: tag"):
        parse_order_by(["tags.a"], table)


def names(order: tuple[OrderKey, ...]) -> list[str]:
    return [f"{'' if each.ascending else '-'}{each.field.key}" for each in order]


@pytest.mark.parametrize(
    ("table", "clauses", "whole"),
    [
        (RUNS, [], ["-start_time", "run_id"]),
        (RUNS, ["metrics.a"], ["a", "-start_time", "run_id"]),
        (RUNS, ["start_time"], ["start_time", "run_id"]),
        (EXPERIMENTS, [], ["-creation_time", "experiment_id"]),
        (EXPERIMENTS, ["name"], ["name", "-experiment_id"]),
        (REGISTERED_MODELS, ["timestamp DESC"], ["-last_updated_timestamp", "name"]),
        (MODEL_VERSIONS, [], ["name", "-version_number"]),
        (MODEL_VERSIONS, ["version_number"], ["version_number", "name"]),
        (LOGGED_MODELS, [], ["-creation_timestamp", "model_id"]),
    ],
)
def test_every_order_is_total(table: FieldTable, clauses: list[str], whole: list[str]) -> None:
    assert names(table.whole_order(parse_order_by(clauses, table))) == whole


def test_logged_models_are_ordered_by_objects() -> None:
    found = parse_order_objects(
        [OrderObject("creation_time", ascending=False), OrderObject("metrics.a.b c", None, "d", "7")], LOGGED_MODELS
    )
    assert found == (
        key(Kind.ATTRIBUTE, "creation_timestamp", ascending=False),
        OrderKey(Field(Kind.METRIC, "a.b c"), dataset_name="d", dataset_digest="7"),
    )


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (OrderObject(), "`field_name` in the `order_by` clause must be specified."),
        (OrderObject("params.a"), "Invalid order by field name: params, only `metrics.<name>` is allowed."),
        (OrderObject("foo"), "Invalid order by field name: foo."),
        (
            OrderObject("metrics.a", dataset_digest="7"),
            "`dataset_digest` can only be specified if `dataset_name` is also ",
        ),
    ],
)
def test_an_object_that_names_nothing_is_refused(wanted: OrderObject, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_order_objects([wanted], LOGGED_MODELS)
    assert caught.value.message.startswith(message)


def test_the_same_metric_on_two_datasets_is_no_duplicate() -> None:
    wanted = [OrderObject("metrics.a", dataset_name="x"), OrderObject("metrics.a", dataset_name="y")]
    assert len(parse_order_objects(wanted, LOGGED_MODELS)) == 2
