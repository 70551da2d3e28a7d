"""A batch that was stopped goes on; one whose model, input or options changed is refused with the reason."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.core.errors import Conflict, ModelFailed
from tests.unit.batch.conftest import Score, save
from tests.unit.batch.test_formats import FORMATS, write_rows

ROWS = [{"a": float(n), "b": n / 4} for n in range(60)]
STOPPED = [*ROWS[:40], {"a": -1.0, "b": 0.0}, *ROWS[41:]]


def stop(score: Score, target: str, source: str = "csv", **options: Any) -> None:
    """Let a batch stop at row 41, with what it has done noted."""
    write_rows(Path(f"in.{source}"), STOPPED)
    with pytest.raises(ModelFailed, match="--max-bad"):
        score(f"in.{source}", target, chunk_rows=10, max_bad=0, commit_seconds=0, workers=1, **options)


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_what_went_on_is_what_went_through(source: str, target: str, score: Score, tmp_path: Path) -> None:
    stop(score, f"out.{target}", source)
    with open(tmp_path / f"out.{target}.partial", "ab") as file:
        file.write(b"a torn part")
    manifest = json.loads((tmp_path / f"out.{target}.manifest.json").read_text())
    assert len(manifest["parts"]) == 5
    score(f"in.{source}", f"out.{target}", chunk_rows=10)
    score(f"in.{source}", f"through.{target}", chunk_rows=10)
    if target in ("csv", "jsonl"):
        assert (tmp_path / f"out.{target}").read_bytes() == (tmp_path / f"through.{target}").read_bytes()
    assert rows_in(tmp_path / f"out.{target}") == rows_in(tmp_path / f"through.{target}")
    ours, theirs = (tmp_path / f"{name}.{target}.rejected.jsonl" for name in ("out", "through"))
    assert ours.read_bytes() == theirs.read_bytes()
    assert not list(tmp_path.glob("*.partial")) and not list(tmp_path.glob(".*lock"))


def rows_in(path: Path) -> Any:
    from tests.unit.batch.test_formats import read_rows

    return read_rows(path)


def test_a_complete_batch_is_left_alone(score: Score, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", ROWS)
    score("in.csv", "out.csv")
    before = (tmp_path / "out.csv").stat().st_mtime_ns
    assert score("in.csv", "out.csv").already
    assert (tmp_path / "out.csv").stat().st_mtime_ns == before
    (tmp_path / "out.csv").unlink()
    with pytest.raises(Conflict, match="is gone; --restart makes it again"):
        score("in.csv", "out.csv")


def change_input(score: Score) -> None:
    write_rows(Path("in.csv"), [*STOPPED[:-1], {"a": 9.0, "b": 9.0}])


def change_input_and_its_time(score: Score) -> None:
    before = os.stat("in.csv")
    content = Path("in.csv").read_bytes()
    Path("in.csv").write_bytes(content.replace(b"59,", b"58,"))
    os.utime("in.csv", ns=(before.st_atime_ns, before.st_mtime_ns))


def change_model(score: Score) -> None:
    import shutil

    shutil.rmtree("model")
    save(lambda model_input: model_input["a"].to_numpy(), {"a": "double", "b": "double"})


CHANGES = [
    (change_input, {}, "the input changed: .*in.csv was written since"),
    (change_input_and_its_time, {}, "the input changed: its content is another"),
    (change_model, {}, "the model is another one"),
    (lambda score: None, {"columns": "none"}, "other options were given than before: columns"),
    (lambda score: None, {"chunk_rows": 11}, "other options were given than before: chunk_rows"),
]


@pytest.mark.parametrize(("change", "options", "told"), CHANGES)
def test_what_changed_is_refused_until_it_is_begun_anew(
    change: Callable[[Score], None], options: dict[str, Any], told: str, score: Score, tmp_path: Path
) -> None:
    stop(score, "out.csv")
    change(score)
    options = {"chunk_rows": 10, **options}
    with pytest.raises(Conflict, match=f"{told}.*--restart"):
        score("in.csv", "out.csv", **options)
    assert score("in.csv", "out.csv", restart=True, **options).rows == 60


def test_parts_that_are_damaged_are_found(score: Score, tmp_path: Path) -> None:
    stop(score, "out.csv")
    partial = tmp_path / "out.csv.partial"
    content = bytearray(partial.read_bytes())
    content[50] ^= 1
    partial.write_bytes(content)
    with pytest.raises(Conflict, match="is not what its manifest says; --restart"):
        score("in.csv", "out.csv", chunk_rows=10)
    partial.unlink()
    with pytest.raises(Conflict, match="is not what its manifest says; --restart"):
        score("in.csv", "out.csv", chunk_rows=10)


def test_two_cannot_write_one_output(score: Score, tmp_path: Path) -> None:
    from modelyard.batch.manifest import Record

    write_rows(tmp_path / "in.csv", ROWS)
    other = Record(tmp_path / "out.csv")
    other.hold()
    try:
        with pytest.raises(Conflict, match="Another process is writing"):
            score("in.csv", "out.csv")
    finally:
        other.close()
    assert score("in.csv", "out.csv").scored == 60


def test_any_number_of_workers_writes_the_same(score: Score, tmp_path: Path) -> None:
    write_rows(tmp_path / "in.csv", ROWS)
    for workers in (1, 2, 7):
        score("in.csv", f"out{workers}.csv", workers=workers, chunk_rows=3)
        assert (tmp_path / f"out{workers}.csv").read_bytes() == (tmp_path / "out1.csv").read_bytes()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batch")]
