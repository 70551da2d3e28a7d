"""A place that a client names is text: it may be stored, and the server never goes there (C2 of the rules)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.acceptance.security.yard import CanaryPort, Yard
from tests.support.processes import ROOT
from tests.support.raw_http import Answer
from tests.support.server import API

AJAX = "/ajax-api/2.0/mlflow"

# `{place}` is a folder with a file in it that nobody may read, `{port}` a port nobody may connect to.
LOCATIONS = {
    "path": "{place}",
    "path with slashes": "//{place}//",
    "above itself": "{place}/x/..",
    "above itself, encoded": "{place}/x/%2e%2e",
    "above itself, encoded twice": "{place}/x/%252e%252e",
    "relative": "place",
    "relative, up": "../place",
    "here": ".",
    "through this process": "/proc/self/root{place}",
    "through this process' folder": "/proc/self/cwd/place",
    "a device": "/dev/fd/0",
    "file": "file://{place}",
    "file without slashes": "file:{place}",
    "file of localhost": "file://localhost{place}",
    "file of another host": "file://127.0.0.1{place}",
    "FILE": "FILE://{place}",
    "file, relative": "file:place",
    "file, encoded": "file:///%70roc/self/root{place}",
    "file with a query": "file://{place}?x=../../y",
    "local-file": "local-file://{place}",
    "dbfs": "dbfs:{place}",
    "jar": "jar:file://{place}!/x",
    "the proxy, up": "mlflow-artifacts:/../place",
    "the proxy, up and encoded": "mlflow-artifacts:/%2e%2e/place",
    "the proxy at a host, up": "mlflow-artifacts://localhost/../place",
    "http": "http://127.0.0.1:{port}/x",
    "https": "https://localhost:{port}/x",
    "http with a name": "http://me:secret@127.0.0.1:{port}/x",
    "http to a number": "http://2130706433:{port}/x",
    "ftp": "ftp://127.0.0.1:{port}/x",
    "sftp": "sftp://127.0.0.1:{port}/x",
    "s3 at an address": "s3://bucket/x?endpoint_url=http://127.0.0.1:{port}",
    "hdfs": "hdfs://127.0.0.1:{port}/x",
    "database": "postgresql://127.0.0.1:{port}/x",
    "run": "runs:/{run}/x",
    "model": "models:/rm/1",
    "control character": "{place}\n/x",
    "NUL": "{place}\0",
    "fragment": "{place}#/../x",
    "empty scheme": ":{place}",
    "Windows": "C:\\{place}",
    "share": "\\\\127.0.0.1\\share",
}
NAMED = ("kept outside this server", "Invalid path")


@pytest.fixture(scope="module")
def port() -> Iterator[CanaryPort]:
    """A port that must not be visited."""
    port = CanaryPort()
    yield port
    port.close()


@pytest.fixture(scope="module")
def place(yard: Yard) -> Path:
    """A folder beside the store, in the server's working folder."""
    place = yard.folder / "place"
    place.mkdir()
    (place / "secret.txt").write_text(yard.secret)
    return place


@pytest.fixture(params=LOCATIONS)
def location(request: pytest.FixtureRequest, yard: Yard, place: Path, port: CanaryPort) -> str:
    """One location, filled in."""
    text = LOCATIONS[request.param]
    return text.replace("{place}", str(place)).replace("{port}", str(port.port)).replace("{run}", yard.run_id)


def check_unread(yard: Yard, answer: Answer, location: str) -> None:
    """A client's own place may be named to it again; what is in there may not."""
    assert yard.secret not in answer.text
    assert "secret.txt" not in answer.text
    assert 0 < answer.status < 500, (location, answer)
    assert not any(leak in answer.text for leak in ("Traceback", "SELECT", "Permission denied", "No such file"))


def check_never_opened(yard: Yard, answer: Answer, location: str) -> None:
    """4xx, with the reason."""
    check_unread(yard, answer, location)
    assert 400 <= answer.status < 500, (location, answer)
    assert any(reason in answer.json["message"] for reason in NAMED), (location, answer)


def of_run(yard: Yard, run_id: str) -> list[Answer]:
    """Everything that leads to the files of a run."""
    run = quote(run_id)
    return [
        yard.ask("GET", f"{API}/artifacts/list?run_id={run}"),
        yard.ask("GET", f"{API}/artifacts/list?run_id={run}&path=sub"),
        yard.ask("GET", f"/get-artifact?run_id={run}&path=secret.txt"),
        yard.ask("POST", f"{AJAX}/upload-artifact?run_uuid={run}&path=new.txt", body=b"planted"),
    ]


