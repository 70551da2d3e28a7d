"""What a launched process is told beside what its launcher knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import modelyard
from modelyard.client.active import PROCESS
from modelyard.core.entities import RunInfo
from modelyard.projects import variables
from tests.support.projects import write

INFO = RunInfo(run_id="1" * 32, experiment_id="7")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "MODELYARD_")) or name == "PYTHONPATH":
            monkeypatch.delenv(name)
    yield
    PROCESS.reset()


def test_the_run_its_store_and_its_experiment_are_told_by_both_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = variables.of_run(INFO)
    for prefix in ("MLFLOW", "MODELYARD"):
        assert told[f"{prefix}_RUN_ID"] == INFO.run_id
        assert told[f"{prefix}_EXPERIMENT_ID"] == "7"
        assert told[f"{prefix}_TRACKING_URI"] == str(tmp_path / "yard")
    assert len(told) == 6


def test_a_password_of_the_address_is_told_apart_from_it() -> None:
    modelyard.set_tracking_uri("http://me:secret@127.0.0.1:9")
    told = variables.of_run(INFO)
    assert told["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:9"
    assert (told["MLFLOW_TRACKING_USERNAME"], told["MODELYARD_TRACKING_PASSWORD"]) == ("me", "secret")


def test_a_lent_store_is_told_by_its_address_also_as_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "yard"))
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", str(tmp_path / "yard"))
    told = variables.of_run(INFO, "http://127.0.0.1:7")
    assert {told["MLFLOW_TRACKING_URI"], told["MODELYARD_REGISTRY_URI"]} == {"http://127.0.0.1:7"}


def test_an_experiment_that_the_launchers_environment_names_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "another")
    assert variables.of_run(INFO)["MLFLOW_EXPERIMENT_NAME"] == ""


def test_a_component_is_told_the_project_it_belongs_to_and_what_that_shares(tmp_path: Path) -> None:
    folder = write(tmp_path / "wine", {"MLproject": "", "src/_utils/__init__.py": "", "src/one/MLproject": ""})
    for place in (folder, folder / "src" / "one"):
        told = variables.of_project(place, None)
        assert told == {"MODELYARD_PROJECT_ROOT": str(folder), "PYTHONPATH": str(folder / "src")}


def test_a_component_from_elsewhere_has_what_its_own_project_shares_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "root", {"MLproject": "", "src/x.py": ""})
    other = write(tmp_path / "other", {"MLproject": "", "src/one/MLproject": ""})
    monkeypatch.setenv("MODELYARD_PROJECT_ROOT", str(root))
    told = variables.of_project(other / "src" / "one", "uv")
    assert told["MODELYARD_PROJECT_ROOT"] == str(root)
    assert told["PYTHONPATH"].split(os.pathsep) == [str(other / "src"), str(root / "src")]
    assert told["MODELYARD_PROJECT_ENV_MANAGER"] == "uv"


def test_the_paths_of_an_environment_come_first_and_the_launchers_only_in_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/mine")
    shared = {"PYTHONPATH": "/shared"}
    assert variables.together({}, shared)["PYTHONPATH"] == f"/mine{os.pathsep}/shared"
    assert variables.together({"PYTHONPATH": ""}, shared)["PYTHONPATH"] == "/shared"
    assert variables.together({"PYTHONPATH": "/code"}, shared)["PYTHONPATH"] == f"/code{os.pathsep}/shared"
    assert variables.together({"PYTHONPATH": ""}) == {"PYTHONPATH": ""}
    assert variables.together({}, {"A": "1"}, {"A": "2"}) == {"A": "2"}
