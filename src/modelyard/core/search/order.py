"""order_by to keys: ``metrics.loss DESC``, ``start_time``, ``params.`a b` ASC``; for logged models objects."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.search.fields import FieldTable, OrderKey
from modelyard.core.search.lexer import Source, TokenKind, tokenize
from modelyard.core.search.parser import Cursor
from modelyard.core.search.predicate import Field, Kind

MAX_KEYS = 16


class OrderObject(msgspec.Struct, frozen=True):
    """An order key as logged models take it."""

    field_name: str | None = None
    ascending: bool | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


def parse_order_by(clauses: Sequence[str], table: FieldTable) -> tuple[OrderKey, ...]:
    """The keys of a list of clauses, each a field and perhaps ASC (the default) or DESC.

    Raises:
        InvalidParameter: a clause cannot be read, a field is named twice, or there are more than 16.

    >>> from modelyard.core.search.fields import RUNS
    >>> [(key.field.key, key.ascending) for key in parse_order_by(["metrics.loss DESC", "start_time"], RUNS)]
    [('loss', False), ('start_time', True)]
    """
    check_count(clauses)
    keys = tuple(_parse_clause(clause, table) for clause in clauses)
    check_unique(keys, clauses)
    return keys


def parse_order_objects(objects: Sequence[OrderObject], table: FieldTable) -> tuple[OrderKey, ...]:
    """The keys of a list of objects, as the search of logged models takes them.

    Raises:
        InvalidParameter: an object names no field or one that cannot be ordered by, or a digest without a dataset.
    """
    check_count(objects)
    keys = tuple(_parse_object(each, table) for each in objects)
    check_unique(keys, [each.field_name or "" for each in objects])
    return keys


def check_count(clauses: Sequence[object]) -> None:
    """Refuse an order of too many fields."""
    if len(clauses) > MAX_KEYS:
        raise InvalidParameter(f"`order_by` holds {len(clauses)} fields; at most {MAX_KEYS} are allowed.")


def check_unique(keys: tuple[OrderKey, ...], clauses: Sequence[str]) -> None:
    """Refuse an order that names a field twice."""
    seen = {(key.field, key.dataset_name, key.dataset_digest) for key in keys}
    if len(seen) < len(keys):
        raise InvalidParameter(f"`order_by` contains duplicate fields: {list(clauses)}")


def _parse_clause(clause: str, table: FieldTable) -> OrderKey:
    unreadable = InvalidParameter(f"Invalid order_by clause '{clause}'. Could not be parsed.")
    try:
        source = Source(clause, "order_by")
        cursor = Cursor(source, tokenize(source), table)
    except InvalidParameter as error:
        raise unreadable from error
    if not cursor.at(TokenKind.WORD, TokenKind.QUOTED):
        raise unreadable
    field = cursor.field(ordering=True)
    direction = cursor.take() if cursor.at(TokenKind.WORD) else None
    if not cursor.at(TokenKind.END):
        raise unreadable
    if direction is not None and not direction.is_word("ASC", "DESC"):
        raise InvalidParameter(f"Invalid ordering key in order_by clause '{clause}'.")
    if field.kind not in table.order_kinds:
        raise InvalidParameter(f"Invalid order_by entity: {field.kind}")
    return OrderKey(field, ascending=direction is None or direction.is_word("ASC"))


def _parse_object(wanted: OrderObject, table: FieldTable) -> OrderKey:
    name = (wanted.field_name or "").strip()
    if not name:
        raise InvalidParameter("`field_name` in the `order_by` clause must be specified.")
    if wanted.dataset_digest and not wanted.dataset_name:
        raise InvalidParameter("`dataset_digest` can only be specified if `dataset_name` is also specified.")
    return OrderKey(
        _object_field(name, table),
        ascending=wanted.ascending is not False,
        dataset_name=wanted.dataset_name or None,
        dataset_digest=wanted.dataset_digest or None,
    )


def _object_field(name: str, table: FieldTable) -> Field:
    """An attribute, or ``metrics.`` and a key that is taken as it stands."""
    prefix, dot, key = name.partition(".")
    if not dot:
        try:
            return table.attribute(name, ordering=True)
        except InvalidParameter as error:
            raise InvalidParameter(f"Invalid order by field name: {name}.") from error
    if prefix != "metrics":
        raise InvalidParameter(f"Invalid order by field name: {prefix}, only `metrics.<name>` is allowed.")
    return Field(Kind.METRIC, key)
