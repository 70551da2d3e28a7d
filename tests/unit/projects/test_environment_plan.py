"""What a project's environment is made of, as its files and its caller say; nothing is made here."""

from __future__ import annotations

import platform
import stat
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.environments.installers import NotInstalled
from modelyard.environments.recipe import Recipe
from modelyard.projects.environment import EnvironmentPlan, plan
from modelyard.projects.spec import read
from tests.support.installers import INSTALLER, program

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
CONDA = "channels: [conda-forge]\ndependencies: [{packages}, pip, {{pip: [iniconfig==2.0.0]}}]\n"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with this Python alone and none of the programs that make environments; the folder that is its path."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("MODELYARD_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MODELYARD_PROJECT_ENV_MANAGER", raising=False)
    return programs


def install(machine: Path, name: str, script: str = "exit 0") -> None:
    """Put a program on the path."""
    (machine / name).write_text(f"#!/bin/sh\n{script}\n")
    (machine / name).chmod(stat.S_IRWXU)


def project(tmp_path: Path, **files: str) -> Path:
    """A project with one entry point; a file's name has ``__`` for its dot."""
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    (folder / "run.py").write_text("print('hello')\n")
    (folder / "MLproject").write_text('name: p\nentry_points:\n  main:\n    command: "python run.py"\n')
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(textwrap.dedent(text))
    return folder


def planned(folder: Path, manager: Any = None, *, entry: str = "main", **more: Any) -> EnvironmentPlan:
    return plan(read(folder), entry, manager, **more)


def recipe(folder: Path, manager: Any = None, **more: Any) -> Recipe:
    found = planned(folder, manager, **more).recipe
    assert found is not None
    return found


def test_nothing_declared_is_this_environment(tmp_path: Path) -> None:
    found = planned(project(tmp_path))
    assert (found.manager, found.key, found.recipe) == ("local", "", None)
    prepared = found.prepare(print)
    assert (prepared.python, prepared.environ, prepared.manager) == (Path(sys.executable), {}, "local")
    with found.holding() as descriptors:
        assert descriptors == ()
    assert platform.python_version() in found.describe()


def test_requirements_are_made_by_uv_where_it_is_and_by_venv_and_pip_else(tmp_path: Path, machine: Path) -> None:
    folder = project(tmp_path, requirements__txt="iniconfig==2.0.0\n")
    found = recipe(folder)
    assert (found.manager, found.base, found.requirements) == ("virtualenv", sys.executable, ["iniconfig==2.0.0"])
    install(machine, "uv")
    assert recipe(folder).manager == "uv"
    assert recipe(folder, "virtualenv").manager == "virtualenv"


def test_the_callers_choice_is_first_then_that_of_the_run_around_it(
    tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path, requirements__txt="iniconfig\n")
    install(machine, "uv")
    monkeypatch.setenv("MODELYARD_PROJECT_ENV_MANAGER", "local")
    assert planned(folder).manager == "local"
    assert planned(folder, "uv").manager == "uv"
    monkeypatch.setenv("MODELYARD_PROJECT_ENV_MANAGER", "poetry")
    with pytest.raises(InvalidParameter, match="'poetry'; it is one of local, uv, virtualenv, conda"):
        planned(folder)


@pytest.mark.parametrize(
    ("manager", "told"), [("uv", "uv is not on the PATH"), ("conda", "none of micromamba, mamba and conda")]
)
def test_a_manager_that_is_not_here_is_refused_with_the_way_out(tmp_path: Path, manager: str, told: str) -> None:
    folder = project(tmp_path, requirements__txt="iniconfig\n")
    with pytest.raises(InvalidParameter, match=rf"--env-manager {manager}: {told}.* virtualenv"):
        planned(folder, manager)


def test_files_are_read_in_mlflows_order(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        run__py="# /// script\n# dependencies = ['header']\n# ///\n",
        requirements__txt="listed\n",
        conda__yml=CONDA.format(packages=f"python={HERE}"),
        python_env__yaml="dependencies: [named]\n",
    )
    assert recipe(folder).requirements == ["named"]
    for file, requirement in (
        ("python_env.yaml", "iniconfig==2.0.0"),
        ("conda.yml", "listed"),
        ("requirements.txt", "header"),
    ):
        (folder / file).unlink()
        assert recipe(folder).requirements == [requirement]
    (folder / "run.py").write_text("print('plain')\n")
    assert planned(folder).recipe is None


