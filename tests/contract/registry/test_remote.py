"""The registry keeps the contract when a server stands in between."""

from __future__ import annotations

import pytest

from modelyard.client.transport import HttpTransport
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import runs as run
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.registry.remote import RemoteRegistryStore
from modelyard.services.tracking.contract import TrackingStore
from modelyard.services.tracking.remote import RemoteTrackingStore
from modelyard.testing.registry import RegistryStoreContract
from tests.support.remote import *  # noqa: F403


class TrackedSources:
    """The runs and logged models of a server."""

    def __init__(self, tracking: TrackingStore) -> None:
        self._tracking = tracking

    def new_run(self) -> tuple[str, str]:
        info = self._tracking.create_run(run.CreateRun(experiment_id="0")).run.info
        return info.run_id, info.artifact_uri or ""

    def new_model(self) -> tuple[str, str]:
        model = self._tracking.create_logged_model(lm.CreateLoggedModel(experiment_id="0")).model
        return model.model_id, model.artifact_location

    def model_tags(self, model_id: str) -> dict[str, str]:
        return self._tracking.get_logged_model(lm.GetLoggedModel(model_id=model_id)).model.tags


@pytest.fixture
def sources(transport: HttpTransport) -> TrackedSources:
    return TrackedSources(RemoteTrackingStore(transport))


@pytest.fixture
def registry(transport: HttpTransport) -> RegistryStore:
    return RemoteRegistryStore(transport)


class TestRemoteRegistryStore(RegistryStoreContract):
    pass
