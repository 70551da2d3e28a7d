"""Templates and what they make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.cli.new import QUESTIONS
from modelyard.core.errors import AlreadyExists, InvalidParameter
from modelyard.pipelines import scaffold
from tests.support.processes import ROOT

pytest.importorskip("cookiecutter", reason="cookiecutter is not installed")


def contents(folder: Path) -> dict[str, str]:
    """Path → text of each file, without what running leaves behind."""
    left = {"__pycache__", ".pytest_cache", ".ruff_cache", ".ipynb_checkpoints", "yard"}
    found = (path for path in folder.rglob("*") if path.is_file() and not left & set(path.parts))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in found}


def test_the_example_is_what_the_template_makes(tmp_path: Path) -> None:
    answers = {"project_name": "pipeline", "experiment_name": "dev", "data": "wine"}
    made = scaffold.generate("project", answers, into=tmp_path, python="3.11")
    there = contents(ROOT / "examples" / "pipeline")
    assert contents(made) == there, (
        "run: rm -r examples/pipeline; modelyard new project pipeline -o examples --python 3.11"
    )


def test_the_component_template_in_a_project_is_the_packages(tmp_path: Path) -> None:
    made = scaffold.generate("project", {}, into=tmp_path)
    assert contents(made / "cookie-mlflow-step") == contents(scaffold.TEMPLATES / "component")


def test_the_command_asks_what_the_template_asks() -> None:
    assert list(scaffold.questions("component")) == list(QUESTIONS)


@pytest.mark.parametrize(
    "text", ["{{ 7 * 7 }}", "{% raw %}", "a {# b", "}} {{", "'\"\\ \U0001f377 é", "${oc.env:HOME}"]
)
def test_answers_are_texts_and_no_templates(text: str, tmp_path: Path) -> None:
    made = scaffold.generate("project", {"experiment_name": text}, into=tmp_path)
    line = next(line for line in (made / "config.yaml").read_text().splitlines() if "experiment_name" in line)
    assert json.loads(line.partition(":")[2]) == text.replace("${", "\\${")


def test_nothing_is_left_of_what_is_refused(tmp_path: Path) -> None:
    for template, answers in (("project", {"project_name": "a/b"}), ("model_plugin", {"plugin_name": "class"})):
        with pytest.raises(InvalidParameter):
            scaffold.generate(template, answers, into=tmp_path)
    with pytest.raises(InvalidParameter, match="no version of Python"):
        scaffold.generate("project", {}, into=tmp_path, python="3.11; rm")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(AlreadyExists, match="already"):
        scaffold.generate("project", {"project_name": "mine"}, into=tmp_path)
    assert list((tmp_path / "mine").iterdir()) == []


def test_own_data_have_no_column_of_words(tmp_path: Path) -> None:
    made = scaffold.generate("project", {"data": "cars.csv"}, into=tmp_path)
    assert '  text_column: "" #' in (made / "config.yaml").read_text()
