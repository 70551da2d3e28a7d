"""`verify="environment"`: the requirements of a model alone, in a new environment, with the real installers."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import modelyard
from modelyard.models.flavors.python_function import PythonFunctionFlavor
from modelyard.models.fresh import fresh_environment
from modelyard.models.options import SaveOptions
from modelyard.models.save import Prepared, save_model
from tests.docs.environment import clean_environment

CODE = """
import {module}
from modelyard.models import set_model

set_model(lambda model_input: [{module}.__name__ for _ in model_input])
"""


@pytest.fixture(scope="module", autouse=True)
def registry(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A registry that answers: the installer is asked for a small package, and for nothing else."""
    target = str(tmp_path_factory.mktemp("probe"))
    uv = shutil.which("uv")
    ask = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    done = subprocess.run(
        [*ask, "--no-deps", "--target", target, "iniconfig"], capture_output=True, timeout=300, check=False
    )
    if done.returncode:
        pytest.skip("no package registry")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This test's own keys."""
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))


def saved(folder: Path, **options: Any) -> Prepared:
    """A model of code that imports a small package."""
    code = folder / "code.py"
    code.write_text(CODE.format(module="iniconfig"))
    given = {"verify": "environment", "input_example": ["a", "b"], **options}
    return save_model(str(code), folder / "m", flavor=PythonFunctionFlavor(), options=SaveOptions(**given))


def test_requirements_that_were_found_are_enough(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="modelyard.models.fresh"):
        prepared = saved(tmp_path)
    assert (prepared.verdict.status, prepared.verdict.message) == ("passed", "")
    assert (prepared.verdict.predicted, prepared.verdict.environment) == (True, "fresh")
    assert "iniconfig==" in (prepared.folder / "requirements.txt").read_text()
    assert "Installing the model's requirements into a fresh environment" in caplog.text


def test_a_package_that_is_not_listed_is_named(tmp_path: Path) -> None:
    prepared = saved(tmp_path, pip_requirements=[])
    assert (prepared.verdict.status, prepared.verdict.environment) == ("failed", "fresh")
    assert prepared.verdict.message.startswith("Loading or predicting in a fresh environment: ModuleNotFoundError")
    assert "'iniconfig'" in prepared.verdict.message


def test_a_release_that_nobody_has_is_named(tmp_path: Path) -> None:
    found = saved(tmp_path, pip_requirements=["iniconfig==999"]).verdict
    assert (found.status, found.environment) == ("failed", "fresh")
    assert found.message.startswith("Installing its requirements: ")
    assert "iniconfig==999" in found.message


def test_constraints_hold_and_this_package_is_not_fetched(tmp_path: Path) -> None:
    limits = tmp_path / "limits.txt"
    limits.write_text("iniconfig<2.1\n")
    lines = ["iniconfig", f"-c {limits}", "modelyard==999"]
    prepared = saved(tmp_path, pip_requirements=lines)
    assert (prepared.verdict.status, prepared.verdict.message) == ("passed", "")
    with fresh_environment(prepared.folder) as python:
        ask = "import importlib.metadata as m; print(m.version('iniconfig'))"
        told = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, check=True).stdout
    assert told.startswith("2.0")


def test_without_uv_the_interpreters_own_tools_do_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "PATH", os.pathsep.join(place for place in ("/usr/bin", "/bin") if not Path(place, "uv").exists())
    )
    found = saved(tmp_path).verdict
    assert (found.status, found.message, found.environment) == ("passed", "", "fresh")


def test_the_environment_has_this_version_and_is_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("")
    ask = "import sys; print(*sys.version_info[:3], sys.prefix)"
    with fresh_environment(tmp_path) as python:
        told = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, check=True).stdout.split()
        assert told == [*map(str, sys.version_info[:3]), str(python.parent.parent)]
    assert not python.parent.parent.parent.exists()


SAVE = """
import json, sys
from modelyard.models.flavors.python_function import PythonFunctionFlavor
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model

options = SaveOptions(verify="environment", input_example=["a"])
found = save_model(sys.argv[1], sys.argv[2], flavor=PythonFunctionFlavor(), options=options).verdict
print(json.dumps([found.status, found.environment, found.message]))
"""


def test_what_is_installed_beside_this_package_is_not_there(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(Path(modelyard.__file__).parent, site / "modelyard", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "beside_us.py").write_text("")
    code = tmp_path / "code.py"
    code.write_text(CODE.format(module="beside_us"))
    environment = clean_environment(MODELYARD_HOME=str(tmp_path / "home"), PYTHONPATH=str(site))
    command = [sys.executable, "-c", SAVE, str(code), str(tmp_path / "m")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    told = "Loading or predicting in a fresh environment: ModuleNotFoundError: No module named 'beside_us'"
    assert done.stdout.strip() == f'["failed", "fresh", "{told}"]'
