"""Filters, orders and pages that make no sense are refused at once, and those that do cost no more than they may (C11)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.acceptance.security.yard import Yard, post, timed
from tests.support.raw_http import message
from tests.support.server import API

pytestmark = pytest.mark.usefixtures("well")


def nested(depth: int) -> str:
    """A condition in so many parentheses."""
    return "(" * depth + "params.a = '1'" + ")" * depth


BOMBS: dict[str, Any] = {
    "long": {"filter": "params.a = '" + "x" * 5_000 + "'"},
    "many clauses": {"filter": " AND ".join(f"params.p{n} = '1'" for n in range(65))},
    "many short clauses": {"filter": " AND ".join(["tags.a='1'"] * 300)},
    "many ORs": {"filter": " OR ".join(f"metrics.m{n} > 1" for n in range(200))},
    "deep": {"filter": nested(300)},
    "very deep": {"filter": nested(1_900)},
    "NOT NOT": {"filter": "NOT " * 900 + "params.a = '1'"},
    "open": {"filter": "(" * 2_000},
    "open text": {"filter": "params.a = '" + "\\" * 2_000},
    "open name": {"filter": "params.`" + "a" * 1_000},
    "two statements": {"filter": "params.a = '1'; DROP TABLE runs"},
    "comment": {"filter": "params.a = '1' -- x"},
    "function": {"filter": "params.a = load_extension('x')"},
    "subquery": {"filter": "run_id IN (VALUES(1))"},
    "UNION": {"filter": "params.a = '1' UNION VALUES (1)"},
    "a list too long": {"filter": "run_id IN (" + ",".join(f"'{n}'" for n in range(700)) + ")"},
    "an empty list": {"filter": "run_id IN ()"},
    "a number too long": {"filter": "metrics.a > " + "9" * 4_200},
    "a regular expression that explodes": {"filter": "params.a =~ '(a+)+$'"},
    "one that repeats repetitions": {"filter": "params.a =~ '" + "(" * 30 + "a" + "{1,999})" * 30 + "'"},
    "one with a reference": {"filter": "params.a =~ '(a)\\1'"},
    "one that does not end": {"filter": "params.a =~ '['"},
    "NUL": {"filter": "params.a = '\x00'"},
    "order by a lot": {"order_by": [f"metrics.m{n} DESC" for n in range(17)]},
    "order by very much": {"order_by": ["params.a"] * 10_000},
    "order by nothing": {"order_by": ["nope nope nope"]},
    "order by a statement": {"order_by": ["start_time; DROP TABLE runs"]},
    "order by a long name": {"order_by": ["params.`" + "a" * 100_000 + "`"]},
    "no page": {"max_results": 0},
    "a page of less": {"max_results": -1},
    "a page too large": {"max_results": 50_001},
    "a page of very much": {"max_results": 2**62},
    "a token": {"page_token": "x"},
    "a token of MLflow": {"page_token": "eyJvZmZzZXQiOiAxMDAwMDAwMDAwMH0="},
    "a token in JSON": {"page_token": "W10="},
    "a long token": {"page_token": "A" * 100_000},
    "all experiments there are": {"experiment_ids": [str(n) for n in range(100_000)]},
    "no experiment": {"experiment_ids": ["x" * 100_000]},
    "no view": {"run_view_type": "NOPE"},
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_search_of_no_sense_is_refused_at_once(yard: Yard, name: str) -> None:
    body = json.dumps({"experiment_ids": ["0"], **BOMBS[name]}).encode()
    maybe = {"all experiments there are", "no experiment", "a regular expression that explodes", "two statements"}
    post(yard, "runs/search", body, (200, 400) if name in maybe else (400,))


SAFE = {"a regular expression that explodes"}  # here: see below
OTHERS = [name for name, bomb in BOMBS.items() if name not in SAFE and ("filter" in bomb or "page_token" in bomb)]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("verb", ["experiments/search", "logged-models/search"])
def test_other_searches_hold_to_the_same(yard: Yard, verb: str, name: str) -> None:
    post(yard, verb, json.dumps({"experiment_ids": ["0"], "max_results": 5, **BOMBS[name]}).encode())


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("verb", ["registered-models/search", "model-versions/search"])
def test_searches_of_the_registry_hold_to_the_same(yard: Yard, verb: str, name: str) -> None:
    arguments = "&".join(f"{field}={quote(str(value))}" for field, value in BOMBS[name].items())
    timed(yard, message("GET", f"{API}/{verb}?{arguments}"), (400, 414))


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "a*" * 50 + "$"]
)
def test_no_regular_expression_takes_long(yard: Yard, pattern: str) -> None:
    for name in ("a", "b", "c"):
        yard.post("runs/log-parameter", {"run_id": yard.run_id, "key": name, "value": "a" * 5_900 + "!"})
    condition = " AND ".join(f"params.{name} =~ '{pattern}'" for name in ("a", "b", "c"))
    post(yard, "runs/search", json.dumps({"experiment_ids": ["0"], "filter": condition}).encode(), (200, 400))


@pytest.mark.parametrize("wildcards", ["%a" * 40, "%" * 200, "_%" * 100, "%_a" * 30])
def test_no_wildcards_take_long(yard: Yard, wildcards: str) -> None:
    yard.post("runs/log-parameter", {"run_id": yard.run_id, "key": "wild", "value": "a" * 5_900 + "!"})
    for operator in ("LIKE", "ILIKE"):
        condition = f"params.wild {operator} '{wildcards}b'"
        post(yard, "runs/search", json.dumps({"experiment_ids": ["0"], "filter": condition}).encode(), (200, 400))
