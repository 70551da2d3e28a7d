"""Requirements S4.4 and S4.6: the server's options are told with their defaults, do what they say, and writers are safe."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.cli.main import commands_of, parser_of
from modelyard.tracking import MlflowClient
from tests.docs.environment import clean_environment
from tests.support.databases import Databases
from tests.support.server import *  # noqa: F403
from tests.support.server import StartServer
from tests.support.waiting import wait_for

WRITERS = 4
POINTS = 500

TOLD = [
    ("--store", "./yard"),
    ("--file-store", "./yard"),
    ("--backend-store-uri", "./yard"),
    ("--artifacts", "empty: inside the store's folder"),
    ("--default-artifact-root", "empty: this server, mlflow-artifacts:/"),
    ("-w", "(default: 1)"),
    ("--workers", "(default: 1)"),
    ("-p", "(default: 5000)"),
    ("--port", "(default: 5000)"),
    ("-h", "(default: 127.0.0.1)"),
    ("--host", "(default: 127.0.0.1)"),
]


@pytest.mark.parametrize(("option", "default"), TOLD)
@pytest.mark.parametrize("command", ["server", "ui"])
def test_an_option_is_told_with_its_default(command: str, option: str, default: str) -> None:
    """S4.4, A.4."""
    text = parser_of(command, commands_of(command)[0]).format_help()
    entries = re.split(r"\n  (?=-)", text)
    entry = next(entry for entry in entries if re.search(rf"(^|, ){option}\b", entry))
    assert default in re.sub(r"\s+", " ", entry)


def test_places_host_and_port_are_where_the_options_say(start_server: StartServer, tmp_path: Path) -> None:
    """S4.4: the seed's spellings; data in the one place, files in the other, and loopback only."""
    data, files = tmp_path / "data", tmp_path / "files"
    server = start_server("--artifacts-destination", str(files), "--drain-delay", "0", "-h", "127.0.0.1", store=data)
    client = MlflowClient(server.address)
    run = client.create_run("0")
    client.log_text(run.info.run_id, "hello", "a.txt")
    assert (data / "yard.db").is_file()
    assert [file.read_text() for file in files.rglob("a.txt")] == ["hello"]
    assert not list(data.rglob("a.txt"))
    listening = Path(f"/proc/{server.pid}/net/tcp").read_text()
    assert f"0100007F:{server.port:04X} 00000000:0000 0A" in listening
    assert f" 00000000:{server.port:04X} 00000000:0000 0A" not in listening


def test_runs_are_told_the_root_that_was_named(start_server: StartServer, tmp_path: Path) -> None:
    """S4.4: `--default-artifact-root` is what a client sees, also in the form of a bucket."""
    server = start_server("--default-artifact-root", "s3://bucket/runs", "--drain-delay", "0")
    run = MlflowClient(server.address).create_run("0")
    assert run.info.artifact_uri == f"s3://bucket/runs/0/{run.info.run_id}/artifacts"


def test_two_workers_are_two_processes_that_lose_nothing(
    start_server: StartServer, databases: Databases, tmp_path: Path
) -> None:
    """S4.4, S4.6: on PostgreSQL, with several writers at once."""
    server = start_server(
        "-w", "2", "--artifacts", str(tmp_path / "files"), "--drain-delay", "0", store=databases.migrated_postgres_url()
    )
    wait_for(lambda: len(workers_of(server.pid)) == 2)
    workers = workers_of(server.pid)
    client = MlflowClient(server.address)
    run_id = client.create_run("0").info.run_id
    script = f"""
import sys
import modelyard as mlflow
with mlflow.start_run(run_id=sys.argv[1]):
    for step in range({POINTS}):
        mlflow.log_metric("writer" + sys.argv[2], step / 2, step=step)
"""
    environment = clean_environment(MLFLOW_TRACKING_URI=server.address)
    writers = [
        subprocess.Popen([sys.executable, "-c", script, run_id, str(n)], env=environment) for n in range(WRITERS)
    ]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    for n in range(WRITERS):
        points = client.get_metric_history(run_id, f"writer{n}")
        assert [(point.step, point.value) for point in points] == [(step, step / 2) for step in range(POINTS)]
    assert workers_of(server.pid) == workers


def workers_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_training_loop_takes_few_requests(start_server: StartServer, tmp_path: Path) -> None:
    """A run of 1,000 points is a handful of requests, not a thousand."""
    server = start_server("--access-log", "--drain-delay", "0")
    script = """
import modelyard as mlflow
with mlflow.start_run() as run:
    for step in range(1000):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
print(run.info.run_id)
"""
    environment = clean_environment(MLFLOW_TRACKING_URI=server.address)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    wait_for(lambda: "/runs/update" in server.log)  # which may be written a moment after the answer
    asked = re.findall(r"logger=access .* path=(\S+) status=(\d+)", server.log)
    asked = [(path, status) for path, status in asked if path != "/health"]
    assert {status for _, status in asked} == {"200"}
    assert [path for path, _ in asked if path.endswith(("/create", "/update"))] == [
        "/api/2.0/mlflow/runs/create",
        "/api/2.0/mlflow/runs/update",
    ]
    assert len(asked) <= 50, asked  # four or five, where the loop is not held up by others
    client = MlflowClient(server.address)
    assert len(client.get_metric_history(done.stdout.strip(), "loss")) == 1000


def test_a_server_that_is_gone_is_named(start_server: StartServer, tmp_path: Path) -> None:
    """A.4: the sentence says where and what to look at."""
    server = start_server("--drain-delay", "0")
    server.stop()
    done = subprocess.run(
        [sys.executable, "-m", "modelyard", "experiments", "search"],
        env=clean_environment(MLFLOW_TRACKING_URI=server.address, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert server.address in done.stderr
    assert "No answer" in done.stderr
