"""Which modules a model folder's files name, read without running anything."""

from __future__ import annotations

import ast
import io
import pickletools
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from modelyard.core.errors import UntrustedModel
from modelyard.models.trust import skops_types
from modelyard.models.trust.archives import archive

_LARGEST_SOURCE = 16 << 20
_LARGEST_PICKLE = 256 << 20
"""The names of a larger pickle are those that stand before this many bytes."""

_MOST_STEPS = 20_000_000

_KEEPS = ("MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT")
_TAKES = ("BINGET", "LONG_BINGET", "GET")
_SILENT = ("PROTO", "FRAME", "MARK")
_IMPORTER = ".subimport"
"""cloudpickle's function that imports the module named next: one that a function of the main script uses."""


class _Global(str):
    """The name of what a pickle imported."""

    __slots__ = ()


def modules_in(folder: Path) -> list[str]:
    """Top-level modules that pickles, skops files and Python files in a folder name, sorted."""
    found: set[str] = set()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            found.update(name.partition(".")[0] for name in names_in(file))
    return sorted(found - {"", "builtins", "__main__", "__builtin__"})


def names_in(file: Path) -> list[str]:
    """What one file names, sorted: globals of pickles, types of skops files, imports of Python files.

    A file that is none of these names nothing; what a file is told by its first bytes, not by what it is called.
    """
    if file.suffix == ".py":
        return sorted(_imports(file))
    with open(file, "rb") as content:
        start = content.read(4)
        content.seek(0)
        if start[:1] == b"\x80" or file.suffix in (".pkl", ".pickle", ".joblib"):
            return sorted(map(str, globals_of(content)))
    return sorted(map(str, _in_archive(file))) if start == b"PK\3\4" else []


def globals_of(content: BinaryIO) -> set[str]:
    """The globals, ``module.name``, that a pickle would import, as far as it can be read."""
    found: set[str] = set()
    memo: dict[int, object] = {}
    pushed: list[object] = [None, None]  # the last two: a STACK_GLOBAL takes its names from there
    for name, argument in _steps(content):
        if name in ("GLOBAL", "INST", "STACK_GLOBAL"):
            made = _Global(".".join(map(str, pushed)) if argument is None else str(argument).replace(" ", "."))
            found.add(made)
            pushed.append(made)
        elif name in _KEEPS:
            memo[argument if isinstance(argument, int) else len(memo)] = pushed[-1]
        elif isinstance(argument, str) or name in _TAKES:
            value = memo.get(argument) if name in _TAKES and isinstance(argument, int) else argument
            if isinstance(pushed[-1], _Global) and pushed[-1].endswith(_IMPORTER) and isinstance(value, str):
                found.add(value)
            pushed.append(value)
        elif name not in _SILENT:
            pushed.append(None)
        del pushed[:-2]
    return found


def _steps(content: BinaryIO) -> Iterator[tuple[str, object]]:
    """The instructions of all pickles in a file, one after the other, up to the first that cannot be read."""
    steps = 0
    while content.tell() < _LARGEST_PICKLE:
        try:
            for opcode, argument, _ in pickletools.genops(content):
                yield opcode.name, argument
                steps += 1
                if steps > _MOST_STEPS:
                    return
        except Exception:  # noqa: BLE001 - whatever it is, the rest is no pickle
            return


def _in_archive(file: Path) -> set[str]:
    """The types of a skops file; the globals of the pickles in another archive, such as torch writes."""
    try:
        with archive(file, "an archive") as inside:
            names = inside.namelist()
            if skops_types.SCHEMA not in names:
                return {each for name in names if name.endswith(".pkl") for each in globals_of(_content(inside, name))}
        return {named.name for named in skops_types.read(file).named}
    except UntrustedModel:
        return set()


def _content(inside: zipfile.ZipFile, name: str) -> BinaryIO:
    with inside.open(name) as content:
        return io.BytesIO(content.read(_LARGEST_PICKLE))


def _imports(file: Path) -> set[str]:
    if file.stat().st_size > _LARGEST_SOURCE:
        return set()
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return set(_imported(ast.walk(tree)))


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
