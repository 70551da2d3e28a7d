"""Which keys and values there are, and what tells runs apart."""

from __future__ import annotations

import pytest

from modelyard.core.entities import Dataset, DatasetInput, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages import views as view
from modelyard.testing.tracking.steps import delete_run, log, make_experiment, make_run
from tests.unit.views.yard import Yard


def pairs(found: list[view.KeyCount]) -> list[tuple[str, int]]:
    """Keys with their counts."""
    return [(each.key, each.runs) for each in found]


@pytest.fixture
def ids(yard: Yard) -> list[str]:
    """Four runs in two experiments, and a deleted one with keys of its own."""
    other = make_experiment(yard.tracking, "other")
    made = []
    for number, experiment in enumerate(["0", "0", "0", other, "0"]):
        run_id = make_run(yard.tracking, experiment, user_id="ada", run_name=f"r{number}")
        log(
            yard.tracking,
            run_id,
            params={"same": "1", "alpha": str(number % 2), **({"Beta": "x"} if number == 3 else {})},
            metrics={"loss": 1.0, **({"acc": 0.5} if number < 2 else {})},
        )
        made.append(run_id)
    log(yard.tracking, made[4], params={"gone": "1"}, metrics={"gone": 1.0})
    delete_run(yard.tracking, made.pop())
    return made


def test_keys_are_those_of_active_runs_with_the_most_used_first(yard: Yard, ids: list[str]) -> None:
    def keys(**request: object) -> tuple[int, list[tuple[str, int]]]:
        found = yard.views.find_keys(view.FindKeys(**request))  # type: ignore[arg-type]
        return found.total, pairs(found.keys)

    assert keys(experiment_ids=["0"], kind="params") == (2, [("alpha", 3), ("same", 3)])
    assert keys(experiment_ids=["0", "1"], kind="params") == (3, [("alpha", 4), ("same", 4), ("Beta", 1)])
    assert keys(experiment_ids=["0", "1"], kind="params", limit=1) == (3, [("alpha", 4)])
    assert keys(experiment_ids=["0", "1"], kind="params", contains="ET") == (1, [("Beta", 1)])
    assert keys(experiment_ids=["0"], kind="metrics") == (2, [("loss", 3), ("acc", 2)])
    assert keys(experiment_ids=["0"], kind="tags") == (1, [("mlflow.runName", 3)])
    assert keys(run_ids=[ids[0], ids[3]], kind="params") == (3, [("alpha", 2), ("same", 2), ("Beta", 1)])
    assert keys(run_ids=["nothing"], kind="params") == (0, [])
    assert keys(kind="params") == (0, [])
    assert keys(experiment_ids=["0"], kind="params", contains="%") == (0, [])


def test_values_are_those_of_active_runs(yard: Yard, ids: list[str]) -> None:
    def values(column: str, **request: object) -> tuple[int, list[tuple[str, int]]]:
        asked = {"experiment_ids": ["0"], **request}
        found = yard.views.find_values(view.FindValues(column=column, **asked))  # type: ignore[arg-type]
        return found.total, pairs(found.keys)

    used = DatasetInput(Dataset("wine", "1", "local", "x"), [])
    yard.tracking.log_inputs(run.LogInputs(run_id=ids[0], datasets=[used]))
    yard.tracking.set_tag(run.SetTag(run_id=ids[1], key="mlflow.source.name", value="train.py"))
    assert values("params.alpha") == (2, [("0", 2), ("1", 1)])
    assert values("params.alpha", limit=1) == (2, [("0", 2)])
    assert values("attributes.status") == (1, [("RUNNING", 3)])
    assert values("attributes.run_name", contains="R2") == (1, [("r2", 1)])
    assert values("attributes.source") == (1, [("train.py", 1)])
    assert values("attributes.datasets") == (1, [("wine", 1)])
    assert values("tags.nothing") == (0, [])
    for column in ("metrics.loss", "attributes.duration", "attributes.models"):
        with pytest.raises(InvalidParameter, match="Invalid column"):
            values(column)


def test_what_varies_is_what_active_runs_of_the_search_have_more_than_one_of(yard: Yard, ids: list[str]) -> None:
    def varying(**request: object) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        asked = {"experiment_ids": ["0"], **request}
        found = yard.views.find_varying(view.FindVarying(**asked))  # type: ignore[arg-type]
        return pairs(found.params), pairs(found.metrics)

    assert varying() == ([("alpha", 3)], [("loss", 3), ("acc", 2)])
    assert varying(limit=1) == ([("alpha", 3)], [("loss", 3)])
    assert varying(filter="params.alpha = '0'") == ([], [("loss", 2), ("acc", 1)])
    assert varying(filter="metrics.acc > 0") == ([("alpha", 2)], [("acc", 2), ("loss", 2)])
    assert varying(experiment_ids=[]) == ([], [])
    log(yard.tracking, ids[0], params={"once": "1"})
    only_deleted = make_run(yard.tracking)
    log(yard.tracking, only_deleted, params={"once": "2"})
    assert varying()[0] == [("alpha", 3), ("once", 2)]
    delete_run(yard.tracking, only_deleted)
    assert varying()[0] == [("alpha", 3)]


def test_experiments_come_with_their_runs_and_latest_activity(yard: Yard, ids: list[str]) -> None:
    def listed(**request: object) -> tuple[int, list[tuple[str, int, int]]]:
        found = yard.views.list_experiments(view.ListExperiments(**request))  # type: ignore[arg-type]
        return found.total, [(each.name, each.runs, each.last_activity) for each in found.experiments]

    assert [name for name, _, _ in listed()[1]] == ["other", "Default"]
    yard.tracking.update_run(run.UpdateRun(run_id=ids[0], status="FINISHED", end_time=9_000))
    assert listed() == (2, [("Default", 3, 9_000), ("other", 1, 1_000)])
    yard.clock.advance(19_000)
    yard.tracking.heartbeat(run.Heartbeat(run_ids=[ids[3]]))
    assert listed()[1][0] == ("other", 1, 20_000)
    assert listed(limit=1, offset=1) == (2, [("Default", 3, 9_000)])
    assert listed(contains="OTH")[0] == 1
    assert listed(contains="_")[0] == 0
    assert listed(view_type="DELETED_ONLY") == (0, [])


def test_experiments_take_few_statements(yard: Yard) -> None:
    for number in range(20):
        make_run(yard.tracking, make_experiment(yard.tracking, f"e{number}"), tags=[RunTag("a", "b")])
    yard.counting.statements.clear()
    assert len(yard.views.list_experiments(view.ListExperiments()).experiments) == 21
    assert len(yard.counting.statements) == 3
