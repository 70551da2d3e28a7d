"""Processes that fork: each sends its own points once, and only the process that began a run ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.client.script import RunScript, runs_of, steps_of
from tests.support.server import StartServer

FORK = """
with mlflow.start_run():
    for step in range(50):
        mlflow.log_metric("parent", step, step=step)
    child = os.fork()
    if child == 0:
        for step in range(50):
            mlflow.log_metric("child", step, step=step)
        {ending}
    os.waitpid(child, 0)
    print("child is gone", mlflow.get_run(mlflow.active_run().info.run_id).info.status)
    for step in range(50, 100):
        mlflow.log_metric("parent", step, step=step)
"""

POOL = """
import multiprocessing

def work(number):
    mlflow.log_metric(f"worker{number}", number, run_id=RUN)
    with mlflow.start_run(run_name=f"own {number}"):
        mlflow.log_metric("loss", number)

def fail():
    mlflow.start_run(run_name="fails")
    mlflow.log_metric("loss", 1)
    raise ValueError("no")

RUN = os.environ.get("THE_RUN")
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    with mlflow.start_run(run_name="parent") as run:
        RUN = os.environ["THE_RUN"] = run.info.run_id
        processes = [context.Process(target=work, args=(n,)) for n in range(3)]
        processes.append(context.Process(target=fail))
        [p.start() for p in processes]
        [p.join() for p in processes]
        print([p.exitcode for p in processes])
"""


@pytest.fixture(params=["folder", "server"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder in the process, and a server."""
    if request.param == "folder":
        return str(tmp_path / "yard")
    start: StartServer = request.getfixturevalue("start_server")
    return start("--drain-delay", "0").address


@pytest.mark.parametrize("ending", ["sys.exit(1)", "time.sleep(0.5); os._exit(1)", "raise ValueError('no')"])
def test_a_forked_child_logs_to_the_run_and_leaves_it_open(run_script: RunScript, uri: str, ending: str) -> None:
    done = run_script(FORK.format(ending=ending), uri)
    assert "child is gone RUNNING" in done.stdout, done.stderr
    assert done.returncode == 0
    (run,) = runs_of(uri)
    assert run.info.status == "FINISHED"
    assert steps_of(uri, run.info.run_id, "parent") == list(range(100))
    assert steps_of(uri, run.info.run_id, "child") == list(range(50))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_have_runs_of_their_own(run_script: RunScript, uri: str, method: str) -> None:
    done = run_script(POOL, uri, method)
    assert done.stdout.strip() == "[0, 0, 0, 1]", done.stderr
    found = {run.info.run_name: run for run in runs_of(uri)}
    assert {name: run.info.status for name, run in found.items()} == {
        "parent": "FINISHED",
        "own 0": "FINISHED",
        "own 1": "FINISHED",
        "own 2": "FINISHED",
        "fails": "FAILED",
    }
    assert found["parent"].data.metrics == {"worker0": 0.0, "worker1": 1.0, "worker2": 2.0}
    assert all(found[f"own {number}"].data.metrics == {"loss": float(number)} for number in range(3))
