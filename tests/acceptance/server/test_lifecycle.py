"""The server as a process: how it starts, what it takes, how it ends."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from modelyard.db.sqlite import SqliteDatabase
from tests.support.databases import Databases
from tests.support.ports import reserved_port
from tests.support.processes import ROOT
from tests.support.server import API, RunningServer, StartServer
from tests.support.waiting import wait_for

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json"}


def refused(folder: Path, *options: str, seconds: float = 60.0) -> tuple[int, str]:
    """The exit code and the words of a server that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "modelyard", "server", *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    return done.returncode, done.stdout + done.stderr


def resident(pid: int) -> int:
    """Bytes of memory a process has of its own."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def processor_seconds(pid: int) -> float:
    """What a process has used of a processor; unlike the time that passed, it does not depend on who else is busy."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_it_starts_within_a_second_and_needs_little_memory(start_server: StartServer) -> None:
    start_server().stop()  # files and migrations are warm now
    seconds = []
    for _ in range(3):
        server = start_server()
        seconds.append(processor_seconds(server.pid))
        server.new_run()
        assert resident(server.pid) < 90 * MIB
        server.stop()
    assert min(seconds) < 1.0, seconds


def test_it_imports_nothing_that_serving_does_not_need() -> None:
    code = "import sys, modelyard.server.run; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    ).stdout.split()
    heavy = {"numpy", "pandas", "sklearn", "pickle5", "starlette", "psycopg", "mlflow", "requests", "pydantic", "yaml"}
    assert heavy.isdisjoint(found)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_another_address_without_authentication_is_refused_with_the_way_out(tmp_path: Path, host: str) -> None:
    code, words = refused(tmp_path, "--host", host, "--store", "yard")
    assert code != 0
    assert "--insecure-no-auth" in words
    assert not (tmp_path / "yard").exists()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, words = refused(tmp_path, "--port", str(port), "--store", "yard")
    assert code != 0
    assert str(port) in words
    assert "Traceback" not in words


def test_a_second_server_on_a_store_says_who_has_it(server: RunningServer, tmp_path: Path) -> None:
    code, words = refused(tmp_path, "--store", server.store, "--port", "0")
    assert code != 0
    assert str(server.pid) in words
    assert "PostgreSQL" in words
    assert server.request("GET", "/health").status == 200


def test_several_workers_on_a_folder_become_one_that_says_why(start_server: StartServer) -> None:
    server = start_server("--workers", "4")
    assert "SQLite has one writer" in server.log
    assert server.new_run()


