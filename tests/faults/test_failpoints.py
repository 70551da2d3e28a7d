"""The server is killed at the moments that matter most (F2): each has a name, and is hit for certain, not by chance."""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from modelyard.core import failpoints
from modelyard.db.migrate import check, current_version, latest_version, steps, upgrade
from modelyard.db.sqlite import SqliteDatabase
from tests.faults.sizes import size
from tests.faults.writers import Writers, seconds_until_ready
from tests.support.databases import Databases
from tests.support.processes import ROOT
from tests.support.server import API, Reply, RunningServer, StartServer

SEED = int(os.environ.get("MODELYARD_TEST_SEED", "20261"))
TIMES = size(2, 20)  # at each place
FILES = "/api/2.0/mlflow-artifacts/artifacts"
CUT = (OSError, http.client.HTTPException)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that is replayed with the seed it tells, another for each test."""
    print(f"MODELYARD_TEST_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture(params=["sqlite", "postgres"])
def kept(
    request: pytest.FixtureRequest, start_server: StartServer, databases: Databases, tmp_path: Path
) -> RunningServer:
    """A server on each kind of store."""
    if request.param == "sqlite":
        return start_server("--drain-delay", "0")
    options = ("--artifacts", str(tmp_path / "files"), "--drain-delay", "0")
    return start_server(*options, store=databases.migrated_postgres_url())


def arm(server: RunningServer, place: str, number: int) -> None:
    """Start it again, to be killed at a place."""
    server.stop()
    print(f"{place}:{number}:kill")
    server.environment = {"MODELYARD_FAILPOINT": f"{place}:{number}:kill", "MODELYARD_TESTING": "1"}
    server.start()


def revive(server: RunningServer) -> None:
    """Start it again once it was killed."""
    assert server.wait() == -signal.SIGKILL, server.log[-2000:]
    server.environment = {}
    server.start()


def is_sound(server: RunningServer) -> None:
    """Stop it in good order and have its database checked."""
    assert "Traceback" not in server.log
    assert server.stop() == 0
    path = Path(server.store) / "yard.db"
    if path.exists():
        database = SqliteDatabase(path)
        assert check(database) == []
        database.close()


@pytest.mark.parametrize("place", ["before-commit", "after-commit"])
def test_writers_lose_nothing_at_a_commit(kept: RunningServer, place: str, dice: random.Random) -> None:
    with Writers([kept], 4) as writers:
        for _ in range(TIMES):
            arm(kept, place, dice.randint(5, 60))
            writers.start()
            kept.wait()
            revive(kept)
            seconds_until_ready(kept)
            writers.stop()
            writers.check()
    assert len(writers.batches.done) > TIMES, "there was no load"
    assert writers.batches.unknown, "nothing was cut off"
    is_sound(kept)


@pytest.mark.parametrize(("place", "was_stored"), [("before-commit", False), ("after-commit", True)])
def test_a_creation_whose_answer_was_lost_is_made_once(
    kept: RunningServer, place: str, was_stored: bool, dice: random.Random
) -> None:
    for turn in range(TIMES):
        arm(kept, place, dice.randint(10, 40))
        number = 0
        while answered(kept, turn, number) is not None:
            number += 1
        assert number > 3
        revive(kept)
        assert names(kept, turn)[f"{turn} {number}"] == was_stored
        retried = [answered(kept, turn, number) for _ in range(2)]
        ids = {reply.json["run"]["info"]["run_id"] for reply in retried if reply is not None and reply.status == 200}
        assert len(ids) == 1, retried
        assert names(kept, turn) == Counter(f"{turn} {n}" for n in range(number + 1))
    is_sound(kept)


def answered(server: RunningServer, turn: int, number: int) -> Reply | None:
    """The answer to a creation; None when none came."""
    body = {"experiment_id": "0", "run_name": f"{turn} {number}", "start_time": 1}
    try:
        return server.request("POST", f"{API}/runs/create", body, {"Idempotency-Key": f"{turn}-{number}"})
    except CUT:
        return None


def names(server: RunningServer, turn: int) -> Counter[str]:
    """How often each run of a turn is there."""
    body = {"experiment_ids": ["0"], "filter": f"attributes.run_name LIKE '{turn} %'", "max_results": 1000}
    return Counter(run["info"]["run_name"] for run in server.api("runs/search", body).get("runs", []))


# files


@pytest.mark.parametrize(("place", "is_there"), [("artifact-written", False), ("artifact-renamed", True)])
@pytest.mark.parametrize("in_parts", [False, True], ids=["whole", "in parts"])
def test_an_upload_is_there_whole_or_not_at_all(
    server: RunningServer, place: str, is_there: bool, in_parts: bool, dice: random.Random
) -> None:
    for turn in range(TIMES):
        arm(server, place, dice.randint(2, 6))
        stored: dict[str, bytes] = {}
        key, body = "", b""
        try:
            while True:
                key, body = f"0/{turn}/{len(stored)}/file", dice.randbytes(dice.randint(1, 300_000))
                (upload_in_parts if in_parts else upload)(server, key, body)
                stored[key] = body
        except CUT:
            revive(server)
        assert stored
        for each, content in stored.items():
            assert same(server, each, content)
        if is_there:
            assert same(server, key, body)
        else:
            assert server.request("GET", f"{FILES}/{key}").status == 404
            assert server.request("GET", f"{FILES}?path={key.rpartition('/')[0]}").json.get("files", []) == []
        upload(server, key, body)
        assert same(server, key, body)
    is_sound(server)


def upload(server: RunningServer, key: str, body: bytes) -> None:
    assert server.request("PUT", f"{FILES}/{key}", body).status == 200


def upload_in_parts(server: RunningServer, key: str, body: bytes) -> None:
    proxy = "/api/2.0/mlflow-artifacts/mpu"
    halves = {1: body[: len(body) // 2], 2: body[len(body) // 2 :]}
    folder, _, name = key.rpartition("/")
    made = server.request("POST", f"{proxy}/create/{folder}", {"path": name, "num_parts": 2}).json
    parts: list[dict[str, Any]] = []
    for part in made["credentials"]:
        path = "/" + part["url"].split("/", 3)[3]
        reply = server.request("PUT", path, halves[part["part_number"]])
        parts.append({"part_number": part["part_number"], "etag": reply.headers["etag"], "url": "x"})
    body_of = {"path": name, "upload_id": made["upload_id"], "parts": parts}
    assert server.request("POST", f"{proxy}/complete/{folder}", body_of).status == 200


def same(server: RunningServer, key: str, body: bytes) -> bool:
    """Whether the file is there with this content."""
    reply = server.request("GET", f"{FILES}/{key}")
    return reply.status == 200 and hashlib.sha256(reply.body).digest() == hashlib.sha256(body).digest()


# the registry


def test_an_alias_is_moved_or_stays(kept: RunningServer, dice: random.Random) -> None:
    kept.api("registered-models/create", {"name": "m"})
    for _ in range(2):
        kept.api("model-versions/create", {"name": "m", "source": "s3://b/x"})
    for version in ("1", "2"):
        kept.api("registered-models/alias", {"name": "m", "alias": f"at-{version}", "version": version})
    for _ in range(TIMES):
        arm(kept, "inside-alias-move", dice.randint(1, 5))
        told = target = ""
        try:
            for turn in range(10):
                target = str(1 + turn % 2)
                move(kept, target)
                told = target
        except CUT:
            revive(kept)
        if told:
            assert champion(kept) == told
        move(kept, target)
        assert champion(kept) == target
    aliases = kept.request("GET", f"{API}/registered-models/get?name=m").json["registered_model"]["aliases"]
    assert sorted(alias["alias"] for alias in aliases) == ["at-1", "at-2", "champion"]
    is_sound(kept)


def move(server: RunningServer, version: str) -> None:
    server.api("registered-models/alias", {"name": "m", "alias": "champion", "version": version})


def champion(server: RunningServer) -> str:
    target = f"{API}/registered-models/alias?name=m&alias=champion"
    return str(server.request("GET", target).json["model_version"]["version"])


# what was deleted is removed for good


@pytest.mark.parametrize("place", ["inside-gc", "before-commit", "after-commit"])
def test_a_removal_that_was_cut_harms_nothing_else_and_goes_on(
    server: RunningServer, place: str, dice: random.Random
) -> None:
    for turn in range(TIMES if place == "inside-gc" else 1):
        runs = [server.new_run() for _ in range(6)]
        for run in runs:
            server.api("runs/log-batch", {"run_id": run, "metrics": [{"key": "m", "value": 1, "timestamp": 1}]})
            upload(server, f"0/{run}/artifacts/file", run.encode())
        dead, alive = runs[:3], runs[3:]
        for run in dead:
            server.api("runs/delete", {"run_id": run})
        server.stop()
        assert gc(server, f"{place}:{dice.randint(1, 3 if place == 'inside-gc' else 1)}:kill") == -signal.SIGKILL
        assert gc(server) == 0
        server.start()
        assert [exists(server, run) for run in dead] == [False] * 3, turn
        for run in alive:
            assert exists(server, run)
            assert same(server, f"0/{run}/artifacts/file", run.encode())
    is_sound(server)


@pytest.mark.parametrize("failpoint", ["after-commit:1", "inside-gc:1", "inside-gc:2", "before-commit:6"])
def test_a_removal_that_was_cut_leaves_no_files(server: RunningServer, failpoint: str) -> None:
    for _ in range(2):
        run = server.new_run()
        upload(server, f"0/{run}/artifacts/file", b"x")
        server.api("runs/delete", {"run_id": run})
    server.stop()
    assert gc(server, f"{failpoint}:kill") == -signal.SIGKILL
    assert gc(server) == 0
    assert list((Path(server.store) / "artifacts" / "0").iterdir()) == []


def gc(server: RunningServer, failpoint: str = "") -> int:
    """Remove for good what was deleted; the exit code."""
    armed = {"MODELYARD_FAILPOINT": failpoint, "MODELYARD_TESTING": "1"} if failpoint else {}
    command = [sys.executable, "-m", "modelyard", "gc", "--store", server.store, "--yes"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **armed}
    return subprocess.run(command, env=environment, check=False, capture_output=True, timeout=120).returncode


def exists(server: RunningServer, run: str) -> bool:
    return server.request("GET", f"{API}/runs/get?run_id={run}").status == 200


# migrations


@pytest.mark.parametrize("place", ["inside-migration", "between-migrations"])
@pytest.mark.parametrize("old", [False, True], ids=["a new store", "an old store"])
def test_a_migration_that_was_cut_is_completed(
    start_server: StartServer, place: str, old: bool, dice: random.Random
) -> None:
    server = start_server("--drain-delay", "0")
    server.stop()
    path = Path(server.store) / "yard.db"
    for _ in range(TIMES):
        shutil.rmtree(server.store)
        done = make_old(path, dice) if old else 0
        known = steps(SqliteDatabase.dialect)
        most = len(known) - done if place == "between-migrations" else 8
        with pytest.raises(AssertionError, match="did not start"):
            arm(server, place, dice.randint(1, most))
        assert server.wait() == -signal.SIGKILL, server.log[-2000:]
        database = SqliteDatabase(path)
        assert done <= current_version(database) <= latest_version(database.dialect)
        assert database.check() == []
        database.close()
        server.environment = {}
        server.start()
        run = server.new_run()
        if old:
            found = server.api("experiments/search", {"max_results": 10})["experiments"]
            assert "old" in {experiment["name"] for experiment in found}
            assert list((Path(server.store) / "backups").iterdir())
        assert server.request("GET", f"{API}/runs/get?run_id={run}").status == 200
        is_sound(server)


def make_old(path: Path, dice: random.Random) -> int:
    """A store of an earlier schema with an experiment in it; the schema's version."""
    known = steps(SqliteDatabase.dialect)
    done = dice.randint(1, len(known) - 1)
    database = SqliteDatabase(path)
    upgrade(database, known=known[:done])
    with database.write() as connection:
        connection.run(
            "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time) VALUES (?, ?, ?, ?)",
            ("old", "active", 1, 1),
        )
    database.close()
    return done


