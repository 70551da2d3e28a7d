"""A tracking store over SQL, its database and its clock."""

from __future__ import annotations

import pytest

from modelyard.core.clock import FixedClock
from modelyard.db.database import Database
from modelyard.db.migrate import upgrade
from modelyard.services.tracking.sql.store import SqlTrackingStore
from tests.support.databases import *  # noqa: F403


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def store(database: Database, clock: FixedClock) -> SqlTrackingStore:
    upgrade(database)
    store = SqlTrackingStore(database, clock=clock)
    store.ensure_default()
    return store
