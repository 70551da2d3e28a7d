"""Estimators read as data: nothing that a file names is imported, called or looked up, whatever it names."""

from __future__ import annotations

import io
import json
import os
import pickle  # noqa: TID251 - files of every protocol, and payloads
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy
import pytest

from modelyard.models.outlines import MOST, Outline, outline
from tests.support.processes import ROOT


class Deed:
    """Does something to whoever unpickles it."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.called = (function, arguments)

    def __reduce__(self) -> Any:
        return self.called


def pickled(file: Path, obj: Any, protocol: int = 5) -> Path:
    file.write_bytes(pickle.dumps(obj, protocol))
    return file


@pytest.mark.parametrize("protocol", [3, 4, 5])
@pytest.mark.parametrize(
    "array", [numpy.arange(6.0).reshape(2, 3), numpy.array(["a", "é"], dtype=object), numpy.float32(0.1)]
)
def test_arrays_come_as_they_are(array: Any, protocol: int, tmp_path: Path) -> None:
    found = outline(pickled(tmp_path / "x", {"array": array}, protocol), "pickle")["array"]
    assert (type(found), found.dtype, found.tolist()) == (type(array), array.dtype, array.tolist())


def test_what_code_would_make_is_an_outline_of_its_name(tmp_path: Path) -> None:
    target = tmp_path / "harm"
    deeds = [Deed(os.system, f"touch {target}"), Deed(exec, f"open({str(target)!r}, 'w')"), Deed(target.touch)]
    for deed in deeds:
        found = outline(pickled(tmp_path / "x", {"deed": deed}), "cloudpickle")
        assert not target.exists()
        if found is not None:
            assert isinstance(found["deed"], Outline)


def test_a_name_that_numpy_has_does_something_else_there_is_an_outline_too(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"cnumpy.f2py.os\nsystem\n(Vtouch harm\ntR.")
    found = outline(tmp_path / "x", "pickle")
    assert isinstance(found, Outline)
    assert (type(found).__name__, type(found).__module__) == ("system", "numpy.f2py.os")


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"\x80\x05.", b"cos\nsystem\n}b.", b"(lp0\n", b"\x80\x05K\x01\x8e\xff\xff"]
)
@pytest.mark.parametrize("form", ["pickle", "skops", "unknown"])
def test_what_is_no_file_of_its_format_is_not_read(content: bytes, form: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    found = outline(tmp_path / "x", form)
    assert found is None or isinstance(found, Outline | type)


def test_a_file_that_is_not_there_or_too_large_is_not_read(tmp_path: Path) -> None:
    assert outline(tmp_path / "nowhere", "pickle") is None
    with (tmp_path / "large").open("wb") as file:
        file.write(pickle.dumps(1))
        file.truncate(MOST + 1)
    assert outline(tmp_path / "large", "pickle") is None


def skops_file(file: Path, schema: Any, **arrays: Any) -> Path:
    with zipfile.ZipFile(file, "w") as inside:
        inside.writestr("schema.json", json.dumps(schema))
        for name, array in arrays.items():
            content = io.BytesIO()
            numpy.save(content, array, allow_pickle=True)
            inside.writestr(f"{name}.npy", content.getvalue())
    return file


def node(loader: str, **more: Any) -> dict[str, Any]:
    return {"__class__": "Thing", "__module__": "some.where", "__loader__": loader, **more}


def test_nodes_of_skops_that_are_not_known_are_outlines(tmp_path: Path) -> None:
    state = node("DictNode", content={"weights": node("NdArrayNode", type="numpy", file="w.npy")})
    schema = node("ListNode", content=[node("ObjectNode", content=state), node("OperatorFuncNode", attrs="x")])
    thing, function = outline(skops_file(tmp_path / "x", schema, w=numpy.ones(2)), "skops")
    assert (type(thing).__name__, type(thing).__module__) == ("Thing", "some.where")
    assert thing.weights.tolist() == [1.0, 1.0]
    assert isinstance(function, Outline)


def test_arrays_of_objects_are_not_unpickled(tmp_path: Path) -> None:
    target = tmp_path / "harm"
    array = numpy.array([Deed(os.system, f"touch {target}")], dtype=object)
    schema = node("NdArrayNode", type="numpy", file="w.npy")
    assert outline(skops_file(tmp_path / "x", schema, w=array), "skops") is None
    assert not target.exists()


def test_a_tree_that_goes_down_for_ever_is_not_read(tmp_path: Path) -> None:
    schema = "[" * 3 + "]" * 3
    deep: Any = node("JsonNode", content="1")
    for _ in range(300):
        deep = node("ListNode", content=[deep])
    assert outline(skops_file(tmp_path / "x", deep), "skops") is not None
    with zipfile.ZipFile(tmp_path / "y", "w") as inside:
        start = json.dumps(node("ListNode", content=[]))[:-2]
        inside.writestr("schema.json", start + start.join([""] * 5000) + schema + "]}" * 5000)
    assert outline(tmp_path / "y", "skops") is None


def test_reading_imports_no_framework(tmp_path: Path) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    from modelyard.models.flavors.sklearn import SklearnFlavor

    model = linear_model.LinearRegression().fit(numpy.eye(3), [1.0, 2.0, 3.0])
    entry = SklearnFlavor().save(model, tmp_path)["sklearn"]
    code = (
        "import sys; from pathlib import Path; from modelyard.models.outlines import outline;"
        " found = outline(Path(sys.argv[1]), sys.argv[2]); print(type(found).__name__, found.coef_.shape);"
        " print(*[name for name in ('sklearn', 'scipy', 'pandas', 'skops') if name in sys.modules])"
    )
    words = [sys.executable, "-c", code, str(tmp_path / entry["pickled_model"]), entry["serialization_format"]]
    done = subprocess.run(
        words, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}
    )
    assert done.stdout == "LinearRegression (3,)\n\n"
