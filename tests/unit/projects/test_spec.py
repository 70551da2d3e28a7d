"""What an MLproject file says, in both spellings, and how its mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.projects.spec import read

SEED = """
name: My Project
conda_env: conda.yaml
entry_points:
  main:
    parameters:
      data_file: path
      regularization: {type: float, default: 0.1}
    command: "python train.py -r {regularization} {data_file}"
  validate:
    parameters:
      data_file: path
    command: "python validate.py {data_file}"
"""


def project(folder: Path, text: str, name: str = "MLproject") -> Path:
    (folder / name).write_text(text)
    (folder / "conda.yaml").touch()
    return folder


def test_both_forms_of_a_parameter_and_both_entry_points(tmp_path: Path) -> None:
    found = read(project(tmp_path, SEED))
    assert found.name == "My Project"
    assert list(found.entry_points) == ["main", "validate"]
    main = found.entry_point("main")
    assert [(each.name, each.type, each.default) for each in main.parameters.values()] == [
        ("data_file", "path", None),
        ("regularization", "float", "0.1"),
    ]
    words = main.command.fill({"regularization": "0.1", "data_file": "/d.csv"})
    assert words == ("python", "train.py", "-r", "0.1", "/d.csv")


@pytest.mark.parametrize("name", ["MLproject", "mlproject", "MLProject"])
def test_the_file_is_found_as_people_write_its_name(tmp_path: Path, name: str) -> None:
    assert read(project(tmp_path, "name: named", name)).name == "named"


def test_a_project_without_a_name_has_its_folders_or_the_one_that_is_given(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    assert read(folder).name == "a folder"
    assert read(project(folder, "entry_points: {}")).name == "a folder"
    assert read(folder, name="repository").name == "repository"


@pytest.mark.parametrize(
    ("written", "default"),
    [
        ("0", "0"),
        ('""', ""),
        ("false", "False"),
        ("null", None),
        ("1e-3", "1e-3"),
        ("[1, 2]", "[1, 2]"),
        ("'007'", "007"),
    ],
)
def test_defaults_are_texts_and_null_is_none(tmp_path: Path, written: str, default: str | None) -> None:
    text = f"entry_points: {{main: {{parameters: {{a: {{type: string, default: {written}}}}}, command: x}}}}"
    assert read(project(tmp_path, text)).entry_points["main"].parameters["a"].default == default


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("string", "string"),
        ("str", "string"),
        ("float", "float"),
        ("int", "int"),
        ("path", "path"),
        ("uri", "uri"),
        ("null", "string"),
    ],
)
def test_every_type_and_its_other_spelling(tmp_path: Path, written: str, kind: str) -> None:
    text = f"entry_points: {{main: {{parameters: {{a: {written}}}, command: x}}}}"
    assert read(project(tmp_path, text)).entry_points["main"].parameters["a"].type == kind


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1, 2]", "expected fields"),
        ("a: [", "not YAML"),
        ("entrypoints: {}", "Did you mean 'entry_points'"),
        ("name: [x]", "name is \\['x'\\]; write a text"),
        ("entry_points: [main]", "write its fields below it"),
        ("entry_points: {main: python}", "write its fields below it"),
        ("entry_points: {main: {}}", "has no command"),
        ("entry_points: {main: {command: ''}}", "has no command"),
        ("entry_points: {main: {command: [], parameters: {}}}", "has no command"),
        ("entry_points: {main: {command: x, commands: y}}", "has 'commands'"),
        ("entry_points: {main: {command: 'a && b'}}", "main.*no shell runs"),
        ("entry_points: {main: {command: x, parameters: {a: decimal}}}", "has the type 'decimal'. Known: string"),
        ("entry_points: {main: {command: x, parameters: {a b: int}}}", "is no name of a parameter"),
        ("entry_points: {main: {command: x, parameters: {a: {kind: int}}}}", "has 'kind'; it takes type, default"),
        ("entry_points: {main: {command: x, parameters: {a: 5}}}", "is 5; write 'float'"),
        ("entry_points: {main: {command: 'x {no}', parameters: {no: int}}}", "write it in quotes"),
        ("entry_points: {on: {command: x}}", "entry point True: .* write it in quotes"),
        ("docker_env: {}", "docker_env has no image"),
        ("conda_env: ../conda.yaml", "lies outside of the project"),
    ],
)
def test_a_mistake_is_told_with_the_file_and_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidParameter, match=told) as caught:
        read(project(tmp_path, text))
    assert str(tmp_path / "MLproject") in caught.value.message


def test_an_environment_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"python_env names 'missing\.yaml'"):
        read(project(tmp_path, "python_env: missing.yaml"))


def test_scripts_and_executables_are_entry_points_and_others_are_listed(tmp_path: Path) -> None:
    project(tmp_path, SEED)
    for name in ("run.py", "run.sh", "data.txt", "tool", "eda.ipynb", "my script.py"):
        (tmp_path / name).touch()
    (tmp_path / "tool").chmod(0o755)
    (tmp_path.parent / "outside.py").touch()
    found = read(tmp_path)
    assert found.entry_point("run.py").command.fill({}) == ("python", "run.py")
    assert found.entry_point("my script.py").command.fill({}) == ("python", "my script.py")
    assert found.entry_point("run.sh").command.fill({}) == ("bash", "run.sh")
    assert found.entry_point("tool").command.fill({}) == (str(tmp_path / "tool"),)
    assert found.entry_point("eda.ipynb").kind == "notebook"
    for name in ("data.txt", "nope.py", "../outside.py", "validat"):
        with pytest.raises(NotFound, match="Entry points: main, validate"):
            found.entry_point(name)
    with pytest.raises(NotFound, match="Did you mean 'validate'"):
        found.entry_point("validat")
