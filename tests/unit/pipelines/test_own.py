"""Which run a step of a sweep's trial is in."""

from __future__ import annotations

import pytest

from modelyard.pipelines import own_run


@pytest.fixture(autouse=True)
def trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_TRIAL", "3")
    monkeypatch.setenv("MODELYARD_RUN_ID", "abc")


def test_the_one_step_of_a_trial_is_in_the_trials_run() -> None:
    assert own_run(["train"]) == own_run("train") == "abc"


@pytest.mark.parametrize("steps", [["split", "train"], "split,train", []])
def test_several_steps_have_runs_of_their_own(steps: list[str]) -> None:
    assert own_run(steps) is None


def test_what_is_no_trial_has_runs_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODELYARD_TRIAL")
    assert own_run(["train"]) is None
