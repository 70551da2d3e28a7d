"""A server that hangs or is slow costs the training one short wait, and the store nothing (reliability F9)."""

from __future__ import annotations

import json
import signal
from statistics import median

from tests.faults.client.script import RunScript, StartScript, line_of, runs_of, steps_of
from tests.support.server import StartServer
from tests.support.slow_link import slow_link

DEADLINE = 0.5

LOG = """
took = []

def timed(call, *arguments, **options):
    begin = time.monotonic()
    call(*arguments, **options)
    took.append(time.monotonic() - begin)

def log(first, last):
    for step in range(first, last):
        timed(mlflow.log_metric, "loss", step * 0.5, step=step)
        timed(mlflow.log_param, f"p{step}", step)
        timed(mlflow.set_tag, "last", step)
        time.sleep(0.01)
"""


def test_a_server_that_stops_answering_is_waited_for_once(start_script: StartScript, start_server: StartServer) -> None:
    server = start_server("--drain-delay", "0")
    script = start_script(
        LOG
        + """
import json
with mlflow.start_run():
    log(0, 10)
    print("begun", flush=True)
    sys.stdin.readline()
    took.clear()
    log(10, 60)
    print(json.dumps(took), flush=True)
    sys.stdin.readline()
""",
        server.address,
        MODELYARD_CALL_DEADLINE=str(DEADLINE),
    )
    assert line_of(script) == "begun"
    server.process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
    try:
        script.stdin.write("\n")  # type: ignore[union-attr]
        script.stdin.flush()  # type: ignore[union-attr]
        took = json.loads(line_of(script))
    finally:
        server.process.send_signal(signal.SIGCONT)  # type: ignore[union-attr]
    _, err = script.communicate("\n", timeout=60)
    assert script.returncode == 0, err
    assert max(took) < 5  # the patience of the background
    for verb in range(3):  # metrics, params, tags: were each of one verb waited for, its median would tell
        assert median(took[verb::3]) < DEADLINE
    (run,) = runs_of(server.address)
    assert run.info.status == "FINISHED"
    assert run.data.params == {f"p{step}": str(step) for step in range(60)}
    assert run.data.tags["last"] == "59"
    assert steps_of(server.address, run.info.run_id) == list(range(60))


def test_a_server_that_hangs_from_the_start_does_not_hold_the_first_param_up(
    run_script: RunScript, start_server: StartServer
) -> None:
    server = start_server("--drain-delay", "0")
    run_id = server.new_run()
    server.process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
    try:
        done = run_script(
            LOG
            + """
client = mlflow.MlflowClient()
timed(client.log_metric, sys.argv[2], "loss", 0.5, step=0)
timed(client.log_param, sys.argv[2], "alpha", 0.5)
timed(client.set_tag, sys.argv[2], "state", "begun")
print(max(took))
""",
            server.address,
            run_id,
            MODELYARD_CALL_DEADLINE="0.3",
            MODELYARD_FLUSH_TIMEOUT="0.5",
        )
    finally:
        server.process.send_signal(signal.SIGCONT)  # type: ignore[union-attr]
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 5  # the patience of the background
    assert "modelyard sync" in done.stderr


def test_a_slow_server_gets_everything_once_and_the_training_waits_now_and_then(
    run_script: RunScript, start_server: StartServer
) -> None:
    server = start_server("--drain-delay", "0")
    with slow_link(server.port, 1.2 * DEADLINE) as address:
        done = run_script(
            LOG
            + """
import json
mlflow.start_run()
log(0, 3)
mlflow.end_run()
print(json.dumps(took))
""",
            address,
            MODELYARD_CALL_DEADLINE=str(DEADLINE),
        )
    assert done.returncode == 0, done.stderr
    took = json.loads(done.stdout)
    print(took)
    assert max(took) < 5
    for verb in range(3):
        assert median(took[verb::3]) < DEADLINE
    (run,) = runs_of(server.address)
    assert run.info.status == "FINISHED"
    assert run.data.params == {f"p{step}": str(step) for step in range(3)}
    assert run.data.tags["last"] == "2"
    assert steps_of(server.address, run.info.run_id) == list(range(3))
