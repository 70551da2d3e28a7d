"""What a twin adds to the requirements of its model."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.environments.requirements import needs_of
from modelyard.models.convert import GraphOutput
from modelyard.models.mlmodel import Model
from modelyard.models.twin import Binding, Certificate, twin_needs
from modelyard.models.twin.certificate import FOLDER


def model(folder: Path, *requirements: str, flavor: str = "sklearn", **versions: str) -> Path:
    """A model folder with these requirements, and a certificate with these versions."""
    Model(flavors={flavor: {"data": "model"}}).save(folder / "MLmodel")
    (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements))
    (folder / FOLDER).mkdir()
    Certificate(
        status="passed",
        message="all 3 rows agree.",
        rows={"example": 3},
        crossed=0,
        absolute_tolerance=0.0,
        relative_tolerance=0.0,
        versions=versions,
        binding=Binding(inputs=[], output=GraphOutput("prediction")),
    ).write(folder)
    return folder


def test_the_versions_of_the_certificate_are_asked_for(tmp_path: Path) -> None:
    folder = model(tmp_path, "scikit-learn==1.5.0", onnx="1.19.0", onnxruntime="1.22.1+cpu", python="3.11.1")
    assert twin_needs(folder) == ["onnx==1.19.0", "onnxruntime==1.22.1"]


@pytest.mark.parametrize("version", ["", "unknown", "1.0\n--index-url https://elsewhere.example", "1.22.0 ; x"])
def test_a_version_no_index_has_is_asked_for_as_the_extra_does(tmp_path: Path, version: str) -> None:
    own = {line.partition(">")[0]: line for line in needs_of(["onnx"])}
    found = twin_needs(model(tmp_path, onnx="1.19.0", onnxruntime=version))
    assert found == ["onnx==1.19.0", own.get("onnxruntime", "onnxruntime")]


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        ("onnxruntime==1.20.0", ["onnx==1.19.0"]),
        ("onnxruntime-gpu", ["onnx==1.19.0"]),
        ("ONNX>1", ["onnxruntime==1.22.1"]),
    ],
)
def test_what_the_model_lists_itself_is_left_as_it_is(tmp_path: Path, listed: str, left: list[str]) -> None:
    assert twin_needs(model(tmp_path, listed, onnx="1.19.0", onnxruntime="1.22.1")) == left


def test_a_model_that_is_onnx_itself_lists_all_it_needs(tmp_path: Path) -> None:
    assert twin_needs(model(tmp_path, "iniconfig", flavor="onnx")) == []
