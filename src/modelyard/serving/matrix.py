"""From the JSON of a request straight to rows of numbers, where the signature allows it: no pandas, no model."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from types import GenericAlias
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import astuple

from modelyard.models.plain import LARGEST, PlainColumn, columns_of
from modelyard.serving.card import Card

MAX_BODY = 1 << 18
"""Larger bodies are the worker's: reading one would keep all other clients waiting."""

_EXACT = int(LARGEST)
_REAL = Annotated[float, msgspec.Meta(ge=-_EXACT, le=_EXACT)]
_TYPES: dict[str, Any] = {
    "double": _REAL,
    "long": Annotated[int, msgspec.Meta(ge=-_EXACT, le=_EXACT)],
    "integer": Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)],
}


_Found = tuple[Any, int]
"""Rows as tuples, and how many colons their body must have. Plain tuples, for they are made for every request."""


class Matrix:
    """Reads the requests of one model that are rows of numbers, in the forms MLflow's clients send.

    It answers None for everything else, for what is wrong and for what is doubtful (a float where the signature takes whole
    numbers, a number beyond 2**53, null, parameters, a missing column): the worker then reads the body again and says exactly
    what is wrong with it. What is read here is the same, bit by bit, as the worker would have made of it. Changes nothing; a
    row of eleven numbers takes one or two microseconds.
    """

    __slots__ = ("_colons", "_decoder", "_loose", "_names", "_pack", "_row", "width")

    def __init__(self, card: Card) -> None:
        columns = columns_of(card.signature) if card.columns else []
        self.width = len(columns)
        """How many numbers a row has; 0 where nothing is read here."""
        self._names = [each.name for each in columns if each.name is not None]
        self._row: Any = GenericAlias(tuple, tuple(_TYPES[each.kind] for each in columns))
        self._decoder = msgspec.json.Decoder(_forms(columns, self._row))
        self._colons = _colons(self._names)
        self._loose: Any = msgspec.json.Decoder(_body(list[int | _REAL], []))
        self._pack = struct.Struct(f"<{self.width}d").pack

    def read(self, body: bytes | bytearray) -> bytes | None:
        """The rows as float64, little-endian, one after the other, in the signature's order; None where that is not certain.

        ``numpy.frombuffer(rows, "<f8").reshape(-1, matrix.width)`` is the matrix.
        """
        if not self.width or len(body) > MAX_BODY or (self._colons and b"\\" in body):
            return None
        try:
            found = self._rows(self._decoder.decode(body)) or self._reordered(body)
        except (msgspec.DecodeError, RecursionError):
            found = self._reordered(body)
        if found is None:
            return None
        rows, keys = found
        if keys != body.count(b":") or not rows:
            return None  # the decoder keeps one of a key that an object has twice; but each has its colon, if none is escaped
        pack = self._pack
        return pack(*rows[0]) if len(rows) == 1 else b"".join([pack(*row) for row in rows])

    def _rows(self, found: Any) -> _Found | None:
        """The rows in any of the forms, or None, also where there are several forms at once."""
        if type(found) is list:
            return self._listed(found, 0)
        split = _alone(found)
        if split is not None:
            columns, rows, keys = split
            return (rows, keys + self._colons) if columns == self._names else None
        given = astuple(found)
        if given.count(UNSET) != len(given) - 1:
            return None
        value = next(each for each in given if each is not UNSET)
        if type(value) is list:
            return self._listed(value, 1)
        by_name = astuple(value) if value is not found.dataframe_split else ()
        alike = len(set(map(len, by_name))) == 1
        return (list(zip(*by_name, strict=True)), 1 + self.width + self._colons) if alike else None

    def _listed(self, rows: Sequence[Any], keys: int) -> _Found | None:
        """Lists or objects, not both."""
        kinds = set(map(type, rows))
        if len(kinds) != 1:
            return None
        if kinds == {tuple}:
            return rows, keys
        return list(map(astuple, rows)), keys + len(rows) * (self.width + self._colons)

    def _reordered(self, body: bytes | bytearray) -> _Found | None:
        """The rows of a split that has its columns in another order, or more of them; None for everything else."""
        if not self._names:
            return None
        try:
            split = _alone(self._loose.decode(body))
            if split is None:
                return None
            columns, given, keys = split
            places, colons = {name: place for place, name in enumerate(columns)}, _colons(columns)
            if len(places) != len(columns) or not all(map(places.__contains__, self._names)):
                return None
            if any(len(row) != len(places) for row in given) or (colons and b"\\" in body):
                return None
            picked = [places[name] for name in self._names]
            rows = [[row[place] for place in picked] for row in given]
            return msgspec.convert(rows, _list(self._row)), keys + colons
        except (msgspec.DecodeError, RecursionError):
            return None


def _forms(columns: Sequence[PlainColumn], row: Any) -> Any:
    """The type of all bodies that are read at once."""
    names = [each.name for each in columns if each.name is not None]
    rows = _list(row)
    if not names:
        return _body(row, [("instances", rows), ("inputs", rows), ("input", rows)])
    kinds = [_TYPES[each.kind] for each in columns]
    record = _named("Record", names, kinds)
    turned = _named("Columns", names, list(map(_list, kinds)), strict=True)
    either = _list(row | record)
    forms = [("dataframe_records", _list(record)), ("instances", either), ("inputs", either | turned)]
    if "input" not in names:
        forms.append(("input", rows))
    return _body(row, forms) | _list(record)


def _body(row: Any, forms: Sequence[tuple[str, Any]]) -> Any:
    """The type of objects that are a split or hold one, or one of some more forms; all fields may be missing."""
    members: list[tuple[str, Any]] = [("columns", list[str]), ("data", _list(row)), ("index", list[int | str])]
    split = msgspec.defstruct(
        "Split", [*members[:2], ("index", members[2][1] | UnsetType, UNSET)], forbid_unknown_fields=True
    )
    fields = [(name, kind | UnsetType, UNSET) for name, kind in [("dataframe_split", split), *members, *forms]]
    return msgspec.defstruct("Body", fields, forbid_unknown_fields=True)


def _list(of: Any) -> Any:
    """The type of lists of a type that is only known here."""
    return GenericAlias(list, (of,))


def _named(kind: str, names: Sequence[str], types: Sequence[Any], *, strict: bool = False) -> Any:
    """A type with fields of any names."""
    fields = [(f"f{place}", each) for place, each in enumerate(types)]
    return msgspec.defstruct(
        kind, fields, rename=dict(zip([name for name, _ in fields], names, strict=True)), forbid_unknown_fields=strict
    )


def _alone(found: Any) -> tuple[list[str], Any, int] | None:
    """Columns, rows and number of keys of the split that is all of a body, with an index for each row if any; else None."""
    given = astuple(found)
    split, keys = found.dataframe_split, 3
    if split is UNSET:
        if found.columns is UNSET or found.data is UNSET:
            return None
        split, keys = found, 2
        members = 2 + (found.index is not UNSET)
    else:
        members = 1
    if given.count(UNSET) != len(given) - members:
        return None
    if split.index is UNSET:
        return split.columns, split.data, keys
    return (split.columns, split.data, keys + 1) if len(split.index) == len(split.data) else None


def _colons(names: Sequence[str]) -> int:
    return sum(name.count(":") for name in names)