@pytest.mark.parametrize("field", ["python_env: my.yaml", "conda_env: my.yaml"])
def test_what_the_mlproject_file_names_is_before_all_others(tmp_path: Path, field: str) -> None:
    folder = project(tmp_path, conda__yaml=CONDA.format(packages="pip"), my__yaml="dependencies: []\n")
    with (folder / "MLproject").open("a") as file:
        file.write(f"{field}\n")
    assert planned(folder).source == "my.yaml"


def test_python_env_as_mlflow_writes_it(tmp_path: Path) -> None:
    text = f"""
        python: {HERE}.0
        build_dependencies:
        - pip==23.3
        - setuptools
        dependencies:
        - -r requirements.txt
        - pluggy>=1
    """
    listed = "iniconfig==2.0.0\n-c limits.txt\n"
    folder = project(tmp_path, python_env__yaml=text, requirements__txt=listed, limits__txt="pluggy<2\n")
    found = recipe(folder)
    assert found.build == ["pip==23.3", "setuptools"]
    assert found.requirements == ["iniconfig==2.0.0", "pluggy>=1", "-c constraints.txt"]
    assert found.constraints == ["pluggy<2"]
    notes = planned(folder).notes
    assert bool(notes) == (platform.python_version() != f"{HERE}.0")


def test_a_version_of_python_is_no_number(tmp_path: Path) -> None:
    folder = project(tmp_path, python_env__yaml="python: 3.10\ndependencies: [iniconfig]\n")
    if HERE == "3.10":
        assert recipe(folder).python == platform.python_version()
    else:
        with pytest.raises(InvalidParameter, match=r"asks for Python 3\.10, which is not here"):
            planned(folder)


def test_a_python_that_is_not_here_is_refused_with_those_that_are(tmp_path: Path) -> None:
    folder = project(tmp_path, conda__yml=CONDA.format(packages="python=3.6"))
    told = rf"conda\.yml asks for Python 3\.6, which is not here\. Here: {platform.python_version()} \(this one\)\. .* local "
    with pytest.raises(InvalidParameter, match=told):
        planned(folder)


def test_another_python_is_found_and_tried(tmp_path: Path, machine: Path) -> None:
    folder = project(tmp_path, python_env__yaml="python: '3.9'\ndependencies: [iniconfig]\n")
    install(machine, "python3.9")
    found = recipe(folder)
    assert (found.base, found.python) == (str(machine / "python3.9"), "3.9")
    install(machine, "python3.9", "exit 1")
    with pytest.raises(InvalidParameter, match=r"python3.9 is not that or does not run"):
        planned(folder)


def test_a_range_takes_this_python_or_the_newest_that_fits(tmp_path: Path, machine: Path) -> None:
    header = "# /// script\n# requires-python = '{rule}'\n# dependencies = ['iniconfig']\n# ///\n"
    folder = project(tmp_path, run__py=header.format(rule=">=3.6"))
    assert recipe(folder).python == platform.python_version()
    (folder / "run.py").write_text(header.format(rule=">=3.7,<3.10"))
    for minor in ("3.8", "3.9"):
        install(machine, f"python{minor}")
    assert recipe(folder).python == "3.9"


def test_uv_fetches_a_python_that_is_not_here(tmp_path: Path, machine: Path) -> None:
    folder = project(tmp_path, python_env__yaml="python: '3.9'\ndependencies: [iniconfig]\n")
    install(machine, "uv", 'test "$*" = "python list 3.9 --only-downloads --offline" && echo cpython-3.9.25')
    found = planned(folder)
    assert found.recipe is not None
    assert (found.recipe.base, found.notes) == ("3.9", ("python_env.yaml asks for Python 3.9, which uv fetches.",))
    install(machine, "python3.9")  # as it is once it was fetched
    again = planned(folder)
    assert (again.key, again.notes) == (found.key, ())
    (machine / "python3.9").unlink()
    (folder / "python_env.yaml").write_text("python: '3.6'\n")
    with pytest.raises(InvalidParameter, match=r"asks for Python 3\.6, which is not here"):
        planned(folder)


