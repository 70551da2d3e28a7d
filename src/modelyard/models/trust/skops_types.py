"""What a skops file names, read by ourselves, and which of it may be made of a file that nobody vouches for.

A skops file is a zip archive: ``schema.json`` is a tree of nodes, each with a loader and the name of a type, and the
arrays lie beside it. What a file may hold is our own frozen list, ``skops_types.txt``; what ``skops`` itself trusts
grows with its releases, and is not asked.
"""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.models.skops_files import skops_io
from modelyard.models.trust.archives import archive, json_member, member, opened
from modelyard.models.trust.frozen import frozen

LIST = "skops_types.txt"
SCHEMA = "schema.json"
PROTOCOLS = (1, 2)
"""The ways of writing that are known here; another one may put names where nobody looks for them."""

_WHAT = "a skops file"
_LARGEST_SCHEMA = 512 << 20
_LARGEST_HEADER = 10_000


class Named(NamedTuple):
    """A node of the tree: how skops makes the object, and the name of its type, function or class."""

    loader: str
    name: str


class Content(NamedTuple):
    """What a file names, and what is strange about it besides."""

    named: frozenset[Named]
    oddities: tuple[str, ...]


def outside(file: Path) -> list[str]:
    """What a file holds that is not on the frozen list, sorted: names of types, with the loader where that is unknown.

    Raises ``UntrustedModel`` when it is no skops file at all.
    """
    content = read(file)
    return sorted({*content.oddities, *(_shown(each) for each in content.named if not _is_listed(each))})


def types_in(file: Path) -> list[str]:
    """What ``skops.io.load`` is to be told to trust to load the whole file, sorted. Says nothing about whether to."""
    content = read(file)
    if not content.oddities and all(map(_is_listed, content.named)):
        return sorted({each.name for each in content.named})
    skops = skops_io()
    return sorted(skops.get_untrusted_types(file=file))


def read(file: Path) -> Content:
    """What a file names. Makes none of it, and imports nothing.

    Raises ``UntrustedModel`` when it is no skops file, or one that would take more to read than any model needs.
    """
    with archive(file, _WHAT) as inside:
        schema = schema_of(inside, file.name)
        odd = [f"objects in {entry.filename}" for entry in inside.infolist() if _has_objects(inside, entry, file.name)]
        if schema.get("protocol") not in PROTOCOLS or isinstance(schema.get("protocol"), bool):
            odd.append(f"protocol {schema.get('protocol')!r}")
        return Content(frozenset(_nodes(schema)), tuple(odd))


def _is_listed(named: Named) -> bool:
    return named.name in frozen(LIST).get(named.loader, ())


def _shown(named: Named) -> str:
    return named.name if named.loader in frozen(LIST) else f"{named.name} (by {named.loader})"


def schema_of(inside: zipfile.ZipFile, name: str) -> Any:
    """The tree of nodes in the archive of a name; raises ``UntrustedModel`` where there is none."""
    return json_member(
        inside, SCHEMA, has="__loader__", limit=_LARGEST_SCHEMA, name=name, what=_WHAT, lacks="is no tree of nodes"
    )


def _nodes(schema: Any) -> Iterator[Named]:
    """All nodes there are, wherever they stand: a superset of those that skops would come by."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__loader__" in value:
                yield Named(str(value["__loader__"]), f"{value.get('__module__')}.{value.get('__class__')}")
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _has_objects(inside: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bool:
    """Whether an array in the archive is not plain numbers and texts: numpy would unpickle its elements."""
    if entry.filename.endswith(".npy"):
        return not _is_plain(member(inside, entry.filename, _LARGEST_HEADER))
    if not entry.filename.endswith(".npz"):
        return False
    content = inside.read(entry)
    with opened(io.BytesIO(content), len(content), f"{name}/{entry.filename}", _WHAT) as arrays:
        return any(not _is_plain(member(arrays, each, _LARGEST_HEADER)) for each in arrays.namelist())


def _is_plain(start: bytes) -> bool:
    """Whether a file in numpy's format declares elements that are no Python objects."""
    wide = start[6:7] > b"\1"
    begin = 12 if wide else 10
    length = int.from_bytes(start[8:begin], "little")
    if not start.startswith(b"\x93NUMPY") or begin + length > len(start):
        return False
    try:
        header = ast.literal_eval(start[begin : begin + length].decode("utf-8" if wide else "latin-1"))
        return not _names_objects(header["descr"])
    except (ValueError, SyntaxError, KeyError, TypeError, IndexError, RecursionError, MemoryError):
        return False


def _names_objects(descr: Any) -> bool:
    if isinstance(descr, str):
        return descr.lstrip("<>|=").startswith("O")
    return any(_names_objects(field[1]) for field in descr)
