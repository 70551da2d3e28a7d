"""However a process ends, a run that it leaves open is never FINISHED unless it came to its end (reliability F24)."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.faults.client.script import RunScript, StartScript, line_of, runs_of, steps_of

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
    "os.kill(os.getpid(), signal.SIGINT); time.sleep(5)": ("KILLED", -signal.SIGINT),
    "os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)": ("KILLED", 128 + signal.SIGTERM),
    "os._exit(0)": ("RUNNING", 0),
    "os.kill(os.getpid(), signal.SIGKILL)": ("RUNNING", -signal.SIGKILL),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("start", STARTS)
def test_status(run_script: RunScript, tmp_path: Path, start: str, ending: str) -> None:
    status, code = ENDINGS[ending]
    started = time.monotonic()
    done = run_script(STARTS[start].format(ending=ending), tmp_path / "yard")
    assert done.returncode == code, done.stderr
    assert time.monotonic() - started < 20
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
                for step in range(1000):
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
        assert steps_of(tmp_path / "yard", run.info.run_id, f"thread{number}") == list(range(1000))


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
