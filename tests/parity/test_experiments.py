"""Experiments through the real mlflow client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Unique = Callable[[str], str]


def test_an_experiment_is_created_read_renamed_deleted_and_restored(client: Any, unique: Unique) -> None:
    name, other = unique("e"), unique("f")
    made = client.create_experiment(name, tags={"team": "a b", "release.version": "1.0"})
    experiment = client.get_experiment(made)
    assert (experiment.name, experiment.lifecycle_stage, experiment.tags["team"]) == (name, "active", "a b")
    assert experiment.artifact_location == f"mlflow-artifacts:/{made}"
    client.rename_experiment(made, other)
    assert client.get_experiment_by_name(name) is None
    assert client.get_experiment_by_name(other).experiment_id == made
    client.delete_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "deleted"
    client.restore_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "active"


def test_set_experiment_makes_it_active_and_starts_no_run(mlflow: Any, client: Any, unique: Unique) -> None:
    name = unique("e")
    first = mlflow.set_experiment(name)
    assert mlflow.set_experiment(name).experiment_id == first.experiment_id
    assert mlflow.active_run() is None
    assert len(client.search_runs([first.experiment_id])) == 0


def test_set_experiment_refuses_a_deleted_one(mlflow: Any, client: Any, unique: Unique) -> None:
    name = unique("e")
    client.delete_experiment(client.create_experiment(name))
    with pytest.raises(mlflow.MlflowException, match="deleted"):
        mlflow.set_experiment(name)


def test_the_default_experiment_is_there(client: Any) -> None:
    default = client.get_experiment("0")
    assert (default.name, default.experiment_id) == ("Default", "0")


@pytest.mark.parametrize("deleted", [False, True])
def test_a_taken_name_is_refused(mlflow: Any, client: Any, unique: Unique, deleted: bool) -> None:
    name = unique("e")
    made = client.create_experiment(name)
    if deleted:
        client.delete_experiment(made)
    with pytest.raises(mlflow.MlflowException, match="already exists") as caught:
        client.create_experiment(name)
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_an_unknown_experiment_is_not_found(mlflow: Any, client: Any) -> None:
    with pytest.raises(mlflow.MlflowException, match="No Experiment with id=987654") as caught:
        client.get_experiment("987654")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_deleting_an_experiment_deletes_its_runs_and_restoring_brings_them_back(client: Any, unique: Unique) -> None:
    made = client.create_experiment(unique("e"))
    run = client.create_run(made)
    client.delete_experiment(made)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    client.restore_experiment(made)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "active"


def test_runs_are_not_created_in_a_deleted_experiment(mlflow: Any, client: Any, unique: Unique) -> None:
    made = client.create_experiment(unique("e"))
    client.delete_experiment(made)
    with pytest.raises(mlflow.MlflowException, match="must be in the 'active' state"):
        client.create_run(made)


def test_tags_are_set_replaced_and_deleted(mlflow: Any, client: Any, unique: Unique) -> None:
    made = client.create_experiment(unique("e"))
    for value in ("one", "two"):
        client.set_experiment_tag(made, "k", value)
    assert client.get_experiment(made).tags["k"] == "two"
    client.delete_experiment_tag(made, "k")
    assert "k" not in client.get_experiment(made).tags
    with pytest.raises(mlflow.MlflowException, match="No tag with name: k"):
        client.delete_experiment_tag(made, "k")


def test_experiments_are_searched_ordered_and_paged(client: Any, unique: Unique) -> None:
    stem = unique("s")
    made = [client.create_experiment(f"{stem}-{letter}", tags={"stem": stem, "l": letter}) for letter in "abc"]
    ours = f"tags.stem = '{stem}'"

    def ids(**search: Any) -> list[str]:
        return [experiment.experiment_id for experiment in client.search_experiments(**search)]

    assert sorted(ids(filter_string=ours)) == sorted(made)
    assert ids(filter_string=f"name = '{stem}-b'") == [made[1]]
    assert ids(filter_string=f"name LIKE '{stem}-%' AND tags.l != 'b'", order_by=["name DESC"]) == [made[2], made[0]]
    assert ids(filter_string=f"name ILIKE '{stem.upper()}-A'") == [made[0]]
    first = client.search_experiments(filter_string=ours, max_results=2, order_by=["name"])
    second = client.search_experiments(filter_string=ours, max_results=2, order_by=["name"], page_token=first.token)
    assert [e.experiment_id for e in [*first, *second]] == made
    client.delete_experiment(made[0])
    assert ids(filter_string=ours, view_type=2) == [made[0]]
    assert len(ids(filter_string=ours, view_type=3)) == 3


@pytest.mark.parametrize(
    ("location", "reason"),
    [("runs:/x/y", "cannot be a runs:/ URI"), ("s3://b/x#fragment", "can't include fragments or params")],
)
def test_locations_that_are_refused(mlflow: Any, client: Any, unique: Unique, location: str, reason: str) -> None:
    with pytest.raises(mlflow.MlflowException, match=reason):
        client.create_experiment(unique("e"), artifact_location=location)


def test_a_remote_location_is_kept(client: Any, unique: Unique) -> None:
    made = client.create_experiment(unique("e"), artifact_location="s3://bucket/place")
    assert client.get_experiment(made).artifact_location == "s3://bucket/place"
    run = client.create_run(made)
    assert run.info.artifact_uri == f"s3://bucket/place/{run.info.run_id}/artifacts"
