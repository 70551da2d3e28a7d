"""Predicting together what several callers asked for: each is answered as if it had been alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.models.mlmodel import Model
from modelyard.models.params import ParamSchema, ParamSpec
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature
from modelyard.serving.protocols.invocations import Invocations
from modelyard.serving.worker.frames import Answer, Job
from modelyard.serving.worker.host import Host, least_bytes, told
from modelyard.serving.worker.matrices import MATRIX, Matrices

SIGNATURE = ModelSignature(
    Schema([ColSpec("double", "a"), ColSpec("long", "b")]), params=ParamSchema([ParamSpec("factor", "double", 1.0)])
)
JSON = "application/json"


class Doubler:
    """Adds up rows; refuses negative ones; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, data: Any, params: Any = None) -> Any:
        self.asked.append(len(data))
        if (data["a"] < 0).any():
            raise ValueError("negative")
        if (data["a"] == 1313).any():
            return numpy.zeros(len(data) + 1)  # not one for each row
        return ((data["a"] + data["b"]) * (params or {}).get("factor", 1.0)).to_numpy()


def host(predict: Any, *, most_rows: int = 64, max_output: int = 1_000_000) -> Host:
    model = PyFuncModel(model=Model(signature=SIGNATURE), folder=Path(), obj=None, predict=predict, model_config={})
    matrices = Matrices(SIGNATURE, 2)
    return Host(model, {"invocations": Invocations()}, matrices, most_rows=most_rows, max_output=max_output)


def split(rows: Sequence[Any], **more: Any) -> bytes:
    return json.dumps({"dataframe_split": {"columns": ["a", "b"], "data": rows}, **more}).encode()


def job(number: int, body: bytes, kind: str = JSON) -> Job:
    return Job(number, "invocations", kind, body)


rows = st.lists(st.tuples(st.integers(0, 9).map(float), st.integers(0, 9)).map(list), min_size=1, max_size=4)
bad_rows = st.sampled_from([[[-1.0, 2]], [[1.0, 2], [-5.0, 1]], [[1313.0, 1]], [["x", 1]], [[1.0]], [[1.0, 2.5]], []])
requests = st.one_of(
    rows.map(lambda each: (split(each), JSON)),
    bad_rows.map(lambda each: (split(each), JSON)),
    rows.map(lambda each: (split(each, params={"factor": 3.0}), JSON)),
    rows.map(lambda each: (json.dumps([{"a": a, "b": b} for a, b in each]).encode(), JSON)),
    rows.map(lambda each: ("\n".join(["a,b", *(f"{a},{b}" for a, b in each)]).encode(), "text/csv")),
    rows.map(lambda each: (numpy.array(each, "<f8").tobytes(), MATRIX)),
    st.just((b"{", JSON)),
    st.just((b"a", "text/html")),
)


@given(st.lists(requests, min_size=1, max_size=12), st.sampled_from([0, 2, 5, 64]))
def test_any_batch_gives_each_caller_what_a_lone_call_gives(asked: list[tuple[bytes, str]], most_rows: int) -> None:
    jobs = [job(number, body, kind) for number, (body, kind) in enumerate(asked)]
    together = sorted(host(Doubler(), most_rows=most_rows).score(jobs), key=lambda answer: answer.id)
    alone = [next(host(Doubler()).score([each])) for each in jobs]
    assert together == alone


def test_what_is_alike_is_predicted_at_once() -> None:
    model = Doubler()
    answers = list(host(model).score([job(number, split([[number, 1]])) for number in range(5)]))
    assert [json.loads(answer.body) for answer in answers] == [{"predictions": [number + 1.0]} for number in range(5)]
    assert model.asked == [5]


def test_no_more_rows_than_were_tried_are_predicted_at_once() -> None:
    model = Doubler()
    list(host(model, most_rows=4).score([job(number, split([[1.0, 1], [2.0, 2]])) for number in range(5)]))
    assert sorted(model.asked) == [2, 4, 4]


def test_one_bad_row_fails_its_own_request_only() -> None:
    bad = 3
    jobs = [job(number, split([[-1.0 if number == bad else number, 1]])) for number in range(6)]
    answers = {answer.id: answer for answer in host(Doubler()).score(jobs)}
    assert answers[bad] == Answer(
        bad, status=400, error_code="BAD_REQUEST", message="The model failed: ValueError: negative"
    )
    assert all(answers[number].status == 200 for number in range(6) if number != bad)


def test_the_front_is_told_who_is_predicted_now_before_it_happens() -> None:
    events: list[Any] = []

    def predict(data: Any, params: Any = None) -> Any:
        events.append("predict")
        if (data["a"] < 0).any():
            raise ValueError("negative")
        return data["a"].to_numpy()

    jobs = [job(1, split([[1.0, 1]])), job(2, split([[-1.0, 1]]))]
    list(host(predict).score(jobs, events.append))
    assert events == [[1, 2], "predict", [1], "predict", [2], "predict"]
    events.clear()
    list(host(predict).score(jobs[:1], events.append))
    assert events == ["predict"], "who is alone is known to be"


@pytest.mark.parametrize("answer", [["x" * 2_000_000], numpy.zeros(600_000), ["a" * 600_000, "b" * 600_000]])
def test_an_answer_beyond_the_limit_is_refused(answer: Any) -> None:
    found = next(host(lambda data, params: answer).score([job(1, split([[1.0, 1]]))]))
    assert (found.status, found.message) == (
        500,
        "The answer is larger than 1,000,000 bytes, the most this server sends.",
    )


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), RecursionError("deep"), MemoryError()])
def test_whatever_a_model_raises_is_told_its_caller(error: BaseException) -> None:
    def predict(data: Any, params: Any = None) -> Any:
        raise error

    found = next(host(predict).score([job(1, split([[1.0, 1]]))]))
    assert found.status in (400, 500)
    assert found.message
    assert "Traceback" not in found.message


def test_a_model_s_own_message_is_short_and_names_no_place() -> None:
    said = told(OSError("cannot open '/home/me/secret/data.csv' for reading\nmore"))
    assert said == "The model failed: OSError: cannot open 'a file' for reading"
    assert len(told(ValueError("x" * 10_000))) < 400


def test_what_an_answer_takes_at_least_is_never_more_than_it_takes() -> None:
    for value in ([1, 2], numpy.zeros(7), pandas.DataFrame({"a": [1, 2]}), "text", {"a": [1], "b": "c"}, None, 5, []):
        assert least_bytes(value) <= len(
            Invocations().write(value, Invocations().read(split([[1.0, 1]]), JSON, SIGNATURE), None)
        )
