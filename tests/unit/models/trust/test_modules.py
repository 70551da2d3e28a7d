"""Which modules a folder's files name, read and not run."""

from __future__ import annotations

import collections
import io
import pickletools
from pathlib import Path
from typing import Any

import pytest

from modelyard.models.trust import modules_in
from modelyard.models.trust.modules import globals_of, names_in
from tests.support.hostile_files import pickled
from tests.support.hostile_models import CASES

cloudpickle: Any = pytest.importorskip("cloudpickle", reason="cloudpickle is not installed")


@pytest.mark.parametrize("protocol", range(6))
def test_globals_are_found_in_each_protocol(protocol: int, tmp_path: Path) -> None:
    assert globals_of(io.BytesIO(pickled(tmp_path / "CANARY", protocol))) == {"posix.mkdir"}


@pytest.mark.parametrize("protocol", range(6))
def test_globals_are_found_where_their_names_were_kept_before(protocol: int) -> None:
    kinds = [collections.OrderedDict, collections.deque, collections.OrderedDict, collections.deque]
    content = cloudpickle.pickle.dumps(kinds, protocol)
    assert globals_of(io.BytesIO(content)) == {"collections.OrderedDict", "collections.deque"}


def test_an_old_instance_opcode_names_its_class() -> None:
    assert globals_of(io.BytesIO(b"(S'touch x'\nios\nsystem\n.")) == {"os.system"}


def test_several_pickles_in_one_file_are_all_read(tmp_path: Path) -> None:
    content = b"\x80\x02K\x01." + pickled(tmp_path / "CANARY", 2)
    assert globals_of(io.BytesIO(content)) == {"posix.mkdir"}


def test_what_ends_in_the_middle_names_what_stood_before(tmp_path: Path) -> None:
    content = pickled(tmp_path / "CANARY", 4)
    length = next(place for opcode, _, place in pickletools.genops(content) if opcode.name == "REDUCE")
    assert length is not None
    assert globals_of(io.BytesIO(content[:length])) == {"posix.mkdir"}


def test_modules_of_a_function_of_the_main_script_are_named(tmp_path: Path) -> None:
    source = "import json\ndef f(x):\n    return json.dumps(x)\n"
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(source, space)
    (tmp_path / "f.pkl").write_bytes(cloudpickle.dumps(space["f"]))
    assert "json" in modules_in(tmp_path)


def test_python_files_name_what_they_import(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "m.py").write_text(
        "import a.b, c as d\nfrom e.f import g\nfrom . import own\nfrom .h import i\ndef late():\n    import j\n"
    )
    (tmp_path / "code" / "broken.py").write_text("import (")
    assert modules_in(tmp_path) == ["a", "c", "e", "j"]


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x80\xff", b"(" * 100_000, b"\x80\x04\x8c\xff", b"PK\3\4"])
def test_what_cannot_be_read_names_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pkl").write_bytes(content)
    assert names_in(tmp_path / "x.pkl") == []


def test_looking_runs_nothing(tmp_path: Path) -> None:
    for name, case in CASES.items():
        if not case.needs:
            (tmp_path / name).mkdir()
            case.build(tmp_path / name / "model", tmp_path / "CANARY")
            modules_in(tmp_path / name)
    assert not (tmp_path / "CANARY").exists()
