"""Folders as ZIP archives that are made while they are sent."""

from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path

import pytest

from modelyard.server.views.archives import SMALL
from tests.support.local_server import LocalServer, StartLocal
from tests.support.views import VIEWS, Shown
from tests.support.waiting import wait_for

FILES = {
    "a.txt": b"hello",
    "empty": b"",
    "model/MLmodel": b"flavors: {}",
    "model/data/large.bin": os.urandom(SMALL + 12_345),
    "model/data/just.bin": os.urandom(SMALL),
    "naïve/日本 語.txt": "…".encode(),
    "a b'c\"d&e=+%.txt": b"odd",
}


@pytest.fixture
def shown(local: LocalServer) -> Shown:
    made = Shown(local)
    for path, body in FILES.items():
        made.put(path, body)
    return made


def unpacked(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {info.orig_filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def test_an_archive_is_the_folder_byte_by_byte(shown: Shown) -> None:
    reply = shown.get("archive")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/zip")
    assert reply.headers["content-length"] == str(len(reply.body))
    assert reply.headers["content-disposition"] == f'attachment; filename="{shown.run_id}.zip"'
    assert unpacked(reply.body) == FILES
    assert shown.get("archive").body == reply.body


def test_a_folder_of_it_has_paths_from_there(shown: Shown) -> None:
    reply = shown.get("archive", path="model")
    assert reply.headers["content-disposition"] == 'attachment; filename="model.zip"'
    inside = {path.removeprefix("model/"): body for path, body in FILES.items() if path.startswith("model/")}
    assert unpacked(reply.body) == inside


def test_a_run_without_files_is_an_empty_archive(local: LocalServer) -> None:
    assert unpacked(Shown(local).get("archive").body) == {}


def test_a_folder_with_nothing_in_it_is_in_the_archive(start_local: StartLocal, tmp_path: Path) -> None:
    shown = Shown(start_local())
    shown.put("a", b"x")
    (next((tmp_path / "files").rglob("a")).parent / "nothing").mkdir()
    with zipfile.ZipFile(io.BytesIO(shown.get("archive").body)) as archive:
        assert archive.namelist() == ["a", "nothing/"]


def test_a_head_has_the_length_and_no_bytes(shown: Shown) -> None:
    reply = shown.local.request("HEAD", f"{VIEWS}/archive?run_id={shown.run_id}")
    assert reply.body == b""
    assert int(reply.headers["content-length"]) == len(shown.get("archive").body)


def test_what_is_no_folder_is_not_found(shown: Shown) -> None:
    assert shown.get("archive", path="a.txt").status == 404
    assert shown.get("archive", path="nowhere").status == 404


def test_an_archive_of_a_file_that_changes_meanwhile_is_cut_short(start_local: StartLocal, tmp_path: Path) -> None:
    shown = Shown(start_local())
    shown.put("a.bin", b"")
    file = next((tmp_path / "files").rglob("a.bin"))
    file.unlink()
    size = 400_000_000
    with file.open("wb") as sparse:
        sparse.truncate(size)
    with shown.local.connect() as sock:
        sock.sendall(f"GET {VIEWS}/archive?run_id={shown.run_id} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        got = len(sock.recv(65_536))
        os.truncate(file, 1_000)
        try:
            while data := sock.recv(1 << 20):
                got += len(data)
        except ConnectionResetError:
            pass
    assert got < size


def test_it_stops_when_the_client_goes(start_local: StartLocal, tmp_path: Path) -> None:
    shown = Shown(start_local())
    shown.put("a.bin", b"")
    file = next((tmp_path / "files").rglob("a.bin"))
    file.unlink()
    with file.open("wb") as sparse:
        sparse.truncate(400_000_000)
    with shown.local.connect() as sock:
        sock.sendall(f"GET {VIEWS}/archive?run_id={shown.run_id} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert sock.recv(1_000).startswith(b"HTTP/1.1 200")
        time.sleep(0.05)
    wait_for(lambda: shown.local.call(lambda: shown.local.server.transfers.tasks.idle), 30)
    assert not [name for name in os.listdir("/proc/self/fd") if _leads_to(name, file)]


def _leads_to(name: str, file: Path) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{name}") == str(file)
    except FileNotFoundError:
        return False
