"""A model's own modules, run for itself alone.

Each has its dotted name, and none is in ``sys.modules``: two models with a module ``helpers`` each, and a program with
one of its own, do not see each other. What makes that work is the ``__import__`` among the builtins of these modules:
it answers the model's own modules first, and asks Python for any other.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from modelyard.models.composite.imports import resolved

Stored = Mapping[str, tuple[bool, CodeType | None]]
"""Modules by name: whether each is a package, and its code; a package without one is a folder."""

MAIN = "__main__"


class Namespace:
    """The modules of one loaded model. They run when they are first imported, as any module does.

    ``place`` is the folder in which modules find the files they read: ``__file__`` says so.
    """

    def __init__(self, stored: Stored, place: Path) -> None:
        self._stored = stored
        self._place = place
        self._modules: dict[str, ModuleType] = {}
        self._importing = threading.RLock()
        self.builtins = {**vars(builtins), "__import__": self._import}

    def holds(self, name: str) -> bool:
        """Whether a module is one of the model's own."""
        return name in self._stored

    def module(self, name: str) -> ModuleType:
        """A module of the model's own, with its parents."""
        with self._importing:
            parts = name.split(".")
            for count in range(1, len(parts) + 1):
                found = self._one(".".join(parts[:count]))
        return found

    def subimport(self, name: str) -> ModuleType:
        """Any module: the model's own, or else Python's."""
        if self.holds(name):
            return self.module(name)
        builtins.__import__(name)
        return sys.modules[name]

    def make_function(
        self, code: CodeType, globals_: dict[str, Any], name: str | None, defaults: Any, closure: Any
    ) -> FunctionType:
        """A function of the main script, made as cloudpickle makes one, that imports as the model's modules do."""
        globals_["__builtins__"] = self.builtins
        globals_.setdefault("__file__", str(self._place / f"{MAIN}.py"))
        return FunctionType(code, globals_, name, defaults, closure)

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the builtin's own name
        locals: Mapping[str, Any] | None = None,  # noqa: A002 - the builtin's own name
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> Any:
        package = str((globals or {}).get("__package__") or "")
        absolute = resolved(name, level, package)
        if absolute is None or not self.holds(absolute):
            top = name.partition(".")[0]
            if level or (self.holds(top) and name != top):
                raise ModuleNotFoundError(f"No module named {absolute or name!r} in the model", name=absolute or name)
            return builtins.__import__(name, globals, locals, fromlist, level)
        module = self.module(absolute)
        if not fromlist:
            return self._modules[absolute.partition(".")[0]]
        for each in self._all(module, fromlist):
            if not hasattr(module, each) and self.holds(f"{absolute}.{each}"):
                self.module(f"{absolute}.{each}")
        return module

    def _all(self, module: ModuleType, fromlist: Sequence[str]) -> Sequence[str]:
        if "*" not in fromlist:
            return fromlist
        return [*fromlist, *getattr(module, "__all__", ())]

    def _one(self, name: str) -> ModuleType:
        module = self._modules.get(name)
        if module is not None:
            return module
        is_package, code = self._stored[name]
        module = self._modules[name] = self._empty(name, is_package)
        parent, _, last = name.rpartition(".")
        if parent:
            # before it runs, where Python does so after: modules that import each other find it here, not in sys.modules
            setattr(self._modules[parent], last, module)
        try:
            if code is not None:
                with _known(module):
                    exec(code, module.__dict__)  # noqa: S102 - the model's code, admitted by models/trust
        except BaseException:
            self._modules.pop(name, None)
            if parent:
                vars(self._modules[parent]).pop(last, None)
            raise
        return module

    def _empty(self, name: str, is_package: bool) -> ModuleType:
        module = ModuleType(name)
        file = self._place.joinpath(*name.split("."))
        spec = ModuleSpec(name, None, is_package=is_package)
        module.__spec__ = spec
        module.__package__ = name if is_package else name.rpartition(".")[0]
        module.__file__ = str(file / "__init__.py" if is_package else file.with_name(f"{file.name}.py"))
        module.__dict__["__builtins__"] = self.builtins
        if is_package:
            module.__path__ = [str(file)]
        return module


@contextmanager
def _known(module: ModuleType) -> Iterator[None]:
    """While a module runs, its name leads to it, unless the name is taken: dataclasses, for one, look there."""
    name = module.__name__
    if sys.modules.setdefault(name, module) is not module:
        yield
        return
    try:
        yield
    finally:
        if sys.modules.get(name) is module:
            del sys.modules[name]
