"""Databases with the schema of metrics, and runs to log to."""

from __future__ import annotations

import pytest

from modelyard.db.database import Database
from tests.integration.services.tracking.metrics.yard import Yard
from tests.support.databases import *  # noqa: F403


@pytest.fixture
def yard(database: Database) -> Yard:
    """A database with runs and keys; the test runs once for each kind of database."""
    return Yard.new(database)
