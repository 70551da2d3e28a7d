"""The experiment of a project's own configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.projects.command import template_of
from modelyard.projects.grouping import grouped
from modelyard.projects.parameters import Bound
from modelyard.projects.request import Request
from modelyard.projects.spec import EntryPoint

POINT = EntryPoint(name="main", command=template_of("python main.py $(echo {options})", ["options"]))


def experiment(folder: Path, config: str, options: str = "", **request: str) -> str | None:
    """The experiment that a request of a project with this configuration goes to."""
    (folder / "config.yaml").write_text(config)
    return grouped(Request(uri=".", **request), folder, POINT, Bound({"options": options}, {})).experiment_name


def test_it_is_the_configurations(tmp_path: Path) -> None:
    assert experiment(tmp_path, "main:\n  experiment_name: dev\n") == "dev"


def test_one_that_is_asked_for_comes_first(tmp_path: Path) -> None:
    assert experiment(tmp_path, "main: {experiment_name: dev}", experiment_name="mine") == "mine"
    assert experiment(tmp_path, "main: {experiment_name: dev}", experiment_id="7") is None
    assert experiment(tmp_path, "main: {experiment_name: dev}", run_id="0" * 32) is None


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ("main.experiment_name=prod", "prod"),
        ("a=1 \"main.experiment_name='my runs'\" b=2", "my runs"),
        ("main.experiment_name=a main.experiment_name=b", "b"),
        ("main.experiment_name=a,b -m", "dev"),
        ("other.main.experiment_name=x", "dev"),
    ],
)
def test_an_override_among_words_for_hydra_is_heard(options: str, name: str, tmp_path: Path) -> None:
    assert experiment(tmp_path, "main: {experiment_name: dev}", options) == name


@pytest.mark.parametrize(
    "config",
    ["", "- a", "main: dev", "main: {experiment_name: [a]}", "a: [", "main: {experiment_name: '${x}'}", "\x00"],
)
def test_what_names_none_is_nobodys_business(config: str, tmp_path: Path) -> None:
    assert experiment(tmp_path, config) is None
