"""Our reading of filters beside that of the mlflow package: what is accepted, and the messages of what is not."""

from __future__ import annotations

import itertools
import random
import re
import warnings
from functools import cache
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.core.search import (
    EXPERIMENTS,
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    RUNS,
    FieldTable,
    parse_filter,
    parse_order_by,
)
from modelyard.core.search.predicate import Compare, Kind, Predicate, conjuncts

REASON = "mlflow is not installed: pip install mlflow"

FIELDS = (
    "metrics.loss",
    "metric.`a b`",
    "`metrics`.x",
    "params.train.lr",
    'param."x y"',
    "parameters.'q'",
    "parameter.order",
    "tags.mlflow.user",
    "tag._t",
    "tags.`a/b`",
    "attributes.status",
    "attribute.start_time",
    "attr.end_time",
    "run.created",
    "run_id",
    "user_id",
    "Created",
    "artifact_uri",
    'attributes."run name"',
    "`run_name`",
    "datasets.name",
    "dataset.digest",
    "dataset.`context`",
    "dataset.profile",
    "m.acc",
    "accuracy",
    "attribute.lifecycle_stage",
    "metrics.1",
    "metrics.a-b",
    "metrics.",
    "1",
    "'a'",
)
OPERATORS = ("=", "!=", ">", "<=", "==", "<>", "~", "LIKE", "like", "ILIKE", "RLIKE", "NOT LIKE")
VALUES = (
    "1",
    "-1.5",
    ".5",
    "1e3",
    "'a'",
    "'it''s'",
    '"b"',
    "``",
    "`c`",
    "word",
    "true",
    "null",
    "metrics.y",
    "('a')",
    "",
)
TAILS = (
    "IS NULL",
    "is not null",
    "IN ('a')",
    "IN ('a', 'b')",
    "NOT IN ('a')",
    "IN ()",
    "IN (1)",
    "IN ('a' 1)",
    "IS 'a'",
    "",
)
JOINED = (
    "metrics.a > 1 AND params.b = 'x'",
    "metrics.a>1 and params.b='x' And tags.c LIKE '%'",
    "metrics.a > 1 NAND params.b = 'x'",
    "metrics.a > 1, params.b = 'x'",
    "metrics.a > 1 && params.b = 'x'",
    "metrics.a > 1; params.b = 'x'",
    "metrics.a > 1;",
    "metrics.a > 1 -- comment",
    "metrics.a = 1 = 2",
    "`metrics.a > 1",
    "params.'acc = 'LR'",
    "params.acc = 'LR",
    "params.acc = LR'",
    "params.acc = \"LR'",
    "tags.acc = = 'LR'",
    "params.acc LR !=",
    "   ",
    "1=1",
)

# What we read and mlflow does not: the superset, and a key its tokenizer takes for a number.
SUPERSET = (
    r" (NOT )?IN \([^)]",
    r"^(attr|run|user_id|artifact_uri|`run_name`|Created).* IS (NOT )?NULL$",
    r"^metrics\.1 ",
)
# What mlflow lets pass though it means nothing: a list where one value belongs, a key that is empty.
SLOPPY = (r" (=|!=|I?LIKE) \('a'\)$", r"^metrics\. ")


# Lists mlflow refuses for being lists, and we for what they hold.
LISTS = (r" [<>~=]+ \('a'\)$", r" IN \(")


def is_any(text: str, patterns: tuple[str, ...]) -> bool:
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


@pytest.fixture(scope="module")
def search_utils() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("mlflow", reason=REASON)
        from mlflow.utils import search_utils

    return search_utils


@cache
def upstream(parser: Any, text: str) -> tuple[list[dict[str, Any]], str]:
    """The comparisons mlflow reads, or its message."""
    from mlflow.exceptions import MlflowException

    try:
        found = parser.parse_search_filter(text)
        for each in found:
            _check_operator(parser, each["type"], each["key"], each["comparator"].upper())
    except MlflowException as error:
        return [], error.message
    except ValueError as error:  # a list is evaluated as Python
        return [], f"ValueError: {error}"
    return found, ""


def _check_operator(parser: Any, kind: str, key: str, operator: str) -> None:
    """Operators are checked by mlflow's store, by these, when it runs the comparison."""
    assert (
        parser.is_metric(kind, operator)
        or parser.is_param(kind, operator)
        or parser.is_tag(kind, operator)
        or parser.is_string_attribute(kind, key, operator)
        or parser.is_numeric_attribute(kind, key, operator)
        or parser.is_dataset(kind, operator)
    )


def ours(text: str, table: FieldTable) -> tuple[Predicate | None, str]:
    try:
        return parse_filter(text, table), ""
    except InvalidParameter as error:
        return None, error.message


CORPUS = (
    *(f"{field} {operator} {value}".strip() for field, operator, value in itertools.product(FIELDS, OPERATORS, VALUES)),
    *(f"{field} {tail}".strip() for field, tail in itertools.product(FIELDS, TAILS)),
    *JOINED,
)


def test_we_accept_what_mlflow_accepts_and_refuse_what_it_refuses(search_utils: Any) -> None:
    wrong = []
    for text in CORPUS:
        theirs, ours_is = upstream(search_utils.SearchUtils, text)[1], ours(text, RUNS)[1]
        allowed = SUPERSET if theirs else SLOPPY
        if bool(theirs) != bool(ours_is) and not is_any(text, allowed):
            wrong.append((text, theirs, ours_is))
    assert wrong == []


