"""Every component: its files belong together, and its script can be asked what it does."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import yaml

SRC = Path(__file__).resolve().parents[1] / "src"
COMPONENTS = sorted(path.parent for path in SRC.glob("*/MLproject"))


@pytest.fixture(params=COMPONENTS, ids=lambda path: path.name)
def component(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_it_is_named_after_its_folder_and_says_what_it_needs(component: Path) -> None:
    project = yaml.safe_load((component / "MLproject").read_text(encoding="utf-8"))
    assert project["name"] == component.name
    environment = yaml.safe_load((component / project["conda_env"]).read_text(encoding="utf-8"))
    assert any(str(each).startswith("python=") for each in environment["dependencies"])


def test_its_command_hands_over_each_parameter(component: Path) -> None:
    main = yaml.safe_load((component / "MLproject").read_text(encoding="utf-8"))["entry_points"]["main"]
    if main["command"].endswith(".ipynb"):
        assert (component / main["command"]).is_file()
    else:
        assert sorted(re.findall(r"\{(\w+)\}", main["command"])) == sorted(main["parameters"])


def test_its_script_takes_the_parameters(
    component: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = yaml.safe_load((component / "MLproject").read_text(encoding="utf-8"))["entry_points"]["main"]
    words = main["command"].split()
    if words[0] != "python":
        pytest.skip("it is a notebook")
    spec = importlib.util.spec_from_file_location(component.name, component / words[1])
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(sys, "argv", [words[1], "--help"])
    with pytest.raises(SystemExit) as left:
        script.parse()
    shown = capsys.readouterr().out
    assert left.value.code == 0
    assert [name for name in main["parameters"] if f"--{name} " not in shown] == []
