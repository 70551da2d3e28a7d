"""The decision: by what reason a folder loads, and what a refusal says."""

from __future__ import annotations

import importlib.util
import json
import py_compile
from pathlib import Path

import pytest

from modelyard.core.errors import ChangedModel, UntrustedModel
from modelyard.models.code import importable
from modelyard.models.inspection import inspect_folder
from modelyard.models.mlmodel import Model
from modelyard.models.trust import admit, digest, sign
from modelyard.models.trust.crypto import new_signing_key
from modelyard.models.trust.keys import KeyRing, public_bytes
from tests.docs.environment import run_python
from tests.support.hostile_files import skops, text
from tests.support.hostile_models import sklearn, write

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
"""Python believes such a file whatever the source beside it says."""


@pytest.fixture
def pickled(tmp_path: Path) -> Path:
    """A model that can run code, signed by somebody else."""
    write(tmp_path / "m", sklearn("model.pkl"), model_dot_pkl=b"\x80\4N.")
    sign(tmp_path / "m", new_signing_key())
    return tmp_path / "m"


def decide(folder: Path, trust: str | None = None) -> str:
    return admit(folder, Model.load(folder), flavor="sklearn", trust=trust)


def test_data_loads_whoever_made_it(tmp_path: Path, home: Path) -> None:
    write(tmp_path / "m", sklearn("model.skops", "skops"), model_dot_skops=skops(text("x")))
    assert "frozen list" in decide(tmp_path / "m")
    assert list(home.iterdir()) == [], "no key is needed for that"


def test_ones_own_models_just_load(pickled: Path) -> None:
    sign(pickled)
    assert decide(pickled).startswith("signed by this machine")


def test_a_refusal_names_the_reason_and_each_way_out(pickled: Path) -> None:
    with pytest.raises(UntrustedModel) as refusal:
        decide(pickled)
    told = str(refusal.value)
    signer = json.loads((pickled / "manifest.sig").read_bytes())["key_id"]
    for words in ("untrusted", "pickle", signer, f"trust={digest(pickled)!r}", "modelyard trust add", "models inspect"):
        assert words in told


def test_a_key_that_was_added_is_believed(tmp_path: Path) -> None:
    write(tmp_path / "m", sklearn("model.pkl"), model_dot_pkl=b"\x80\4N.")
    key = new_signing_key()
    sign(tmp_path / "m", key)
    KeyRing.of_user().add(public_bytes(key).hex(), name="ann")
    assert decide(tmp_path / "m").startswith("signed by ann")
    KeyRing.of_user().remove("ann")
    with pytest.raises(UntrustedModel):
        decide(tmp_path / "m")


def test_a_model_that_was_added_is_believed_as_it_was(pickled: Path) -> None:
    KeyRing.of_user().add(digest(pickled), name="wine")
    assert decide(pickled) == "the trust store names the model: wine"
    (pickled / "manifest.json").unlink()
    (pickled / "model.pkl").write_bytes(b"\x80\4K\1.")
    with pytest.raises(UntrustedModel):
        decide(pickled)


def test_trust_for_other_files_is_refused_even_where_none_is_needed(tmp_path: Path) -> None:
    write(tmp_path / "m", sklearn("model.skops", "skops"), model_dot_skops=skops(text("x")))
    with pytest.raises(UntrustedModel, match="these files are sha256"):
        decide(tmp_path / "m", f"sha256:{'0' * 64}")
    assert decide(tmp_path / "m", digest(tmp_path / "m"))


@pytest.mark.parametrize("field", ["algorithm", "signature", "key_id"])
def test_a_signature_that_was_tampered_with_is_no_reason(pickled: Path, field: str) -> None:
    sign(pickled)
    signature = json.loads((pickled / "manifest.sig").read_bytes())
    signature[field] = {"algorithm": "none", "signature": "AAAA", "key_id": "0" * 16}[field]
    (pickled / "manifest.sig").write_text(json.dumps(signature))
    with pytest.raises((UntrustedModel, ChangedModel)):
        decide(pickled)


def test_an_inspection_says_what_would_happen(pickled: Path) -> None:
    seen = inspect_folder(pickled)
    assert (seen.digest, seen.manifest) == (digest(pickled), "the files are those it names")
    assert seen.signer.endswith("not trusted and not checked")
    assert [(each.name, each.loaded_by, each.tier, each.loads) for each in seen.flavors] == [
        ("python_function", "sklearn", "code", False),
        ("sklearn", "sklearn", "code", False),
    ]
    KeyRing.of_user().add(seen.digest, name="wine")
    assert all(each.loads for each in inspect_folder(pickled).flavors)
    (pickled / "more.py").write_text("import os\n")
    changed = inspect_folder(pickled)
    assert (changed.code_files, "more.py" in changed.manifest) == (["more.py"], True)
    assert {file.path: file.names for file in changed.files}["more.py"] == ["os"]


def test_what_python_compiled_of_the_code_changes_nothing_and_is_never_run(tmp_path: Path) -> None:
    """Stock mlflow imports a model's code from its folder, and Python leaves files there; one may be forged."""
    write(tmp_path / "m", sklearn("model.skops", "skops"), model_dot_skops=skops(text("x")))
    source = tmp_path / "m" / "code" / "own_step.py"
    source.parent.mkdir()
    source.write_text("VALUE = 'the code'\n")
    sign(tmp_path / "m", new_signing_key())
    before = digest(tmp_path / "m")
    forged = tmp_path / "own_step.py"
    forged.write_text("VALUE = 'a forgery'\n")
    cached = importlib.util.cache_from_source(str(source))
    kept = py_compile.compile(str(forged), cfile=cached, invalidation_mode=UNCHECKED)
    assert kept is not None
    assert digest(tmp_path / "m") == before
    assert "frozen list" in decide(tmp_path / "m")
    ask = ("-c", "import own_step; print(own_step.VALUE)")
    assert run_python(source.parent, *ask) == "a forgery\n"  # it would be believed
    assert run_python(importable(source.parent), *ask) == "the code\n"
    (source.parent / "__pycache__" / "own_step.py").write_text("")
    with pytest.raises(ChangedModel, match=r"code/__pycache__/own_step\.py"):
        decide(tmp_path / "m")


@pytest.mark.parametrize(
    "named", ["code/__pycache__", "code/__pycache__/a.pyc", "code/./__pycache__/a.pyc", "manifest.sig"]
)
def test_no_entry_names_what_the_manifest_leaves_out(tmp_path: Path, named: str) -> None:
    write(tmp_path / "m", {"python_function": {"loader_module": "own", "data": named}})
    with pytest.raises(ChangedModel, match="which is no file of the model"):
        admit(tmp_path / "m", Model.load(tmp_path / "m"), flavor="python_function")
