"""What a model needs is found from what it uses, by the names that distributions have."""

from __future__ import annotations

import importlib.metadata
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from modelyard.models.imports import recorded
from modelyard.models.mlmodel import Model
from modelyard.models.requirements import distributions, modules_of_folder, requirements_of
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature

np = pytest.importorskip("numpy", reason="numpy is not installed")


def _version(name: str) -> str:
    return importlib.metadata.version(name)


@pytest.mark.parametrize(("module", "name"), [("PIL", "pillow"), ("sklearn", "scikit-learn"), ("yaml", "pyyaml")])
def test_a_distribution_is_named_by_its_own_name(module: str, name: str) -> None:
    if module not in distributions():
        pytest.skip(f"{name} is not installed")
    assert requirements_of([module]) == [f"{name}=={_version(name)}"]


def test_what_no_index_has_is_no_requirement() -> None:
    assert requirements_of(["json", "os", "somebodys_module", "modelyard", "__main__", ""]) == []


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs a distribution of one module on the path; what was found before is forgotten."""

    def install(name: str, version: str, **files: str) -> None:
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (tmp_path / f"{name}.py").write_text("")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "top_level.txt").write_text(f"{name}\n")
        (info / "RECORD").write_text(f"{name}.py,,\n")
        for file, content in files.items():
            (info / file.replace("_json", ".json")).write_text(content)

    monkeypatch.syspath_prepend(str(tmp_path))
    distributions.cache_clear()
    yield install
    distributions.cache_clear()


def test_a_label_of_a_local_build_is_left_off(installed: Any) -> None:
    installed("built_here", "2.1.0+cpu")
    assert requirements_of(["built_here"]) == ["built-here==2.1.0"]


def test_what_was_installed_from_a_folder_is_told_and_not_required(
    installed: Any, caplog: pytest.LogCaptureFixture
) -> None:
    installed("my_project", "0.1", direct_url_json='{"url": "file:///home/me/project", "dir_info": {"editable": true}}')
    with caplog.at_level(logging.WARNING):
        assert requirements_of(["my_project"]) == []
    assert "The model uses my-project, installed here from a folder: give its code with code_paths" in caplog.text


def test_what_was_installed_from_an_archive_is_required(installed: Any) -> None:
    installed("archived", "0.1", direct_url_json='{"url": "https://example.org/a.whl", "archive_info": {}}')
    assert requirements_of(["archived"]) == ["archived==0.1"]


# ----------------------------------------------------------------------------------------------------------------------
# What a folder names


def _frames() -> ModelSignature:
    return ModelSignature(inputs=Schema([ColSpec("double", "a")]))


def _tensors() -> ModelSignature:
    return ModelSignature(inputs=Schema([TensorSpec(np.dtype("float64"), (-1, 2))]))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"signature": _frames()}, True),
        ({"signature": _tensors()}, False),
        ({"saved_input_example_info": {"type": "dataframe"}}, True),
        ({"saved_input_example_info": {"type": "ndarray"}}, False),
        ({"signature": _tensors(), "saved_input_example_info": {"type": "dataframe"}}, False),
    ],
    ids=["nothing", "columns", "tensors", "a table", "an array", "the signature decides"],
)
def test_a_model_that_is_handed_tables_needs_pandas(tmp_path: Path, more: dict[str, Any], expected: bool) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    assert ("pandas" in modules_of_folder(tmp_path, Model(**more))) is expected


def test_code_in_the_folder_names_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "steps.py").write_text(
        "import json\nimport steps.more\nfrom . import near\n\ndef late():\n    import yaml\n    from msgspec import json\n"
    )
    found = modules_of_folder(tmp_path, Model(flavors={"python_function": {"cloudpickle_version": "3.1"}}))
    assert set(found) - {"cloudpickle"} == {"msgspec", "yaml"} & set(distributions())


def test_a_pickle_names_what_it_was_made_of_and_the_script_is_not_asked(tmp_path: Path) -> None:
    cloudpickle = pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")
    pytest.importorskip("pandas", reason="pandas is not installed")
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec("import numpy, pandas\ndef predict(data):\n    return numpy.asarray(data)", scope)
    (tmp_path / "python_model.pkl").write_bytes(cloudpickle.dumps(scope["predict"]))
    found = modules_of_folder(tmp_path, Model())
    assert "numpy" in found
    assert "pandas" not in found, "the script imports it, the function does not"


# ----------------------------------------------------------------------------------------------------------------------
# What a model imports when it runs


def test_imports_of_the_models_own_code_are_told_from_those_of_libraries() -> None:
    with recorded() as found:
        exec("import msgspec.json\nimport json\nimport tomllib", {"__name__": "somebodys_model"})
        exec("import decimal", {"__name__": "msgspec.inside"})
        exec("import fractions", {"__name__": "modelyard.models.load"})
        exec("import graphlib", {"__name__": "json.decoder"})
    assert found >= {"msgspec", "json", "tomllib"}
    assert not found & {"decimal", "fractions", "graphlib"}


def test_relative_imports_are_the_models_own() -> None:
    with recorded() as found, pytest.raises(ImportError):
        exec("from . import near", {"__name__": "somebodys.model", "__package__": "somebodys"})
    assert "near" not in found
    assert "" not in found


def test_the_record_ends_with_its_block() -> None:
    before = __builtins__["__import__"] if isinstance(__builtins__, dict) else __builtins__.__import__
    with recorded() as found:
        pass
    after = __builtins__["__import__"] if isinstance(__builtins__, dict) else __builtins__.__import__
    assert before is after
    exec("import msgspec", {"__name__": "somebodys_model"})
    assert found == set()
    assert "msgspec" in sys.modules