def test_this_package_is_linked_and_what_it_needs_is_installed(tmp_path: Path) -> None:
    found = planned(project(tmp_path, requirements__txt="modelyard\niniconfig\n"))
    assert found.recipe is not None
    assert found.own
    assert found.recipe.requirements == ["iniconfig"]
    assert [line.startswith("msgspec") for line in found.recipe.beside] == [True]


def test_what_a_project_wants_of_this_package_and_does_not_get_is_said(tmp_path: Path) -> None:
    folder = project(tmp_path, requirements__txt="modelyard==999\n")
    (note,) = planned(folder).notes
    assert note.startswith("requirements.txt asks for modelyard==999; modelyard ")
    (folder / "requirements.txt").write_text("modelyard>=0\n")
    assert planned(folder).notes == ()


def test_this_package_on_a_python_too_old_for_it_is_refused(tmp_path: Path, machine: Path) -> None:
    install(machine, "python3.8")
    folder = project(tmp_path, conda__yml="dependencies: [python=3.8, {pip: [modelyard]}]\n")
    with pytest.raises(InvalidParameter, match=r"and for modelyard, which runs on 3\.11 and newer"):
        planned(folder)


def test_packages_of_conda_are_taken_by_conda_where_it_is_and_by_pip_else(tmp_path: Path, machine: Path) -> None:
    folder = project(tmp_path, conda__yml=CONDA.format(packages=f"python={HERE}, numpy=1.26"))
    found = planned(folder)
    assert found.recipe is not None
    assert (found.manager, found.recipe.requirements) == ("virtualenv", ["numpy==1.26.*", "iniconfig==2.0.0"])
    assert found.notes == (
        "conda.yml lists packages of conda; pip takes those of the same name: numpy==1.26.* for numpy=1.26.",
    )
    install(machine, "micromamba")
    found = planned(folder)
    assert found.recipe is not None
    assert (found.manager, found.recipe.requirements) == ("conda", ["iniconfig==2.0.0"])
    assert found.recipe.conda == {
        "channels": ["conda-forge"],
        "dependencies": [f"python={HERE}", "numpy=1.26", "pip"],
    }


def test_conda_is_not_needed_for_packages_of_pip(tmp_path: Path, machine: Path) -> None:
    install(machine, "conda")
    folder = project(tmp_path, conda__yml=CONDA.format(packages=f"python={HERE}"))
    assert recipe(folder).manager == "virtualenv"
    (folder / "conda.yml").write_text(CONDA.format(packages="python=3.6"))  # which is not here, and conda brings
    assert recipe(folder).conda["dependencies"] == ["python=3.6", "pip"]


def test_what_only_conda_has_is_refused_with_the_way_out_unless_the_caller_leaves_it_out(tmp_path: Path) -> None:
    folder = project(tmp_path, conda__yml=CONDA.format(packages="cudatoolkit=11.8, numpy"))
    with pytest.raises(InvalidParameter, match=r"needs cudatoolkit=11.8 of conda, .*--env-manager virtualenv.*local"):
        planned(folder)
    found = planned(folder, "virtualenv")
    assert found.recipe is not None
    assert found.recipe.requirements == ["numpy", "iniconfig==2.0.0"]
    assert "cudatoolkit=11.8 of conda is left out" in found.notes[0]


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("conda__yml", "dependencies: [numpy, {pip: [https://example.org/x.whl]}]\n", "conda.yml, pip: .*--allow-urls"),
        ("conda__yml", "channels: ['https://example.org/c']\ndependencies: []\n", "is no name"),
        ("conda__yml", "dependencies: {numpy: 1}\n", "write a list"),
        ("conda__yml", "dependencies: [python=x]\n", "is no version of Python"),
        ("conda__yml", "[1, 2]\n", "expected fields"),
        ("conda__yml", "a: [\n", "not YAML"),
        ("python_env__yaml", "dependencys: [numpy]\n", "there is no field 'dependencys'"),
        ("python_env__yaml", "dependencies: numpy\n", "write a list of requirements"),
        ("requirements__txt", "numpy==\n", "requirements.txt, line 1: .* is no requirement"),
        ("run__py", "# /// script\n# dependencies = [\n# ///\n", "the header of run.py is no TOML"),
        ("run__py", "# /// script\n# ///\n" * 2, "is there 2 times"),
        ("run__py", "# /// script\n# dependencies = ['-e .']\n# ///\n", "the header of run.py: .*--allow-urls"),
    ],
)
def test_what_cannot_be_read_names_the_file_and_what_is_wrong(tmp_path: Path, file: str, text: str, told: str) -> None:
    with pytest.raises(InvalidParameter, match=told):
        planned(project(tmp_path, **{file: text}))


