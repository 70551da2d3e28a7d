"""The power fails (F3): whatever of the unsynced bytes and names reached the disk, nothing acknowledged is lost.

The server's file calls are noted while it works; from them the disk is built anew as it may have been at any moment:
with none, all, or some of what was not synced, and with a last write that was cut.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import pytest

from modelyard.server.options import ServerOptions
from modelyard.services.stores import StoreOptions, open_stores
from tests.faults.sizes import size
from tests.faults.writers import history
from tests.support.disk import Disk, File, Folder
from tests.support.local_server import LocalServer
from tests.support.processes import ROOT
from tests.support.server import API, RunningServer, StartServer
from tests.support.strace import Call, calls_in, require_strace, tracing

SEED = int(os.environ.get("MODELYARD_TEST_SEED", "20262"))
REPLAYS = size(24, 1000)
PROXY = "/api/2.0/mlflow-artifacts"
FILES = f"{PROXY}/artifacts"
POINTS = 10


class Deed(NamedTuple):
    """What a client asked for, when, and when it was told that it is done (never: infinity)."""

    what: str
    value: Any
    sent: int
    told: float

    def was_told(self, at: int) -> bool:
        return self.told <= at


class Clients:
    """Clients that write all kinds of things and note what they are told."""

    def __init__(self, server: RunningServer) -> None:
        self.deeds: list[Deed] = []
        self._server = server
        self.run = server.new_run()
        server.api("registered-models/create", {"name": "m"})
        for _ in range(3):
            server.api("model-versions/create", {"name": "m", "source": "s3://b/x"})

    def work(self, numbers: range) -> None:
        """All at once; each goes on until its work is done or the server is gone."""
        begin = threading.Barrier(3)

        def go(deed: Callable[[int], None]) -> None:
            for number in numbers:
                begin.wait(60)
                deed(number)

        threads = [threading.Thread(target=go, args=(deed,)) for deed in (self._log, self._upload, self._register)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive()

    def _log(self, number: int) -> None:
        metrics = [{"key": "m", "value": number, "timestamp": 1, "step": number * POINTS + n} for n in range(POINTS)]
        tag = {"key": f"t{number}", "value": "x" * 500}
        body = {"run_id": self.run, "metrics": metrics, "tags": [tag]}
        self._do("batch", number, "POST", f"{API}/runs/log-batch", body)
        self._put(f"0/{number}/both/first", b"first" * 100)

    def _upload(self, number: int) -> None:
        dice = random.Random(number)
        self._put(f"0/{number}/both/second", dice.randbytes(dice.randint(1, 100_000)))
        self._put("0/again", b"%d" % number * 10_000)
        if number % 4 == 3:
            self._put_in_parts(f"0/{number}/parts/file", [dice.randbytes(50_000) for _ in range(2)])

    def _register(self, number: int) -> None:
        self._put(f"0/{number}/both/third", b"third" * 100)
        body = {"experiment_id": "0", "run_name": f"created {number}", "start_time": 1}
        self._do("run", number, "POST", f"{API}/runs/create", body)
        version = str(1 + number % 3)
        alias = {"name": "m", "alias": "champion", "version": version}
        self._do("alias", version, "POST", f"{API}/registered-models/alias", alias)

    def _put(self, key: str, body: bytes) -> None:
        self._do(key, body, "PUT", f"{FILES}/{key}", body)

    def _put_in_parts(self, key: str, bodies: list[bytes]) -> None:
        folder, _, name = key.rpartition("/")
        made = self._server.request("POST", f"{PROXY}/mpu/create/{folder}", {"path": name, "num_parts": len(bodies)})
        parts = []
        for part, body in zip(made.json["credentials"], bodies, strict=True):
            reply = self._server.request("PUT", "/" + part["url"].split("/", 3)[3], body)
            parts.append({"part_number": part["part_number"], "etag": reply.headers["etag"], "url": "x"})
        done = {"path": name, "upload_id": made.json["upload_id"], "parts": parts}
        self._do(key, b"".join(bodies), "POST", f"{PROXY}/mpu/complete/{folder}", done)

    def _do(self, what: str, value: Any, method: str, path: str, body: bytes | dict[str, Any]) -> None:
        sent = time.time_ns()
        told = float("inf")
        reply = self._server.request(method, path, body)
        assert reply.status == 200, reply
        told = time.time_ns()
        self.deeds.append(Deed(what, value, sent, told))


@contextmanager
def opened(folder: Path) -> Iterator[LocalServer]:
    """A server on what the power failure left."""
    stores = open_stores(str(folder), StoreOptions(exclusive=True))
    try:
        assert stores.database.check() == []
        server = LocalServer(stores, ServerOptions(store=str(folder)))
        try:
            yield server
        finally:
            server.stop()
    finally:
        stores.close()


def check(folder: Path, clients: Clients, at: int) -> None:
    """What was acknowledged by then is there; what was not, whole or not at all; and nothing else."""
    deeds = sorted((deed for deed in clients.deeds if deed.sent <= at), key=lambda deed: deed.sent)
    if not (folder / "yard.db").exists():
        assert not any(deed.was_told(at) for deed in deeds), "the database is lost"
    with opened(folder) as server:
        batches = [deed for deed in deeds if deed.what == "batch"]
        check_batches(server, clients.run, batches, at)
        names = {"created " + str(deed.value): deed.was_told(at) for deed in deeds if deed.what == "run"}
        check_names(found_runs(server), names)
        for what in dict.fromkeys(deed.what for deed in deeds):
            versions = [deed for deed in deeds if deed.what == what]
            if what == "alias":
                check_latest(what, found_alias(server), versions, at)
            elif "/" in what:
                reply = server.request("GET", f"{FILES}/{what}")
                assert reply.status in (200, 404), f"{what}: {reply.status} {reply.body!r}"
                check_latest(what, reply.body if reply.status == 200 else None, versions, at)
        strange = set(files_below(server, "")) - {deed.what for deed in deeds}
        assert not strange, "files nobody sent"


def check_batches(server: Any, run: str, batches: list[Deed], at: int) -> None:
    read = server.request("GET", f"{API}/runs/get?run_id={run}")
    if read.status != 200:
        assert not batches
        return
    tags = {tag["key"] for tag in read.json["run"]["data"].get("tags", [])}
    points = [point["step"] for point in history(server, run, "m")]
    assert len(points) == len(set(points))
    found = {deed.value: points_of(deed.value, points) + (f"t{deed.value}" in tags) for deed in batches}
    assert sum(found.values()) == len(points) + len([tag for tag in tags if tag.startswith("t")])
    for deed in batches:
        assert found[deed.value] in ((POINTS + 1,) if deed.was_told(at) else (0, POINTS + 1)), f"batch {deed.value}"


def points_of(number: int, steps: list[int]) -> int:
    return sum(step // POINTS == number for step in steps)


def check_names(found: list[str], names: dict[str, bool]) -> None:
    assert len(found) == len(set(found))
    assert set(found) <= set(names)
    missing = {name for name, was_told in names.items() if was_told} - set(found)
    assert not missing, f"lost: {missing}"


def check_latest(what: str, found: Any, versions: list[Deed], at: int) -> None:
    """The last version that was acknowledged, or a later one."""
    last = max((number for number, deed in enumerate(versions) if deed.was_told(at)), default=None)
    allowed = [deed.value for deed in versions[last or 0 :]]
    assert found in allowed or (found is None and last is None), f"{what} is lost or in pieces"


def found_runs(server: Any) -> list[str]:
    body = {"experiment_ids": ["0"], "filter": "attributes.run_name LIKE 'created %'", "max_results": 1000}
    reply = server.request("POST", f"{API}/runs/search", body)
    return [run["info"]["run_name"] for run in reply.json.get("runs", [])]


def found_alias(server: Any) -> str | None:
    reply = server.request("GET", f"{API}/registered-models/alias?name=m&alias=champion")
    return reply.json["model_version"]["version"] if reply.status == 200 else None


def files_below(server: Any, folder: str) -> Iterator[str]:
    for entry in server.request("GET", f"{FILES}?path={folder}").json.get("files", []):
        path = f"{folder}/{entry['path']}".lstrip("/")
        if entry.get("is_dir"):
            yield from files_below(server, path)
        else:
            yield path


# the tests


class Traced(NamedTuple):
    """What clients did, and the file calls of each life of the server meanwhile."""

    clients: Clients
    lives: list[list[Call]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The disk whose power will fail."""
    require_strace()
    place = tmp_path / "disk"
    place.mkdir()
    return place


