"""Runs that hold the files of versions of datasets are not removed for good by the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from modelyard.cli.main import main
from modelyard.client.client import MlflowClient
from modelyard.core.clock import SystemClock
from modelyard.core.entities import Dataset, DatasetInput
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import datasets as data
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.views import PurgeDeleted
from modelyard.db import Database
from modelyard.db.migrate import current_version, steps, upgrade
from modelyard.services.datasets.sql.store import SqlDatasetStore
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.services.views.sql.store import SqlViewStore
from modelyard.testing.datasets.steps import NAME, get, lineage, make, reference_of, request_of
from tests.support.databases import *  # noqa: F403
from tests.support.databases import KINDS, Databases


class Kept(NamedTuple):
    """The stores of one database."""

    tracking: SqlTrackingStore
    datasets: SqlDatasetStore
    views: SqlViewStore

    def new_run(self, experiment_id: str = "0") -> str:
        return self.tracking.create_run(run.CreateRun(experiment_id=experiment_id)).run.info.run_id

    def delete(self, *run_ids: str) -> None:
        for run_id in run_ids:
            self.tracking.delete_run(run.DeleteRun(run_id=run_id))

    def purge(self, **how: bool) -> tuple[list[str], list[str], list[str]]:
        gone = self.tracking.purge(SystemClock().now_ms() + 1, **how)
        return gone.experiments, gone.runs, gone.kept


def kept_in(database: Database) -> Kept:
    tracking = SqlTrackingStore(database)
    tracking.ensure_default()
    return Kept(tracking, SqlDatasetStore(database), SqlViewStore(database))


@pytest.fixture(params=KINDS)
def kept(databases: Databases, request: pytest.FixtureRequest) -> Kept:
    return kept_in(databases.migrated(request.param))


def test_a_run_that_holds_a_version_stays(kept: Kept) -> None:
    holder, other = kept.new_run(), kept.new_run()
    make(kept.datasets, holder)
    kept.delete(holder, other)
    assert kept.purge() == ([], [other], [holder])
    assert get(kept.datasets).is_gone is False


def test_a_run_that_made_a_version_of_anothers_files_or_of_a_place_goes(kept: Kept) -> None:
    holder, again, referring = kept.new_run(), kept.new_run(), kept.new_run()
    make(kept.datasets, holder)
    make(kept.datasets, again)
    kept.datasets.create_version(msgspec.structs.replace(reference_of(referring), name="large"))
    kept.delete(again, referring)
    assert kept.purge() == ([], [again, referring], [])
    assert [run_id for _, _, run_id in lineage(kept.datasets, "large")] == [referring]  # who made it stays known


def test_with_datasets_the_run_goes_and_the_version_is_gone(kept: Kept) -> None:
    holder = kept.new_run()
    made = make(kept.datasets, holder)
    kept.delete(holder)
    assert kept.purge(with_datasets=True) == ([], [holder], [])
    assert get(kept.datasets) == msgspec.structs.replace(made, is_gone=True)
    again = kept.datasets.create_version(request_of(kept.new_run()))
    assert (again.version.version, again.is_new, again.version.is_gone) == (1, True, False)


def test_an_experiment_stays_while_a_run_in_it_does(kept: Kept) -> None:
    number = kept.tracking.create_experiment(exp.CreateExperiment(name="wine")).experiment_id
    holder, other = kept.new_run(number), kept.new_run(number)
    make(kept.datasets, holder)
    kept.tracking.delete_experiment(exp.DeleteExperiment(experiment_id=number))
    assert kept.purge() == ([], [other], [holder])
    assert kept.purge(with_datasets=True) == ([number], [holder], [])


def test_a_great_many_runs_that_stay_do_not_keep_the_others(databases: Databases) -> None:
    kept = kept_in(databases.migrated("memory"))
    holders = [kept.new_run() for _ in range(3)]
    for place, holder in enumerate(holders):
        make(kept.datasets, holder, str(place))
    others = [kept.new_run() for _ in range(501)]
    kept.delete(*holders, *others)
    assert kept.purge() == ([], others, holders)


def test_a_version_that_is_made_while_runs_are_removed_keeps_its_run(databases: Databases) -> None:
    database = databases.migrated("postgres")
    kept = kept_in(database)
    holder = kept.new_run()
    kept.delete(holder)
    with ThreadPoolExecutor(1) as pool:
        with database.write():
            make(kept.datasets, holder)
            purging = pool.submit(kept.purge)
            with pytest.raises(TimeoutError):  # it waits for the run, which was free when it was chosen
                purging.result(0.5)
        assert purging.result(60) == ([], [], [holder])


def test_the_pages_refuse_to_remove_such_a_run(kept: Kept) -> None:
    number = kept.tracking.create_experiment(exp.CreateExperiment(name="wine")).experiment_id
    holder, other = kept.new_run(number), kept.new_run(number)
    make(kept.datasets, holder)
    kept.delete(holder, other)
    with pytest.raises(InvalidParameter, match=f"{NAME}:v0 of the run {holder}.*--with-datasets"):
        kept.views.purge_deleted(PurgeDeleted(run_ids=[other, holder]))
    kept.tracking.delete_experiment(exp.DeleteExperiment(experiment_id=number))
    with pytest.raises(InvalidParameter, match=f"{NAME}:v0"):
        kept.views.purge_deleted(PurgeDeleted(experiment_ids=[number]))
    assert kept.views.purge_deleted(PurgeDeleted(run_ids=[other])).count == 1


def test_gc_says_what_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = str(tmp_path / "yard")
    client = MlflowClient(store)
    run_id = client.create_run("0").info.run_id
    (tmp_path / "raw.csv").write_text("one")
    client.log_dataset(run_id, tmp_path / "raw.csv", NAME)
    client.delete_run(run_id)
    assert main(["gc", "--store", store, "--yes"]) == 0
    told = capsys.readouterr().out
    assert "Removed 0 experiments, 0 runs" in told
    assert f"1 deleted runs stay, because versions of datasets are among their artifacts: {run_id}." in told
    assert client.use_dataset(NAME).read_text() == "one"
    assert main(["gc", "--store", store, "--yes", "--with-datasets"]) == 0
    assert "1 runs" in capsys.readouterr().out
    assert list((tmp_path / "yard" / "artifacts").rglob("raw.csv")) == []
    with pytest.raises(NotFound, match="are gone: the run"):
        client.use_dataset(NAME)


def test_a_store_of_the_release_before_is_upgraded_with_what_it_holds(database: Database) -> None:
    upgrade(database, known=steps(database.dialect)[:6])
    tracking = SqlTrackingStore(database)
    tracking.ensure_default()
    reader = tracking.create_run(run.CreateRun(experiment_id="0")).run.info.run_id
    version = make_digest()
    told = Dataset(name=NAME, digest=version, source_type="local", source="{}")
    tracking.log_inputs(run.LogInputs(run_id=reader, datasets=[DatasetInput(told)]))
    assert upgrade(database) == len(steps(database.dialect)) - 6
    assert current_version(database) >= 7
    store = SqlDatasetStore(database)
    assert store.search(data.SearchNamedDatasets()).datasets == []
    made = make(store, reader)
    assert made.input_digest == version
    assert (made.reference, "consumer", reader) in lineage(store, NAME)


def make_digest() -> str:
    """The digest of the content ``one``, as an input carries it."""
    return request_of("0").digest.removeprefix("sha256:")[:32]
