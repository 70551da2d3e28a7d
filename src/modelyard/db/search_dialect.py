"""What a search asks that SQLite and PostgreSQL spell, or do well, in different ways.

Texts compare the same on both:

* ``=``, ``IN`` and order by code points. SQLite does so by itself, PostgreSQL by ``COLLATE "C"``.
* LIKE is ``GLOB`` on SQLite, whose own LIKE does not tell upper from lower case: ``%`` becomes ``*``, ``_`` becomes
  ``?``, and the signs GLOB knows are put in brackets. Where a pattern begins with letters, the range they stand for is
  asked too, which an index answers. ILIKE is SQLite's LIKE: both fold the letters A to Z only.
* ``=~`` calls the function ``regexp`` that `SQL_FUNCTIONS` gives to SQLite, and is ``~`` on PostgreSQL, with the
  expression written in its spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from modelyard.core.search.like import literal_prefix
from modelyard.core.search.predicate import Op
from modelyard.core.search.regex import compile_regex
from modelyard.db.dialect import Dialect, Name
from modelyard.db.fragment import Sql, sql

_GLOB_SIGNS = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
_INDEXED_CHARACTERS = 256
_MAX_JOINS = 8


def regexp(pattern: str, text: str | None) -> bool:
    """SQLite calls this for ``text REGEXP pattern``."""
    return text is not None and compile_regex(pattern).search(text)


SQL_FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int]] = {"regexp": (regexp, 2)}
"""The functions the SQLite adapter has to register: name → (function, number of arguments); all are deterministic."""


class SearchDialect(Protocol):
    """An engine's way."""

    makes_sets: bool
    """Whether ``id IN (SELECT …)`` is how nearly all records are asked; else `exists` is, which the engine turns into that."""
    names_indexes: bool
    """Whether a statement can say which index to take."""

    def one_of(self, column: str, ids: Sequence[int]) -> Sql:
        """The condition that a column holds one of some ids; one parameter however many they are."""
        ...

    def text(self, column: str, op: Op, value: str) -> Sql:
        """The condition that a text equals or fits another: ``=``, ``!=``, LIKE, ILIKE or ``=~``."""
        ...

    def exists(self, rows: Sql, *, for_all: bool, of: int) -> Sql:
        """The condition that there are rows, with `for_all` when nearly all records are asked; one of so many conditions."""
        ...

    def indexed_beginning(self, column: str) -> str:
        """What an index over texts holds, where that is not the column itself; else nothing."""
        ...

    def cut(self, value: str) -> str:
        """As much of a text as its index holds."""
        ...


class _Sqlite:
    makes_sets = True
    names_indexes = True

    def one_of(self, column: str, ids: Sequence[int]) -> Sql:
        if len(ids) == 1:
            return Sql(f"{column} = ?", (ids[0],))
        return Sql(f"{column} IN (SELECT value FROM json_each(?))", ("[" + ",".join(map(str, ids)) + "]",))

    def text(self, column: str, op: Op, value: str) -> Sql:
        if op is Op.LIKE:
            pattern = "".join(_GLOB_SIGNS.get(sign, sign) for sign in value)
            return _like(column, value, Sql(f"{column} GLOB ?", (pattern,)))
        word = {Op.ILIKE: "LIKE", Op.MATCHES: "REGEXP"}.get(op, str(op))
        return Sql(f"{column} {word} ?", (value,))

    def exists(self, rows: Sql, *, for_all: bool, of: int) -> Sql:
        # A bare EXISTS is made a join behind base's row, since 3.51; this is asked as soon as the id is known.
        return sql("((SELECT 1 {} LIMIT 1) IS NOT NULL)", rows)

    def indexed_beginning(self, column: str) -> str:
        return ""

    def cut(self, value: str) -> str:
        return value


class _Postgres:
    makes_sets = False
    names_indexes = False

    def one_of(self, column: str, ids: Sequence[int]) -> Sql:
        if len(ids) == 1:
            return Sql(f"{column} = ?", (ids[0],))
        return Sql(f"{column} = ANY(CAST(? AS BIGINT[]))", (list(ids),))

    def text(self, column: str, op: Op, value: str) -> Sql:
        match op:
            case Op.LIKE:
                return _like(column, value, Sql(f"{column} COLLATE \"C\" LIKE ? ESCAPE ''", (value,)))
            case Op.ILIKE:
                return Sql(f"{column} COLLATE \"C\" ILIKE ? ESCAPE ''", (value,))
            case Op.MATCHES:
                return Sql(f'{column} COLLATE "C" ~ ?', (compile_regex(value).postgres(),))
        return Sql(f"{column} {op} ?", (value,))

    def exists(self, rows: Sql, *, for_all: bool, of: int) -> Sql:
        # A bare EXISTS is made a join, and of many joins PostgreSQL plans for seconds; with OR it chooses for each by
        # itself between a set and asking record by record. The scalar is asked record by record, as a short walk wants.
        if not for_all:
            return sql("((SELECT 1 {} LIMIT 1) IS NOT NULL)", rows)
        return sql("EXISTS (SELECT 1 {})" if of <= _MAX_JOINS else "(EXISTS (SELECT 1 {}) OR FALSE)", rows)

    def indexed_beginning(self, column: str) -> str:
        return f"left({column}, {_INDEXED_CHARACTERS})"

    def cut(self, value: str) -> str:
        return value[:_INDEXED_CHARACTERS]


_WAYS: Mapping[Name, SearchDialect] = {"sqlite": _Sqlite(), "postgres": _Postgres()}


def search_dialect(dialect: Dialect) -> SearchDialect:
    """The way of an engine."""
    return _WAYS[dialect.name]


def begins_with(column: str, prefix: str) -> Sql:
    """The condition that a text begins with a prefix, as a range of code points."""
    stem = prefix.rstrip(chr(0x10FFFF))
    if not stem:
        return Sql(f"{column} >= ?", (prefix,))
    last = ord(stem[-1]) + 1
    behind = stem[:-1] + chr(0xE000 if 0xD800 <= last <= 0xDFFF else last)  # no text holds a surrogate
    return Sql(f"({column} >= ? AND {column} < ?)", (prefix, behind))


def _like(column: str, pattern: str, fits: Sql) -> Sql:
    prefix = literal_prefix(pattern)
    if prefix == pattern:
        return Sql(f"{column} = ?", (pattern,))
    if not prefix:
        return fits
    in_range = begins_with(column, prefix)
    return in_range if re.fullmatch("%+", pattern[len(prefix) :]) else sql("({} AND {})", in_range, fits)
