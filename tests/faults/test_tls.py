"""TLS on a live server: clients that know its authority reach it, others do not, and wrong files are told at the start."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.support.ports import reserved_port
from tests.support.processes import ROOT

KEYS = ROOT / "tests" / "support" / "tls"
AUTHORITY = KEYS / "authority.pem"
PATH = "/api/2.0/mlflow-artifacts/artifacts/0/file"
# That PostgreSQL is not there is not even looked at.
WORKERS = ("--store", "postgresql://127.0.0.1:1/none", "--artifacts", "files", "--workers", "2")
SCRIPT = """
import hashlib, sys
import modelyard as mlflow

mlflow.set_tracking_uri(sys.argv[1])
with mlflow.start_run() as run:
    for step in range(100):
        mlflow.log_metric("m", step, step=step)
    mlflow.log_param("p", "v")
    mlflow.log_artifact(sys.argv[2])
client = mlflow.MlflowClient()
assert len(client.get_metric_history(run.info.run_id, "m")) == 100
assert client.get_run(run.info.run_id).data.params == {"p": "v"}
path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="big.bin", dst_path=sys.argv[3])
print(hashlib.sha256(open(path, "rb").read()).hexdigest())
"""


def start(folder: Path, port: int, certificate: Path, key: Path, *more: str) -> subprocess.Popen[str]:
    """A server with these files."""
    options = ["--store", str(folder / "yard"), "--port", str(port), "--drain-delay", "0"]
    return subprocess.Popen(
        [sys.executable, "-m", "modelyard", "server", *options, "--tls-cert", certificate, "--tls-key", key, *more],
        env=environment(),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def environment(**more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "MODELYARD_"))}
    return {**plain, "PYTHONPATH": str(ROOT / "src"), **more}


def connect(port: int) -> http.client.HTTPSConnection:
    """As curl does with `--cacert`."""
    context = ssl.create_default_context(cafile=str(AUTHORITY))
    return http.client.HTTPSConnection("localhost", port, context=context, timeout=30)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where a server listens that has a certificate of our own authority."""
    with reserved_port() as port, start(tmp_path, port, KEYS / "server.pem", KEYS / "server.key") as process:
        try:
            until = time.monotonic() + 60
            while not is_healthy(port):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield port
            process.terminate()
            assert process.wait(30) == 0
            assert process.stdout is not None
            assert "Traceback" not in process.stdout.read()
        finally:
            process.kill()


def is_healthy(port: int) -> bool:
    with suppress(OSError), closing(connect(port)) as connection:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    return False


def test_a_file_goes_up_and_down(port: int) -> None:
    body = random.Random(1).randbytes(9_000_001)
    with closing(connect(port)) as connection:
        connection.request("PUT", PATH, body)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"{}")
        assert answer.headers["etag"].strip('"') == hashlib.sha256(body).hexdigest()
        for wanted, status, part in (({}, 200, body), ({"Range": "bytes=4000000-8999999"}, 206, body[4000000:9000000])):
            connection.request("GET", PATH, headers=wanted)
            answer = connection.getresponse()
            assert (answer.status, answer.read() == part) == (status, True)
        made = {"path": "file", "num_parts": 1}
        headers = {"Content-Type": "application/json"}
        connection.request("POST", "/api/2.0/mlflow-artifacts/mpu/create/0", json.dumps(made), headers)
        addresses = [part["url"] for part in json.loads(connection.getresponse().read())["credentials"]]
        assert all(address.startswith(f"https://localhost:{port}/") for address in addresses)


def test_our_client_that_knows_the_authority_logs_and_reads_back(port: int, tmp_path: Path) -> None:
    body = random.Random(2).randbytes(5_000_000)
    (tmp_path / "big.bin").write_bytes(body)
    (tmp_path / "back").mkdir()
    command = [sys.executable, "-c", SCRIPT, f"https://localhost:{port}", tmp_path / "big.bin", tmp_path / "back"]
    for variable in ("MODELYARD_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_SERVER_CERT_PATH"):
        done = subprocess.run(
            command,
            env=environment(**{variable: str(AUTHORITY)}),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split()[-1] == hashlib.sha256(body).hexdigest()


def test_our_client_that_does_not_know_it_sends_nothing_and_says_why(port: int, tmp_path: Path) -> None:
    script = f"import modelyard as m; m.MlflowClient('https://localhost:{port}').search_experiments()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "certificate" in done.stderr.splitlines()[-1].lower()


def test_an_unknown_authority_and_a_client_without_tls_are_turned_away(port: int) -> None:
    stranger = http.client.HTTPSConnection("localhost", port, context=ssl.create_default_context(), timeout=30)
    with closing(stranger), pytest.raises(ssl.SSLCertVerificationError):
        stranger.request("GET", "/health")
    plain = http.client.HTTPConnection("localhost", port, timeout=30)
    with closing(plain):
        plain.request("GET", "/health")
        with pytest.raises((OSError, http.client.HTTPException)):
            plain.getresponse()
    assert is_healthy(port)


@pytest.mark.parametrize("more", [(), WORKERS], ids=["one process", "workers"])
@pytest.mark.parametrize(
    ("certificate", "key"),
    [
        ("server.pem", "other.key"),
        ("server.pem", "missing.key"),
        ("missing.pem", "server.key"),
        ("server.key", "server.pem"),
    ],
)
def test_files_that_do_not_belong_together_are_told_at_the_start(
    tmp_path: Path, certificate: str, key: str, more: tuple[str, ...]
) -> None:
    with reserved_port() as port, start(tmp_path, port, KEYS / certificate, KEYS / key, *more) as process:
        try:
            told, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "TLS" in told
    assert "Traceback" not in told
    assert len([line for line in told.splitlines() if "TLS" in line]) == 1