def test_sigterm_ends_it_in_good_order(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "3")
    run = server.new_run()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as kept, server.connect(60) as uploading:
        kept.request("GET", "/health")
        kept.getresponse().read()
        uploading.sendall(
            b"PUT /api/2.0/mlflow-artifacts/artifacts/0/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"
        )
        wait_for(lambda: list((Path(server.store) / "tmp").iterdir()))
        os.kill(server.pid, signal.SIGTERM)
        wait_for(lambda: is_draining(server))
        assert server.api("runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1}) == {}
        wait_for(lambda: not is_listening(server.port))
        uploading.sendall(b"defghij")
        assert uploading.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert server.wait() == 0
    server.start()
    assert server.request("GET", "/api/2.0/mlflow-artifacts/artifacts/0/a").body == b"abcdefghij"


def test_a_second_sigterm_ends_it_at_once(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "20")
    os.kill(server.pid, signal.SIGTERM)
    wait_for(lambda: is_draining(server))
    assert server.stop(signal.SIGTERM, seconds=15) == 1


def test_control_c_does_not_wait(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "20")
    assert server.stop(signal.SIGINT, seconds=15) == 0


def test_what_was_answered_survives_a_kill(start_server: StartServer) -> None:
    server = start_server()
    for round_number in range(3):
        run = server.new_run()
        answered: list[int] = []

        def write(run: str = run, answered: list[int] = answered) -> None:
            with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
                for step in range(100_000):
                    body = f'{{"run_id":"{run}","key":"m","value":{step},"timestamp":1,"step":{step}}}'
                    try:
                        connection.request("POST", f"{API}/runs/log-metric", body, JSON)
                        if connection.getresponse().read() == b"{}":
                            answered.append(step)
                    except (OSError, http.client.HTTPException):
                        return

        writer = threading.Thread(target=write)
        writer.start()
        try:
            wait_for(lambda answered=answered: len(answered) > 10)  # type: ignore[misc]
            time.sleep(0.1 + 0.1 * round_number)
        finally:
            server.kill()
            writer.join()
        server.start()
        found = server.request("GET", f"{API}/metrics/get-history?run_id={run}&metric_key=m").json["metrics"]
        assert {int(each["value"]) for each in found} >= set(answered)
        assert len(found) <= len(answered) + 1


def test_metrics_become_compact_by_themselves(server: RunningServer) -> None:
    run = server.new_run()
    for start in range(0, 5_000, 1_000):
        steps = range(start, start + 1_000)
        points = [{"key": "m", "timestamp": 1, "value": step, "step": step} for step in steps]
        server.api("runs/log-batch", {"run_id": run, "metrics": points})
    database = SqliteDatabase(Path(server.store) / "yard.db")

    def folded() -> bool:
        with database.read() as connection:
            return bool(connection.rows("SELECT count(*) > 0 FROM metric_chunks")[0][0])

    try:
        wait_for(folded)
    finally:
        database.close()
    history = server.request("GET", f"{API}/metrics/get-history?run_id={run}&metric_key=m").json["metrics"]
    assert [each["step"] for each in history] == list(range(5_000))


def test_one_log_line_an_event(start_server: StartServer) -> None:
    server = start_server("--access-log")
    server.request("GET", "/health")
    server.request("GET", "/nope?password=secret")
    server.stop()
    lines = server.log.splitlines()
    assert lines
    assert all(line.startswith("time=") and " level=" in line for line in lines)
    assert sum("path=/health status=200" in line for line in lines) >= 1
    assert "secret" not in server.log


def test_it_serves_over_tls(start_server: StartServer, tmp_path: Path) -> None:
    certificate = ROOT / "tests" / "support" / "localhost.pem"
    tls = ["--tls-cert", str(certificate), "--tls-key", str(certificate)]
    command = [sys.executable, "-m", "modelyard", "server", "--store", str(tmp_path / "yard"), *tls]
    with reserved_port() as port:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: is_listening(port))
            check_tls(port, certificate)
        except BaseException:
            process.kill()
            raise
        finally:
            process.terminate()
            code = process.wait(60)
    assert code == 0


def check_tls(port: int, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    with closing(http.client.HTTPSConnection("localhost", port, context=context, timeout=60)) as connection:
        body = os.urandom(3_000_000)
        connection.request("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/a", body)
        assert connection.getresponse().read() == b"{}"
        connection.request("GET", "/api/2.0/mlflow-artifacts/artifacts/0/a")
        assert connection.getresponse().read() == body
        headers = {"Origin": f"https://localhost:{port}"}
        connection.request("GET", "/openapi.json", headers=headers)
        assert connection.getresponse().status == 200
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw, old.wrap_socket(raw) as wrapped:
        assert wrapped.version() == "TLSv1.2"


def is_draining(server: RunningServer) -> bool:
    ready = server.request("GET", "/ready")
    return (ready.status, ready.json.get("reason")) == (503, "DRAINING")


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_several_workers_share_a_store_in_postgres(
    start_server: StartServer, databases: Databases, tmp_path: Path
) -> None:
    url = databases.migrated_postgres_url()
    server = start_server("--workers", "3", "--artifacts", str(tmp_path / "files"), "--drain-delay", "0", store=url)
    wait_for(lambda: len(children(server.pid)) == 3)
    run = server.new_run()
    server.api("runs/log-metric", {"run_id": run, "key": "a", "value": 1, "timestamp": 1})
    victim = children(server.pid)[0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(children(server.pid)) == 3 and victim not in children(server.pid))
    for _ in range(20):
        assert server.request("GET", f"{API}/runs/get?run_id={run}").status == 200
    workers = children(server.pid)
    assert server.stop() == 0, server.log
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert "a new one is started" in server.log
