"""The code that a step's result depends on: its script and every local module that it imports, as far as that goes.

It is read, never run. What a module imports is found as for composite models (``models/composite/imports.py``); where it is
found is a matter of folders: the script's own, the project's, ``src`` of the pipeline, the folders in it that begin with ``_``,
those of ``PYTHONPATH``, and those of packages that are installed for development. When a name is in several of them, all count:
one file too many runs a step once more than was needed, one too few would keep a result that is no longer true.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import sysconfig
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.composite.imports import imported
from modelyard.pipelines.component import Component
from modelyard.projects.command import Word
from modelyard.projects.spec import FILES

_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "mlruns", "yard"})
_NEVER = frozenset({"modelyard", "mlflow"})
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\.*[\w.]+)", re.MULTILINE)
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_LOADERS = frozenset({"import_module", "__import__", "run_module", "find_spec"})
_COMPILING = threading.Lock()  # what is warned of is a matter of the whole process
_LARGEST = 10_000  # files of a component that is no Python script: more is no component, but a disk


_Stamp = tuple[int, int, int]
"""What tells a file from what it was before, without reading it: inode, size, time of its last change."""


class _Unit(msgspec.Struct, frozen=True):
    """A file to look through, and the package its relative imports start from."""

    file: Path
    package: str


class Closures:
    """Finds the code of components; what steps share is read once. ``skipped`` are folders that hold no code, such as a store."""

    def __init__(self, skipped: Iterable[Path] = ()) -> None:
        self._skipped = frozenset(path.resolve() for path in skipped)
        self._digests: dict[tuple[Path, _Stamp], str] = {}
        self._names: dict[tuple[_Unit, _Stamp], tuple[str, ...]] = {}

    def of(self, component: Component) -> dict[str, str]:
        """Each file of the code and its SHA-256, by its path from the pipeline's folder."""
        script = _script(component)
        roots = _roots(component, script)
        starts = [_Unit(script, "")] if script is not None else _module(component, roots)
        if not starts:
            starts = [_Unit(each, "") for each in self._all_of(component.project.folder)]
        files = {unit.file for unit in self._reached(starts, roots)}
        files |= set(self._named(component))
        return {_relative(file, component.root): self._digest(file) for file in sorted(files)}

    def _reached(self, starts: Sequence[_Unit], roots: Sequence[Path]) -> set[_Unit]:
        seen: set[_Unit] = set()
        waiting = list(starts)
        while waiting:
            unit = waiting.pop()
            if unit in seen:
                continue
            seen.add(unit)
            for name in self._imports(unit):
                waiting += _find(name, roots)
        return seen

    def _imports(self, unit: _Unit) -> tuple[str, ...]:
        key = (unit, _stamp(unit.file))
        if key not in self._names:
            self._names[key] = tuple(dict.fromkeys(_imports_of(unit)))
        return self._names[key]

    def _all_of(self, folder: Path) -> list[Path]:
        """The files of a component that is no Python script; other components in it are not its own."""
        found: list[Path] = []
        for place, folders, names in os.walk(folder):
            here = Path(place)
            folders[:] = sorted(name for name in folders if not self._is_left_out(here / name))
            found += [here / name for name in sorted(names) if not name.startswith(".") and (here / name).is_file()]
            if len(found) > _LARGEST:
                raise InvalidParameter(
                    f"{folder}: it has more than {_LARGEST} files, which all count as code, for it is no Python script"
                    " that is run: give it a folder of its own."
                )
        return found

    def _is_left_out(self, folder: Path) -> bool:
        name = folder.name
        return (
            name.startswith(".")
            or name in _LEFT_OUT
            or folder.resolve() in self._skipped
            or (folder / "pyvenv.cfg").is_file()
            or any((folder / each).is_file() for each in FILES)
        )

    def _named(self, component: Component) -> Iterator[Path]:
        """The files that the step names, by patterns from the pipeline's folder."""
        for pattern in component.step.files:
            found = sorted(path for path in _glob(component, pattern) if path.is_file())
            if not found:
                raise InvalidParameter(
                    f"Step {component.step.name!r}: files names {pattern!r}, and there is no such file."
                )
            yield from (path.resolve() for path in found)

    def _digest(self, file: Path) -> str:
        key = (file, _stamp(file))
        if key not in self._digests:
            self._digests[key] = _digest_of(file)
        return self._digests[key]


def _stamp(file: Path) -> _Stamp:
    facts = file.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _digest_of(file: Path) -> str:
    """That of the bytes; of a notebook only its cells count, not what they showed when it ran last."""
    if file.suffix == ".ipynb":
        cells = _cells(file)
        if cells is not None:
            told = [(cell.get("cell_type"), cell.get("source"), cell.get("metadata", {}).get("tags")) for cell in cells]
            return hashlib.sha256(msgspec.json.encode(told)).hexdigest()
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _glob(component: Component, pattern: str) -> Iterable[Path]:
    try:
        return [
            each for path in component.root.glob(pattern) for each in ([path] if path.is_file() else path.rglob("*"))
        ]
    except (ValueError, NotImplementedError):
        raise InvalidParameter(
            f"Step {component.step.name!r}: files names {pattern!r}; write a pattern from the pipeline's folder."
        ) from None


