"""Eight processes write at once, and nothing is lost or doubled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment

WRITERS = 8
POINTS = 500

SCRIPT = """
import sys, time
import modelyard as mlflow

mlflow.set_tracking_uri(sys.argv[1])
with mlflow.start_run(run_id=sys.argv[2]):
    for step in range(int(sys.argv[4])):
        mlflow.log_metric("writer" + sys.argv[3], step * 0.5, step=step)
"""


@pytest.mark.parametrize("shared", [True, False], ids=["one run", "a run each"])
def test_every_point_of_eight_writers_is_there(server: str, shared: bool, tmp_path: Path) -> None:
    client = MlflowClient(server)
    experiment = client.create_experiment(f"writers {shared}")
    runs = [client.create_run(experiment).info.run_id for _ in range(1 if shared else WRITERS)]
    environment = clean_environment(MODELYARD_JOURNAL=str(tmp_path / "journal"))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, server, runs[n % len(runs)], str(n), str(POINTS)], env=environment
        )
        for n in range(WRITERS)
    ]
    assert [process.wait(120) for process in processes] == [0] * WRITERS
    for n in range(WRITERS):
        history = client.get_metric_history(runs[n % len(runs)], f"writer{n}")
        assert [(point.step, point.value) for point in history] == [(s, s * 0.5) for s in range(POINTS)]
