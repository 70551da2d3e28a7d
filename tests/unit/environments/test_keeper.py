"""Environments that are kept: who runs in one keeps it, and what goes when the old ones are removed.

What stands for the installer is a shell script; the real ones are asked in tests/acceptance.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelyard.core.errors import NotFound
from modelyard.environments.installers import NotInstalled
from modelyard.environments.keeper import InUse, Keeper, Left
from modelyard.environments.recipe import Recipe
from tests.support.installers import INSTALLER, program

DAY = 86400.0


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    """One whose installer answers at once."""
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    return Keeper(tmp_path / "environments")


def recipe(*requirements: str, python: str = "3.11") -> Recipe:
    return Recipe(manager="uv", base=sys.executable, python=python, requirements=list(requirements), subject="project")


def aged(keeper: Keeper, key: str, days: float) -> None:
    """As if it had last been used some days ago."""
    then = time.time() - days * DAY
    os.utime(keeper.place(key) / "environment.json", (then, then))


def test_equal_recipes_are_one_environment_and_others_are_others(keeper: Keeper) -> None:
    assert recipe("a==1").key == recipe("a==1").key
    different = [recipe("a==1"), recipe("a==2"), recipe("a==1", "b"), recipe("a==1", python="3.12"), recipe()]
    assert len({each.key for each in different}) == len(different)


def test_an_interpreter_lent_by_two_environments_is_the_same_one(tmp_path: Path) -> None:
    lent = tmp_path / "venv" / "bin" / "python"
    lent.parent.mkdir(parents=True)
    lent.symlink_to(sys.executable)
    key = Recipe(manager="uv", base=sys.executable).key
    assert Recipe(manager="uv", base=str(lent)).key == key
    other = Recipe(manager="uv", base="/usr/bin/another", python="3.9")
    assert other.key == Recipe(manager="uv", base="3.9", python="3.9").key != key


def test_one_in_use_is_not_removed(keeper: Keeper) -> None:
    key = recipe("a").key
    python = keeper.obtain(recipe("a"))
    with keeper.holding(key):
        assert keeper.in_use(key)
        with pytest.raises(InUse, match="is in use: a process runs in it"):
            keeper.remove(key)
        assert keeper.prune(unused=0.0) == [Left(key, "it is in use")]
        assert python.exists()
    assert not keeper.in_use(key)
    keeper.remove(key)
    assert not python.exists()


def test_a_process_that_inherits_the_mark_keeps_it_in_use_when_its_launcher_is_gone(keeper: Keeper) -> None:
    key = recipe("a").key
    keeper.obtain(recipe("a"))
    with keeper.holding(key) as descriptor:
        child = subprocess.Popen(["/bin/sleep", "600"], pass_fds=(descriptor,))
    try:
        assert keeper.in_use(key)
        with pytest.raises(InUse):
            keeper.remove(key)
    finally:
        child.kill()
        child.wait(60)
    assert not keeper.in_use(key)


def test_several_may_run_in_one_and_it_may_be_held_before_it_is_made(keeper: Keeper) -> None:
    key = recipe("a").key
    with keeper.holding(key), keeper.holding(key):
        assert not keeper.has(key)
        keeper.obtain(recipe("a"))
        assert keeper.in_use(key)


def test_prune_removes_by_age_and_says_what_it_left(keeper: Keeper) -> None:
    old, new, running = (recipe(name).key for name in ("old", "new", "running"))
    for name in ("old", "new", "running"):
        keeper.obtain(recipe(name))
    for key, days in ((old, 40), (new, 3), (running, 40)):
        aged(keeper, key, days)
    with keeper.holding(running):
        told = {each.key: each.why for each in keeper.prune(unused=30 * DAY)}
    assert told == {old: "", new: "it was used 3 days ago", running: "it is in use"}
    assert {kept.key for kept, _, _ in keeper.list()} == {new, running}


def test_being_asked_for_is_use(keeper: Keeper) -> None:
    key = recipe("a").key
    keeper.obtain(recipe("a"))
    aged(keeper, key, 40)
    keeper.obtain(recipe("a"))
    ((_, used, _),) = keeper.list()
    assert time.time() - used < DAY
    assert "ago" in keeper.prune(unused=30 * DAY)[0].why


def test_prune_takes_what_a_maker_left_and_leaves_what_is_not_ours(
    keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", "mkdir -p environment; exit 3", monkeypatch)
    with pytest.raises(NotInstalled):
        keeper.obtain(recipe("a"))
    place = keeper.place(recipe("a").key)
    somebodys = tmp_path / "environments" / "my-environment"
    somebodys.mkdir()
    assert place.is_dir()
    assert keeper.prune(unused=30 * DAY) == [Left(place.name)]
    assert not place.exists()
    assert somebodys.is_dir()


def test_prune_removes_links_to_installations_that_are_gone(keeper: Keeper, tmp_path: Path) -> None:
    home = Path(keeper.code())
    gone = home.with_name("0" * 16)
    gone.mkdir()
    (gone / "modelyard").symlink_to(tmp_path / "no-more")
    keeper.prune(unused=DAY)
    assert not gone.exists()
    assert (home / "modelyard").exists()


def test_there_is_nothing_to_prune_where_there_is_no_folder(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "none")
    assert (keeper.prune(unused=0.0), keeper.list()) == ([], [])
    with pytest.raises(NotFound, match="modelyard env list"):
        keeper.remove("0123456789abcdef")


def test_one_whose_interpreter_is_gone_is_made_anew(keeper: Keeper) -> None:
    python = keeper.obtain(recipe("a"))
    python.unlink()
    python.symlink_to("/no/such/python")
    assert not keeper.has(recipe("a").key)
    assert keeper.obtain(recipe("a")).exists()


def test_progress_is_told_and_nothing_is_told_when_it_is_found(
    keeper: Keeper, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    with caplog.at_level(logging.INFO, logger="modelyard"):
        keeper.obtain(recipe("a", "b"), tell=told.append)
        keeper.obtain(recipe("a", "b"), tell=told.append)
    assert [line.split(" in ")[0] for line in told] == [
        "Making an environment of 2 of the project's requirements with uv",
        "Made the environment",
    ]
    assert not caplog.records


def test_build_requirements_are_installed_first_and_constraints_lie_beside(keeper: Keeper, tmp_path: Path) -> None:
    made = Recipe(
        manager="uv",
        base=sys.executable,
        build=["setuptools<70"],
        requirements=["a", "-c constraints.txt"],
        constraints=["b<2"],
    )
    keeper.obtain(made)
    installs = [line for line in (tmp_path / "uv.told").read_text().splitlines() if line.startswith("pip")]
    assert [line.rpartition("/")[2] for line in installs] == ["build.txt", "beside.txt"]
    assert (keeper.place(made.key) / "constraints.txt").read_text() == "b<2\n"
