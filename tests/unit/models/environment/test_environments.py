"""Lasting environments: what they are known by, who makes them, and what is left of one whose making failed.

What stands for the installers here are shell scripts; the real ones are asked in tests/acceptance.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.environments.installers import NotInstalled, OutOfTime
from modelyard.models.environments import Environments, needed
from tests.support.installers import INSTALLER, program
from tests.support.waiting import wait_for


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "requirements.txt").write_text("iniconfig==2.0.0\nmodelyard[models]==999\n")
    return folder


@pytest.fixture
def known(tmp_path: Path) -> Environments:
    return Environments(tmp_path / "environments")


def test_it_is_made_once_and_found_again(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = program(tmp_path, "uv", INSTALLER, monkeypatch)
    with caplog.at_level(logging.INFO, logger="modelyard"):
        made = known.open(model, "uv")
    first = told.read_text()
    assert [line.split()[0] for line in first.splitlines()] == ["venv", "pip"]
    assert f"--python {sys.executable} " in first
    assert known.open(model, "uv") == made
    assert told.read_text() == first
    assert "of the model's requirements with uv" in caplog.text
    ((kept, _, size),) = known.list()
    assert (kept.requirements[0], kept.manager, size > 0) == ("iniconfig==2.0.0", "uv", True)
    assert not any(line.startswith("modelyard") for line in kept.requirements)
    assert made.python == tmp_path / "environments" / kept.key / "environment" / "bin" / "python"


def test_everything_in_it_is_its_owners_alone(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    made = known.open(model, "uv")
    for place in (tmp_path / "environments", made.python.parents[2], Path(made.home)):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_its_python_finds_this_package_and_nothing_beside_it(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    made = known.open(model, "uv")
    assert os.listdir(made.home) == ["modelyard"]
    ask = "import sys; sys.path.append(sys.argv[1]); import modelyard.core.version as v; print(v.__file__)"
    done = subprocess.run(
        [made.python, "-I", "-S", "-c", ask, made.home], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == f"{made.home}/modelyard/core/version.py"


def test_other_requirements_are_another_environment(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    places = {known.open(model, "uv").python}
    (model / "constraints.txt").write_text("numpy<3\n")
    places.add(known.open(model, "uv").python)
    (model / "requirements.txt").write_text("iniconfig==2.0.1\n")
    places.add(known.open(model, "uv").python)
    assert len(places) == len(known.list()) == 3


def test_what_is_asked_for_beside_the_list_makes_an_environment_of_its_own(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    plain = known.open(model, "uv")
    more = known.open(model, "uv", also=["onnxruntime==1.20.1"])
    assert more.python != plain.python
    assert known.open(model, "uv", also=["onnxruntime==1.20.1"]) == more
    installed = (more.python.parents[2] / "requirements.txt").read_text().splitlines()
    assert [line for line in installed if line.startswith("onnx")] == ["onnxruntime==1.20.1"]
    assert "onnxruntime" not in (plain.python.parents[2] / "requirements.txt").read_text()


def test_what_a_failure_left_is_made_anew(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(
        tmp_path,
        "uv",
        "mkdir -p environment/left; echo no answer from https://me:secret@packages.example; exit 3",
        monkeypatch,
    )
    with pytest.raises(NotInstalled, match=r"uv ended with code 3. no answer from") as failure:
        known.open(model, "uv")
    assert "secret" not in failure.value.message
    assert known.list() == []
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    made = known.open(model, "uv")
    assert made.python.is_file()
    assert not (made.python.parents[1] / "left").exists()


def test_an_installer_that_says_nothing_but_did_nothing_is_found_out(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", "exit 0", monkeypatch)
    with pytest.raises(NotInstalled, match=r"has no .*msgspec, .*pandas.* although it was asked for"):
        known.open(model, "uv")


def test_one_that_hangs_is_ended(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", "sleep 3600", monkeypatch)
    with pytest.raises(OutOfTime, match="uv was not done in time"):
        known.open(model, "uv", seconds=0.5)


def test_two_makers_wait_for_each_other(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = program(tmp_path, "uv", INSTALLER, monkeypatch)
    made = known.open(model, "uv")
    key = made.python.parents[2].name
    (made.python.parents[2] / "environment.json").unlink()
    told.unlink()
    descriptor = os.open(tmp_path / "environments" / f"{key}.lock", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with caplog.at_level(logging.INFO, logger="modelyard"):
            second = threading.Thread(target=known.open, args=(model, "uv"))
            second.start()
            wait_for(lambda: "Another process makes or removes this environment" in caplog.text)
        assert not told.exists()
    finally:
        os.close(descriptor)
        second.join(60)
    assert told.exists()


def test_it_is_removed_by_its_key_and_by_nothing_else(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    made = known.open(model, "uv")
    for wrong in ("", "..", "../model", ".code", "0123456789abcdef"):
        with pytest.raises(NotFound, match="There is no environment"):
            known.remove(wrong)
    known.remove(made.python.parents[2].name)
    assert known.list() == []
    assert not made.python.exists()


def test_conda_makes_it_of_the_models_own_recipe(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (model / "conda.yaml").write_text(
        "channels: [here]\ndependencies: [python=3.11.7, libgomp, {pip: [iniconfig==2.0.0]}]\nname: mlflow-env\n"
    )
    script = """
        echo "$@" > {told}
        target=environment; mkdir -p $target/bin
        cp environment.yml {told}.yml 2>/dev/null || cp conda.yaml {told}.yml
        place=$target/lib/python{minor}/site-packages
        printf '#!/bin/sh\\necho "$@" >> {told}\\n' > $target/bin/python; chmod +x $target/bin/python
        for name in cloudpickle cryptography msgspec numpy pandas pyyaml; do
          mkdir -p "$place/$name-1.dist-info"; echo "Name: $name" > "$place/$name-1.dist-info/METADATA"
        done
    """
    told = program(tmp_path, "micromamba", script, monkeypatch)
    known.open(model, "conda")
    create, pip = told.read_text().splitlines()
    assert create.startswith("create --yes --quiet --prefix ")
    assert pip.startswith("-I -m pip install --quiet -r ")
    recipe = told.with_name(f"{told.name}.yml").read_text()
    assert "iniconfig" not in recipe
    assert all(word in recipe for word in ("here", "python=3.11.7", "libgomp", "- pip\n"))


@pytest.mark.parametrize(
    ("manager", "told"), [("conda", "none of micromamba, mamba and conda"), ("uv", "uv is not on the PATH")]
)
def test_a_manager_that_is_not_here_is_named_with_the_way_out(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: str, told: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidParameter, match=told):
        known.open(model, manager)  # type: ignore[arg-type]


def test_another_python_is_asked_for_where_there_is_a_way_to_get_it(
    known: Environments, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = program(tmp_path, "uv", INSTALLER, monkeypatch)
    (model / "python_env.yaml").write_text("python: 3.99.1\n")
    known.open(model, "uv")
    assert "--python 3.99 " in told.read_text()
    (model / "python_env.yaml").write_text("python: 3.8.20\n")  # older than this package runs on
    told.unlink()
    known.open(model, "uv")
    assert f"--python {sys.executable} " in told.read_text()
    assert "saved with Python 3.8, which is not to be had here" in caplog.text


def test_mlflow_is_installed_only_for_models_that_name_it(model: Path) -> None:
    (model / "requirements.txt").write_text("mlflow==3.1\niniconfig\n")
    assert needed(model) == ["iniconfig"]
    (model / "code.py").write_text("from mlflow.pyfunc import PythonModel\n")
    assert needed(model) == ["mlflow==3.1", "iniconfig"]
