"""Requirements S1.38 to S1.45 and X15, X16: what is logged is what is read, by another process."""

from __future__ import annotations

import json
import math
import urllib.request
from importlib.util import find_spec
from typing import Any, NoReturn

import pytest

from modelyard.core.errors import InvalidParameter
from tests.acceptance.requirements.conftest import Session

GREATEST = 1.7976931348623157e308


def test_params_are_texts_and_written_once(session: Session) -> None:
    """S1.38, X15: the same value is accepted again, another one is refused."""
    script = """
with mlflow.start_run() as run:
    mlflow.log_param("alpha", 0.5); mlflow.log_param("alpha", "0.5"); mlflow.log_param("n", 1)
    try:
        mlflow.log_param("alpha", 0.6)
    except mlflow.MlflowException as error:
        tell([run.info.run_id, error.message])
"""
    run_id, message = session.run(script)
    assert "Changing param values is not allowed" in message
    assert "alpha" in message
    assert session.client.get_run(run_id).data.params == {"alpha": "0.5", "n": "1"}


def test_params_are_logged_all_or_none(session: Session) -> None:
    """S1.39: 200 in one call; one that is refused keeps the others out."""
    script = """
with mlflow.start_run() as good:
    mlflow.log_params({f"p{n}": n for n in range(200)})
with mlflow.start_run() as bad:
    try:
        mlflow.log_params({**{f"p{n}": n for n in range(199)}, "what?": 1})
    except mlflow.MlflowException as error:
        tell([good.info.run_id, bad.info.run_id, error.message])
"""
    good, bad, message = session.run(script)
    assert session.client.get_run(good).data.params == {f"p{n}": str(n) for n in range(200)}
    assert "what?" in message
    assert session.client.get_run(bad).data.params == {}


def test_a_changed_param_keeps_hundreds_out(session: Session) -> None:
    """S1.39: also where one request does not hold them."""
    script = """
with mlflow.start_run() as run:
    mlflow.log_param("p199", "before")
    try:
        mlflow.log_params({f"p{n}": n for n in range(200)})
    except mlflow.MlflowException as error:
        tell([run.info.run_id, error.message])
"""
    run_id, message = session.run(script)
    assert "Changing param values is not allowed" in message
    assert "'p199'" in message
    assert session.client.get_run(run_id).data.params == {"p199": "before"}


def test_a_value_that_is_too_long_keeps_hundreds_out_where_none_is_cut(session: Session) -> None:
    """S1.39: a folder that refuses instead of cutting refuses all of the call; the server cuts, by its own setting."""
    script = """
message = ""
with mlflow.start_run() as run:
    try:
        mlflow.log_params({**{f"p{n}": n for n in range(199)}, "long": "x" * 6001})
    except mlflow.MlflowException as error:
        message = error.message
tell([run.info.run_id, message])
"""
    run_id, message = session.run(script, MODELYARD_TRUNCATE_LONG_VALUES="false")
    assert ("6000" in message) == session.is_folder
    assert len(session.client.get_run(run_id).data.params) == (0 if session.is_folder else 200)


def test_a_metric_is_a_number(session: Session) -> None:
    """S1.40: what is none is refused by the metric's name, and numpy's scalars are numbers."""
    numbers = ["2", "0.5"] + (["numpy.float32(0.25)", "numpy.int64(7)"] if find_spec("numpy") else [])
    script = f"""
{"import numpy" if find_spec("numpy") else ""}
refused = []
with mlflow.start_run() as run:
    for value in ("abc", None, True):
        try:
            mlflow.log_metric("rmse", value)
        except mlflow.MlflowException as error:
            refused.append(error.message)
    for n, value in enumerate([{", ".join(numbers)}]):
        mlflow.log_metric("good", value, step=n)
tell([run.info.run_id, refused])
"""
    run_id, refused = session.run(script)
    assert len(refused) == 3
    assert all("rmse" in message for message in refused)
    assert "rmse" not in session.client.get_run(run_id).data.metrics
    history = session.client.get_metric_history(run_id, "good")
    assert [point.value for point in history] == [2.0, 0.5, 0.25, 7.0][: len(numbers)]


