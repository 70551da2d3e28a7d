"""However a process ends, a run that it leaves open is never FINISHED unless it came to its end (reliability F24)."""

from __future__ import annotations

import signal
import time
from itertools import product
from pathlib import Path

import pytest

from modelyard.tracking import MlflowClient
from tests.faults.client.script import RunScript, StartScript, line_of, runs_of, steps_of
from tests.faults.sizes import size

STARTS = {
    "started by itself": "mlflow.log_metric('loss', 1)\n{ending}",
    "started by hand": "mlflow.start_run()\nmlflow.log_metric('loss', 1)\n{ending}",
    "in a block": "with mlflow.start_run():\n    mlflow.log_metric('loss', 1)\n    {ending}",
    "in a function": "def main():\n    mlflow.log_metric('loss', 1)\n    {ending}\nif __name__ == '__main__':\n    main()",
}
ENDINGS = {
    "pass": ("FINISHED", 0),
    "sys.exit(0)": ("FINISHED", 0),
    "sys.exit(3)": ("FAILED", 3),
    "raise SystemExit('no')": ("FAILED", 1),
    "raise ValueError('no')": ("FAILED", 1),
    "os.kill(os.getpid(), signal.SIGINT); time.sleep(30)": ("KILLED", -signal.SIGINT),
    "os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)": ("KILLED", 128 + signal.SIGTERM),
    "os._exit(0)": ("RUNNING", 0),
    "os.kill(os.getpid(), signal.SIGKILL)": ("RUNNING", -signal.SIGKILL),
}


PAIRS = list(product(STARTS, ENDINGS))  # nine endings of each start: every second pair has half of both


@pytest.mark.parametrize(("start", "ending"), size(PAIRS[::2], PAIRS))
def test_status(run_script: RunScript, tmp_path: Path, start: str, ending: str) -> None:
    status, code = ENDINGS[ending]
    done = run_script(STARTS[start].format(ending=ending), tmp_path / "yard")
    assert done.returncode == code, done.stderr
    (run,) = runs_of(tmp_path / "yard")
    assert run.info.status == status
    assert (run.info.end_time is not None) == (status != "RUNNING")
    if status != "RUNNING":
        assert run.data.metrics == {"loss": 1.0}


def test_sigterm_from_outside_ends_a_run_in_a_loop(start_script: StartScript, tmp_path: Path) -> None:
    process = start_script(
        """
        step = 0
        with mlflow.start_run():
            while True:
                mlflow.log_metric("loss", 0.5, step=step)
                step += 1
                print(step, flush=True)
                time.sleep(0.01)
        """,
        tmp_path / "yard",
    )
    while int(line_of(process)) < 20:
        pass
    process.terminate()
    assert process.wait(20) == 128 + signal.SIGTERM
    (run,) = runs_of(tmp_path / "yard")
    assert run.info.status == "KILLED"
    steps = steps_of(tmp_path / "yard", run.info.run_id)
    assert steps == list(range(len(steps)))
    assert len(steps) >= 20


def test_a_script_with_a_handler_of_its_own_keeps_it(run_script: RunScript, tmp_path: Path) -> None:
    done = run_script(
        """
        signal.signal(signal.SIGTERM, lambda *_: print("mine"))
        mlflow.log_metric("loss", 1)
        os.kill(os.getpid(), signal.SIGTERM)
        """,
        tmp_path / "yard",
    )
    assert (done.stdout, done.returncode) == ("mine\n", 0)
    assert runs_of(tmp_path / "yard")[0].info.status == "FINISHED"


def test_a_thread_that_dies_leaves_its_run_failed(run_script: RunScript, tmp_path: Path) -> None:
    run_script(
        """
        def train():
            mlflow.start_run(run_name="in a thread")
            mlflow.log_metric("loss", 1)
            raise ValueError("no")

        mlflow.start_run(run_name="in the main thread")
        thread = threading.Thread(target=train)
        thread.start()
        thread.join()
        """,
        tmp_path / "yard",
    )
    found = {run.info.run_name: run.info.status for run in runs_of(tmp_path / "yard")}
    assert found == {"in a thread": "FAILED", "in the main thread": "FINISHED"}


def test_the_points_of_many_threads_are_all_there(run_script: RunScript, tmp_path: Path) -> None:
    done = run_script(
        """
        with mlflow.start_run() as run:
            def work(number):
                for step in range(250):
                    mlflow.log_metric(f"thread{number}", step, step=step, run_id=run.info.run_id)
            threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
            [t.start() for t in threads]
            [t.join() for t in threads]
        """,
        tmp_path / "yard",
    )
    assert done.returncode == 0, done.stderr
    (run,) = runs_of(tmp_path / "yard")
    for number in range(8):
        assert steps_of(tmp_path / "yard", run.info.run_id, f"thread{number}") == list(range(250))


def test_an_exception_at_a_call_leaves_the_run_failed_and_the_points_stored(
    run_script: RunScript, tmp_path: Path
) -> None:
    run_script(
        """
        for step in range(100):
            mlflow.log_metric("loss", 1.0, step=step)
        mlflow.log_metric("loss", "not a number")
        """,
        tmp_path / "yard",
    )
    (run,) = runs_of(tmp_path / "yard")
    assert run.info.status == "FAILED"
    assert steps_of(tmp_path / "yard", run.info.run_id) == list(range(100))


@pytest.mark.parametrize("leave", ["raise SystemExit(main())", "sys.exit(main())", "sys.exit(main(*sys.argv[:1]))"])
@pytest.mark.parametrize(("code", "status"), [(0, "FINISHED"), (3, "FAILED")])
def test_the_code_that_main_answers_is_the_runs(
    run_script: RunScript, tmp_path: Path, leave: str, code: int, status: str
) -> None:
    done = run_script(
        f"""
        def main(*_):
            mlflow.start_run()
            mlflow.log_metric("loss", 1)
            code = int(sys.argv[2])
            return code

        if __name__ == "__main__":
            {leave}
        """,
        tmp_path / "yard",
        code,
    )
    assert done.returncode == code, done.stderr
    assert [run.info.status for run in runs_of(tmp_path / "yard")] == [status]


def test_a_process_that_vanished_leaves_its_run_stale(
    start_script: StartScript, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start_script(
        """
        mlflow.start_run()
        print("begun", flush=True)
        time.sleep(60)
        """,
        tmp_path / "yard",
        MODELYARD_HEARTBEAT_INTERVAL="0.2",
    )
    assert line_of(process) == "begun"
    client = MlflowClient(str(tmp_path / "yard"))

    def state_becomes(wanted: str) -> bool:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            (run,) = runs_of(tmp_path / "yard")
            if client.liveness([run])[run.info.run_id].state == wanted:
                return True
            time.sleep(0.05)
        return False

    assert state_becomes("alive")
    process.kill()
    monkeypatch.setenv("MODELYARD_HEARTBEAT_INTERVAL", "0.2")
    assert state_becomes("stale")
    assert runs_of(tmp_path / "yard")[0].info.status == "RUNNING"
