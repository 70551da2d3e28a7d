"""What an ONNX file names besides its own numbers: other files, and operators that come from other libraries.

The file is a protocol buffer. Its fields are walked here, all of them, and nothing is made of them.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

from modelyard.models.trust.archives import refuse

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training"})
"""Operators of the standard; ``com.microsoft`` is what onnxruntime brings itself."""

_RUNTIME = "com.microsoft"
_HARMFUL = frozenset({"EPContext", "PyOp"})
"""Operators of the runtime that read other files or run other code."""

_WHAT = "an ONNX model"
_EXTERNAL = 1
_DEEPEST = 64
_Message = Mapping[int, str]
_MESSAGES: Mapping[str, _Message] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
    "entry": {},
}
"""Of each message, the fields that hold another one that matters. The numbers are ONNX's."""


class Field(NamedTuple):
    """A field of a message: its number, a number it holds, or where its bytes lie."""

    number: int
    value: int
    begin: int
    end: int


class OnnxContent(NamedTuple):
    """What a file names: operators, as (domain, name), the domains of its own functions, and other files."""

    operators: frozenset[tuple[str, str]]
    own: frozenset[str]
    files: frozenset[str]

    def foreign(self) -> list[str]:
        """Operators that are neither the standard's nor the runtime's nor the model's own, sorted."""
        known = DOMAINS | self.own | {_RUNTIME}
        return sorted(
            f"{domain}.{name}"
            for domain, name in self.operators
            if domain not in known or (domain == _RUNTIME and name in _HARMFUL)
        )


def read(file: Path) -> OnnxContent:
    """What a file names.

    Raises ``UntrustedModel`` when it is no ONNX model.
    """
    walk = _Walk(file.name)
    try:
        with open(file, "rb") as content, mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            walk.message(mapped, "model", 0, len(mapped), 0)
    except (OSError, ValueError) as error:
        refuse(file.name, _WHAT, str(error))
    if not walk.graphs:
        refuse(file.name, _WHAT, "it has no graph")
    return OnnxContent(frozenset(walk.operators), frozenset(walk.own), frozenset(walk.files))


class _Walk:
    """A walk through one file."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.graphs = 0
        self.operators: set[tuple[str, str]] = set()
        self.own: set[str] = set()
        self.files: set[str] = set()

    def message(self, content: mmap.mmap, kind: str, begin: int, end: int, depth: int) -> None:
        """Walk one message and those inside it."""
        if depth > _DEEPEST:
            self._broken("it is nested too deeply")
        self.graphs += kind == "graph"
        fields = list(self._fields(content, begin, end)) if kind in ("node", "function", "tensor") else None
        if fields is not None:
            self._note(content, kind, fields)
        inner = _MESSAGES[kind]
        for field in self._fields(content, begin, end) if fields is None else fields:
            if field.number in inner:
                if field.end < 0:
                    self._broken("a message is missing")
                self.message(content, inner[field.number], field.begin, field.end, depth + 1)

    def _note(self, content: mmap.mmap, kind: str, fields: list[Field]) -> None:
        if kind == "node":
            names = self._texts(content, fields, 4) or [""]
            domains = self._texts(content, fields, 7) or [""]
            self.operators.update((domain, name) for domain in domains for name in names)
        elif kind == "function":
            self.own.update(self._texts(content, fields, 10))
        elif any(field.number == 14 and field.value == _EXTERNAL for field in fields):
            for field in fields:
                if field.number == 13 and field.end >= 0:
                    self._location(content, list(self._fields(content, field.begin, field.end)))

    def _location(self, content: mmap.mmap, fields: list[Field]) -> None:
        if "location" in self._texts(content, fields, 1):
            self.files.update(self._texts(content, fields, 2) or [""])

    def _texts(self, content: mmap.mmap, fields: list[Field], number: int) -> list[str]:
        found = (field for field in fields if field.number == number and field.end >= 0)
        return [content[field.begin : field.end].decode(errors="replace") for field in found]

    def _fields(self, content: mmap.mmap, place: int, end: int) -> Iterator[Field]:
        while place < end:
            key, place = self._varint(content, place, end)
            number, wire = key >> 3, key & 7
            if wire == 0:
                value, place = self._varint(content, place, end)
                yield Field(number, value, -1, -1)
            elif wire == 2:
                length, place = self._varint(content, place, end)
                if place + length > end:
                    self._broken("it ends too early")
                yield Field(number, -1, place, place + length)
                place += length
            elif wire in (1, 5):
                place += 8 if wire == 1 else 4
            else:
                self._broken("a field is of a kind it cannot be")
        if place > end:
            self._broken("it ends too early")

    def _varint(self, content: mmap.mmap, place: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while place < end and shift < 70:
            byte = content[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value, place
        return self._broken("a number does not end")

    def _broken(self, why: str) -> NoReturn:
        refuse(self._name, _WHAT, why)
