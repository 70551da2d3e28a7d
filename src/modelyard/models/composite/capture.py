"""Finding the local modules that code needs: by what it imports, and what those import in turn. Nothing is executed.

A module is local when it belongs neither to an installed distribution nor to the standard library.
"""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import json
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.composite.imports import imported
from modelyard.models.composite.strip import compiled, stripped
from modelyard.models.requirements import distributions

_NEVER = frozenset({"modelyard", "__main__", "__mp_main__", "builtins", ""})


class Found(msgspec.Struct, frozen=True):
    """A local module: its stripped code, its source where it has one, and the folder its top-level name is in."""

    is_package: bool
    code: CodeType | None
    source: str | None = None
    root: Path | None = None


class Captured(msgspec.Struct, frozen=True):
    """Local modules by their dotted names, and the top-level names of what else is imported."""

    modules: dict[str, Found]
    others: set[str]


def capture(names: Iterable[str]) -> Captured:
    """The local modules that dotted names lead to, with all their parents, and the installed ones they import.

    A name may end in attributes, as in ``package.module.function``. Raises ``InvalidParameter`` for a local module
    that is no Python code.
    """
    modules: dict[str, Found] = {}
    others: set[str] = set()
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if name in seen or top in _NEVER:
            continue
        seen.add(name)
        if not is_local(top):
            others.add(top)
            continue
        for prefix in _prefixes(name):
            if prefix in modules:
                continue
            found = _find(prefix)
            if found is None:
                break
            modules[prefix] = found
            waiting += _needs(prefix, found)
    return Captured(modules, others.intersection(distributions()))


def is_local(top: str) -> bool:
    """Whether a top-level module is the author's own: of no distribution, and not of Python itself.

    Where it is found decides, not what it is called: a file ``utils.py`` is local though some distribution has ``utils``.
    """
    if top in _NEVER or top in sys.builtin_module_names:
        return False
    module = sys.modules.get(top)
    if module is not None and getattr(module, "__spec__", None) is None:
        return top not in distributions()
    spec = _spec(top)
    if spec is None or spec.origin in ("built-in", "frozen"):
        return False
    folders = {Path(place).resolve().parent for place in spec.submodule_search_locations or [str(spec.origin)]}
    return not folders & {
        *_python_folders(),
        *(place for owner in distributions().get(top, ()) for place in _places(owner)),
    }


@cache
def _python_folders() -> frozenset[Path]:
    return frozenset(
        Path(path).resolve() for key, path in sysconfig.get_paths().items() if key in ("stdlib", "platstdlib")
    )


@cache
def _places(distribution: str) -> tuple[Path, ...]:
    """The folder a distribution is installed in; none when it only points at somebody's working copy."""
    found = importlib.metadata.distribution(distribution)
    text = found.read_text("direct_url.json")
    if text and json.loads(text).get("dir_info", {}).get("editable"):
        return ()
    return (Path(str(found.locate_file(""))).resolve(),)


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _needs(name: str, found: Found) -> list[str]:
    package = name if found.is_package else name.rpartition(".")[0]
    needs = list(imported(found.code, package)) if found.code is not None else []
    return [each for need in needs for each in (_starred(need[:-2]) if need.endswith(".*") else (need,))]


def _starred(package: str) -> list[str]:
    """Submodules that ``from package import *`` may import: those that its ``__all__`` names."""
    names = getattr(sys.modules.get(package), "__all__", ())
    return [f"{package}.{name}" for name in names]


def _find(name: str) -> Found | None:
    spec = _spec(name)
    if spec is None:
        return None
    is_package = spec.submodule_search_locations is not None
    if spec.origin is None or spec.loader is None or spec.origin == "namespace":
        return Found(is_package, None) if is_package else None
    source, code = _content(name, spec)
    root = Path(spec.origin).resolve().parents[name.count(".") + is_package]
    return Found(is_package, code, source, root)


def _spec(name: str) -> importlib.machinery.ModuleSpec | None:
    """How a module is found, loaded or not. Finding one imports none of its parents."""
    module = sys.modules.get(name)
    if module is not None:
        spec = getattr(module, "__spec__", None)
        if spec is None:
            raise InvalidParameter(f"The module {name!r} was made by hand: it has no code that could be saved.")
        return spec  # type: ignore[no-any-return]
    parent = name.rpartition(".")[0]
    path = None
    if parent:
        above = _spec(parent)
        path = above.submodule_search_locations if above is not None else None
        if path is None:
            return None
    for finder in sys.meta_path:
        look: Any = getattr(finder, "find_spec", None)
        spec = look(name, path) if look is not None else None
        if spec is not None:
            return spec  # type: ignore[no-any-return]
    return None


def _content(name: str, spec: importlib.machinery.ModuleSpec) -> tuple[str | None, CodeType]:
    loader: Any = spec.loader
    if spec.origin is not None and spec.origin.endswith(".py") and Path(spec.origin).is_file():
        loader = importlib.machinery.SourceFileLoader(
            name, spec.origin
        )  # whatever else rewrites it when it is imported
    source = loader.get_source(name) if hasattr(loader, "get_source") else None
    if source is not None:
        return source, compiled(source)
    code = loader.get_code(name) if hasattr(loader, "get_code") else None
    if code is None:
        raise InvalidParameter(
            f"The module {name!r} is not Python code ({spec.origin}), so it cannot travel with the model. Install it as"
            " a package where the model is loaded."
        )
    return None, stripped(code)
