"""What a server refuses to start with, and that what it makes is its own: nobody else's to read (R4, R10)."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.server import API, RunningServer, StartServer, start_server

__all__ = ["start_server"]

PROMPT = 30.0  # two seconds are promised, and kept by a machine that has nothing else to do


def refused(folder: Path, *options: object) -> str:
    """Start a server that should not start; what it says on the way out."""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "modelyard", "server", *map(str, options)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=60,
    )
    took = time.monotonic() - began
    assert ended.returncode not in (0, -9)
    assert "Traceback" not in ended.stderr
    assert took < PROMPT, f"{took:.1f} s"
    return ended.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "ml.example.com", "::ffff:0.0.0.0", "0"])
def test_an_open_address_without_authentication_is_refused(tmp_path: Path, host: str) -> None:
    told = refused(tmp_path, "--host", host, "--port", 0)
    assert "--insecure-no-auth" in told
    assert not (tmp_path / "yard").exists()


def test_no_authentication_and_a_certificate_contradict_each_other(tmp_path: Path) -> None:
    told = refused(tmp_path, "--host", "0.0.0.0", "--insecure-no-auth", "--tls-cert", "a", "--tls-key", "b")
    assert "--insecure-no-auth" in told


def test_an_open_address_says_so_when_it_is_wanted(start_server: StartServer) -> None:
    server = start_server("--host", "0.0.0.0", "--insecure-no-auth", "--drain-delay", "0")
    assert "may read and change everything" in server.log
    assert server.request("GET", "/health", headers={"Host": "evil.example"}).status == 200
    assert (
        server.request("GET", f"{API}/experiments/get?experiment_id=0", headers={"Host": "evil.example"}).status == 403
    )


def test_a_second_server_on_a_store_is_refused_and_names_the_first(start_server: StartServer, tmp_path: Path) -> None:
    first = start_server("--drain-delay", "0")
    told = refused(tmp_path, "--store", first.store, "--port", 0)
    assert str(first.pid) in told
    assert "PostgreSQL" in told
    assert first.request("GET", "/ready").status == 200


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in refused(tmp_path, "--port", port)


def scramble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:8192] = os.urandom(4096)
    path.write_bytes(data)


DAMAGE = {
    "a damaged page": scramble,
    "cut short": lambda path: os.truncate(path, path.stat().st_size - 1000),
    "empty": lambda path: os.truncate(path, 0),
    "another file": lambda path: path.write_text("no database " * 1000),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link": lambda path: (path.rename(path.with_name("x")), path.symlink_to("x")),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_store_is_refused_by_name_and_left_as_it_is(
    start_server: StartServer, tmp_path: Path, name: str
) -> None:
    server = start_server("--drain-delay", "0")
    server.new_run()
    assert server.stop() == 0
    path = Path(server.store) / "yard.db"
    DAMAGE[name](path)
    before = path.is_dir() or path.read_bytes()
    told = refused(tmp_path, "--store", server.store, "--port", 0)
    assert str(path) in told
    assert path.is_dir() or path.read_bytes() == before
    if name in ("a damaged page", "cut short", "empty", "another file"):
        assert "estore" in told, "it does not say how to put a copy back"


# files


def test_all_of_a_store_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        server = RunningServer(tmp_path, str(tmp_path / "outer" / "yard"), "--drain-delay", "0")
    finally:
        os.umask(before)
    try:
        use(server)
        check_private(Path(server.store))
        server.kill()
        server.start()  # with the files of one that crashed
        use(server)
        assert server.stop() == 0
    finally:
        server.close()
    found = check_private(Path(server.store))
    assert {"yard.db", "server.lock", "artifacts", "file.bin", "joined.bin"} <= found
    # nothing is made anywhere else
    assert {path.name for path in tmp_path.iterdir()} == {"outer", server.log_file.name}


def use(server: RunningServer) -> None:
    """A bit of everything that makes files."""
    run = server.new_run()
    server.api("runs/log-batch", {"run_id": run, "metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 1}]})
    files = "/api/2.0/mlflow-artifacts"
    assert server.request("PUT", f"{files}/artifacts/0/{run}/artifacts/a/b/file.bin", b"x" * 3_000_000).status == 200
    made = server.request("POST", f"{files}/mpu/create/0/{run}", {"path": "joined.bin", "num_parts": 2}).json
    tags = []
    for part in made["credentials"]:
        sent = server.request("PUT", part["url"].removeprefix(server.address), b"part")
        tags.append({"part_number": part["part_number"], "etag": sent.headers["etag"], "url": part["url"]})
    check_private(Path(server.store))
    body = {"path": "joined.bin", "upload_id": made["upload_id"], "parts": tags}
    assert server.request("POST", f"{files}/mpu/complete/0/{run}", body).status == 200
    server.request("POST", f"{files}/mpu/create/0/{run}", {"path": "left.bin", "num_parts": 2})


def check_private(folder: Path) -> set[str]:
    """Every file is 0600 and every folder 0700; their names."""
    found = set()
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
        found.add(path.name)
    return found


def test_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "thesis.tex").write_text("x")
    assert str(folder) in refused(tmp_path, "--store", folder, "--port", 0)
    assert {path.name for path in folder.iterdir()} == {"thesis.tex"}


@pytest.mark.parametrize("name", ["yard.db", "server.lock", "artifacts", "tmp"])
def test_a_link_that_waits_under_a_name_of_ours_is_not_followed(tmp_path: Path, name: str) -> None:
    target = tmp_path / "target"
    target.mkdir() if name in ("artifacts", "tmp") else target.write_text("precious")
    store = tmp_path / "yard"
    store.mkdir(mode=0o700)
    (store / name).symlink_to(target)
    told = refused(tmp_path, "--store", store, "--port", 0)
    assert str(store / name) in told
    assert list(target.iterdir()) == [] if target.is_dir() else target.read_text() == "precious"


def test_a_markers_way_stays_out_of_log_and_process_list(start_server: StartServer) -> None:
    server = start_server("--drain-delay", "0", "--access-log")
    secret = "MARKER-5ad1"
    run = server.new_run()
    server.api("runs/log-parameter", {"run_id": run, "key": "password", "value": secret})
    server.api("runs/set-tag", {"run_id": run, "key": "k", "value": secret})
    assert (
        server.request("POST", f"{API}/runs/log-parameter", {"run_id": run, "key": "password", "value": "x"}).status
        == 400
    )
    server.request("GET", f"{API}/runs/get?run_id={run}&token={secret}", headers={"Authorization": f"Bearer {secret}"})
    server.request("POST", f"{API}/runs/log-metric", {"run_id": run, "key": "m", "value": secret, "timestamp": 1})
    assert secret not in server.log
    assert secret.encode() not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
