"""Pieces of statements that several tables share."""

from __future__ import annotations

from modelyard.db.fragment import Sql

NAMED = "(SELECT id FROM names WHERE name = ?)"


def holds(expression: str, text: str) -> Sql:
    """The condition that a text holds another, whatever the case of the letters A to Z; the empty one is in all."""
    if not text:
        return Sql("TRUE")
    return Sql(f"replace(lower({expression}), lower(?), '') <> lower({expression})", (text,))
