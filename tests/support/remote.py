"""Our client's way to a server that lives in the test's own process.

A `conftest.py` or a module makes the fixtures its own: ``from tests.support.remote import *  # noqa: F403``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from modelyard.client.sockets import Pool
from modelyard.client.transport import HttpTransport
from modelyard.core.settings import Settings
from tests.support.local_server import LocalServer, local, start_local

__all__ = ["local", "start_local", "transport"]


@pytest.fixture
def transport(local: LocalServer) -> Iterator[HttpTransport]:
    """HTTP to a new server on an empty store in memory."""
    pool = Pool(local.address, Settings())
    yield HttpTransport(pool)
    pool.close()
