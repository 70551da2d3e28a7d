"""The SQL tracking store keeps the contract on every database; `test_remote.py` beside it asks the same of a server."""

from __future__ import annotations

import pytest

from modelyard.db.database import Database
from modelyard.db.migrate import upgrade
from modelyard.services.tracking.contract import TrackingStore
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.testing.tracking import TrackingStoreContract
from tests.support.databases import *  # noqa: F403


@pytest.fixture
def store(database: Database) -> TrackingStore:
    upgrade(database)
    store = SqlTrackingStore(database)
    store.ensure_default()
    return store


class TestSqlTrackingStore(TrackingStoreContract):
    pass
