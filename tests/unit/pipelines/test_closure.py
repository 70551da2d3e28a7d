"""Which files a step's result depends on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.pipelines.closure import Closures
from modelyard.pipelines.component import component_of
from modelyard.pipelines.read import read
from tests.support.steps import write_files


def closure(folder: Path, step: str = "") -> dict[str, str]:
    pipeline = read(folder)
    name = step or next(iter(pipeline.steps))
    return Closures([folder / "store"]).of(component_of(pipeline, pipeline.steps[name]))


def one_step(folder: Path, **files: str) -> Path:
    """A pipeline of a step ``src/step`` that runs ``run.py``; names have ``__`` for ``/``."""
    written = {name.replace("__", "/").replace("_init", "__init__") + ".py": text for name, text in files.items()}
    return write_files(folder, {"pipeline.yaml": "steps: {a: {project: src/step/run.py}}", **written})


def test_a_script_and_all_that_it_imports_count(words: Path) -> None:
    assert set(closure(words, "download")) == {"src/download/run.py", "src/_utils/__init__.py", "src/_utils/files.py"}
    assert set(closure(words, "train")) == {"src/train/train.py"}


def test_a_module_that_is_run_counts_with_its_package(words: Path) -> None:
    """Relative imports, and imports inside of functions."""
    names = {"__init__", "__main__", "work", "rules"}
    assert set(closure(words, "clean")) == {f"src/clean/tidy/{name}.py" for name in names}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import near", {"src/step/near.py"}),
        ("import near as n, json", {"src/step/near.py"}),
        ("def f():\n    import near", {"src/step/near.py"}),
        ("class A:\n    import near", {"src/step/near.py"}),
        ("try:\n    import near\nexcept ImportError:\n    pass", {"src/step/near.py"}),
        ("import spread.deep.leaf", {"src/spread/deep/leaf.py"}),
        ("from spread.deep import leaf", {"src/spread/deep/leaf.py"}),
        ("from spread.deep.leaf import thing", {"src/spread/deep/leaf.py"}),
        ("import pack", {"src/pack/__init__.py", "src/pack/one.py"}),
        ("from pack import *", {"src/pack/__init__.py", "src/pack/one.py", "src/pack/two.py"}),
        ("import helper", {"src/_utils/helper.py"}),
        ("from importlib import import_module\nimport_module('near')", {"src/step/near.py"}),
        ("__import__('near')", {"src/step/near.py"}),
        ("print 'an older Python'\nimport near", {"src/step/near.py"}),
        ("import chain", {"src/step/chain.py", "src/step/near.py", "src/_utils/helper.py"}),
        ("'near'", set()),
        ("import numpy, nothing_at_all, modelyard", set()),
    ],
)
def test_imports_are_followed(tmp_path: Path, source: str, found: set[str]) -> None:
    folder = one_step(
        tmp_path,
        src__step__run=source,
        src__step__near="x = 1",
        src__step__chain="import near\nimport helper",
        src__spread__deep__leaf="thing = 1",
        src__pack___init="from . import one",
        src__pack__one="",
        src__pack__two="",
        src___utils__helper="import chain",
        src__modelyard="",
    )
    expected = {"src/step/run.py", *found} | (
        {"src/step/chain.py", "src/step/near.py"} if "helper" in source else set()
    )
    assert set(closure(folder)) == expected


def test_a_name_in_two_places_counts_twice(tmp_path: Path) -> None:
    folder = one_step(tmp_path, src__step__run="import both", src__step__both="", src__both="")
    assert set(closure(folder)) == {"src/step/run.py", "src/step/both.py", "src/both.py"}


def test_the_python_path_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = one_step(tmp_path / "p", src__step__run="import far")
    write_files(tmp_path / "else", {"far.py": ""})
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "else"))
    assert set(closure(folder)) == {"src/step/run.py", str(tmp_path / "else/far.py")}


def test_a_changed_file_has_another_digest(words: Path) -> None:
    before = closure(words, "download")
    (words / "src/_utils/files.py").write_text("def write(*_): pass\n")
    after = closure(words, "download")
    assert [name for name in before if before[name] != after[name]] == ["src/_utils/files.py"]
    (words / "src/_utils/files.py").unlink()
    assert "src/_utils/files.py" not in closure(words, "download")


def test_of_what_is_no_script_the_whole_folder_counts_and_what_python_in_it_imports(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "pipeline.yaml": "steps: {a: {project: src/step, parameters: {x: 1}}}",
            "src/step/MLproject": "entry_points: {main: {command: bash go.sh}}",
            "src/step/go.sh": "python part.py",
            "src/step/part.py": "import helper",
            "src/step/notes/words.txt": "",
            "src/step/.hidden": "",
            "src/step/__pycache__/part.pyc": "",
            "src/step/store/runs.db": "",
            "src/step/other/MLproject": "entry_points: {main: {command: bash go.sh}}",
            "src/_utils/helper.py": "",
        },
    )
    pipeline = read(tmp_path)
    found = Closures([tmp_path / "src/step/store"]).of(component_of(pipeline, pipeline.steps["a"]))
    names = {"MLproject", "go.sh", "part.py", "notes/words.txt"}
    assert set(found) == {f"src/step/{name}" for name in names} | {"src/_utils/helper.py"}


def test_of_a_notebook_the_code_counts_and_what_it_shows_does_not(tmp_path: Path) -> None:
    def notebook(source: str, output: str = "") -> None:
        cell = {"cell_type": "code", "source": [source], "outputs": [output], "metadata": {}, "execution_count": 1}
        (tmp_path / "src/eda/eda.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))

    write_files(
        tmp_path,
        {"pipeline.yaml": "steps: {a: {project: src/eda/eda.ipynb}}", "src/eda/x": "", "src/_utils/helper.py": ""},
    )
    notebook("%matplotlib inline\nimport helper\n!ls")
    before = closure(tmp_path)
    assert set(before) == {"src/eda/eda.ipynb", "src/eda/x", "src/_utils/helper.py"}
    notebook("%matplotlib inline\nimport helper\n!ls", "a picture")
    assert closure(tmp_path) == before
    notebook("import helper")
    assert closure(tmp_path) != before


def test_files_that_are_read_can_be_named(tmp_path: Path) -> None:
    steps = "steps: {a: {project: src/step/run.py, files: ['rules/*.yaml', data]}}"
    write_files(
        tmp_path, {"pipeline.yaml": steps, "src/step/run.py": "", "rules/a.yaml": "", "data/deep/b": "", "c": ""}
    )
    assert set(closure(tmp_path)) == {"src/step/run.py", "rules/a.yaml", "data/deep/b"}
    (tmp_path / "rules/a.yaml").unlink()
    with pytest.raises(InvalidParameter, match=r"'rules/\*\.yaml', and there is no such file"):
        closure(tmp_path)