@pytest.mark.parametrize("place", ["inside-migration", "between-migrations"])
def test_a_migration_of_postgresql_that_was_cut_is_completed(
    start_server: StartServer, databases: Databases, tmp_path: Path, place: str, dice: random.Random
) -> None:
    server = start_server("--drain-delay", "0", "--artifacts", str(tmp_path / "files"), store=databases.postgres_url())
    server.stop()
    server.store = databases.postgres_url()
    with pytest.raises(AssertionError, match="did not start"):
        arm(server, place, dice.randint(1, 4))
    revive(server)
    run = server.new_run()
    assert server.request("GET", f"{API}/runs/get?run_id={run}").status == 200
    is_sound(server)


# the switch itself


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"MODELYARD_FAILPOINT": "after-commit:1:kill"}, "MODELYARD_TESTING=1"),
        ({"MODELYARD_FAILPOINT": "after-commit:1:kill", "MODELYARD_TESTING": "0"}, "MODELYARD_TESTING=1"),
        ({"MODELYARD_FAILPOINT": "after-lunch:1:kill", "MODELYARD_TESTING": "1"}, "after-commit"),
        ({"MODELYARD_FAILPOINT": "after-commit:0:kill", "MODELYARD_TESTING": "1"}, "place:number:kill"),
        ({"MODELYARD_FAILPOINT": "after-commit:1:sing", "MODELYARD_TESTING": "1"}, "place:number:kill"),
        ({"MODELYARD_FAILPOINT": "after-commit", "MODELYARD_TESTING": "1"}, "place:number:kill"),
    ],
)
def test_a_failpoint_that_cannot_be_meant_is_refused(tmp_path: Path, environment: dict[str, str], word: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "modelyard", "server", "--store", str(tmp_path / "yard"), "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode not in (0, -signal.SIGKILL)
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "yard").exists()


def test_every_place_is_reached_by_the_program_and_named_by_a_test() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    tests = "".join(
        path.read_text(encoding="utf-8")
        for path in (Path(__file__), *(ROOT / "tests" / "acceptance" / "batch").glob("*.py"))
    )
    for place in failpoints.PLACES:
        assert f'at("{place}")' in source
        assert f'"{place}' in tests
