"""Changes of many runs and experiments: all or nothing, and for good only what is deleted."""

from __future__ import annotations

import hashlib

import pytest

from modelyard.core.entities import RunTag
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages import views as view
from modelyard.services.views.sql import kept
from modelyard.testing.tracking.steps import delete_experiment, delete_run, get_run, log, make_experiment, make_run
from tests.unit.views.yard import Yard


def change(yard: Yard, run_ids: list[str], action: str, **fields: object) -> int:
    """Change runs; how many it were."""
    request = view.ChangeRuns(run_ids=run_ids, action=action, **fields)  # type: ignore[arg-type]
    return yard.views.change_runs(request).count


def tags_of(yard: Yard, run_id: str) -> dict[str, str]:
    """A run's tags."""
    return {tag.key: tag.value for tag in get_run(yard.tracking, run_id).data.tag_list}


def test_runs_are_deleted_and_restored_together(yard: Yard) -> None:
    ids = [make_run(yard.tracking) for _ in range(3)]
    assert change(yard, ids[:2], "delete") == 2
    assert yard.runs().run_ids == [ids[2]]
    yard.clock.advance(5_000)
    assert change(yard, [*ids, ids[0]], "delete") == 3
    with yard.database.read() as connection:
        assert connection.rows("SELECT deleted_time FROM runs ORDER BY id") == [(1_000,), (1_000,), (6_000,)]
    assert change(yard, ids, "restore") == 3
    assert yard.runs().total == 3


def test_runs_are_tagged_and_untagged_together(yard: Yard) -> None:
    ids = [make_run(yard.tracking, tags=[RunTag("team", "a")]) for _ in range(3)]
    change(yard, ids[:2], "tag", tags=[RunTag("team", "b"), RunTag("mlflow.runName", "best"), RunTag("new", "1")])
    assert [tags_of(yard, each)["team"] for each in ids] == ["b", "b", "a"]
    assert [get_run(yard.tracking, each).info.run_name == "best" for each in ids] == [True, True, False]
    assert change(yard, ids, "untag", keys=["new", "nothing"]) == 3
    assert not any("new" in tags_of(yard, each) for each in ids)


def test_one_unknown_or_deleted_run_undoes_all(yard: Yard) -> None:
    ids = [make_run(yard.tracking) for _ in range(2)]
    with pytest.raises(NotFound, match="Run with id=nothing not found"):
        change(yard, [*ids, "nothing"], "delete")
    with pytest.raises(NotFound, match="Runs with ids n0, n1, n2, n3, n4 and 2 more not found"):
        change(yard, [*ids, *(f"n{number}" for number in range(7))], "delete")
    delete_run(yard.tracking, ids[1])
    with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
        change(yard, ids, "tag", tags=[RunTag("a", "b")])
    assert yard.runs().run_ids == [ids[0]]
    assert "a" not in tags_of(yard, ids[0])


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "tag"},
        {"action": "untag"},
        {"action": "delete", "keys": ["a"]},
        {"action": "untag", "tags": [RunTag("a", "b")], "keys": ["a"]},
        {"action": "tag", "tags": [RunTag("", "b")]},
        {"action": "tag", "tags": [RunTag("a", "b")] * 101},
    ],
)
def test_changes_that_make_no_sense_are_refused(yard: Yard, fields: dict[str, object]) -> None:
    with pytest.raises(InvalidParameter):
        yard.views.change_runs(view.ChangeRuns(run_ids=[make_run(yard.tracking)], **fields))  # type: ignore[arg-type]


def test_experiments_are_deleted_and_restored_with_their_runs(yard: Yard) -> None:
    numbers = [make_experiment(yard.tracking, name) for name in "ab"]
    for number in numbers:
        make_run(yard.tracking, number)
    assert yard.views.change_experiments(view.ChangeExperiments(experiment_ids=numbers, action="delete")).count == 2
    assert yard.runs(experiment_ids=numbers).total == 0
    yard.views.change_experiments(view.ChangeExperiments(experiment_ids=[numbers[0]], action="restore"))
    assert yard.runs(experiment_ids=numbers).total == 1
    with pytest.raises(NotFound, match="Experiment with id=99 not found"):
        yard.views.change_experiments(view.ChangeExperiments(experiment_ids=[numbers[0], "99"], action="delete"))
    assert yard.runs(experiment_ids=numbers).total == 1


