"""Named datasets keep the contract when a server stands in between."""

from __future__ import annotations

import pytest

from modelyard.client.transport import HttpTransport
from modelyard.core.entities import Dataset, DatasetInput
from modelyard.core.errors import EndpointNotFound, NotSupported
from modelyard.core.wire.endpoint import Endpoint
from modelyard.core.wire.messages import datasets as data
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.message import Message
from modelyard.core.wire.transport import Reply
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.datasets.remote import RemoteDatasetStore
from modelyard.services.tracking.remote import RemoteTrackingStore
from modelyard.testing.datasets import DatasetStoreContract
from tests.support.remote import *  # noqa: F403


class ServedRuns:
    """The runs of a server."""

    def __init__(self, transport: HttpTransport) -> None:
        self._tracking = RemoteTrackingStore(transport)

    def new_run(self) -> str:
        return self._tracking.create_run(run.CreateRun(experiment_id="0")).run.info.run_id

    def log_input(self, run_id: str, name: str, digest: str) -> None:
        dataset = Dataset(name=name, digest=digest, source_type="local", source="{}")
        self._tracking.log_inputs(run.LogInputs(run_id=run_id, datasets=[DatasetInput(dataset)]))


class TestRemoteDatasetStore(DatasetStoreContract):
    @pytest.fixture
    def datasets(self, transport: HttpTransport) -> DatasetStore:
        return RemoteDatasetStore(transport)

    @pytest.fixture
    def runs(self, transport: HttpTransport) -> ServedRuns:
        return ServedRuns(transport)


class StockServer:
    """A server that knows none of our endpoints, as MLflow's."""

    def call(self, endpoint: Endpoint, request: Message, reply: type[Reply]) -> Reply:
        raise EndpointNotFound("Not Found")


def test_a_server_without_named_datasets_says_so() -> None:
    with pytest.raises(NotSupported, match="keeps no named datasets"):
        RemoteDatasetStore(StockServer()).search(data.SearchNamedDatasets())
