"""The server needs no client library: curl alone does the whole of a run."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest


class Curl:
    """Calls a server with the program curl."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None, **more: str) -> Any:
        """The decoded answer; raises with it when the status is not 2xx."""
        command = ["curl", "-sS", "--fail-with-body", "-X", method, f"{self._address}{path}"]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        for flag, value in more.items():
            command += [f"--{flag.replace('_', '-')}", value]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


@pytest.fixture
def curl(server: str) -> Curl:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    return Curl(server)


API = "/api/2.0/mlflow"


def test_a_run_from_beginning_to_end(curl: Curl, tmp_path: Path) -> None:
    assert curl("GET", "/health") == "OK"
    experiment = curl("POST", f"{API}/experiments/create", {"name": "by curl"})["experiment_id"]
    created = curl("POST", f"{API}/runs/create", {"experiment_id": experiment, "start_time": 1, "run_name": "first"})
    run_id = created["run"]["info"]["run_id"]
    for verb, body in (
        ("log-parameter", {"key": "alpha", "value": "0.5"}),
        ("log-metric", {"key": "rmse", "value": 0.82224, "timestamp": 2, "step": 0}),
        ("set-tag", {"key": "team", "value": "a b"}),
    ):
        assert curl("POST", f"{API}/runs/{verb}", {"run_id": run_id, **body}) == {}
    (tmp_path / "results.csv").write_text("val, val2\n1, 2\n")
    folder = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run_id}/artifacts"
    assert curl("PUT", f"{folder}/results.csv", data_binary=f"@{tmp_path / 'results.csv'}") == {}
    curl("POST", f"{API}/runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": 3})

    run = curl("GET", f"{API}/runs/get?run_id={run_id}")["run"]
    assert (run["info"]["status"], run["info"]["run_name"], run["info"]["end_time"]) == ("FINISHED", "first", 3)
    assert run["data"]["params"] == [{"key": "alpha", "value": "0.5"}]
    assert run["data"]["metrics"][0] | {"run_id": None} == {
        "key": "rmse",
        "value": 0.82224,
        "timestamp": 2,
        "step": 0,
        "run_id": None,
    }
    found = curl(
        "POST",
        f"{API}/runs/search",
        {"experiment_ids": [experiment], "filter": "params.alpha = '0.5' and metrics.rmse < 1", "max_results": 5},
    )
    assert [each["info"]["run_id"] for each in found["runs"]] == [run_id]
    files = curl("GET", f"{API}/artifacts/list?run_id={run_id}")["files"]
    assert files == [{"path": "results.csv", "is_dir": False, "file_size": 15}]
    assert curl("GET", f"{folder}/results.csv") == "val, val2\n1, 2\n"


def test_a_mistake_is_answered_with_a_code_and_a_sentence(server: str, curl: Curl) -> None:
    command = ["curl", "-sS", "-w", "\n%{http_code}", f"{server}{API}/runs/get?run_id=nothing"]
    body, status = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rsplit("\n", 1)
    assert (json.loads(body)["error_code"], status) == ("RESOURCE_DOES_NOT_EXIST", "404")
