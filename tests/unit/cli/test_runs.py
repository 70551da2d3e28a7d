"""`modelyard runs`: what is said of runs whose process may be gone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from modelyard.cli.main import main
from modelyard.client.active import PROCESS
from modelyard.core.clock import FixedClock, SystemClock
from modelyard.core.wire.messages.runs import CreateRun, Heartbeat, LogParam, UpdateRun
from modelyard.services.stores import open_stores

Tell = Callable[..., Any]


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Tell]:
    """Runs `modelyard runs …` on the store in the test's folder; what it prints."""
    monkeypatch.setenv("MODELYARD_TRACKING_URI", str(tmp_path / "yard"))
    monkeypatch.setenv("MODELYARD_JOURNAL", str(tmp_path / "journal"))
    PROCESS.reset()

    def run(*words: str) -> str:
        assert main(["runs", *words]) == 0
        return capsys.readouterr().out

    yield run
    PROCESS.reset()


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, str]:
    """A run that is heard of, one that fell silent, one that never said a word, and one that has ended; by name."""
    made: dict[str, str] = {}
    now = SystemClock().now_ms()
    for name, silent in (("alive", 1), ("stale", 31), ("unknown", None), ("ended", 99)):
        with closing(open_stores(str(tmp_path / "yard"), clock=FixedClock(now - (silent or 0) * 1000))) as stores:
            store = stores.tracking
            made[name] = store.create_run(CreateRun(experiment_id="0", run_name=name)).run.info.run_id
            store.log_param(LogParam(run_id=made[name], key="name", value=name))
            if silent is not None:
                store.heartbeat(Heartbeat(run_ids=[made[name]]))
            if name == "ended":
                store.update_run(UpdateRun(run_id=made[name], status="FAILED", end_time=now))
    return made


def test_a_list_says_which_runs_are_stale(tell: Tell, runs: dict[str, str]) -> None:
    said = {name: name for name in ("alive", "stale", "unknown")} | {"ended": ""}
    rows = json.loads(tell("list", "-x", "0", "--output", "json"))
    assert {row["run_name"]: row["liveness"] for row in rows} == said
    assert {row["run_name"]: bool(row["last_sign_of_life"]) for row in rows} == {
        "alive": True,
        "stale": True,
        "unknown": False,
        "ended": False,
    }
    lines = list(csv.DictReader(io.StringIO(tell("list", "-x", "0", "--output", "csv"))))
    assert {line["run_name"]: line["liveness"] for line in lines} == said
    (line,) = [line for line in tell("list", "-x", "0").splitlines() if runs["stale"] in line]
    assert "RUNNING  stale" in line


def test_only_stale_ones_are_listed_when_asked_for(tell: Tell, runs: dict[str, str]) -> None:
    def names(*words: str) -> list[str]:
        rows = json.loads(tell("list", "-x", "0", "--stale", "--output", "json", *words))
        return [row["run_name"] for row in rows]

    assert names() == ["stale"]
    assert names("--max-results", "1") == ["stale"]
    assert names("--filter", "params.name = 'alive' OR params.name = 'stale'") == ["stale"]
    assert names("--filter", "params.name = 'alive'") == []


def test_a_longer_time_between_signs_of_life_makes_a_run_stale_later(
    tell: Tell, runs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELYARD_HEARTBEAT_INTERVAL", "3600")
    assert json.loads(tell("list", "-x", "0", "--stale", "--output", "json")) == []


def test_a_run_is_described_with_its_last_sign_of_life(tell: Tell, runs: dict[str, str]) -> None:
    told = json.loads(tell("describe", "-r", runs["stale"]))
    assert (told["info"]["status"], told["liveness"]) == ("RUNNING", "stale")
    assert told["last_sign_of_life"]
    assert told["silent_seconds"] >= 31
    told = json.loads(tell("describe", "-r", runs["ended"]))
    assert (told["info"]["status"], told["liveness"], told["silent_seconds"]) == ("FAILED", "", None)
    table = tell("describe", "-r", runs["unknown"], "--output", "table")
    assert any(line.split() == ["liveness", "unknown"] for line in table.splitlines())
