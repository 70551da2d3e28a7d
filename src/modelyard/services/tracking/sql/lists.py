"""Statements about several rows at once: lists of values in ``IN (…)`` and ``VALUES``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from modelyard.db import Connection, Row


def rows_in(conn: Connection, sql: str, ids: Sequence[int], *first: object) -> list[Row]:
    """The rows ``sql`` answers for all ``ids``; none for a DELETE.

    Each ``IN (?*)`` of it takes them as one parameter, however many they are; ``first`` are the parameters before.
    """
    if not ids:
        return []
    copies = sql.count("?*")
    if conn.dialect.name == "postgres":
        return conn.rows(_for_postgres(sql), [*first, *[list(ids)] * copies])
    return conn.rows(_for_sqlite(sql), [*first, *[f"[{','.join(map(str, ids))}]"] * copies])


def rows_with(conn: Connection, sql: str, texts: Sequence[str]) -> list[Row]:
    """The rows of ``sql`` for all ``texts``, which are the ``?*`` of its ``IN (?*)``.

    The list is filled up to a power of two with its last text, so that few statements serve all lengths.
    """
    if not texts:
        return []
    size = 1 << (len(texts) - 1).bit_length()
    return conn.rows(_marked(sql, size), [*texts, *([texts[-1]] * (size - len(texts)))])


@lru_cache(maxsize=512)
def values_of(sql: str, columns: int, rows: int) -> str:
    """``sql`` with its ``?*`` as that many rows of a list of VALUES."""
    row = f"({', '.join('?' * columns)})"
    return sql.replace("?*", ", ".join([row] * rows))


@lru_cache(maxsize=512)
def _marked(sql: str, size: int) -> str:
    return sql.replace("?*", ", ".join("?" * size))


@lru_cache(maxsize=128)
def _for_sqlite(sql: str) -> str:
    return sql.replace("?*", "SELECT value FROM json_each(?)")


@lru_cache(maxsize=128)
def _for_postgres(sql: str) -> str:
    return sql.replace("?*", "SELECT unnest(CAST(? AS BIGINT[]))")
