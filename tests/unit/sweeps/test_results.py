"""What came of a sweep: table, importance, pictures, and what is said of it."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pytest

from modelyard.pipelines.sweeps.contract import Plan, Trial
from modelyard.pipelines.sweeps.grammar import space_of
from modelyard.pipelines.sweeps.progress import Progress
from modelyard.pipelines.sweeps.results import _ratios, files_of, importance

pytest.importorskip("hydra", reason="hydra is not installed")

SPACE = ["depth=range(1,6)", "kind='a,b',=x", "rate=tag(log,interval(0.001,1.0))"]


def sweep() -> tuple[Plan, dict[int, Trial]]:
    plan = Plan(
        key="", uri="", sampler="random", metric="loss", direction="minimize", trials=20, overrides=["depth=range(1,6)"]
    )
    trials = {
        number: Trial(
            number=number,
            values={
                "depth": str(number % 5 + 1),
                "kind": "'a,b'" if number % 2 else "<x>",
                "rate": str(0.001 * (number + 1)),
            },
            state="FINISHED",
            run_id=f"r{number}",
            value=float(number % 5) + 0.001 * number,
        )
        for number in range(20)
    }
    trials[20] = Trial(number=20, values={"depth": "1", "kind": "=cmd", "rate": "0.5"}, state="FAILED", why="it broke")
    return plan, trials


def test_a_sweep_keeps_a_table_what_mattered_and_pictures() -> None:
    plan, trials = sweep()
    space = space_of(["depth=range(1,6)", "kind='a,b','<x>'", "rate=tag(log,interval(0.001,1.0))"])
    files = files_of(plan, space, trials)
    rows = list(csv.DictReader(io.StringIO(files["sweep/trials.csv"])))
    assert [row["trial"] for row in rows] == [str(number) for number in range(21)]
    assert rows[20]["kind"] == "'=cmd"
    assert rows[3] | {"seconds": ""} == {
        "trial": "3", "depth": "4", "kind": "'a,b'", "rate": "0.004", "state": "FINISHED", "value": "3.003", "seconds": "",
        "run_id": "r3", "why": "",
    }  # fmt: skip
    told = json.loads(files["sweep/importance.json"])
    assert set(told) == {"metric", "method", "importance"}
    pictures = {name: text for name, text in files.items() if name.endswith(".svg")}
    assert set(pictures) == {f"sweep/value_by_{name}.svg" for name in ("trial", "depth", "kind", "rate")}
    for text in pictures.values():
        drawn = ElementTree.fromstring(text)
        assert len(drawn.findall("{http://www.w3.org/2000/svg}circle")) == 20


def test_what_mattered_most_comes_first_by_either_method() -> None:
    plan, trials = sweep()
    space = space_of(["depth=range(1,6)", "rate=tag(log,interval(0.001,1.0))"])
    found = importance(plan, space, trials)
    assert next(iter(found.shares)) == "depth"
    assert sum(found.shares.values()) == pytest.approx(1)
    plain = _ratios(space, [trial for trial in trials.values() if trial.value is not None])
    assert next(iter(plain)) == "depth"
    assert plain["depth"] > 0.7


def test_nothing_is_said_about_too_few_trials() -> None:
    plan, trials = sweep()
    few = {number: trials[number] for number in range(3)}
    assert importance(plan, space_of(["depth=range(1,6)"]), few).shares == {}
    assert set(files_of(Plan(key="", uri=""), space_of([]), {})) == {"sweep/trials.csv"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def tell(stream: io.StringIO) -> list[str]:
    plan, trials = sweep()
    progress = Progress(plan, 21, stream)
    progress.begin("run", known={0: trials[0]}, resumed=True, note="")
    for number in (1, 2, 20):
        progress.trial(Trial(number=number, values=trials[number].values, state="RUNNING"))
        progress.trial(trials[number])
    progress.end("run", "3 finished, 1 failed")
    return stream.getvalue().split("\n")[:-1]


def test_each_trial_is_a_line_where_there_is_no_terminal() -> None:
    assert tell(io.StringIO()) == [
        "sweep run: going on; 1 of 21 trials are done",
        "trial 1  depth=2 kind='a,b' rate=0.002  finished  loss=1.001  0.0 s",
        "trial 2  depth=3 kind=<x> rate=0.003  finished  loss=2.002  0.0 s",
        "trial 20  depth=1 kind==cmd rate=0.5  FAILED  0.0 s  it broke",
        "sweep run: 3 finished, 1 failed; best: loss=0 (trial 0)",
    ]


def test_on_a_terminal_one_line_is_drawn_anew() -> None:
    lines = tell(Terminal())
    assert len(lines) == 3
    assert "[██" in lines[1]
    assert "1 running" in lines[1]
    assert "best loss=0 (trial 0)" in lines[1]
    assert lines[1].endswith("FAILED  0.0 s  it broke")
