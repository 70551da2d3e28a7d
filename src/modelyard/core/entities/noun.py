"""The shape all entities share."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that the wire's int64 and every database can hold; the decoder refuses others."""


class Noun(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An immutable record that is the same object in SQL, on the wire and in the client.

    Fields are in wire form (lists of key and value); MLflow's Python shape (dictionaries) is offered as properties.
    Fields whose default is empty are left out of the encoded form, as MLflow leaves them out. A default given as a
    factory (``int``, ``str``) marks a field that is written even when it is zero or empty.
    """

    def to_dictionary(self) -> dict[str, Any]:
        """The entity as plain dictionaries and lists, in wire form."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


class KeyValue(Noun, frozen=True, gc=False):
    """A key and a text value."""

    key: str
    value: str = msgspec.field(default_factory=str)


def as_dict(pairs: list[Any]) -> dict[str, str]:
    """Pairs of key and value as a dictionary; the last of equal keys wins."""
    return {pair.key: pair.value for pair in pairs}