def test_the_whole_history_is_kept_and_the_step_is_0_unless_said(session: Session) -> None:
    """S1.41, S1.42: the latest value is that of the largest step, then of the latest time."""
    script = """
with mlflow.start_run() as run:
    for value in (1, 2, 3):
        mlflow.log_metric("a", value)
    for step in (5, -2, 3):
        mlflow.log_metric("b", step * 10, step=step)
tell(run.info.run_id)
"""
    run_id = session.run(script)
    points = session.client.get_metric_history(run_id, "a")
    assert [(point.value, point.step) for point in points] == [(1.0, 0), (2.0, 0), (3.0, 0)]
    assert all(point.timestamp > 1_600_000_000_000 for point in points)
    assert sorted((point.step, point.value) for point in session.client.get_metric_history(run_id, "b")) == [
        (-2, -20.0),
        (3, 30.0),
        (5, 50.0),
    ]
    assert session.client.get_run(run_id).data.metrics == {"a": 3.0, "b": 50.0}


def refuse(word: str) -> NoReturn:
    raise AssertionError(f"{word} is not JSON")


def test_infinities_and_nan_follow_the_stated_rule(session: Session) -> None:
    """S1.43, X16: NaN stays, infinities become the greatest numbers, and every answer is valid JSON."""
    script = """
with mlflow.start_run() as run:
    for key in ("inf", "-inf", "nan"):
        mlflow.log_metric(key.replace("-", "minus "), float(key))
tell(run.info.run_id)
"""
    run_id = session.run(script)
    metrics = session.client.get_run(run_id).data.metrics
    assert math.isnan(metrics.pop("nan"))
    assert metrics == {"inf": GREATEST, "minus inf": -GREATEST}
    told = session.cli("runs", "describe", "--run-id", run_id)
    assert told.returncode == 0, told.stderr
    json.loads(told.stdout, parse_constant=refuse)
    if not session.is_folder:
        for path in (
            f"runs/get?run_id={run_id}",
            f"metrics/get-history?run_id={run_id}&metric_key=nan",
            f"metrics/get-history?run_id={run_id}&metric_key=inf",
        ):
            with urllib.request.urlopen(f"{session.uri}/api/2.0/mlflow/{path}") as answer:
                json.loads(answer.read(), parse_constant=refuse)


def test_several_metrics_are_logged_at_one_step(session: Session) -> None:
    """S1.44."""
    run_id = session.run("""
with mlflow.start_run() as run:
    mlflow.log_metrics(metrics={"mse": 2500.0, "rmse": 50.0}, step=7)
tell(run.info.run_id)
""")
    assert session.client.get_run(run_id).data.metrics == {"mse": 2500.0, "rmse": 50.0}
    for key in ("mse", "rmse"):
        assert [point.step for point in session.client.get_metric_history(run_id, key)] == [7]


def test_tags_keep_dots_and_spaces_and_are_replaced(session: Session) -> None:
    """S1.45."""
    tags = {"engineering": "ML Platform", "release.candidate": "RC1", "release.version": "2.2.0"}
    run_id = session.run(f"""
with mlflow.start_run() as run:
    mlflow.set_tags({tags!r})
    mlflow.set_tag("release.candidate", "RC2")
    mlflow.set_tag("with space", 1)
tell(run.info.run_id)
""")
    shown = session.client.get_run(run_id).data.tags
    expected: dict[str, Any] = {**tags, "release.candidate": "RC2", "with space": "1"}
    assert {key: shown.get(key) for key in expected} == expected


def test_a_bad_value_is_refused_where_it_is_logged(session: Session) -> None:
    """S1.40: also by the client that works without an active run."""
    run = session.client.create_run("0")
    with pytest.raises(InvalidParameter, match="rmse"):
        session.client.log_metric(run.info.run_id, "rmse", "abc")  # type: ignore[arg-type]