@pytest.fixture
def traced(place: Path, start_server: StartServer, tmp_path: Path) -> Traced:
    """A server that is killed in the middle, starts again, and ends in good order."""
    server = start_server("--drain-delay", "0", store=tmp_path / "unused")
    server.stop()
    server.store = str(place / "yard")
    server.under = tracing(tmp_path / "first")
    server.start()
    clients = Clients(server)
    clients.work(range(12))
    server.kill()
    server.under = tracing(tmp_path / "second")
    server.start()
    clients.work(range(12, 20))
    assert server.stop() == 0
    assert "Traceback" not in server.log
    return Traced(clients, [calls_in(tmp_path / life) for life in ("first", "second")])


def test_what_was_acknowledged_survives(traced: Traced, place: Path, tmp_path: Path) -> None:
    print(f"MODELYARD_TEST_SEED={SEED}")
    dice = random.Random(SEED)
    ways: dict[str, dict[str, Any]] = {
        "none": {"wanted": lambda: False},
        "all": {"wanted": lambda: True},
        "some": {"wanted": lambda: dice.random() < 0.5},
        "torn": {"wanted": lambda: dice.random() < 0.7, "tear": dice},
    }
    moments = chosen(traced, dice, REPLAYS)
    disk = Disk(place)
    for number, moment in enumerate(stops(disk, traced.lives, moments)):
        way = list(ways)[number % len(ways)]
        left = tmp_path / f"left{number}"
        disk.write_to(left, **ways[way])
        try:
            check(left / "yard", traced.clients, moment)
        except BaseException:
            print(f"replay {number}, at {moment}, {way} of what was not synced: {left}")
            raise
        shutil.rmtree(left)


