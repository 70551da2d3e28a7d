"""Doing something to a module right after it was imported, and never importing it oneself."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from types import ModuleType
from typing import Any

Watch = Callable[[str], bool]
Visit = Callable[[ModuleType], None]


class ImportWatch(MetaPathFinder):
    """A finder that finds nothing itself: it asks the others, and has ``visit`` called once the module has run.

    ``watch`` says which modules are meant. ``visit`` must not raise. What the others find stays theirs: the module has
    the loader they gave it.
    """

    def __init__(self, watch: Watch, visit: Visit) -> None:
        self._watch = watch
        self._visit = visit
        self._asking = threading.local()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders find, with a loader that tells when it is done."""
        asking: set[str] = self._asking.__dict__.setdefault("names", set())
        if fullname in asking or not self._watch(fullname):
            return None
        asking.add(fullname)
        try:
            spec = self._ask_others(fullname, path, target)
        finally:
            asking.discard(fullname)
        if spec is None or spec.loader is None or isinstance(spec.loader, ExtensionFileLoader):
            return spec
        if hasattr(spec.loader, "exec_module"):
            spec.loader = _TellingLoader(spec.loader, self._visit)
        return spec

    def install(self) -> None:
        """Be asked first."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Be asked no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def _ask_others(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                return spec
        return None


class _TellingLoader(Loader):
    """Another loader, and a word when the module has run. Before that it answers whatever the other one is asked."""

    def __init__(self, loader: Loader, visit: Visit) -> None:
        self._loader = loader
        self._visit = visit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the other one."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module as the other one does, with nothing of ours left in it."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._visit(module)
