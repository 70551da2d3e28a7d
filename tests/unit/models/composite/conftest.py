"""Projects of local modules, written for a test and forgotten after it, and a home of its own for keys."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from modelyard.models.composite.flavor import CompositeFlavor
from modelyard.models.composite.model import CompositeModel
from modelyard.models.load import load_native
from modelyard.models.options import SaveOptions
from modelyard.models.save import save_model


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own keys."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MODELYARD_HOME", str(folder))
    return folder


class Project:
    """A folder of modules on the import path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, files: Mapping[str, str]) -> None:
        """Write files by their paths."""
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))

    def load(self, name: str) -> ModuleType:
        """Import a module of the project."""
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def forget(self) -> None:
        """Leave the import path, and take the project's modules along."""
        if str(self.folder) in sys.path:
            sys.path.remove(str(self.folder))
        tops = {path.name.partition(".")[0] for path in self.folder.iterdir()}
        for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
            del sys.modules[name]
        importlib.invalidate_caches()


@pytest.fixture
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Project]]:
    """Makes projects; the newest is first on the import path."""
    made: list[Project] = []

    def make() -> Project:
        made.append(Project(tmp_path_factory.mktemp("project")))
        sys.path.insert(0, str(made[-1].folder))
        return made[-1]

    yield make
    for project in made:
        project.forget()


@pytest.fixture
def project(make_project: Callable[[], Project]) -> Project:
    """One project."""
    return make_project()


def there_and_back(model: CompositeModel, folder: Path, *projects: Project) -> Any:
    """Save a model, take its projects away, and load it."""
    save_model(model, folder, flavor=CompositeFlavor(), options=SaveOptions(verify=False))
    for each in projects:
        each.forget()
    return load_native(folder, flavor="composite")
