"""The words that run a notebook, and the types its parameters have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelyard.projects.command import template_of_words
from modelyard.projects.notebook import argv, artifact_of
from modelyard.projects.spec import EntryPoint, Parameter

POINT = EntryPoint(
    name="main",
    command=template_of_words(["plots/eda.ipynb"], ()),
    parameters={
        "rate": Parameter(name="rate", type="float"),
        "rows": Parameter(name="rows", type="int"),
        "name": Parameter(name="name"),
    },
    kind="notebook",
)


def handed(**values: str) -> dict[str, object]:
    words = argv(POINT, values, python=Path("python"), folder=Path("/project"), executed=Path("/tmp/copy.ipynb"))
    assert (words[0], *words[2:4]) == ("python", "/project/plots/eda.ipynb", "/tmp/copy.ipynb")
    found: dict[str, object] = json.loads(words[4])
    return found


def test_declared_parameters_have_their_types() -> None:
    assert handed(rate="1", rows="2", name="3") == {"rate": 1.0, "rows": 2, "name": "3"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("True", True),
        ("007", "007"),
        ("nan", "nan"),
        ("1_0", "1_0"),
        ("", ""),
    ],
)
def test_undeclared_ones_have_the_type_they_look_like(text: str, value: object) -> None:
    assert handed(x=text) == {"x": value}
    assert type(handed(x=text)["x"]) is type(value)


def test_the_copy_is_kept_by_the_notebooks_name() -> None:
    assert artifact_of(POINT) == "notebooks/eda.ipynb"
