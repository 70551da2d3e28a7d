"""Messages to bytes and back: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.core.entities import Metric, Param, Run, RunData, RunInfo
from modelyard.core.errors import BadRequest, InvalidParameter, ModelyardError, UserError
from modelyard.core.wire.bounds import MAX_DEPTH, MAX_VALUES
from modelyard.core.wire.codec import (
    Reader,
    decode_reply,
    encode_call,
    encode_reply,
    encode_request,
)
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.table import BY_NAME, ENDPOINTS

DOCS = " See the API docs for more information about request parameters."


def read(message: type[Any], body: str | bytes | dict[str, Any]) -> Any:
    data = json.dumps(body) if isinstance(body, dict) else body
    return Reader(message).read(data.encode() if isinstance(data, str) else data)


METRIC = {"run_id": "r", "key": "k", "value": 1.5, "timestamp": 7}
EXPECTED = run.LogMetric(run_id="r", key="k", value=1.5, timestamp=7)


@pytest.mark.parametrize(
    "body",
    [
        METRIC,
        {**METRIC, "timestamp": "7"},
        {**METRIC, "timestamp": 7.0},
        {**METRIC, "value": "1.5"},
        {**METRIC, "step": None, "model_id": None},
        {**METRIC, "unknown": {"deep": [1, {"er": None}]}},
        {"runId": "r", "key": "k", "value": 1.5, "timestamp": 7},
        {"run_uuid": "r", "key": "k", "value": 1.5, "timestamp": 7},
        {"runUuid": "r", "key": "k", "value": 1.5, "timestamp": 7},
        {"run_uuid": "r", **METRIC},
        {**METRIC, "run_uuid": "r"},
        {"run_uuid": "another", **METRIC},
        {**METRIC, "unknown": 1, "run_uuid": "another"},
        json.dumps(json.dumps(METRIC)),
        "  " + json.dumps(METRIC, indent=2) + "\n",
    ],
)
def test_every_spelling_of_a_request_is_the_same_message(body: Any) -> None:
    assert read(run.LogMetric, body) == EXPECTED


@pytest.mark.parametrize(
    ("written", "value"),
    [('"NaN"', math.nan), ("NaN", math.nan), ('"Infinity"', math.inf), ("-Infinity", -math.inf), ("1e400", math.inf)],
)
def test_values_that_are_no_finite_numbers_are_read(written: str, value: float) -> None:
    body = '{"run_id":"r","key":"k","timestamp":1,"value":' + written + "}"
    found = read(run.LogMetric, body).value
    assert found == value or (math.isnan(found) and math.isnan(value))


def test_lists_inside_messages_are_read_in_any_spelling() -> None:
    found = read(run.LogBatch, {"runId": "r", "metrics": [{"key": "a", "value": 1, "timestamp": "2", "more": 1}]})
    assert found == run.LogBatch(run_id="r", metrics=[Metric("a", 1.0, 2)])


@pytest.mark.parametrize(("number", "name"), [(1, "RUNNING"), (3, "FINISHED"), (5, "KILLED")])
def test_an_enumeration_is_read_from_its_number(number: int, name: str) -> None:
    assert read(run.UpdateRun, {"run_id": "r", "status": number}).status == name


def test_numbers_of_other_enumerations_count_as_protobuf_counts_them() -> None:
    assert read(run.SearchRuns, {"run_view_type": 3}).run_view_type == "ALL"
    assert read(lm.FinalizeLoggedModel, {"model_id": "m", "status": 2}).status == "LOGGED_MODEL_READY"


def test_an_empty_body_is_an_empty_message() -> None:
    assert read(exp.SearchExperiments, b"") == read(exp.SearchExperiments, b"{}") == exp.SearchExperiments()


@pytest.mark.parametrize(
    ("message", "body", "text"),
    [
        (run.LogMetric, {"run_id": "r"}, "Missing value for required parameter 'key'." + DOCS),
        (run.GetRun, {}, "Missing value for required parameter 'run_id'." + DOCS),
        (run.GetRun, {"run_id": ""}, "Missing value for required parameter 'run_id'." + DOCS),
        (run.GetRun, {"run_id": None}, "Missing value for required parameter 'run_id'." + DOCS),
        (exp.CreateExperiment, {"name": ""}, "Missing value for required parameter 'name'." + DOCS),
        (
            run.LogBatch,
            {"run_id": "r", "metrics": [{"key": "a", "value": 1, "timestamp": 1}, {"key": "a", "value": 1}]},
            "Missing value for required parameter 'metrics[1].timestamp'." + DOCS,
        ),
        (
            run.LogBatch,
            {"run_id": "r", "params": [{"value": "1"}]},
            "Missing value for required parameter 'params[0].key'." + DOCS,
        ),
        (
            run.LogMetric,
            {**METRIC, "step": "foo"},
            "Invalid value \"foo\" for parameter 'step' supplied:  Hint: Value was of type 'str'." + DOCS,
        ),
        (
            run.LogMetric,
            {**METRIC, "key": 12},
            "Invalid value 12 for parameter 'key' supplied:  Hint: Value was of type 'int'." + DOCS,
        ),
        (
            run.LogBatch,
            {"run_id": "r", "metrics": {"b": 1, "a": [2]}},
            "Invalid value {\"a\":[2],\"b\":1} for parameter 'metrics' supplied:  Hint: Value was of type 'dict'."
            + DOCS,
        ),
        (
            run.LogMetric,
            {**METRIC, "timestamp": 2**63},
            f"Invalid value {2**63} for parameter 'timestamp' supplied:  Hint: Value was of type 'int'." + DOCS,
        ),
        (
            run.GetRun,
            {"run_id": "a", "runId": "a"},
            "Request specifies both 'run_id' and 'runId'; provide only one of them.",
        ),
        (run.GetRun, {"run_id": "a\0b"}, "Texts must not contain the character U+0000."),
    ],
)
def test_refusals_are_in_mlflows_words(message: type[Any], body: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read(message, body)
    assert refused.value.message == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{", "The body is not valid JSON"),
        (b"[]", "The body must be a JSON object, not a list."),
        (b"7", "The body must be a JSON object, not a number."),
        (b'{"run_id": "\xff"}', "The body is not valid UTF-8."),
        (b'{"run_id": "\\ud800"}', "half of a surrogate pair"),
        (b'"\\ud800"', "The body is not valid UTF-8."),
        (b'{"run_id": ' + b"[" * 70 + b"]" * 70 + b"}", f"deeper than {MAX_DEPTH} levels"),
        (b"[" * 100_000, f"deeper than {MAX_DEPTH} levels"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, f"deeper than {MAX_DEPTH} levels"),
        (b'{"run_id": ' + b"9" * 21 + b"}", "more than 20 digits"),
        (b'{"run_id": ' + b"9" * 100_000 + b"}", "more than 20 digits"),
        (b'{"x":[' + b"1," * MAX_VALUES + b"1]}", f"more than {MAX_VALUES} values"),
    ],
)
def test_what_is_no_request_is_refused_without_reading_it_all(body: bytes, text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(run.GetRun, body)
    assert text in refused.value.message


def test_commas_in_a_text_are_not_counted_as_values() -> None:
    text = "," * (2 * MAX_VALUES)
    assert read(run.LogModel, {"run_id": "r", "model_json": text}).model_json == text


def test_a_long_value_is_not_repeated_in_full() -> None:
    with pytest.raises(InvalidParameter) as refused:
        read(run.LogMetric, {**METRIC, "step": "x" * 100_000})
    assert len(refused.value.message) < 1_500


@pytest.mark.parametrize(
    ("message", "query", "expected"),
    [
        (run.GetRun, b"run_id=a%20b", run.GetRun(run_id="a b")),
        (run.GetRun, b"run_uuid=a", run.GetRun(run_id="a")),
        (run.GetRun, b"run_id=a&run_uuid=b&x=1", run.GetRun(run_id="a")),
        (run.GetRun, b"run_id=a&run_id=b", run.GetRun(run_id="a")),
        (
            met.GetMetricHistoryBulk,
            b"run_id=a&run_id=b&metric_key=x+y&max_results=5",
            met.GetMetricHistoryBulk(run_id=["a", "b"], metric_key="x y", max_results=5),
        ),
        (
            met.GetMetricHistoryBulkInterval,
            b"run_ids=a&metric_key=x&start_step=-3&end_step=4",
            met.GetMetricHistoryBulkInterval(run_ids=["a"], metric_key="x", start_step=-3, end_step=4),
        ),
        (exp.SearchExperiments, b"view_type=ALL", exp.SearchExperiments(view_type="ALL")),
    ],
)
def test_query_strings_are_read(message: type[Any], query: bytes, expected: Any) -> None:
    assert Reader(message).read_query(query) == expected


@pytest.mark.parametrize("query", [b"run_id=%ff", b"run_id=%00", b"run_id=", b"", b"run_id=%ed%a0%80", b"&&&==&"])
def test_bad_query_strings_are_refused(query: bytes) -> None:
    with pytest.raises(UserError):
        Reader(run.GetRun).read_query(query)


class Flag(msgspec.Struct, forbid_unknown_fields=True):
    """A message with a boolean, as none that is sent by GET has today."""

    on: bool = False


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("false", False)])
def test_booleans_of_a_query_are_true_or_false(text: str, value: bool) -> None:
    assert Reader(Flag).read_query(f"on={text}".encode()).on is value


@pytest.mark.parametrize("text", ["1", "yes", ""])
def test_other_booleans_of_a_query_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        Reader(Flag).read_query(f"on={text}".encode())
    assert refused.value.message == f"Invalid boolean value: {text}, must be 'true' or 'false'."


def test_arguments_of_the_path_count_more_than_those_of_the_body() -> None:
    reader = Reader(lm.FinalizeLoggedModel)
    found = reader.read_fields({"modelId": "m-1", "status": "LOGGED_MODEL_READY"}, {"model_id": "m-2"})
    assert found.model_id == "m-2"


def test_a_metric_that_is_not_a_number_is_written_as_mlflow_writes_it() -> None:
    info = RunInfo(run_id="r", experiment_id="0", run_name='"value":null')
    reply = run.RunReply(
        run=Run(info=info, data=RunData(metric_list=[Metric("k", math.nan, 1)], param_list=[Param("a")]))
    )
    decoded = json.loads(encode_reply(reply))
    assert decoded["run"]["data"]["metrics"][0]["value"] == "NaN"
    assert decoded["run"]["info"]["run_name"] == '"value":null'
    assert math.isnan(decode_reply(run.RunReply, encode_reply(reply)).run.data.metrics["k"])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_requests_carry_every_float(value: float) -> None:
    sent = run.LogBatch(run_id="r", metrics=[Metric("k", value, 1), Metric("l", 0.1, 2)])
    assert repr(read(run.LogBatch, encode_request(sent))) == repr(sent)


def test_empty_answers_are_an_empty_object() -> None:
    assert encode_reply(run.RunsPage()) == b"{}"
    assert decode_reply(run.RunsPage, b"") == decode_reply(run.RunsPage, b"{}") == run.RunsPage()


def test_answers_of_newer_servers_are_read() -> None:
    body = b'{"run":{"info":{"run_id":"r","experiment_id":"0","brand_new":[1]},"data":{},"more":{}},"and":"more"}'
    assert decode_reply(run.RunReply, body).run.info.run_id == "r"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"run":5}', b"\xff", b'{"run":{"info":{}}}'])
def test_an_answer_that_is_none_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(ModelyardError):
        decode_reply(run.RunReply, body)


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        ("tracking.get_run", run.GetRun(run_id="a/b"), ("GET", "/api/2.0/mlflow/runs/get?run_id=a%2Fb", None)),
        (
            "tracking.delete_logged_model_tag",
            lm.DeleteLoggedModelTag(model_id="m-1", tag_key="a/b c"),
            (
                "DELETE",
                "/api/2.0/mlflow/logged-models/m-1/tags/a%2Fb%20c",
                b'{"model_id":"m-1","tag_key":"a/b c"}',
            ),
        ),
        (
            "tracking.search_experiments",
            exp.SearchExperiments(max_results=5),
            ("POST", "/api/2.0/mlflow/experiments/search", b'{"max_results":5}'),
        ),
    ],
)
def test_calls_are_method_path_and_body(name: str, message: Any, expected: tuple[str, str, bytes | None]) -> None:
    assert encode_call(BY_NAME[name], message) == expected


READERS = {endpoint.name: Reader(endpoint.request) for endpoint in ENDPOINTS}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, categories=None, exclude_categories=()), max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def near_requests(draw: st.DrawFn) -> tuple[str, bytes]:
    """A body with the field names of an endpoint and anything at all for values."""
    name = draw(st.sampled_from(sorted(READERS)))
    fields = sorted(READERS[name]._shape.spellings)
    body = draw(st.dictionaries(st.sampled_from(fields) if fields else st.text(max_size=3), JSON, max_size=6))
    return name, json.dumps(body).encode("utf-8", "surrogatepass")


@given(near_requests())
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_body_makes_anything_but_a_message_or_a_refusal(request: tuple[str, bytes]) -> None:
    name, body = request
    try:
        READERS[name].read(body)
    except UserError as refused:
        assert refused.message.encode()


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_anything_but_a_message_or_a_refusal(name: str, data: bytes) -> None:
    for call in (READERS[name].read, READERS[name].read_query):
        try:
            call(data)
        except UserError as refused:
            assert refused.status == 400


@given(
    st.builds(
        run.LogBatch,
        run_id=st.text(min_size=1).filter(lambda text: "\0" not in text),
        metrics=st.lists(
            st.builds(
                Metric,
                st.text().filter(lambda text: "\0" not in text),
                st.floats(),
                st.integers(-(2**63), 2**63 - 1),
                step=st.integers(-(2**63), 2**63 - 1),
            ),
            max_size=5,
        ),
    )
)
@settings(max_examples=200, deadline=None)
def test_what_is_sent_is_what_is_read(message: run.LogBatch) -> None:
    assert repr(Reader(run.LogBatch).read(encode_request(message))) == repr(message)


JSON_VALUES = st.recursive(
    st.integers(-5, 5) | st.booleans() | st.text(max_size=6),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=3), below, max_size=4),
)


@given(st.dictionaries(st.text(max_size=3), JSON_VALUES, max_size=4))
@settings(deadline=None)
def test_a_short_value_is_repeated_as_json_with_sorted_names(value: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as refused:
        msgspec.json.encode(Reader(run.GetRun).read_fields({"run_id": _without_nul(value)}))
    shown = json.dumps(_without_nul(value), sort_keys=True, separators=(",", ":"))
    if len(shown) <= 1_000:
        assert refused.value.message.startswith(f"Invalid value {shown} for parameter 'run_id'")


def _without_nul(value: Any) -> Any:
    return json.loads(json.dumps(value).replace("\\u0000", "0"))


@pytest.mark.parametrize(
    "value",
    [
        "é" * 5_000_000,
        ["x" * 5_000_000] * 3,
        [["x"] * 1_000] * 190,
        {f"k{number}": "x" * 60 for number in range(90_000)},
        {"x" * 5_000_000: [{"x" * 5_000_000: 1}]},
    ],
)
def test_of_a_large_value_only_the_beginning_is_shown(value: Any) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read(run.GetRun, {"run_id": [value]})
    assert refused.value.message.startswith('Invalid value ["' if isinstance(value, str) else "Invalid value [")
    assert "…" in refused.value.message
    assert len(refused.value.message) < 1_500


@given(st.sampled_from(["run_id", "metrics", "x", "runId"]), JSON_VALUES, st.booleans())
@settings(deadline=None)
def test_a_message_of_the_usual_form_is_the_same_in_one_step(name: str, value: Any, spaced: bool) -> None:
    body = json.dumps({"run_id": "r", name: value}, indent=1 if spaced else None).encode()
    reader = Reader(run.LogBatch)
    try:
        usual = reader.read_usual(body)
    except InvalidParameter as error:
        with pytest.raises(InvalidParameter) as refused:
            reader.read(body)
        assert refused.value.message == error.message
        return
    if usual is not None:
        assert usual == reader.read(body)


def test_what_is_usual_is_known_as_such() -> None:
    reader = Reader(run.LogBatch)
    assert reader.read_usual(b'{"run_id":"r","metrics":[]}') == run.LogBatch(run_id="r")
    for unusual in (
        b'{"runId":"r"}',
        b'{"run_id":"r","new":1}',
        b'{"run_id":"r","x":NaN}',
        b'{"run_id":"\\u0000"}',
        b"{",
        b"",
    ):
        assert reader.read_usual(unusual) is None