def test_we_read_the_same_comparisons(search_utils: Any) -> None:
    read = 0
    for text in CORPUS:
        theirs, _ = upstream(search_utils.SearchUtils, text)
        if not theirs or is_any(text, SLOPPY) or "''s" in text:  # a doubled quote is one, as in SQL
            continue
        for part, each in zip(conjuncts(ours(text, RUNS)[0]), theirs, strict=True):
            assert isinstance(part, Compare)
            assert (str(part.field.kind), str(part.op)) == (each["type"], each["comparator"].upper())
            assert part.field.key == search_utils.SearchUtils.translate_key_alias(each["key"]).replace(
                "run name", "run_name"
            )
            assert part.value == (float(each["value"]) if part.field.kind is Kind.METRIC else each["value"])
            read += 1
    assert read > 250


# How mlflow's messages begin, which its clients and tests look for.
PINNED = (
    "Invalid entity type",
    "Invalid attribute key",
    "Invalid dataset key",
    "Invalid comparator",
    "Expected a quoted string value for",
    "Expected numeric value type for metric",
    "Expected numeric value type for numeric attribute",
    "Parameter value is either not quoted or unidentified quote types used for string value",
    "While parsing a list in the query, expected a non-empty list of string values, but got empty list",
    "IS NULL / IS NOT NULL is only supported for tags and params",
    "Search filter contained multiple expression",
)


def test_refusals_begin_as_mlflows_do(search_utils: Any) -> None:
    compared = 0
    for text in CORPUS:
        theirs, ours_is = upstream(search_utils.SearchUtils, text)[1], ours(text, RUNS)[1]
        pinned = next((each for each in PINNED if theirs.startswith(each)), None)
        # Where both the operator and the value are wrong, or the field too, either may be named first.
        first = ours_is.startswith(("Invalid comparator", "Invalid clause(s)")) or is_any(text, LISTS)
        if pinned is None or not ours_is or (first and "run_id IN" not in text):
            continue
        assert ours_is.startswith(pinned), (text, theirs)
        compared += 1
    assert compared > 1_000


@pytest.mark.parametrize("text", [text for text in JOINED[2:] if "&&" not in text and "1 = 2" not in text])
def test_what_is_no_list_of_comparisons_is_refused_in_the_same_words(search_utils: Any, text: str) -> None:
    theirs, ours_is = upstream(search_utils.SearchUtils, text)[1], ours(text, RUNS)[1]
    assert ours_is.split("'")[0] == theirs.split("'")[0]


@pytest.mark.parametrize(
    ("parser", "table"),
    [
        ("SearchExperimentsUtils", EXPERIMENTS),
        ("SearchModelUtils", REGISTERED_MODELS),
        ("SearchModelVersionUtils", MODEL_VERSIONS),
    ],
)
def test_other_things_are_searched_as_mlflow_searches_them(search_utils: Any, parser: str, table: FieldTable) -> None:
    fields = (
        "name", "attribute.name", "tags.a", "tag.`a b`", "experiment_id", "creation_time", "last_update_time",
        "version_number", "run_id", "source_path", "metrics.a", "params.a", "foo", "creation_timestamp",
    )  # fmt: skip
    wrong = []
    for field, operator, value in itertools.product(
        fields, ("=", "!=", "LIKE", "ILIKE", ">", "<="), ("'a'", '"a"', "1", "'1'", "a")
    ):
        text = f"{field} {operator} {value}"
        _, theirs = upstream(getattr(search_utils, parser), text)
        _, refused = ours(text, table)
        if bool(theirs) != bool(refused) and "Invalid value for numeric attribute" not in refused:  # as mlflow's store
            wrong.append((text, theirs, refused))
    assert wrong == []


def test_orders_are_read_as_mlflow_reads_them(search_utils: Any) -> None:
    from mlflow.exceptions import MlflowException

    fields = (
        "metrics.a", "metrics.`a b`", 'params."a.b"', "tags.order", "start_time", "created", "status", "m.a", "foo",
        "metrics.a-b", "",
    )  # fmt: skip
    for field, tail in itertools.product(fields, ("", " ASC", " desc", " ACS", " DESC x", ", b")):
        clause = field + tail
        try:
            kind, key, ascending = search_utils.SearchUtils.parse_order_by_for_search_runs(clause)
        except MlflowException:
            with pytest.raises(
                InvalidParameter, match=r"^Invalid (order_by clause|ordering key|entity type|attribute key)"
            ):
                parse_order_by([clause], RUNS)
            continue
        (found,) = parse_order_by([clause], RUNS)
        assert (str(found.field.kind), found.ascending) == (kind, ascending)
        assert found.field.key == search_utils.SearchUtils.translate_key_alias(key)


def test_random_texts_are_never_read_otherwise(search_utils: Any) -> None:
    chance = random.Random(20)
    words = [
        "metrics.a",
        "params.b",
        "status",
        "run_id",
        "tags.`c d`",
        "=",
        "!=",
        ">",
        "LIKE",
        "IN",
        "IS",
        "NOT",
        "NULL",
        "AND",
        "1",
        "'x'",
        '"y"',
        "('x')",
        "z",
    ]
    differ = 0
    for _ in range(3_000):
        text = " ".join(chance.choice(words) for _ in range(chance.randint(3, 7)))
        theirs, refused_by_them = upstream(search_utils.SearchUtils, text)
        predicate, refused = ours(text, RUNS)
        if refused or refused_by_them:
            differ += bool(refused) != bool(refused_by_them)
            continue
        assert [str(part.op) for part in conjuncts(predicate) if isinstance(part, Compare)] == [
            each["comparator"].upper() for each in theirs
        ], text
    assert differ < 300
