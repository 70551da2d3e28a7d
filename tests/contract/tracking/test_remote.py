"""The tracking store keeps the contract when a server stands in between."""

from __future__ import annotations

import pytest

from modelyard.client.transport import HttpTransport
from modelyard.services.tracking.contract import TrackingStore
from modelyard.services.tracking.remote import RemoteTrackingStore
from modelyard.testing.tracking import TrackingStoreContract
from tests.support.remote import *  # noqa: F403


@pytest.fixture
def store(transport: HttpTransport) -> TrackingStore:
    return RemoteTrackingStore(transport)


class TestRemoteTrackingStore(TrackingStoreContract):
    pass
