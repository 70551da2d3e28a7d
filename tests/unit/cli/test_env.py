"""``modelyard env``: what it says of environments, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from modelyard.cli.main import main
from modelyard.environments.keeper import Keeper
from modelyard.environments.recipe import Recipe
from tests.support.installers import INSTALLER, program

RECIPE = Recipe(manager="uv", base=sys.executable, python="3.11", requirements=["iniconfig==2.0.0"], subject="project")


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    """This test's own environments, one of them made."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    keeper = Keeper.of_user()
    keeper.obtain(RECIPE)
    return keeper


def test_the_list_and_a_single_one(keeper: Keeper, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "list", "--output", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["key"], row["for"], row["packages"], row["in_use"]) == (
        RECIPE.key,
        "project",
        "iniconfig==2.0.0",
        False,
    )
    assert main(["env", "show", RECIPE.key]) == 0
    assert str(keeper.place(RECIPE.key)) in capsys.readouterr().out
    assert main(["models", "environments", "list"]) == 0
    assert RECIPE.key in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("show 0123456789abcdef", "There is no environment '0123456789abcdef'"),
        ("remove ../.. --yes", "There is no environment '../..'"),
        ("prune --all --older-than 3 --yes", "Say --all or --older-than, not both"),
        ("prune --older-than -1 --yes", "give a number of days"),
        ("prune --older-than nan --yes", "give a number of days"),
        ("prune --all", "Say --yes"),
    ],
)
@pytest.mark.usefixtures("keeper")
def test_what_makes_no_sense_is_refused_in_one_line(words: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", *words.split()]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_removing_all_by_either_door_leaves_one_in_use(keeper: Keeper, capsys: pytest.CaptureFixture[str]) -> None:
    with keeper.holding(RECIPE.key):
        for door in (["env", "prune"], ["models", "environments", "remove"]):
            assert main([*door, "--all", "--yes"]) == 0
            assert capsys.readouterr().out == f"Left the environment {RECIPE.key}: it is in use.\n"
    assert main(["models", "environments", "remove", "--all", "--yes"]) == 0
    assert capsys.readouterr().out == f"Removed the environment {RECIPE.key}.\n"
    assert main(["env", "prune", "--yes"]) == 0
    assert capsys.readouterr().out == "There are no environments.\n"
