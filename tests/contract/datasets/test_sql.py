"""Named datasets in a database keep the contract, on every kind of it; so do those of a folder."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.core.entities import Dataset, DatasetInput
from modelyard.core.wire.messages import datasets as data
from modelyard.core.wire.messages import runs as run
from modelyard.db.database import Database
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.datasets.sql.store import SqlDatasetStore
from modelyard.services.stores import Stores, open_stores
from modelyard.services.tracking.contract import TrackingStore
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.testing.datasets import DatasetStoreContract
from modelyard.testing.datasets.steps import NAME, make
from tests.support.databases import *  # noqa: F403
from tests.support.databases import KINDS, Databases


class TrackedRuns:
    """The runs of a tracking store."""

    def __init__(self, tracking: TrackingStore) -> None:
        self._tracking = tracking

    def new_run(self) -> str:
        return self._tracking.create_run(run.CreateRun(experiment_id="0")).run.info.run_id

    def log_input(self, run_id: str, name: str, digest: str) -> None:
        dataset = Dataset(name=name, digest=digest, source_type="local", source="{}")
        self._tracking.log_inputs(run.LogInputs(run_id=run_id, datasets=[DatasetInput(dataset)]))


class TestSqlDatasetStore(DatasetStoreContract):
    @pytest.fixture(params=KINDS)
    def migrated(self, databases: Databases, request: pytest.FixtureRequest) -> Database:
        return databases.migrated(request.param)

    @pytest.fixture
    def datasets(self, migrated: Database) -> DatasetStore:
        return SqlDatasetStore(migrated)

    @pytest.fixture
    def runs(self, migrated: Database) -> TrackedRuns:
        tracking = SqlTrackingStore(migrated)
        tracking.ensure_default()
        return TrackedRuns(tracking)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = open_stores(str(tmp_path / "yard"))
    yield opened
    opened.close()


class TestDatasetsOfAFolder(DatasetStoreContract):
    @pytest.fixture
    def datasets(self, stores: Stores) -> DatasetStore:
        return stores.datasets

    @pytest.fixture
    def runs(self, stores: Stores) -> TrackedRuns:
        return TrackedRuns(stores.tracking)


def _write(folder: str, run_id: str, writer: int) -> list[int]:
    opened = open_stores(folder)
    try:
        return [make(opened.datasets, run_id, f"{writer} {number}").version for number in range(5)]
    finally:
        opened.close()


def test_racing_processes_leave_no_gap(tmp_path: Path, stores: Stores) -> None:
    run_id = TrackedRuns(stores.tracking).new_run()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.starmap(_write, [(str(tmp_path / "yard"), run_id, writer) for writer in range(2)])
    assert sorted(number for some in made for number in some) == list(range(10))
    found = stores.datasets.list_versions(data.ListDatasetVersions(name=NAME)).versions
    assert [each.version for each in found] == list(reversed(range(10)))
