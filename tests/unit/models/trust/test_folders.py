"""What was verified is what is loaded: a folder that others could change is copied first."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from modelyard.core.errors import ChangedModel, NotFound
from modelyard.models.load import load_native, open_folder
from modelyard.models.trust import digest, manifest, private_folder, sign
from tests.support.hostile_models import pickled, sklearn, write


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder of files."""
    (tmp_path / "model" / "inner").mkdir(parents=True)
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}")
    (tmp_path / "model" / "a.txt").write_text("a")
    (tmp_path / "model" / "inner" / "b.txt").write_text("b")
    return tmp_path / "model"


def test_a_folder_of_ones_own_is_taken_as_it_is(model: Path) -> None:
    assert private_folder(model) == model.resolve()


@pytest.mark.parametrize("open_one", [".", "a.txt", "inner", "inner/b.txt"])
@pytest.mark.parametrize("who", [0o020, 0o002])
def test_a_folder_that_others_could_change_is_copied(model: Path, open_one: str, who: int) -> None:
    (model / open_one).chmod((model / open_one).stat().st_mode | who)
    copy = private_folder(model)
    assert copy != model
    assert digest(copy) == digest(model)
    assert not copy.stat().st_mode & 0o077


def test_what_happens_to_the_original_does_not_reach_the_copy(model: Path) -> None:
    model.chmod(0o777)
    opened = private_folder(model)
    before = digest(opened)
    (model / "a.txt").write_text("changed by somebody else")
    (model / "more.txt").write_text("more")
    assert digest(opened) == before


def test_a_file_that_is_exchanged_after_it_was_opened_is_not_loaded(tmp_path: Path) -> None:
    """The folder is everybody's; somebody changes it between the look at it and the load."""
    write(tmp_path / "model", sklearn("model.pkl"), model_dot_pkl=b"\x80\x04N.")
    sign(tmp_path / "model")
    (tmp_path / "model").chmod(0o777)
    opened = open_folder(tmp_path / "model")
    (tmp_path / "model" / "model.pkl").write_bytes(pickled(tmp_path / "CANARY"))
    assert load_native(opened.folder, flavor="sklearn") is None
    with pytest.raises(ChangedModel):
        load_native(tmp_path / "model", flavor="sklearn")
    assert not (tmp_path / "CANARY").exists()


@pytest.mark.parametrize("what", ["link", "fifo", "folder link"])
def test_links_and_devices_are_refused(model: Path, what: str) -> None:
    if what == "link":
        (model / "c.txt").symlink_to("/etc/passwd")
    elif what == "fifo":
        os.mkfifo(model / "c.txt")
    else:
        (model / "c.txt").symlink_to("/etc")
    with pytest.raises(ChangedModel, match=r"c\.txt"):
        digest(private_folder(model))


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        private_folder(tmp_path / "none")


def test_a_folder_without_a_model_is_named_and_not_copied(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(model / "inner"))
    (model / "MLmodel").unlink()
    model.chmod(0o777)
    with pytest.raises(NotFound, match=f"no model in '{model}'"):
        private_folder(model)
    assert os.listdir(model / "inner") == ["b.txt"]


def test_a_folder_in_the_place_of_the_manifest_hides_nothing(model: Path) -> None:
    (model / "registered_model_meta").mkdir()
    (model / "registered_model_meta" / "hidden.pkl").write_bytes(b"")
    with pytest.raises(ChangedModel, match="registered_model_meta"):
        manifest.scan(model)


@pytest.mark.parametrize(
    "place", ["registered_model_meta", "manifest.sig", "./registered_model_meta", "a/../manifest.json"]
)
def test_no_entry_may_name_a_file_that_the_digest_does_not_know(tmp_path: Path, place: str) -> None:
    write(tmp_path / "model", {"python_function": {"loader_module": "mlflow.pyfunc.model", "python_model": place}})
    (tmp_path / "model" / "registered_model_meta").write_bytes(pickled(tmp_path / "CANARY"))
    with pytest.raises(ChangedModel, match="no file of the model"):
        load_native(tmp_path / "model", flavor="python_function", trust=digest(tmp_path / "model"))
    assert not (tmp_path / "CANARY").exists()


def test_names_that_are_one_name_to_some_disks_are_refused(model: Path) -> None:
    (model / "A.TXT").write_text("A")
    with pytest.raises(ChangedModel, match="one name"):
        digest(model)
