"""The params of runs: written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Raw

from modelyard.core.entities import Param
from modelyard.db import Connection
from modelyard.services.tracking.rules.runs import changed_params
from modelyard.services.tracking.sql import keyvalues
from modelyard.services.tracking.sql.keyvalues import Owner
from modelyard.services.tracking.sql.runs import RunState

TABLE = keyvalues.texts("params", "run")


def add(
    conn: Connection, run: RunState, params: Sequence[Param], keys: Mapping[str, int], *, batch: bool = True
) -> None:
    """Write params; ``InvalidParameter`` when one is there with another value."""
    if not params:
        return
    changes = keyvalues.write_once(conn, TABLE, Owner(run.id, run.experiment), params, keys)
    if changes:
        raise changed_params(run.run_id, changes, batch=batch)


def page(conn: Connection, runs: Sequence[int]) -> dict[int, list[Param]]:
    """The params of several runs."""
    return keyvalues.page(conn, TABLE, runs, Param)


def page_json(conn: Connection, runs: Sequence[int]) -> dict[int, Raw]:
    """The same as JSON; runs without params are left out."""
    return keyvalues.page_json(conn, TABLE, runs)
