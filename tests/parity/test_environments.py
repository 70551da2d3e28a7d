"""The files of a model's environment beside those that mlflow finds and reads for the same model. S0.19"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from modelyard.models import catalog
from modelyard.models.environment import CONDA, CONSTRAINTS, REQUIREMENTS
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.projects.declared import declared
from modelyard.projects.spec import read
from tests.support.processes import ROOT

np = pytest.importorskip("numpy", reason="numpy is not installed")
linear_model = pytest.importorskip("sklearn.linear_model", reason="sklearn is not installed")
yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")

TRAINING = """
import sys
import matplotlib, pandas, rich, yaml
from PIL import Image
import numpy as np
from sklearn.linear_model import LinearRegression

model = LinearRegression().fit(np.arange(6.0).reshape(3, 2), [1.0, 2.0, 3.0])
example = np.zeros((1, 2))
if sys.argv[1] == "ours":
    import modelyard.sklearn
    modelyard.sklearn.save_model(model, sys.argv[2], input_example=example)
else:
    import mlflow.sklearn
    mlflow.sklearn.save_model(model, sys.argv[2], input_example=example)
"""


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="module")
def theirs() -> Any:
    """What reads python_env.yaml and the requirements in mlflow."""
    os.environ.update({"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("mlflow", reason="mlflow is not installed: pip install mlflow")
        return pytest.importorskip("mlflow.utils.environment", reason="mlflow is not installed")


def _names(folder: Path) -> set[str]:
    return {line.partition("==")[0] for line in (folder / REQUIREMENTS).read_text().splitlines()}


def _trained(who: str, folder: Path) -> set[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [sys.executable, "-c", TRAINING, who, str(folder)],
        cwd=folder.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return _names(folder)


@pytest.mark.timeout(1000)
@pytest.mark.usefixtures("theirs")
def test_what_only_the_script_imports_is_left_out_and_mlflow_finds_no_package_that_is_missing(tmp_path: Path) -> None:
    for module in ("matplotlib", "rich", "pandas", "PIL"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    ours = _trained("ours", tmp_path / "ours")
    assert ours == {"numpy", "scikit-learn", "skops"}
    mlflows = _trained("theirs", tmp_path / "theirs")
    assert ours <= mlflows, "what mlflow's own search finds beyond ours, the model runs without"


def test_mlflow_reads_the_environment(theirs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "limits.txt").write_text("scipy<3\n")
    model = linear_model.LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    options = SaveOptions(verify=False, extra_pip_requirements=["Pillow>=9", f"-c {tmp_path}/limits.txt"])
    folder = tmp_path / "model"
    save_model(model, folder, flavor=catalog.flavor("sklearn"), options=options)
    read = theirs._PythonEnv.from_yaml(str(folder / "python_env.yaml"))
    assert read.python == ".".join(map(str, sys.version_info[:3]))
    assert read.dependencies == [f"-r {REQUIREMENTS}"]
    assert [line.partition("==")[0] for line in read.build_dependencies] == ["pip", "setuptools", "wheel"]
    of_conda = theirs._PythonEnv.from_conda_yaml(str(folder / CONDA))
    lines = (folder / REQUIREMENTS).read_text().splitlines()
    assert (of_conda.python, of_conda.dependencies) == (read.python, lines)
    assert lines[-2:] == ["Pillow>=9", f"-c {CONSTRAINTS}"]
    monkeypatch.chdir(folder)  # mlflow's reader takes paths from there
    requirements, constraints = theirs._parse_pip_requirements(REQUIREMENTS)
    assert (requirements, constraints) == (lines[:-1], ["scipy<3"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("python_env.yaml", "python: 3.8.13\nbuild_dependencies: [pip==23.3]\ndependencies: [pandas>=2, iniconfig]\n"),
        ("conda.yaml", "dependencies:\n- python=3.8.13\n- pip==23.3\n- pip:\n  - pandas>=2\n  - iniconfig\n"),
    ],
)
def test_a_projects_environment_is_read_as_mlflow_reads_it(theirs: Any, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "run.py").write_text("")
    project = read(tmp_path)
    ours = declared(project, project.entry_point("run.py"))
    load = theirs._PythonEnv.from_yaml if name == "python_env.yaml" else theirs._PythonEnv.from_conda_yaml
    read_by_mlflow = load(str(tmp_path / name))
    assert ours is not None
    assert (ours.asked, ours.build) == (read_by_mlflow.python, read_by_mlflow.build_dependencies)
    assert ours.lines.requirements == read_by_mlflow.dependencies
