"""Twins: stored beside their models, with a certificate that says how near they are."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import ChangedModel, InvalidParameter, UntrustedModel
from modelyard.models.flavors.onnx import OnnxFlavor
from modelyard.models.flavors.sklearn import SklearnFlavor
from modelyard.models.load import load_pyfunc
from modelyard.models.mlmodel import Model
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model
from modelyard.models.trust.manifest import MANIFEST
from modelyard.models.twin import CERTIFICATE_FILE, NOTE, TWIN_FILE, load_twin, read_certificate
from tests.support.frameworks import imported
from tests.support.graphs import furthest
from tests.support.tables import numbers, quality
from tests.unit.models.twin.conftest import saved


def unsigned(folder: Path) -> Path:
    """As somebody would leave a folder who changed it and made it look whole."""
    for name in (MANIFEST, "manifest.sig"):
        (folder / name).unlink(missing_ok=True)
    return folder


def rewritten(folder: Path, **fields: Any) -> Path:
    file = folder / CERTIFICATE_FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))
    return unsigned(folder)


def test_the_certificate_names_the_rows_the_differences_the_versions_and_both_digests(original: Path) -> None:
    found = read_certificate(original)
    assert found is not None
    assert (found.status, found.crossed) == ("passed", 0)
    assert found.rows == {"example": 3, "training data": 80, "random": 256}
    assert found.largest_absolute is not None and 0 < found.largest_absolute < 1e-4
    assert found.largest_relative is not None
    assert {"exporter", "onnx", "onnxruntime"} <= set(found.versions)
    assert found.twin == {TWIN_FILE: hashlib.sha256((original / TWIN_FILE).read_bytes()).hexdigest()}
    assert found.source["model.skops"] == hashlib.sha256((original / "model.skops").read_bytes()).hexdigest()


def test_the_manifest_lists_the_twin_and_the_certificate(original: Path) -> None:
    listed = {each["path"] for each in json.loads((original / MANIFEST).read_text())["files"]}
    assert {TWIN_FILE, CERTIFICATE_FILE} <= listed


def test_the_note_of_a_twin_is_no_flavor(original: Path) -> None:
    model = Model.load(original)
    assert sorted(model.flavors) == ["python_function", "sklearn"]
    assert model.others[NOTE] == {"data": TWIN_FILE, "certificate": CERTIFICATE_FILE, "parity": "passed"}


def test_a_twin_takes_and_answers_what_its_model_does(original: Path) -> None:
    model, twin = load_pyfunc(original), load_twin(original)
    for data in (numbers(), numbers()[numbers().columns[::-1]], numbers().head(1).to_dict("list")):
        expected, found = model.predict(data), twin.predict(data)
        assert type(expected) is type(found)
        assert (expected.dtype, expected.shape) == (found.dtype, found.shape)
        assert furthest(expected, found) < 1e-4
    assert twin.metadata.signature == model.metadata.signature
    with pytest.raises(InvalidParameter, match="'sugar'"):
        twin.predict(numbers().drop(columns="sugar"))
    with pytest.raises(InvalidParameter, match="takes no params"):
        twin._predict(numbers(), {"alpha": 1})


def test_a_twin_of_a_model_that_is_code_loads_without_trust(tmp_path: Path) -> None:
    linear = imported("sklearn.linear_model")
    imported("skl2onnx")
    model = linear.LinearRegression().fit(numbers(), quality())
    folder = unsigned(saved(tmp_path / "model", model, flavor=SklearnFlavor(serialization_format="pickle")))
    with pytest.raises(UntrustedModel):
        load_pyfunc(folder)
    assert furthest(model.predict(numbers()), load_twin(folder).predict(numbers())) < 1e-4


def test_without_a_twin_the_refusal_names_the_ways_out(tmp_path: Path) -> None:
    linear = imported("sklearn.linear_model")
    folder = saved(tmp_path / "model", linear.LinearRegression().fit(numbers(), quality()), onnx=False)
    with pytest.raises(
        InvalidParameter, match=r"has no ONNX twin. Log the model again with onnx=True.*--runtime native"
    ):
        load_twin(folder)


def test_a_failed_certificate_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"differs from its model: 3 of 9 rows differ. Log the model again"):
        load_twin(rewritten(folder, status="failed", message="3 of 9 rows differ."))


def test_a_certificate_of_another_twin_is_refused(folder: Path) -> None:
    graph = imported("onnx").load(str(folder / TWIN_FILE))
    graph.producer_name = "somebody else"
    imported("onnx").save(graph, str(folder / TWIN_FILE))
    with pytest.raises(ChangedModel, match=r"model\.onnx' was changed"):
        load_twin(folder)
    with pytest.raises(ChangedModel, match=r"certificate of the ONNX twin is about another .onnx/model\.onnx."):
        load_twin(unsigned(folder))


def test_a_certificate_of_another_model_is_refused(folder: Path) -> None:
    (folder / "model.skops").write_bytes(b"another model")
    with pytest.raises(ChangedModel, match=r"about another .model\.skops."):
        load_twin(unsigned(folder))


def test_a_certificate_that_names_no_twin_is_refused(folder: Path) -> None:
    with pytest.raises(ChangedModel, match=r"is not about onnx/model\.onnx"):
        load_twin(rewritten(folder, twin={}))


@pytest.mark.parametrize("content", ["{}", "no json", '{"format": 7}'])
def test_a_file_that_is_no_certificate_is_refused(folder: Path, content: str) -> None:
    (folder / CERTIFICATE_FILE).write_text(content)
    with pytest.raises(InvalidParameter, match="is no parity certificate"):
        load_twin(unsigned(folder))


def test_a_certificate_of_a_later_format_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidParameter, match="is of format 2; this release reads 1"):
        load_twin(rewritten(folder, format=2))


def test_an_onnx_model_is_its_own_twin(tmp_path: Path, original: Path) -> None:
    save_model(
        original / TWIN_FILE, tmp_path / "own", flavor=OnnxFlavor(), options=SaveOptions(onnx=True, verify=False)
    )
    assert not (tmp_path / "own" / "onnx").exists()
    rows = numbers().to_numpy("float32")
    assert furthest(quality(), load_twin(tmp_path / "own").predict(rows)["variable"]) < 0.5
