"""Constraints: what values may be beyond their type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.constraints import Constraint, Constraints
from modelyard.models.enforce import enforce, model_input
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature

SCHEMA = Schema(
    [ColSpec("double", "age"), ColSpec("string", "colour", required=False), ColSpec("string", "code", required=False)]
)
RULES = Constraints(
    {
        "age": Constraint(min=0, max=120),
        "colour": Constraint(choices=["red", "blue"]),
        "code": Constraint(pattern="[A-Z]{2}[0-9]+"),
    }
)
FITS = {"age": [0.0, 120.0], "colour": ["red", None], "code": ["AB12", None]}
TABLES: list[Any] = [
    pd.DataFrame,
    pa.table,
    lambda columns: [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
    dict,
]


@pytest.mark.parametrize("table", TABLES)
def test_what_keeps_the_rules_passes_and_so_does_what_is_missing(table: Any) -> None:
    RULES.check(table(FITS))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"age": [1.0, 121.0]}, r"Column 'age', row 1: the value \(float\) is not 0 ≤ value ≤ 120."),
        ({"colour": [None, "grue-secret"]}, r"Column 'colour', row 1: the value \(str\) is not one of 'red', 'blue'."),
        ({"code": ["ab12-secret", None]}, r"Column 'code', row 0: the value \(str\) is not a text like"),
    ],
)
def test_the_first_value_that_breaks_a_rule_is_placed_but_not_shown(
    table: Any, broken: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameter, match=message) as caught:
        RULES.check(table({**FITS, **broken}))
    assert "secret" not in str(caught.value)
    assert "121" not in str(caught.value)


def test_enforcement_asks_for_them_too() -> None:
    rows = [{"age": 130}]

    assert enforce(SCHEMA, rows) == [{"age": 130.0}]
    with pytest.raises(InvalidParameter, match="Column 'age', row 0"):
        enforce(SCHEMA, rows, constraints=RULES)
    with pytest.raises(InvalidParameter, match="Column 'age', row 0"):
        model_input(SCHEMA, rows, constraints=RULES)


def test_they_are_kept_beside_the_schemas() -> None:
    signature = ModelSignature(SCHEMA, constraints=RULES)

    found = signature.to_dict()

    assert set(found) == {"inputs", "outputs", "params", "constraints"}
    assert ModelSignature.from_dict(found) == signature
    assert "constraints" not in ModelSignature(SCHEMA).to_dict()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Constraint(min=2, max=1), "empty"),
        (lambda: Constraint(pattern="("), "no regular expression"),
        (
            lambda: ModelSignature(SCHEMA, constraints=Constraints({"agee": Constraint(min=1)})),
            "'agee', but the inputs are 'age'",
        ),
        (lambda: Constraints.from_json("{"), "no JSON"),
        (lambda: Constraints.from_json('{"a": {"unknown": 1}}'), "cannot be read"),
        (lambda: Constraints.from_json('{"a": 1}'), "cannot be read"),
    ],
)
def test_rules_that_make_no_sense_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        make()


def test_choices_of_numpy_are_plain_values() -> None:
    assert Constraint(choices=np.array([1, 2])).to_dict() == {"choices": [1, 2]}
    Constraints({"n": Constraint(choices=np.array([1, 2]))}).check(pd.DataFrame({"n": [1, 2]}))


def test_a_long_list_of_choices_is_cut_short_in_messages() -> None:
    rules = Constraints({"n": Constraint(choices=range(50))})

    with pytest.raises(InvalidParameter, match="and 40 more"):
        rules.check([{"n": 99}])
