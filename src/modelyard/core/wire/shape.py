"""What the lenient decoder knows of a message: its fields by every spelling, and what is below them."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from modelyard.core.entities.view import RunStatus, ViewType
from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.core.wire.bounds import MAX_DEPTH

# Protobuf's JSON takes the number of an enumeration's value for its name.
_NUMBERED: tuple[dict[int, str], ...] = (
    {member.value: member.name for member in RunStatus},
    {member.value: member.name for member in ViewType},
    {
        0: "LOGGED_MODEL_STATUS_UNSPECIFIED",
        1: "LOGGED_MODEL_PENDING",
        2: "LOGGED_MODEL_READY",
        3: "LOGGED_MODEL_UPLOAD_FAILED",
    },
)

# Old clients say run_uuid, some both; where both are said, run_id counts.
_OLD_NAMES = {"run_uuid": "run_id", "runUuid": "run_id"}


class Field(NamedTuple):
    """One field: its name on the wire, the shape of what is below it, and how its values are read."""

    name: str
    nested: Shape | None
    is_list: bool
    is_boolean: bool
    numbered: dict[int, str]


class Shape:
    """The fields of one type of message."""

    __slots__ = ("fields", "spellings")

    def __init__(self, info: inspect.StructType) -> None:
        self.fields = {field.encode_name: _field(field.encode_name, field.type) for field in info.fields}
        self.spellings: dict[str, Field] = {}
        for name, field in self.fields.items():
            self.spellings[name] = self.spellings[camel(name)] = field
        for old, name in _OLD_NAMES.items():
            if name in self.fields:
                self.spellings.setdefault(old, self.fields[name])

    def tidy(self, value: dict[str, Any], depth: int = 1) -> dict[str, Any]:
        """The same under canonical names, without nulls and unknown fields, at every level.

        Raises ``InvalidParameter`` when a field is there in both spellings: one reader would take the first and another
        the last of them.
        """
        if depth > MAX_DEPTH:
            raise BadRequest(f"The body is nested deeper than {MAX_DEPTH} levels.")
        found: dict[str, Any] = {}
        for key, item in value.items():
            field = self.spellings.get(key)
            if field is None:
                continue
            name = field.name
            if key != name and name in value:
                if key in _OLD_NAMES:
                    continue
                raise InvalidParameter(f"Request specifies both '{name}' and '{key}'; provide only one of them.")
            if item is not None:
                found[name] = _below(field, item, depth)
        return found


@cache
def shape_of(message: type[Any]) -> Shape:
    """The shape of a message type."""
    info = inspect.type_info(message)
    assert isinstance(info, inspect.StructType)
    return Shape(info)


def camel(name: str) -> str:
    """``experiment_id`` as protobuf's JSON spells it, ``experimentId``."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _field(name: str, kind: inspect.Type) -> Field:
    kind, is_list = _inner(kind)
    nested = shape_of(kind.cls) if isinstance(kind, inspect.StructType) else None
    names = set(kind.values) if isinstance(kind, inspect.LiteralType) else set()
    numbered = next((table for table in _NUMBERED if set(table.values()) == names), {})
    return Field(name, nested, is_list, isinstance(kind, inspect.BoolType), numbered)


def _inner(kind: inspect.Type) -> tuple[inspect.Type, bool]:
    """The type behind optionals and one list, and whether there was a list."""
    is_list = False
    while True:
        if isinstance(kind, inspect.UnionType):
            kind = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
        elif isinstance(kind, inspect.ListType):
            kind, is_list = kind.item_type, True
        elif isinstance(kind, inspect.Metadata):
            kind = kind.type
        else:
            return kind, is_list


def _below(field: Field, item: Any, depth: int) -> Any:
    if field.nested is not None:
        if isinstance(item, dict) and not field.is_list:
            return field.nested.tidy(item, depth + 1)
        if isinstance(item, list) and field.is_list:
            return [field.nested.tidy(part, depth + 2) if isinstance(part, dict) else part for part in item]
    if field.numbered and type(item) is int:
        return field.numbered.get(item, item)
    return item


def check_texts(value: Any) -> None:
    """Refuse texts no store can keep: with U+0000 in them, or with half of a surrogate pair. At any depth."""
    if isinstance(value, str):
        if "\0" in value:
            raise InvalidParameter("Texts must not contain the character U+0000.")
        if value.isascii():  # known without looking
            return
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadRequest("The body holds half of a surrogate pair, which is no character.") from None
    elif isinstance(value, dict):
        for key, item in value.items():
            check_texts(key)
            check_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_texts(item)
    elif isinstance(value, msgspec.Struct):
        check_texts(msgspec.structs.astuple(value))
