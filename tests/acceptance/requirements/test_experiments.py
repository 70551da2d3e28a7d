"""Requirements S0.2, S0.3, S0.4, S1.28 to S1.31, S1.49, X2 and X5: which experiment a run is in."""

from __future__ import annotations

import pytest

from modelyard.core.errors import NotFound
from tests.acceptance.requirements.conftest import Session

PREPARED = """
from modelyard import cloudflow
cloudflow.prepare_env(sys.argv[1], sys.argv[2])
with mlflow.start_run(experiment_id=sys.argv[2]) as run:
    mlflow.log_metric("test_metrics", 0.99)
tell(run.info.run_id)
"""


def test_preparing_the_environment_again_changes_nothing(session: Session, name: str) -> None:
    """S0.2, S0.3, S0.4: two processes prepare, one experiment has both runs with their metric."""
    runs = [session.run(PREPARED, session.uri, name, MLFLOW_TRACKING_URI="") for _ in range(2)]
    assert [run.info.run_id for run in session.runs(name)] == runs
    assert [run.data.metrics for run in session.runs(name)] == [{"test_metrics": 0.99}] * 2
    assert len(session.client.search_experiments(filter_string=f"name = '{name}'")) == 1


def test_prepare_env_with_a_name_like_a_path_stays_in_the_store(session: Session, name: str) -> None:
    """S0.2, T0.9: a name is text, never a place."""
    before = sorted(session.folder.parent.iterdir())
    session.run(PREPARED, session.uri, f"../../{name}", MLFLOW_TRACKING_URI="")
    assert [run.data.metrics for run in session.runs(f"../../{name}")] == [{"test_metrics": 0.99}]
    assert {path.name for path in set(session.folder.parent.iterdir()) - set(before)} <= {"yard", "journal"}


def test_set_experiment_makes_it_and_starts_nothing(session: Session, name: str) -> None:
    """S1.28."""
    active = session.run("mlflow.set_experiment(sys.argv[1]); tell(mlflow.active_run())", name)
    assert active is None
    assert session.runs(name) == []


def test_a_run_of_a_process_that_set_nothing_is_in_default(session: Session) -> None:
    """S1.29."""
    experiment = session.run("run = mlflow.start_run(); mlflow.end_run(); tell(run.info.experiment_id)")
    assert session.client.get_experiment(experiment).name == "Default"


def test_the_set_experiment_is_in_force_for_the_process_and_no_longer(session: Session, name: str) -> None:
    """S1.30, X2: the second run of the process goes there too, a new process is back at Default."""
    two = "mlflow.set_experiment(sys.argv[1])\nfor _ in range(2):\n    mlflow.start_run(); mlflow.end_run()\n"
    session.run(two, name)
    assert len(session.runs(name)) == 2
    fresh = "with mlflow.start_run() as run: tell(run.info.experiment_id)"
    assert session.run(fresh) == "0"
    assert session.run(fresh, MLFLOW_EXPERIMENT_NAME=name) != "0"
    assert len(session.runs(name)) == 3


def test_create_experiment_answers_an_id_to_run_in_and_refuses_a_duplicate(session: Session, name: str) -> None:
    """S1.31."""
    made = session.run(
        "made = mlflow.create_experiment(sys.argv[1])\nwith mlflow.start_run(experiment_id=made): pass\ntell(made)",
        name,
    )
    assert isinstance(made, str)
    assert [run.info.experiment_id for run in session.runs(name)] == [made]
    told = session.run("mlflow.create_experiment(sys.argv[1])", name, code=1)
    assert "already exists" in told
    assert len(session.client.search_experiments(filter_string=f"name = '{name}'")) == 1


def test_an_experiment_shows_its_five_fields_and_its_deletion(session: Session, name: str) -> None:
    """S1.49."""
    read = """
client = mlflow.tracking.MlflowClient()
experiment = client.get_experiment(sys.argv[1])
fields = "name experiment_id artifact_location tags lifecycle_stage".split()
tell({field: getattr(experiment, field) for field in fields})
"""
    made = session.client.create_experiment(name, tags={"team": "cellar"})
    shown = session.run(read, made)
    assert shown.pop("artifact_location").endswith(f"/{made}")
    assert shown == {"name": name, "experiment_id": made, "tags": {"team": "cellar"}, "lifecycle_stage": "active"}
    session.client.delete_experiment(made)
    assert session.run(read, made)["lifecycle_stage"] == "deleted"
    with pytest.raises(NotFound, match="No Experiment with id=123456789 exists"):
        session.client.get_experiment("123456789")


def test_an_experiment_is_asked_for_by_name_or_id_wherever_one_is_asked_for(session: Session, name: str) -> None:
    """X5: a name that is another experiment's id is refused as ambiguous."""
    made = session.client.create_experiment(name)
    started = "with mlflow.start_run(experiment_id=sys.argv[1]) as run: tell(run.info.experiment_id)"
    assert session.run(started, name) == session.run(started, made) == made
    if session.client.get_experiment_by_name(made) is None:
        session.client.create_experiment(made)
    assert "is the id of one experiment and the name of another" in session.run(started, made, code=1)