def test_what_is_purged_is_gone_with_its_files(yard: Yard) -> None:
    kept_run, gone = make_run(yard.tracking), make_run(yard.tracking)
    log(yard.tracking, gone, params={"a": "1"}, metrics={"m": 1.0})
    experiment = make_experiment(yard.tracking, "old")
    inside = make_run(yard.tracking, experiment)
    model = yard.tracking.create_logged_model(lm.CreateLoggedModel(experiment_id=experiment, name="m"))
    delete_run(yard.tracking, gone)
    delete_experiment(yard.tracking, experiment)
    request = view.PurgeDeleted(run_ids=[gone], experiment_ids=[experiment])
    assert yard.views.purge_deleted(request).count == 2
    assert sorted(yard.folders.removed) == sorted(
        [f"0/{gone}", f"{experiment}/{inside}", f"{experiment}/models/{model.model.info.model_id}", experiment]
    )
    assert yard.tracking.leftovers() == []
    assert yard.runs(experiment_ids=["0", experiment], view_type="ALL").run_ids == [kept_run]
    with pytest.raises(NotFound):
        yard.tracking.get_run(run.GetRun(run_id=gone))
    with pytest.raises(NotFound):
        yard.views.purge_deleted(request)


def test_nothing_is_purged_when_a_part_of_it_is_not_deleted(yard: Yard) -> None:
    ids = [make_run(yard.tracking) for _ in range(2)]
    delete_run(yard.tracking, ids[0])
    with pytest.raises(InvalidParameter, match=f"not deleted: run {ids[1]}"):
        yard.views.purge_deleted(view.PurgeDeleted(run_ids=ids))
    with pytest.raises(InvalidParameter, match="not deleted: experiment 0"):
        yard.views.purge_deleted(view.PurgeDeleted(run_ids=[ids[0]], experiment_ids=["0"]))
    assert yard.runs(view_type="ALL").total == 2
    assert yard.folders.removed == []


def test_a_kept_state_is_found_by_its_id(yard: Yard) -> None:
    state = '{"columns": "é"}'
    first = yard.views.keep_view(view.KeepView(state=state)).view_id
    assert len(first) >= 10
    assert yard.views.keep_view(view.KeepView(state=state)).view_id == first
    assert yard.views.keep_view(view.KeepView(state="{}")).view_id != first
    assert yard.views.get_view(view.GetView(view_id=first)).state == state
    with pytest.raises(NotFound, match="No view with id=nothing"):
        yard.views.get_view(view.GetView(view_id="nothing"))


def test_a_state_whose_short_id_is_taken_gets_a_longer_one(yard: Yard) -> None:
    digest = hashlib.sha256(b"mine").hexdigest()
    with yard.database.write() as connection:
        connection.run("INSERT INTO kept_views (view_id, state, made_ms) VALUES (?, 'theirs', 1)", (digest[:12],))
    for _ in range(2):
        assert yard.views.keep_view(view.KeepView(state="mine")).view_id == digest[:20]
    assert yard.views.get_view(view.GetView(view_id=digest[:12])).state == "theirs"
    assert yard.views.get_view(view.GetView(view_id=digest[:20])).state == "mine"


@pytest.mark.parametrize("state", ["", "x" * 64_001, "é" * 32_001, "a\0b", "\ud800"])
def test_states_that_cannot_be_kept_are_refused(yard: Yard, state: str) -> None:
    with pytest.raises(InvalidParameter, match="state"):
        yard.views.keep_view(view.KeepView(state=state))


def test_the_number_of_kept_states_is_bounded_and_none_is_lost(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_KEPT", 2)
    first = yard.views.keep_view(view.KeepView(state="1"))
    yard.views.keep_view(view.KeepView(state="2"))
    with pytest.raises(InvalidParameter, match="keeps 2 views"):
        yard.views.keep_view(view.KeepView(state="3"))
    assert yard.views.keep_view(view.KeepView(state="1")) == first
