"""What is remembered of a start: for whom it holds, and what makes it worthless."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelyard.serving import remembered
from modelyard.serving.card import Card
from modelyard.serving.environment import Interpreter
from modelyard.serving.remembered import Memory, key_of
from modelyard.serving.worker.frames import Start, Started

START = Start(folder="/models/wine", facts={"name": "wine", "uri": "models:/wine/1"}, trust="sha256:aa", numpy="2.3.0")
PYTHON = Interpreter(Path("/env/bin/python"), "/env")
STARTED = Started(
    Card(name="wine", version="1", uri="models:/wine/1", kernel="linear", example={"inputs": [[1]]}), b"ab"
)


def memory(folder: Path, key: str = "one", **facts: str) -> Memory:
    return Memory(folder, key, facts or {"name": "wine", "version": "1", "uri": "models:/wine/1"})


def test_what_was_told_is_remembered(tmp_path: Path) -> None:
    assert memory(tmp_path).recall() is None
    memory(tmp_path).keep(STARTED)
    assert memory(tmp_path).recall() == STARTED
    assert memory(tmp_path, "another").recall() is None


def test_the_name_is_that_of_the_address_asked_for_now(tmp_path: Path) -> None:
    memory(tmp_path).keep(STARTED)
    recalled = memory(tmp_path, name="folder", uri="/models/folder").recall()
    assert recalled is not None
    assert (recalled.card.name, recalled.card.version, recalled.card.uri) == ("folder", "", "/models/folder")
    assert (recalled.card.kernel, recalled.card.example) == ("linear", {"inputs": [[1]]})


def test_nothing_is_remembered_of_a_model_without_a_fast_path(tmp_path: Path) -> None:
    memory(tmp_path).keep(STARTED)
    memory(tmp_path).keep(msgspec.structs.replace(STARTED, kernel=b""))
    assert memory(tmp_path).recall() is None
    assert list(tmp_path.iterdir()) == []


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _another_kind(file: Path) -> None:
    body = msgspec.msgpack.encode({"type": "started", "card": 5})
    file.write_bytes(remembered.hashlib.sha256(body).digest() + body)


def _let_others_write(file: Path) -> None:
    file.chmod(0o620)


@pytest.mark.parametrize("spoil", [_cut, _flip, _empty, _another_kind, _let_others_write])
def test_a_file_that_is_not_as_it_was_written_is_passed_over(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    memory(tmp_path).keep(STARTED)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0, "it is for its user alone"
    spoil(file)
    assert memory(tmp_path).recall() is None


def test_the_file_of_another_user_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory(tmp_path).keep(STARTED)
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    assert memory(tmp_path).recall() is None


def test_a_place_that_takes_nothing_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    (tmp_path / "file").write_text("")
    memory(tmp_path / "file" / "starts").keep(STARTED)
    assert "is not remembered" in caplog.text
    assert memory(tmp_path / "file" / "starts").recall() is None


def test_it_is_read_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory(tmp_path).keep(STARTED)

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(remembered.os, "utime", refuse)
    assert memory(tmp_path).recall() == STARTED


def test_what_a_killed_server_left_half_written_makes_room_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".half.start").write_bytes(b"x" * 10_000)
    os.utime(tmp_path / ".half.start", (1, 1))
    monkeypatch.setattr(remembered, "MOST", 5_000)
    memory(tmp_path).keep(STARTED)
    assert [file.name for file in tmp_path.iterdir()] == ["one.start"]


def test_what_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory(tmp_path).keep(STARTED)
    monkeypatch.setattr(remembered, "LARGEST", 1000)
    memory(tmp_path).keep(msgspec.structs.replace(STARTED, kernel=b"x" * 1000))
    assert memory(tmp_path).recall() is None


def test_the_ones_not_used_for_longest_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, key in enumerate(("old", "used", "new")):
        memory(tmp_path, key).keep(STARTED)
        os.utime(tmp_path / f"{key}.start", (number, number))
    size = (tmp_path / "old.start").stat().st_size
    monkeypatch.setattr(remembered, "MOST", 3 * size)
    os.utime(tmp_path / "old.start", (5, 5))
    memory(tmp_path, "newest").keep(STARTED)
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["new", "newest", "old"]


def test_a_start_is_another_when_anything_is_that_its_certificate_depends_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered.site, "getsitepackages", lambda: [str(tmp_path)])
    key = key_of(START, PYTHON)

    def changed(**what: Any) -> str:
        return key_of(msgspec.structs.replace(START, **what), PYTHON)

    assert key == changed(folder="/elsewhere", facts={"name": "other", "uri": "runs:/1/wine"}), "the same files"
    others = {
        changed(trust="sha256:bb"),
        changed(runtime="onnx"),
        changed(numpy="2.4.0"),
        changed(facts={"run_id": "1"}),
        key_of(START, PYTHON._replace(python=Path("/other/bin/python"))),
        key_of(START, PYTHON._replace(key="made")),
    }
    (tmp_path / "scikit_learn-1.8.0.dist-info").mkdir()
    others.add(key_of(START, PYTHON))
    os.utime(tmp_path / "scikit_learn-1.8.0.dist-info", (1, 1))
    others.add(key_of(START, PYTHON))
    monkeypatch.setattr(remembered.os, "sched_getaffinity", lambda _: {0, 1, 2, 3, 4, 5, 6}, raising=False)
    others.add(key_of(START, PYTHON))
    assert key not in others
    assert len(others) == 9
