"""Whether what a step made still stands: by its bytes, or by its size where there are too many of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard import MlflowClient
from modelyard.client.active import PROCESS
from modelyard.pipelines.shelf import Shelf
from modelyard.pipelines.spec import Output


def kept(place: Path) -> tuple[str, str, str]:
    """A version of a file or folder: its reference, its digest and its run."""
    client = MlflowClient()
    run_id = client.create_run("0").info.run_id
    made = Shelf(client).keep(place, Output(dataset="data"), run_id)
    return made.reference, made.digest, run_id


def stored() -> Path:
    """The stored file."""
    (file,) = (path for path in Path(PROCESS.connect().location).rglob("datasets/data/**/*") if path.name == "a.txt")
    return file


@pytest.fixture(params=["file", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    (tmp_path / "made/a.txt").write_text("words")
    return tmp_path / "made" if request.param == "folder" else tmp_path / "made/a.txt"


@pytest.mark.parametrize("reads", [None, 0])
def test_what_is_there_stands(place: Path, reads: int | None) -> None:
    reference, digest, _ = kept(place)
    assert Shelf(MlflowClient(), reads=reads).lost(reference, digest) == ""
    assert Shelf(MlflowClient(), reads=reads).lost(reference, "sha256:other") == "data:v0 changed"
    assert Shelf(MlflowClient(), reads=reads).lost("none:v0", digest) == "none:v0 is gone"


@pytest.mark.parametrize(
    ("text", "reads", "told"),
    [
        ("Words", None, "the files of data:v0 changed"),
        ("Words", 0, ""),  # of the same size: seen when it is used
        ("more words", 0, "the files of data:v0 changed"),
        (None, None, "the files of data:v0 are gone"),
        (None, 0, "the files of data:v0 are gone"),
    ],
)
def test_what_changed_or_is_gone_does_not(place: Path, text: str | None, reads: int | None, told: str) -> None:
    reference, digest, _ = kept(place)
    file = stored()
    file.unlink()
    if text is not None:
        file.write_text(text)
    assert Shelf(MlflowClient(), reads=reads).lost(reference, digest) == told


def test_what_is_lost_is_put_back_when_it_is_made_again(place: Path) -> None:
    reference, digest, _ = kept(place)
    stored().unlink()
    assert kept(place)[:2] == (reference, digest)
    assert Shelf(MlflowClient()).lost(reference, digest) == ""


def test_a_deleted_run_keeps_what_it_made_until_it_is_removed(place: Path) -> None:
    reference, digest, run_id = kept(place)
    client = MlflowClient()
    client.delete_run(run_id)
    assert Shelf(client).lost(reference, digest) == ""  # it can be restored
