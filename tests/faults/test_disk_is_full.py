"""There is no room left (F7): what does not fit is refused with the reason, and is welcome again once there is room."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.raw_http import exchange, message
from tests.support.server import API, RunningServer, StartServer
from tests.support.waiting import wait_for

FILES = "/api/2.0/mlflow-artifacts/artifacts"
PROMPT = 10.0  # two seconds are promised, and kept by a machine that has nothing else to do


def write(server: RunningServer, run: str, number: int) -> int:
    """Log some 60 kB; the status, after a look at the reason of a refusal."""
    tags = [{"key": f"t{number}.{n}", "value": "x" * 7_000} for n in range(9)]
    began = time.monotonic()
    reply = server.request("POST", f"{API}/runs/log-batch", {"run_id": run, "tags": tags})
    if reply.status != 200:
        assert (reply.status, reply.json["reason"]) == (503, "DISK_FULL"), reply
        assert reply.json["error_code"] == "TEMPORARILY_UNAVAILABLE"
        assert 1 <= int(reply.headers["retry-after"]) <= 30
        assert time.monotonic() - began < PROMPT
    return reply.status


def upload(server: RunningServer, key: str, size: int) -> int:
    """Send a file like no other; the status, after a look at the reason of a refusal."""
    answer = exchange(server.port, message("PUT", f"{FILES}/{key}", body=key.encode().ljust(size, b"x")))
    if answer.status != 200:
        assert (answer.status, answer.json["reason"]) == (503, "DISK_FULL"), answer
        assert "retry-after" in answer.headers
    return answer.status


def tags_of(server: RunningServer, run: str) -> set[str]:
    """The names of a run's tags; reads are served whatever the disk is like."""
    read = server.request("GET", f"{API}/runs/get?run_id={run}")
    assert read.status == 200
    assert server.request("GET", "/health").status == 200
    return {tag["key"] for tag in read.json["run"]["data"]["tags"] if tag["key"].startswith("t")}


def expected(numbers: list[int]) -> set[str]:
    return {f"t{number}.{n}" for number in numbers for n in range(9)}


def test_no_file_may_grow(server: RunningServer) -> None:
    """A limit on the size of files: what a full disk is like in the middle of a write."""
    run = server.new_run()
    assert write(server, run, 0) == 200
    grown = max(path.stat().st_size for path in Path(server.store).iterdir())
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (grown + 200_000, resource.RLIM_INFINITY))
    stored = [0, *(number for number in range(1, 40) if write(server, run, number) == 200)]
    assert len(stored) < 40
    assert upload(server, "0/large", 5_000_000) == 503
    assert server.request("GET", f"{FILES}/0/large").status == 404
    assert tags_of(server, run) == expected(stored)
    assert list((Path(server.store) / "tmp").iterdir()) == []
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(lambda: write(server, run, 100) == 200, PROMPT)
    assert upload(server, "0/large", 5_000_000) == 200
    assert tags_of(server, run) == expected([*stored, 100])
    server.kill()
    server.start()
    assert tags_of(server, run) == expected([*stored, 100])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 40 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=40m,mode=700", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a disk: the limit on the size of files stands for it")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, leave: int) -> None:
    """Take all room but ``leave`` bytes."""
    free = os.statvfs(disk)
    size = free.f_bavail * free.f_frsize - leave
    with suppress(OSError), (disk / "filling").open("ab") as filling:  # the server may have taken some in between
        filling.write(b"x" * size)


def test_a_disk_without_room(start_server: StartServer, disk: Path) -> None:
    server = start_server("--drain-delay", "0", store=disk / "yard")
    run = server.new_run()
    assert write(server, run, 0) == 200
    assert upload(server, "0/small", 1_000) == 200
    fill(disk, 1_000_000)  # below 5 %: no files and nothing new, and what is small is still logged
    wait_for(lambda: server.request("GET", "/ready").json.get("reason") == "DISK_FULL", PROMPT)
    assert server.request("POST", f"{API}/runs/create", {"experiment_id": "0"}).json["reason"] == "DISK_FULL"
    assert upload(server, "0/more", 1_000) == 503
    stored = [0, *(number for number in range(1, 30) if write(server, run, number) == 200)]
    assert 1 < len(stored) < 30
    fill(disk, 0)
    assert write(server, run, 50) == 503
    assert server.request("GET", f"{FILES}/0/small").status == 200
    assert tags_of(server, run) == expected(stored)
    (disk / "filling").unlink()
    wait_for(lambda: server.request("GET", "/ready").status == 200, PROMPT)
    assert write(server, run, 100) == 200
    assert upload(server, "0/more", 1_000_000) == 200
    assert tags_of(server, run) == expected([*stored, 100])
    assert "Traceback" not in server.log


def test_a_disk_that_fills_up_during_uploads(start_server: StartServer, disk: Path) -> None:
    server = start_server("--drain-delay", "0", store=disk / "yard")
    sizes = {f"0/f{number}": upload(server, f"0/f{number}", 5_000_000) for number in range(10)}
    assert set(sizes.values()) == {200, 503}
    listed = server.request("GET", f"{FILES}?path=0").json["files"]
    assert {f"0/{entry['path']}" for entry in listed} == {key for key, status in sizes.items() if status == 200}
    assert {entry["file_size"] for entry in listed} == {5_000_000}
    assert list((Path(server.store) / "tmp").iterdir()) == []
    assert server.request("DELETE", f"{FILES}/0").status == 200
    wait_for(lambda: upload(server, "0/again", 5_000_000) == 200, PROMPT)
