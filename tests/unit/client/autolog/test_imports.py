"""Modules are seen right after they were imported, with nothing of ours left in them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from modelyard.client.autolog.imports import ImportWatch

NAME = "modelyard_watched_module"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module that can be imported and was not."""
    path = tmp_path / f"{NAME}.py"
    path.write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield path
    sys.modules.pop(NAME, None)


@pytest.fixture
def seen() -> Iterator[list[ModuleType]]:
    """The modules that were seen, while the watch is on."""
    found: list[ModuleType] = []
    watch = ImportWatch(lambda name: name == NAME, found.append)
    watch.install()
    watch.install()
    assert sys.meta_path.count(watch) == 1
    yield found
    watch.remove()
    assert watch not in sys.meta_path


def test_a_module_is_seen_once_it_has_run(module: Path, seen: list[ModuleType]) -> None:
    found = importlib.import_module(NAME)
    assert seen == [found]
    assert found.VALUE == 1


def test_the_module_keeps_its_own_loader(module: Path, seen: list[ModuleType]) -> None:
    found = importlib.import_module(NAME)
    assert type(found.__loader__) is SourceFileLoader
    assert found.__spec__ is not None
    assert found.__spec__.loader is found.__loader__


def test_who_only_asks_where_a_module_is_gets_an_answer_and_imports_nothing(
    module: Path, seen: list[ModuleType]
) -> None:
    spec = importlib.util.find_spec(NAME)
    assert spec is not None
    assert spec.loader is not None
    assert (spec.origin, spec.loader.get_filename(NAME)) == (str(module), str(module))  # type: ignore[attr-defined]
    assert seen == []
    assert NAME not in sys.modules


def test_what_fails_to_import_fails_as_it_did(module: Path, seen: list[ModuleType]) -> None:
    module.write_text("raise RuntimeError('mine')\n")
    with pytest.raises(RuntimeError, match="mine"):
        importlib.import_module(NAME)
    assert seen == []


def test_what_is_not_there_is_not_there(seen: list[ModuleType]) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(NAME)
