"""The server is away: training goes on, and nothing that was logged is lost or doubled (reliability P8, F9)."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import modelyard
from tests.faults.client.script import RunScript, StartScript, line_of, runs_of, steps_of
from tests.support.ports import reserved_port
from tests.support.server import StartServer

LOOP = """
with mlflow.start_run() as run:
    for step in range(int(sys.argv[2])):
        mlflow.log_metric("loss", step * 0.5, step=step)
        if step % 100 == 0:
            mlflow.log_param(f"p{step}", step)
            print(step, flush=True)
        time.sleep(0.001)
    mlflow.log_text("done", "notes/end.txt")
"""


def test_a_server_that_is_killed_and_comes_back_has_every_point_once(
    start_script: StartScript, start_server: StartServer
) -> None:
    server = start_server("--drain-delay", "0")
    script = start_script(LOOP, server.address, 3000)
    for last in ("500", "1500"):
        while line_of(script) != last:
            pass
        server.kill()
        time.sleep(0.5)
        server.start()
    _, err = script.communicate(timeout=120)
    assert script.returncode == 0, err
    (run,) = runs_of(server.address)
    assert run.info.status == "FINISHED"
    assert steps_of(server.address, run.info.run_id) == list(range(3000))
    assert run.data.params == {f"p{step}": str(step) for step in range(0, 3000, 100)}
    text = modelyard.artifacts.load_text
    modelyard.set_tracking_uri(server.address)
    assert text(f"runs:/{run.info.run_id}/notes/end.txt") == "done"


def test_without_any_server_everything_waits_for_sync(
    run_script: RunScript, start_server: StartServer, journal: Path
) -> None:
    server = start_server("--drain-delay", "0")
    server.kill()
    started = time.monotonic()
    done = run_script(
        """
        mlflow.set_experiment("wine")
        with mlflow.start_run(run_name="alone", tags={"a": "b"}) as run:
            mlflow.log_params({"alpha": 0.5})
            for step in range(1000):
                mlflow.log_metric("loss", step * 0.5, step=step)
            mlflow.set_tag("state", "done")
            mlflow.log_dict({"x": 1}, "d/x.json")
            mlflow.log_table({"q": ["a"]}, "t.json")
        print(run.info.run_id)
        """,
        server.address,
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 20
    assert "modelyard sync" in done.stderr
    server.start()
    (report,) = modelyard.sync(journal)
    assert (report.location, report.refused, report.problem) == (server.address, 0, "")
    assert list(journal.iterdir()) == []
    client = modelyard.MlflowClient(server.address)
    experiment = client.get_experiment_by_name("wine")
    assert experiment is not None
    (run,) = runs_of(server.address, experiment.experiment_id)
    assert run.info.run_id == done.stdout.strip()
    assert (run.info.run_name, run.info.status) == ("alone", "FINISHED")
    assert run.data.params == {"alpha": "0.5"}
    assert run.data.tags["state"] == "done"
    assert steps_of(server.address, run.info.run_id) == list(range(1000))
    assert sorted(info.path for info in client.list_artifacts(run.info.run_id)) == ["d", "t.json"]
    assert modelyard.sync(journal) == []


def test_the_next_run_of_the_same_store_sends_what_was_left(
    run_script: RunScript, start_server: StartServer, journal: Path
) -> None:
    server = start_server("--drain-delay", "0")
    server.kill()
    code = """
    with mlflow.start_run(run_name=sys.argv[2]):
        mlflow.log_metric("loss", 1)
        until = time.monotonic() + float(sys.argv[3])
        while os.listdir(os.environ["MODELYARD_JOURNAL"]) and time.monotonic() < until:
            time.sleep(0.05)
    """
    run_script(code, server.address, "first", 0)
    server.start()
    run_script(code, server.address, "second", 60)
    assert {run.info.run_name for run in runs_of(server.address)} == {"first", "second"}
    assert list(journal.iterdir()) == []


def test_a_process_that_is_killed_while_the_server_is_away_loses_at_most_the_last_moment(
    start_script: StartScript, start_server: StartServer, journal: Path
) -> None:
    server = start_server("--drain-delay", "0")
    script = start_script(LOOP, server.address, 100_000)
    while line_of(script) != "300":
        pass
    server.kill()
    while line_of(script) != "3000":
        pass
    script.kill()
    script.wait()
    server.start()
    (report,) = modelyard.sync(journal)
    assert report.problem == ""
    (run,) = runs_of(server.address)
    steps = steps_of(server.address, run.info.run_id)
    assert run.info.status == "RUNNING"
    assert steps == list(range(len(steps)))
    assert len(steps) > 1500


def test_a_store_that_stays_away_keeps_the_journal_and_says_why(
    run_script: RunScript, start_server: StartServer, journal: Path
) -> None:
    with reserved_port() as port:
        run_script("mlflow.log_metric('loss', 1)", f"http://127.0.0.1:{port}", MODELYARD_HTTP_REQUEST_MAX_RETRIES="0")
        (report,) = modelyard.sync(journal)
    assert "No answer from" in report.problem
    assert len(list(journal.iterdir())) == 1


@pytest.fixture
def black_hole() -> Iterator[str]:
    """A server that accepts and never says a word."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for connection in held:
        connection.close()


def test_a_server_that_hangs_stops_neither_the_loop_nor_the_exit(run_script: RunScript, black_hole: str) -> None:
    done = run_script(
        """
        import json
        mlflow.start_run()
        took = []
        for step in range(2000):
            begin = time.perf_counter()
            mlflow.log_metric("loss", 1.0, step=step)
            mlflow.log_param(f"p{step}", 1) if step % 500 == 0 else None
            took.append(time.perf_counter() - begin)
            time.sleep(0.001)
        took.sort()
        print(json.dumps({"median": took[1000], "p99": took[1980], "end": time.time()}))
        """,
        black_hole,
        MODELYARD_HTTP_REQUEST_TIMEOUT="1",
    )
    ended = time.time()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["median"] < 0.005
    assert told["p99"] < 0.5  # who waits for the server waits for a second
    assert ended - told["end"] < 20


def test_strict_lets_the_script_know(run_script: RunScript) -> None:
    with reserved_port() as port:
        done = run_script(
            "mlflow.start_run()",
            f"http://127.0.0.1:{port}",
            MODELYARD_STRICT="true",
            MODELYARD_HTTP_REQUEST_MAX_RETRIES="1",
        )
    assert done.returncode == 1
    assert "Unreachable: No answer from http://127.0.0.1" in done.stderr


def test_synchronous_logging_raises_at_the_call(
    run_script: RunScript, start_server: StartServer, journal: Path
) -> None:
    server = start_server("--drain-delay", "0")
    done = run_script(
        f"""
        with mlflow.start_run():
            mlflow.log_metric("loss", 1, step=1)
            os.kill({server.pid}, signal.SIGKILL)
            time.sleep(0.2)
            mlflow.log_metric("loss", 1, step=2)
        """,
        server.address,
        MODELYARD_ASYNC_LOGGING="false",
        MODELYARD_HTTP_REQUEST_MAX_RETRIES="1",
    )
    assert done.returncode == 1
    assert "Unreachable" in done.stderr
    server.kill()
    server.start()
    assert steps_of(server.address, runs_of(server.address)[0].info.run_id) == [1]
    assert not journal.exists()
