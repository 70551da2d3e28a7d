"""Stores of views: in SQLite and in PostgreSQL."""

from __future__ import annotations

import pytest

from tests.support.databases import *  # noqa: F403
from tests.support.databases import Databases
from tests.unit.views.yard import Yard


@pytest.fixture(params=["memory", "postgres"])
def yard(databases: Databases, request: pytest.FixtureRequest) -> Yard:
    """An empty store; the test runs once for each kind of database."""
    return Yard(databases.migrated(request.param))