def _script(component: Component) -> Path | None:
    """The Python script that the command runs; None when it is something else, or cannot be told."""
    words = component.entry_point.command.words
    if component.entry_point.kind != "command" or not words or not _PYTHON.fullmatch(_text(words[0]) or ""):
        return None
    for word in words[1:]:
        text = _text(word)
        if text is None or text in ("-c", "-m"):
            return None
        if not text.startswith("-"):
            script = (component.project.folder / text).resolve()
            return script if script.is_file() else None
    return None


def _module(component: Component, roots: Sequence[Path]) -> list[_Unit]:
    """The files of a command ``python -m MODULE``, where the module is a local one."""
    words = [_text(word) or "" for word in component.entry_point.command.words]
    if "-m" not in words[:-1] or not _PYTHON.fullmatch(words[0]):
        return []
    place = words.index("-m")
    if not all(word.startswith("-") for word in words[1:place]):
        return []
    name = words[place + 1]
    return [*_find(name, roots), *_find(f"{name}.__main__", roots)]


def _text(word: Word) -> str | None:
    """A word that no parameter is part of."""
    return None if any(part.parameter for part in word.parts) else "".join(part.text for part in word.parts)


def _roots(component: Component, script: Path | None) -> list[Path]:
    source = component.root / "src"
    shared = sorted(path for path in source.glob("_*/") if path.is_dir() and path.name != "__pycache__")
    paths = [Path(text) for text in (*os.environ.get("PYTHONPATH", "").split(os.pathsep), *_linked()) if text]
    beside = [script.parent] if script is not None else []
    listed = [*beside, component.project.folder, source, component.root, *shared, *paths]
    return [path for path in dict.fromkeys(each.resolve() for each in listed) if path.is_dir()]


def _linked() -> list[str]:
    """Folders that packages installed for development add to where modules are found, behind those of packages."""
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    last = max((place for place, path in enumerate(sys.path) if path in installed), default=len(sys.path))
    return [path for path in sys.path[last + 1 :] if not path.startswith(tuple(installed))]


def _find(name: str, roots: Sequence[Path]) -> Iterator[_Unit]:
    """The files that a dotted name leads to below any of the folders, parents first. A name may end in attributes."""
    if name.partition(".")[0] in _NEVER:
        return
    every = name.endswith(".*")
    parts = name.removesuffix(".*").split(".")
    for root in roots:
        place = root
        for count, part in enumerate(parts, 1):
            package = ".".join(parts[:count])
            folder = place / part
            if (folder / "__init__.py").is_file():
                yield _Unit(folder / "__init__.py", package)
            elif not folder.is_dir():
                yield from (_Unit(file, package.rpartition(".")[0]) for file in _modules(place, part))
                break
            place = folder
        else:
            if every:
                yield from (_Unit(file, ".".join(parts)) for file in sorted(place.glob("*.py")))


def _modules(folder: Path, name: str) -> list[Path]:
    """A module of Python code, or a compiled one."""
    if (folder / f"{name}.py").is_file():
        return [folder / f"{name}.py"]
    return sorted(path for path in folder.glob(f"{name}.*") if path.suffix in (".so", ".pyd", ".pyc"))


def _imports_of(unit: _Unit) -> Iterator[str]:
    source: bytes | str
    if unit.file.suffix == ".ipynb":
        source = _code_of(unit.file)
    elif unit.file.suffix == ".py":
        source = unit.file.read_bytes()
    else:
        return
    try:
        code = _compiled(source, unit.file)
    except (SyntaxError, ValueError):  # it is of another Python: its lines still tell
        text = source.decode(errors="replace") if isinstance(source, bytes) else source
        yield from (name for name in _IMPORT.findall(text) if not name.startswith("."))
        return
    yield from imported(code, unit.package)
    yield from _loaded(code)


def _loaded(code: CodeType) -> Iterator[str]:
    """Texts that may be modules' names, in code that imports modules by their names."""
    if _LOADERS.intersection(code.co_names):
        yield from (value for value in code.co_consts if isinstance(value, str) and _MODULE.fullmatch(value))
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _loaded(value)


def _compiled(source: bytes | str, file: Path) -> CodeType:
    """What Python warns of is the author's matter when the code runs."""
    with _COMPILING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(source, str(file), "exec", dont_inherit=True)


def _cells(notebook: Path) -> list[dict[str, Any]] | None:
    """The cells of a notebook; None when it is none."""
    try:
        return msgspec.convert(json.loads(notebook.read_bytes())["cells"], list[dict[str, Any]])
    except (ValueError, KeyError, TypeError):
        return None


def _code_of(notebook: Path) -> str:
    """The code of a notebook, without the lines that are IPython's own."""
    sources = ["".join(cell.get("source", "")) for cell in _cells(notebook) or () if cell.get("cell_type") == "code"]
    lines = (line for source in sources for line in source.splitlines())
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!", "?")))


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
