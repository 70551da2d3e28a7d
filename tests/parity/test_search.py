"""Searching runs through the real mlflow client: every operator, order and page."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest


class Filled(NamedTuple):
    """An experiment with four runs, a to d."""

    experiment: str
    ids: dict[str, str]


@pytest.fixture
def filled(mlflow: Any, client: Any, experiment: str) -> Filled:
    ids = {}
    for number, name in enumerate("abcd"):
        run = client.create_run(
            experiment, start_time=1000 + number, run_name=name, tags={"even": str(number % 2 == 0)}
        )
        ids[name] = run.info.run_id
        client.log_param(ids[name], "model", "forest" if number < 2 else "Linear_1%")
        if name != "d":
            client.log_metric(ids[name], "rmse", [0.5, 0.25, float("nan")][number])
            client.log_metric(ids[name], "a/b c", number)
        client.set_tag(ids[name], "release.version", f"2.{number}")
    client.set_terminated(ids["a"], "FINISHED", 5000)
    client.set_terminated(ids["b"], "FAILED", 6000)
    return Filled(experiment, ids)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "dcba"),
        ("metrics.rmse > 0.25", "a"),
        ("metrics.rmse >= 0.25", "ba"),
        ("metrics.rmse < 0.5", "b"),
        ("metrics.rmse <= 0.5", "ba"),
        ("metrics.rmse = 0.5", "a"),
        ("metric.`a/b c` != 1", "ca"),
        ("metrics.`a/b c` = 1", "b"),
        ('metrics."a/b c" > 0', "cb"),
        ("params.model = 'forest'", "ba"),
        ("param.model != 'forest'", "dc"),
        ("parameters.model LIKE 'for%'", "ba"),
        ("params.model LIKE 'FOR%'", ""),
        ("params.model ILIKE 'FOR%'", "ba"),
        ("params.model LIKE 'L_near%'", "dc"),
        ("params.nothing != 'x'", ""),
        ("tags.even = 'True'", "ca"),
        ("tag.even != 'True'", "db"),
        ("tags.`release.version` = '2.3'", "d"),
        ("tags.\"release.version\" LIKE '2.%'", "dcba"),
        ("attributes.status = 'RUNNING'", "dc"),
        ("status != 'RUNNING'", "ba"),
        ("attr.run_name = 'a'", "a"),
        ("run.run_name ILIKE 'A'", "a"),
        ("`run name` = 'b'", "b"),
        ("attributes.start_time > 1001", "dc"),
        ("start_time <= 1000", "a"),
        ("attributes.end_time >= 5000", "ba"),
        ("metrics.rmse > 0 AND params.model = 'forest' and tags.even = 'True'", "a"),
        ("attributes.run_name = 'a' AND attributes.run_name = 'b'", ""),
    ],
)
def test_filters(mlflow: Any, client: Any, filled: Filled, text: str, expected: str) -> None:
    found = client.search_runs([filled.experiment], text)
    assert "".join(run.info.run_name for run in found) == expected


def test_filters_by_run_id(client: Any, filled: Filled) -> None:
    a, b = filled.ids["a"], filled.ids["b"]

    def names(text: str) -> str:
        return "".join(run.info.run_name for run in client.search_runs([filled.experiment], text))

    assert names(f"attributes.run_id = '{a}'") == "a"
    assert names(f"run_id IN ('{a}', '{b}')") == "ba"
    assert names(f"attributes.run_id NOT IN ('{a}', '{b}')") == "dc"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["attributes.start_time ASC"], "abcd"),
        (["start_time DESC"], "dcba"),
        (["metrics.rmse"], "bacd"),
        (["metrics.rmse DESC"], "abcd"),
        (["metrics.`a/b c` DESC", "start_time"], "cbad"),
        (["params.model DESC", "attributes.start_time"], "abcd"),
        (["params.model ASC", "start_time ASC"], "cdab"),
        (["tags.even"], "dbca"),
        (["run_name DESC"], "dcba"),
        (["attributes.end_time DESC", "run_name"], "bacd"),
    ],
)
def test_orders(client: Any, filled: Filled, order: list[str], expected: str) -> None:
    found = client.search_runs([filled.experiment], order_by=order)
    assert "".join(run.info.run_name for run in found) == expected


@pytest.mark.parametrize("order", [None, ["metrics.rmse DESC"], ["params.model", "tags.even DESC"]])
def test_pages_make_the_whole(client: Any, filled: Filled, order: list[str] | None) -> None:
    whole = [run.info.run_id for run in client.search_runs([filled.experiment], order_by=order)]
    token, paged = None, []
    while True:
        page = client.search_runs([filled.experiment], order_by=order, max_results=1, page_token=token)
        paged += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    assert paged == whole


@pytest.mark.parametrize(
    "text",
    [
        "metrics.rmse > 'a'",
        "metrics.rmse LIKE '1'",
        "params.model = 1",
        "params.model > 'x'",
        "nothing.model = 'x'",
        "attributes.nothing = 'x'",
        "start_time = 'x'",
        "params.model =",
        "params.model",
        "metrics.rmse > 1; metrics.rmse > 2",
        "params.model = 'unfinished",
    ],
)
def test_filters_that_are_refused(mlflow: Any, client: Any, filled: Filled, text: str) -> None:
    with pytest.raises(mlflow.MlflowException) as caught:
        client.search_runs([filled.experiment], text)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("size", [0, -1, 50_001])
def test_page_sizes_that_are_refused(mlflow: Any, client: Any, filled: Filled, size: int) -> None:
    with pytest.raises(mlflow.MlflowException, match="max_results"):
        client.search_runs([filled.experiment], max_results=size)


def test_a_broken_page_token_is_refused(mlflow: Any, client: Any, filled: Filled) -> None:
    with pytest.raises(mlflow.MlflowException) as caught:
        client.search_runs([filled.experiment], page_token="nonsense")
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_an_unknown_experiment_has_no_runs(client: Any) -> None:
    assert len(client.search_runs(["98765432"])) == 0


def test_runs_as_a_table(mlflow: Any, filled: Filled) -> None:
    table = mlflow.search_runs([filled.experiment], order_by=["start_time"])
    assert list(table["run_id"]) == list(filled.ids.values())
    assert {"params.model", "metrics.rmse", "tags.even", "artifact_uri", "status"} <= set(table.columns)
