"""Eight processes log through four workers on one PostgreSQL (requirement S4.6): every point is there once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.faults.test_replicas import children
from tests.faults.writers import history
from tests.support.databases import Databases
from tests.support.processes import ROOT
from tests.support.server import StartServer
from tests.support.waiting import wait_for

WRITERS = 8
POINTS = 500
SCRIPT = """
import sys
import modelyard as mlflow

mlflow.set_tracking_uri(sys.argv[1])
with mlflow.start_run(run_id=sys.argv[2]):
    for step in range(int(sys.argv[4])):
        mlflow.log_metric(f"writer{sys.argv[3]}", step * 0.5, step=step)
"""


def test_every_point_of_eight_writers_is_there_once(
    start_server: StartServer, databases: Databases, tmp_path: Path
) -> None:
    options = ("--workers", "4", "--artifacts", str(tmp_path / "files"), "--drain-delay", "0")
    server = start_server(*options, store=databases.migrated_postgres_url())
    wait_for(lambda: len(children(server.pid)) == 4)
    workers = children(server.pid)
    shared, *own = [server.new_run() for _ in range(5)]
    runs = [shared] * 4 + own  # half of them to one run
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    writers = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, server.address, run, str(n), str(POINTS)], env=environment)
        for n, run in enumerate(runs)
    ]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    total = 0
    for number, run in enumerate(runs):
        points = history(server, run, f"writer{number}")
        assert Counter((point["step"], point["value"]) for point in points) == Counter(
            (step, step * 0.5) for step in range(POINTS)
        )
        total += len(points)
    assert total == WRITERS * POINTS
    assert children(server.pid) == workers, "a worker fell"
    assert "Traceback" not in server.log
    assert server.stop() == 0
