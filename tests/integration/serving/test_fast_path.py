"""A linear model and a forest over real sockets: the front answers by itself, and what it answers is the model's."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy
import pytest

import modelyard as mlflow
from modelyard.models import infer_signature
from tests.support.moody import StartMoody
from tests.support.waiting import wait_for

ensemble = pytest.importorskip("sklearn.ensemble", reason="scikit-learn is not installed")
linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
pandas = pytest.importorskip("pandas", reason="pandas is not installed")

NAMES = ["acid", "sugar", "alcohol"]


@pytest.fixture(scope="module", params=["linear", "forest"])
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Path, Any]:
    draw = numpy.random.default_rng(7)
    data = pandas.DataFrame(draw.normal(size=(80, 3)), columns=NAMES)
    target = data.sum(axis=1) + draw.normal(size=80)
    kinds: dict[str, Any] = {
        "linear": linear_model.ElasticNet(alpha=0.1),
        "forest": ensemble.RandomForestRegressor(10, random_state=1),
    }
    model = kinds[request.param].fit(data, target)
    folder = tmp_path_factory.mktemp("saved") / "model"
    signature = infer_signature(data, model.predict(data))
    mlflow.sklearn.save_model(model, folder, signature=signature, input_example=data.head(2), verify=False)
    return request.param, model, folder, data


@pytest.mark.parametrize("fast", [True, False])
def test_callers_who_ask_at_once_get_the_model_s_own_predictions(
    start_moody: StartMoody, saved: tuple[str, Any, Path, Any], fast: bool
) -> None:
    kind, model, folder, data = saved
    server = start_moody(folder, fast=fast)
    assert (f"fast path {kind}" in server.log) is fast
    bodies = [
        {"dataframe_split": {"columns": NAMES, "data": data.iloc[at : at + 1 + at % 3].to_numpy().tolist()}}
        for at in range(60)
    ]
    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(lambda body: server.request("POST", "/invocations", body), bodies))
    expected = [model.predict(data.iloc[at : at + 1 + at % 3]).tolist() for at in range(60)]
    assert [reply.json["predictions"] for reply in replies] == expected


def test_the_front_answers_while_its_worker_is_gone(start_moody: StartMoody, saved: tuple[str, Any, Path, Any]) -> None:
    _, model, folder, data = saved
    server = start_moody(folder)
    before = server.workers
    os.kill(before[0], signal.SIGKILL)
    row = data.iloc[:1]
    body = {"dataframe_records": row.to_dict(orient="records")}
    reply = server.request("POST", "/invocations", body)
    assert reply.json == {"predictions": model.predict(row).tolist()}
    wait_for(lambda: server.is_ready() and server.workers != before)
    csv = row.to_csv(index=False).encode()
    reply = server.request("POST", "/invocations", csv, {"content-type": "text/csv"})
    assert reply.json == {"predictions": model.predict(row).tolist()}


def test_what_is_no_row_of_numbers_is_refused_by_name(
    start_moody: StartMoody, saved: tuple[str, Any, Path, Any]
) -> None:
    server = start_moody(saved[2])
    for row, column in ((["x", 1.0, 2.0], "acid"), ([1.0, [], 2.0], "sugar"), ([1.0, 2.0, True], "alcohol")):
        reply = server.request("POST", "/invocations", {"dataframe_split": {"columns": NAMES, "data": [row]}})
        assert reply.status == 400, (row, reply.body)
        assert column in reply.json["message"]
