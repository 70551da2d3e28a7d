"""What filters mean, and how those that mean nothing are refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.errors import InvalidParameter
from modelyard.core.search.fields import EXPERIMENTS, LOGGED_MODELS, MODEL_VERSIONS, REGISTERED_MODELS, RUNS, FieldTable
from modelyard.core.search.parser import MAX_NESTING, parse_filter
from modelyard.core.search.predicate import And, Aspect, Compare, Field, Kind, Not, Op, Or, Predicate


def metric(key: str, op: Op, value: float | tuple[float, ...], aspect: Aspect = Aspect.LAST) -> Compare:
    return Compare(Field(Kind.METRIC, key, aspect), op, value)


def param(key: str, op: Op, value: str | tuple[str, ...] | None) -> Compare:
    return Compare(Field(Kind.PARAM, key), op, value)


def tag(key: str, op: Op, value: str | None) -> Compare:
    return Compare(Field(Kind.TAG, key), op, value)


def attribute(key: str, op: Op, value: str | float | tuple[str | float, ...] | None) -> Compare:
    return Compare(Field(Kind.ATTRIBUTE, key), op, value)


def refusal(text: str, table: FieldTable = RUNS) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse_filter(text, table)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("metrics.loss < 0.5", metric("loss", Op.LT, 0.5)),
        ("metric.loss>=-1e3", metric("loss", Op.GE, -1000.0)),
        ("`metrics`.loss != .5", metric("loss", Op.NE, 0.5)),
        ("metrics.train.loss = 5.", metric("train.loss", Op.EQ, 5.0)),
        ("metrics.top.5 > 1", metric("top.5", Op.GT, 1.0)),
        ("metrics.1a > 1", metric("1a", Op.GT, 1.0)),
        ("metrics.`a/b c` > 1", metric("a/b c", Op.GT, 1.0)),
        ('metrics."a`b" > 1', metric("a`b", Op.GT, 1.0)),
        ("metrics.`a``b` > 1", metric("a`b", Op.GT, 1.0)),
        ("params.'a b' = 'x'", param("a b", Op.EQ, "x")),
        ('parameters.é = "it\'s"', param("é", Op.EQ, "it's")),
        ("param.x = 'it''s'", param("x", Op.EQ, "it's")),
        (r"param.x = 'C:\'", param("x", Op.EQ, "C:\\")),
        ("params.x LIKE '%a_'", param("x", Op.LIKE, "%a_")),
        ("params.x iLiKe 'A'", param("x", Op.ILIKE, "A")),
        ("params.x =~ '^a+$'", param("x", Op.MATCHES, "^a+$")),
        ("tag.mlflow.parentRunId = 'r'", tag("mlflow.parentRunId", Op.EQ, "r")),
        ("tags.x is  null", tag("x", Op.IS_NULL, None)),
        ("params.x IS NOT NULL", param("x", Op.IS_NOT_NULL, None)),
        ("end_time IS NULL", attribute("end_time", Op.IS_NULL, None)),
        ("params.x IN ('a', \"b\",)", param("x", Op.IN, ("a", "b"))),
        ("metrics.x NOT IN (1, 2.5)", metric("x", Op.NOT_IN, (1.0, 2.5))),
        ("start_time between 1 and 2", attribute("start_time", Op.BETWEEN, (1, 2))),
        ("attributes.created > 99999999999999999999", attribute("start_time", Op.GT, 1e20)),
        ("attr.\"Run name\" = 'x'", attribute("run_name", Op.EQ, "x")),
        ("run.status = 'FAILED'", attribute("status", Op.EQ, "FAILED")),
        ("`start_time` < 5", attribute("start_time", Op.LT, 5)),
        ("datasets.name = 'd'", Compare(Field(Kind.DATASET, "name"), Op.EQ, "d")),
        ("metrics.order > 1", metric("order", Op.GT, 1.0)),
    ],
)
def test_a_comparison_is_read(text: str, predicate: Predicate) -> None:
    assert parse_filter(text, RUNS) == predicate


@pytest.mark.parametrize(
    ("text", "key", "aspect"),
    [
        ("metrics.loss.min < 1", "loss", Aspect.MIN),
        ("metrics.train.loss.max < 1", "train.loss", Aspect.MAX),
        ("metrics.loss.last < 1", "loss", Aspect.LAST),
        ("metrics.`a/b`.min < 1", "a/b", Aspect.MIN),
        ("metrics.`loss.min` < 1", "loss.min", Aspect.LAST),
        ('metrics."loss.min".max < 1', "loss.min", Aspect.MAX),
        ("metrics.min < 1", "min", Aspect.LAST),
        ("metrics.loss.minimum < 1", "loss.minimum", Aspect.LAST),
    ],
)
def test_the_last_part_of_an_unquoted_metric_may_name_its_least_or_greatest_value(
    text: str, key: str, aspect: Aspect
) -> None:
    assert parse_filter(text, RUNS) == metric(key, Op.LT, 1.0, aspect)


def test_min_is_part_of_the_key_of_a_param() -> None:
    assert parse_filter("params.a.min = 'x'", RUNS) == param("a.min", Op.EQ, "x")


def test_an_empty_filter_asks_for_nothing() -> None:
    assert parse_filter("", RUNS) is None
    assert parse_filter(None, RUNS) is None


A, B, C = (tag(key, Op.EQ, "1") for key in "abc")


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("tags.a = '1' AND tags.b = '1' and tags.c = '1'", And((A, B, C))),
        ("tags.a = '1' OR tags.b = '1' AND tags.c = '1'", Or((A, And((B, C))))),
        ("(tags.a = '1' OR tags.b = '1') AND tags.c = '1'", And((Or((A, B)), C))),
        ("(tags.a = '1' AND (tags.b = '1')) AND tags.c = '1'", And((A, B, C))),
        ("NOT tags.a = '1' AND tags.b = '1'", And((Not(A), B))),
        ("not (tags.a = '1' or tags.b = '1')", Not(Or((A, B)))),
        ("NOT NOT tags.a = '1'", A),
        ("tags.a='1'and(tags.b='1')", And((A, B))),
    ],
)
def test_and_binds_closer_than_or_and_not_closest(text: str, predicate: Predicate) -> None:
    assert parse_filter(text, RUNS) == predicate


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "m.acc > 1",
            "Invalid entity type 'm'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
        ),
        ("acc > 1", "Invalid attribute key 'acc' specified. Valid keys are ['artifact_uri', 'end_time', "),
        (
            "datasets.profile = 'x'",
            "Invalid dataset key 'profile' specified. Valid keys are ['context', 'digest', 'name']",
        ),
        ("params.x > '1'", "Invalid comparator '>' not one of '=', '!=', 'LIKE', "),
        ("metrics.x LIKE 1", "Invalid comparator 'LIKE' not one of '=', '!=', '>', "),
        ("metrics.x == 1", "Invalid comparator '==' not one of '=', "),
        ("params.x RLIKE 'a'", "Invalid comparator 'RLIKE' not one of "),
        ("params.x NOT LIKE 'a'", "Invalid comparator 'NOT LIKE' not one of "),
        ("params.x BETWEEN 'a' AND 'b'", "Invalid comparator 'BETWEEN' not one of "),
        ("metrics.x = 'a'", "Expected numeric value type for metric. Found 'a'"),
        ("metrics.x IN ('a')", "Expected numeric value type for metric. Found 'a'"),
        ("start_time > '5'", "Expected numeric value type for numeric attribute: start_time. Found '5'"),
        ("params.x = 5", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 5"),
        ("params.x > 5", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 5"),
        ("tags.x = null", "Expected a quoted string value for tag (e.g. 'my-value'). Got value null"),
        ("status = 5", "Expected a quoted string value for attributes. Got value 5"),
        ("dataset.name = 5", "Expected a quoted string value for dataset attributes. Got value 5"),
        ("params.x = LR", "Parameter value is either not quoted or unidentified quote types used for string value LR."),
        (
            "params.x = `LR`",
            "Parameter value is either not quoted or unidentified quote types used for string value `LR`.",
        ),
        (
            "run_id IN ()",
            "While parsing a list in the query, expected a non-empty list of string values, but got empty list",
        ),
        (
            "run_id IN (1)",
            "While parsing a list in the query, expected string value, punctuation, or whitespace, but got ",
        ),
        (
            "run_id IN ('a' 'b')",
            "While parsing a list in the query, expected a non-empty list of string values, but got ill",
        ),
        ("metrics.x IS NULL", "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'x'"),
        ("1 = 1", "Invalid comparison clause. Expected 'Identifier' found '1'"),
        ("'a' = params.x", "Invalid comparison clause. Expected 'Identifier' found ''a''"),
        (
            "metrics.a > 1; metrics.b > 2",
            "Search filter contained multiple expression 'metrics.a > 1; metrics.b > 2'. ",
        ),
        ("   ", "Invalid filter '   '. Could not be parsed."),
    ],
)
def test_mlflows_messages_are_kept(text: str, message: str) -> None:
    assert refusal(text).startswith(message)


@pytest.mark.parametrize(
    ("text", "found", "character"),
    [
        ("metrics.a > 1 NAND metrics.b > 1", "NAND", 15),
        ("metrics.a > 1;", ";", 14),
        ("metrics.a > 1 AND", "", 18),
        ("AND metrics.a > 1", "AND", 1),
        ("metrics.a", "", 10),
        ("metrics.a >", "", 12),
        ("metrics.a > = 1", "=", 13),
        ("metrics. > 1", ">", 10),
        ("(metrics.a > 1", "", 15),
        ("metrics.a > 1)", ")", 14),
        ("params.a = 'x", "'x", 12),
        ("params.a = \"x'", "\"x'", 12),
        ("`metrics.a > 1", "`metrics.a > 1", 1),
        ("metrics.val/loss > 1", "/", 12),
        ("metrics.a > 1 -- no", "-", 15),
        ("status IS 'x'", "'x'", 11),
        ("status = true", "true", 10),
        ("run_id IN 'a'", "'a'", 11),
        ("start_time BETWEEN 1 OR 2", "OR", 22),
        ("metrics.`a`.most > 1", "most", 13),
        ("params.a = 'x\0'", "\\0", 14),
    ],
)
def test_other_refusals_name_the_place(text: str, found: str, character: int) -> None:
    assert refusal(text).startswith(f"Invalid clause(s) in filter string: '{found}' at character {character}: ")


def test_a_refusal_shows_the_line_with_a_caret_under_the_place() -> None:
    assert refusal("metrics.a > 1\nAND metrics.b >> 1 oops").splitlines()[0].startswith("Invalid comparator '>>'")
    message = refusal("metrics.a > 1\nAND metrics.b > 1 oops")
    assert message.splitlines()[1:] == ["  AND metrics.b > 1 oops", "                    ^"]


def test_a_key_with_other_signs_is_refused_with_the_way_out() -> None:
    assert "is put in backticks, as in metrics.`val/loss`" in refusal("metrics.val/loss > 1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("params.a = '" + "é" * 2100 + "'", "4213 bytes long; at most 4096"),
        (" AND ".join(["metrics.a>1"] * 65), "more than 256 words and signs"),
        ("(" * 300, "more than 256 words and signs"),
        ("NOT (" * 20 + "metrics.a > 1" + ")" * 20, f"nested {MAX_NESTING} deep"),
        ("(" * 20 + "metrics.a > 1" + ")" * 20, f"nested {MAX_NESTING} deep"),
        ("params.a =~ '" + "x" * 257 + "'", "longer than 256 characters"),
        ("params.a = '\ud800'", "not valid Unicode at character 13"),
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str, says: str) -> None:
    assert says in refusal(text)


def test_a_filter_may_hold_64_comparisons() -> None:
    parsed = parse_filter(" or ".join(["metrics.a.b.c > 1"] * 64), RUNS)
    assert isinstance(parsed, Or)
    assert len(parsed.parts) == 64
    assert "64 comparisons" in refusal(" or ".join(["metrics.a.b.c > 1"] * 65))


@pytest.mark.parametrize("table", [EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS])
def test_metrics_are_no_fields_of_other_things(table: FieldTable) -> None:
    assert refusal("metrics.a > 1", table).startswith(
        "Invalid entity type 'metrics'. Valid values are ['attribute', 'tag']"
    )


@pytest.mark.parametrize("text", ["version_number = 3", "version_number = '3'"])
def test_a_version_number_may_be_quoted(text: str) -> None:
    assert parse_filter(text, MODEL_VERSIONS) == attribute("version_number", Op.EQ, 3)


def test_a_version_number_is_a_number() -> None:
    assert refusal("version_number = 'a'", MODEL_VERSIONS).startswith(
        "Invalid value for numeric attribute 'version_number': 'a'"
    )


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("metrics.a > 1 AND acc > 1", 19),
        ("metrics.a > 1 AND m.x > 1", 19),
        ("metrics.a > 1 AND params.x > '1'", 28),
        ("metrics.a > 1 AND params.x RLIKE 'a'", 28),
        ("metrics.a > 1 AND metrics.b = 'a'", 31),
        ("metrics.a > 1 AND params.x = LR", 30),
        ("metrics.a > 1 AND params.x =~ '('", 31),
        ("metrics.a > 1 AND 5 > 1", 19),
        ("status IN ()", 11),
        ("metrics.a > 1; metrics.b > 2", 16),
    ],
)
def test_the_place_stands_behind_mlflows_words(text: str, character: int) -> None:
    assert refusal(text).endswith(f"(at character {character})")


@pytest.mark.parametrize("table", [REGISTERED_MODELS, MODEL_VERSIONS])
@pytest.mark.parametrize(
    ("text", "with_missing"),
    [("= 'false'", True), ("!= 'true'", True), ("= 'true'", False), ("!= 'false'", False), ("LIKE 'f%'", False)],
)
def test_a_model_without_the_prompt_tag_counts_as_no_prompt(table: FieldTable, text: str, with_missing: bool) -> None:
    parsed = parse_filter(f"tags.mlflow.prompt.is_prompt {text}", table)
    assert isinstance(parsed, Or) is with_missing
    assert parse_filter(f"tags.other {text}", table) == parse_filter(f"tag.other {text}", RUNS)


def test_logged_models_know_their_times_by_two_names() -> None:
    assert parse_filter("creation_time > 1", LOGGED_MODELS) == parse_filter("creation_timestamp > 1", LOGGED_MODELS)


@given(
    st.text(
        st.sampled_from("metrics.x params a=~<>!'\"`()[],;.\\% 019 AND OR NOT IN IS NULL LIKE BETWEEN \n\0é"),
        max_size=60,
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InvalidParameter):
        parse_filter(text, RUNS)


@given(
    st.lists(
        st.sampled_from("metrics.x params.y status = > LIKE IN ( ) , 'a' 1 AND OR NOT IS NULL BETWEEN =~".split()),
        max_size=25,
    )
)
def test_any_sequence_of_words_is_read_or_refused(words: list[str]) -> None:
    with suppress(InvalidParameter):
        parse_filter(" ".join(words), RUNS)
