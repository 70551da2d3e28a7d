"""States of pages that were kept, by the digest of what they are."""

from __future__ import annotations

import hashlib

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.db import Connection
from modelyard.services.views.rules import ID_LENGTHS, MAX_KEPT


def keep(conn: Connection, state: str, now: int) -> str:
    """Keep a state; its id, which is longer where another state has the short one.

    It is written first and looked at afterwards, so that of two that come at once none is lost.
    """
    digest = hashlib.sha256(state.encode()).hexdigest()
    for length in ID_LENGTHS:
        view_id = digest[:length]
        kept = find(conn, view_id)
        if kept is None:
            _check_room(conn)
            conn.run(
                "INSERT INTO kept_views (view_id, state, made_ms) VALUES (?, ?, ?) ON CONFLICT (view_id) DO NOTHING",
                (view_id, state, now),
            )
            kept = find(conn, view_id)
        if kept == state:
            return view_id
    raise InvalidParameter("This view cannot be kept: another one has its id.")


def find(conn: Connection, view_id: str) -> str | None:
    """The state of an id; None when there is none."""
    row = conn.row("SELECT state FROM kept_views WHERE view_id = ?", (view_id,))
    return None if row is None else row[0]


def get(conn: Connection, view_id: str) -> str:
    """The state of an id; ``NotFound`` when there is none."""
    state = find(conn, view_id)
    if state is None:
        raise NotFound(f"No view with id={view_id} was kept.")
    return state


def _check_room(conn: Connection) -> None:
    """None is ever thrown away: somebody may have written its address down."""
    row = conn.row("SELECT count(*) FROM kept_views")
    if row is not None and row[0] >= MAX_KEPT:
        raise InvalidParameter(f"This store keeps {MAX_KEPT} views and takes no more; share a shorter selection.")