def stops(disk: Disk, lives: list[list[Call]], moments: list[int]) -> Iterator[int]:
    """Let the server work, and stop at each of some moments."""
    left = list(moments)
    for calls in lives:
        disk.restart()
        for upcoming in disk.follow(calls):
            while left and left[0] < upcoming:
                yield left.pop(0)
    yield from left


def chosen(traced: Traced, dice: random.Random, count: int) -> list[int]:
    """Moments: half of them right after a client was told something, when nothing may be lost that came before."""
    told = [int(deed.told) for deed in traced.clients.deeds]
    calls = [call.ended for life in traced.lives for call in life if call.began > min(told) - 500_000_000]
    half = count // 2
    return sorted([dice.choice(told) for _ in range(half)] + [dice.choice(calls) for _ in range(count - half)])


CARELESS = """
import os, sys
folder, careful = sys.argv[1], sys.argv[2]
os.chdir(folder)
with open(folder + "/draft", "wb") as draft:
    draft.write(b"x" * 5000)
    draft.flush()
    if "bytes" in careful:
        os.fsync(draft.fileno())
os.rename(folder + "/draft", folder + "/file")
if "name" in careful:
    os.fsync(os.open(folder, os.O_RDONLY))
"""


@pytest.mark.parametrize(
    ("careful", "survives"),
    [("", set()), ("bytes", {None, b"x" * 5000}), ("name", set()), ("bytes and name", {b"x" * 5000})],
)
def test_the_model_tells_who_forgot_to_sync(place: Path, tmp_path: Path, careful: str, survives: set[Any]) -> None:
    """What proves the proof: a program that syncs too little is found out, one that syncs enough is not."""
    command = [*tracing(tmp_path / "calls"), sys.executable, "-c", CARELESS, str(place), careful]
    subprocess.run(command, check=True)
    disk = Disk(place)
    assert len(list(disk.follow(calls_in(tmp_path / "calls")))) > 5
    dice = random.Random(1)
    found: set[bytes | None] = set()
    for number in range(60):
        left = tmp_path / f"left{number}"
        disk.write_to(left, lambda: dice.random() < 0.5, tear=dice if number % 2 else None)
        found.add((left / "file").read_bytes() if (left / "file").exists() else None)
    if survives:
        assert found == survives
    else:
        assert len(found - {None, b"x" * 5000}) > 0, "the bytes were not at risk"
        assert (None in found) == (careful == "")


AFTER_ANOTHER = """
import os, sys
from modelyard.services.artifacts.local import LocalArtifactStore

store = LocalArtifactStore(sys.argv[1] + "/made/artifacts")
os.makedirs(sys.argv[1] + "/made/artifacts/0/run")  # by another upload, which has not synced yet
upload = store.upload("0/run/file")
upload.write(b"x" * 5000)
upload.finish()
"""


def test_a_folder_that_another_upload_has_just_made_is_kept_too(place: Path, tmp_path: Path) -> None:
    command = [*tracing(tmp_path / "calls"), sys.executable, "-c", AFTER_ANOTHER, str(place)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    disk = Disk(place)
    list(disk.follow(calls_in(tmp_path / "calls")))
    disk.write_to(tmp_path / "left", lambda: False)
    assert (tmp_path / "left" / "made" / "artifacts" / "0" / "run" / "file").read_bytes() == b"x" * 5000


SHARED = """
import sys
from modelyard.services.artifacts.local import LocalArtifactStore

store = LocalArtifactStore(sys.argv[1] + "/artifacts")
for key in ("0/a/file", "0/b/file", "0/c/file"):
    upload = store.upload(key)
    upload.write(b"x" * int(sys.argv[2]))
    upload.finish()
store.delete("0/a")
"""


@pytest.mark.parametrize("size", [100, 100_000])
def test_a_file_that_is_shared_is_known_to_be_shared_after_a_power_loss(place: Path, tmp_path: Path, size: int) -> None:
    command = [*tracing(tmp_path / "calls"), sys.executable, "-c", SHARED, str(place), str(size)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    disk = Disk(place)
    most = 0
    for _ in disk.follow(calls_in(tmp_path / "calls")):
        names = dict(names_of_files(disk.top, PurePosixPath()))
        stored = [path for path in names if path.name == "file"]
        pooled = {node for path, node in names.items() if ".modelyard-pool." in path.parts}
        shared = [path for path in stored if [names[each] for each in stored].count(names[path]) > 1]
        assert {names[path] for path in shared} <= pooled
        assert all(bytes(names[path].synced) == b"x" * size for path in stored)
        most = max(most, len(shared))
    assert most == 3, "nothing was shared"


def names_of_files(folder: Folder, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, File]]:
    """Every name that is on the disk for certain."""
    for name, node in folder.synced.items():
        if isinstance(node, Folder):
            yield from names_of_files(node, path / name)
        else:
            yield path / name, node