def test_a_document_that_multiplies_itself_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30))]
    text = "\n".join(["name: {" + ", ".join(lines) + "}", "dependencies: [*a29]"])
    with pytest.raises(InvalidParameter, match="is no dependency") as refused:
        planned(project(tmp_path, conda__yml=text))
    assert len(refused.value.message) < 1000


def test_addresses_are_taken_where_they_are_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(tmp_path, requirements__txt="x @ https://example.org/x.whl\n")
    assert recipe(folder, allow_urls=True).requirements == ["x @ https://example.org/x.whl"]
    monkeypatch.setenv("MODELYARD_PROJECT_ALLOW_URLS", "true")  # as a run that was allowed them hands it on
    assert recipe(folder).requirements == ["x @ https://example.org/x.whl"]


def test_notebooks_get_what_runs_them(tmp_path: Path) -> None:
    folder = project(tmp_path, requirements__txt="papermill==2.6\n", look__ipynb="{}")
    assert recipe(folder).beside == []
    assert recipe(folder, entry="look.ipynb").beside == ["ipykernel>=6"]


def test_only_what_the_environment_holds_decides_which_it_is(tmp_path: Path) -> None:
    folder = project(tmp_path, requirements__txt="iniconfig==2.0.0\n")
    key = planned(folder).key
    (folder / "run.py").write_text("print('other code')\n")
    (folder / "requirements.txt").write_text("# a comment\niniconfig == 2.0.0\n")
    assert planned(folder).key == key
    (folder / "requirements.txt").write_text("iniconfig==2.0.1\n")
    assert planned(folder).key != key


def test_conda_makes_any_environment_when_it_is_asked_to(tmp_path: Path, machine: Path) -> None:
    install(machine, "mamba")
    folder = project(tmp_path, requirements__txt="iniconfig\n")
    found = recipe(folder, "conda")
    assert (found.conda["dependencies"], found.requirements) == ([f"python={HERE}", "pip"], ["iniconfig"])
    (folder / "python_env.yaml").write_text("python: '>=3.9,<3.13'\ndependencies: [iniconfig]\n")
    assert recipe(folder, "conda").conda["dependencies"] == ["python>=3.9,<3.13", "pip"]


@pytest.mark.parametrize("own", [True, False])
def test_a_process_in_it_finds_its_packages_and_none_of_the_launchers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    program(tmp_path, "uv", INSTALLER, monkeypatch)
    monkeypatch.setenv("PYTHONPATH", "/somewhere/of/the/launcher")
    folder = project(tmp_path, requirements__txt="iniconfig\nmodelyard\n" if own else "iniconfig\n")
    planned_here = planned(folder)
    told: list[str] = []
    with planned_here.holding():
        prepared = planned_here.prepare(told.append)
    target = prepared.python.parents[1]
    assert (prepared.key, prepared.manager, len(told)) == (planned_here.key, "uv", 2)
    path = prepared.environ["PATH"].split(":")
    assert path[0] == str(target / "bin")
    assert prepared.environ["VIRTUAL_ENV"] == str(target)
    assert (prepared.environ["PYTHONHOME"], prepared.environ["PYTHONNOUSERSITE"]) == ("", "1")
    home = prepared.environ["PYTHONPATH"]
    assert "launcher" not in home
    assert bool(home) == own
    if own:
        assert (Path(home) / "modelyard" / "__init__.py").is_file()
        assert path[1] == f"{home}/bin"
    with prepared.holding() as descriptors:
        assert len(descriptors) == 1
    assert planned_here.prepare(told.append) == prepared
    assert len(told) == 2


def test_what_an_installer_said_is_told_when_it_failed_and_the_last_of_it_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "uv", "echo looking; echo no such part; exit 2", monkeypatch)
    told: list[str] = []
    with pytest.raises(NotInstalled) as failed:
        planned(project(tmp_path, requirements__txt="part\n")).prepare(told.append)
    assert failed.value.message == (
        "The environment of requirements.txt cannot be made: no such part. With --env-manager local it runs in this one."
    )
    assert "looking\nno such part" in told[-1]