def of_model(yard: Yard, model_id: str) -> list[Answer]:
    """Everything that leads to the files of a logged model."""
    return [
        yard.ask("GET", f"{API}/logged-models/{model_id}/artifacts/directories"),
        yard.ask("GET", f"{AJAX}/logged-models/{model_id}/artifacts/files?artifact_file_path=secret.txt"),
    ]


@pytest.mark.usefixtures("untouched")
def test_a_location_is_refused_or_stored_and_never_opened(yard: Yard, location: str, port: CanaryPort) -> None:
    made = yard.post("experiments/create", {"name": f"at {location!r}", "artifact_location": location})
    check_unread(yard, made, location)
    if made.status == 200:
        experiment = made.json["experiment_id"]
        run = yard.post("runs/create", {"experiment_id": experiment}).json["run"]["info"]
        model = yard.post("logged-models", {"experiment_id": experiment, "name": "m"}).json["model"]["info"]
        for answer in of_run(yard, run["run_id"]) + of_model(yard, model["model_id"]):
            check_never_opened(yard, answer, location)
        stored = yard.ask("GET", f"{API}/experiments/get?experiment_id={experiment}").json["experiment"]
        assert stored["artifact_location"].endswith((location, "/place", str(yard.folder / ".")))  # or made absolute
        for verb in ("delete", "restore", "delete"):
            assert yard.post(f"experiments/{verb}", {"experiment_id": experiment}).status == 200
    else:
        assert made.status == 400, (location, made)
    assert port.visits == 0


@pytest.mark.usefixtures("untouched")
def test_a_source_of_a_version_is_refused_or_stored_and_never_opened(
    yard: Yard, location: str, port: CanaryPort
) -> None:
    for more in ({}, {"run_id": yard.run_id}, {"model_id": yard.model_id}):
        made = yard.post("model-versions/create", {"name": "rm", "source": location, **more})
        check_unread(yard, made, location)
        if made.status != 200:
            assert made.status in (400, 404), (location, made)
            continue
        version = made.json["model_version"]["version"]
        answer = yard.ask("GET", f"/model-versions/get-artifact?name=rm&version={version}&path=secret.txt")
        if location == "models:/rm/1":  # leads to a place of our own, where there is no such file
            assert answer.status == 404
        else:
            check_never_opened(yard, answer, location)
    assert port.visits == 0


def test_a_place_at_another_artifact_server_is_not_visited(yard: Yard, port: CanaryPort) -> None:
    location = f"mlflow-artifacts://127.0.0.1:{port.port}/0"
    made = yard.post("experiments/create", {"name": "at another host", "artifact_location": location}).json
    run = yard.post("runs/create", {"experiment_id": made["experiment_id"]}).json["run"]["info"]
    listed, got, _ = of_run(yard, run["run_id"])[:3]
    for answer in (listed, got):
        check_unread(yard, answer, location)
    assert listed.status >= 400 or "files" not in listed.json
    assert port.visits == 0


def test_a_run_below_a_place_of_another_server_says_why_it_is_not_opened(yard: Yard) -> None:
    experiment = yard.post("experiments/create", {"name": "far", "artifact_location": "s3://bucket/far"}).json
    run = yard.post("runs/create", {"experiment_id": experiment["experiment_id"]}).json["run"]["info"]
    answer = of_run(yard, run["run_id"])[0]
    assert answer.status == 400
    assert run["artifact_uri"] in answer.json["message"]
    assert "--allow-root" in answer.json["message"]


def test_nothing_is_removed_at_a_clients_place_when_its_experiment_is_removed_for_good(
    yard: Yard, place: Path, port: CanaryPort
) -> None:
    for number, location in enumerate((str(place), f"file://{place}", f"http://127.0.0.1:{port.port}/x")):
        made = yard.post("experiments/create", {"name": f"gone {number}", "artifact_location": location}).json
        run = yard.post("runs/create", {"experiment_id": made["experiment_id"]}).json["run"]["info"]
        (place / made["experiment_id"]).mkdir(exist_ok=True)
        (place / run["run_id"] / "artifacts").mkdir(parents=True, exist_ok=True)
        yard.post("experiments/delete", {"experiment_id": made["experiment_id"]})
    before = sorted(os.walk(place))
    yard.server.stop()
    removed = subprocess.run(
        [sys.executable, "-m", "modelyard", "gc", "--store", str(yard.store), "--older-than", "0d", "--yes"],
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert removed.returncode == 0, removed.stderr
    yard.server.start()
    assert yard.post("experiments/search", {"view_type": "DELETED_ONLY", "max_results": 100}).json == {}
    assert sorted(os.walk(place)) == before
    assert port.visits == 0
