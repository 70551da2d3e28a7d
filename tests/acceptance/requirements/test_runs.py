"""Requirements S1.32 to S1.37, S1.54, S4.7, S4.8, S4.9 and X1: the life of a run, and what is known of it unasked."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.acceptance.requirements.conftest import Session


@pytest.mark.parametrize(("ending", "status", "code"), [("pass", "FINISHED", 0), ("1 / 0", "FAILED", 1)])
def test_leaving_the_block_ends_the_run(session: Session, ending: str, status: str, code: int) -> None:
    """S1.32: the exception that passed through is still seen."""
    script = f"with mlflow.start_run() as run:\n    tell(run.info.run_id)\n    {ending}"
    before = time.time() * 1000
    info = session.client.get_run(session.run(script, code=code)).info
    assert info.status == status
    assert before - 1000 <= info.start_time <= info.end_time <= time.time() * 1000 + 1000


def test_a_second_run_is_refused_with_the_ways_out(session: Session) -> None:
    """S1.33, X1: the first run is still active and unharmed."""
    script = """
first = mlflow.start_run()
mlflow.log_param("before", 1)
try:
    mlflow.start_run()
except mlflow.MlflowException as error:
    mlflow.log_param("after", 1)
    tell([first.info.run_id, mlflow.active_run().info.run_id, error.message])
"""
    first, active, message = session.run(script)
    assert first == active
    assert all(way in message for way in (first, "end_run()", "nested=True"))
    run = session.client.get_run(first)
    assert (run.info.status, run.data.params) == ("FINISHED", {"before": "1", "after": "1"})


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [
        ("", "FINISHED", 0),
        ("raise ValueError('it broke')", "FAILED", 1),
        ("sys.exit(3)", "FAILED", 3),
        ("sys.exit(0)", "FINISHED", 0),
    ],
)
def test_logging_starts_a_run_whose_end_is_honest(
    session: Session, name: str, ending: str, status: str, code: int
) -> None:
    """S1.34, T1.4: a script that dies of an exception leaves no FINISHED run."""
    session.run(f"mlflow.log_metric('a', 1)\n{ending}\n", code=code, MLFLOW_EXPERIMENT_NAME=name)
    runs = session.runs(name)
    assert [(run.info.status, run.data.metrics) for run in runs] == [(status, {"a": 1.0})]


def test_end_run_takes_a_status_and_does_nothing_without_a_run(session: Session) -> None:
    """S1.35."""
    script = """
mlflow.end_run(); mlflow.end_run()
run = mlflow.start_run()
try:
    mlflow.end_run("DONE")
except mlflow.MlflowException as error:
    message = error.message
mlflow.end_run("KILLED")
mlflow.end_run()
tell([run.info.run_id, message])
"""
    run_id, message = session.run(script)
    assert session.client.get_run(run_id).info.status == "KILLED"
    assert "DONE" in message
    assert "FINISHED" in message


def test_the_active_run_is_known_and_does_not_follow_what_is_logged(session: Session) -> None:
    """S1.36, S1.37: current values come from the client."""
    script = """
before = mlflow.active_run()
with mlflow.start_run():
    run = mlflow.active_run()
    print("Active run_id: {}".format(run.info.run_id))
    mlflow.log_param("alpha", 0.5); mlflow.log_metric("rmse", 0.8); mlflow.set_tag("engineering", "ML Platform")
    data = mlflow.tracking.MlflowClient().get_run(mlflow.active_run().info.run_id).data
    tell([before, run.data.params, data.params, data.metrics, data.tags["engineering"], mlflow.active_run() is None])
"""
    expected = [None, {}, {"alpha": "0.5"}, {"rmse": 0.8}, "ML Platform", False]
    assert session.run(script) == expected


def test_a_run_in_a_git_checkout_knows_commit_script_times_and_user(session: Session) -> None:
    """S1.54, S4.7: nobody had to say so."""

    def git(*words: str) -> str:
        named = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
        done = subprocess.run(["git", *named, *words], cwd=session.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q")
    (session.folder / "data.txt").write_text("1")
    git("add", "data.txt")
    git("commit", "-qm", "first")
    run = session.client.get_run(
        session.run("with mlflow.start_run() as run: tell(run.info.run_id)", LOGNAME="vintner")
    )
    tags = run.data.tags
    assert tags["mlflow.source.git.commit"] == git("rev-parse", "HEAD")
    assert tags["mlflow.source.name"].endswith("train.py")
    assert (tags["mlflow.source.type"], tags["mlflow.user"], run.info.user_id) == ("LOCAL", "vintner", "vintner")
    assert run.info.start_time
    assert run.info.end_time


def test_several_runs_in_one_file(session: Session, name: str) -> None:
    """S4.8."""
    loop = "for n in range(3):\n    with mlflow.start_run(): mlflow.log_param('n', n)"
    session.run(loop, MLFLOW_EXPERIMENT_NAME=name)
    found = [(run.info.status, run.data.params["n"]) for run in session.runs(name)]
    assert sorted(found) == [("FINISHED", str(n)) for n in range(3)]  # they may begin in one millisecond


def test_the_verbs_are_imported_by_name(session: Session) -> None:
    """S4.9."""
    script = """
from modelyard import log_artifact, log_metric, log_param
with mlflow.start_run() as run:
    log_param("param1", 1); log_metric("metric1", 2)
    open("results.csv", "w").write("1, 2, 3")
    log_artifact("results.csv")
tell(run.info.run_id)
"""
    run_id = session.run(script)
    data = session.client.get_run(run_id).data
    assert (data.params, data.metrics) == ({"param1": "1"}, {"metric1": 2.0})
    assert [info.path for info in session.client.list_artifacts(run_id)] == ["results.csv"]
