"""Opening all services of a store together."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from modelyard.core.errors import InvalidParameter, StoreLocked
from modelyard.core.settings import Settings
from modelyard.core.wire.messages.experiments import GetExperiment
from modelyard.core.wire.messages.registry import CreateModelVersion, CreateRegisteredModel
from modelyard.core.wire.messages.runs import CreateRun
from modelyard.services.stores import Locator, StoreOptions, Stores, folder_of, open_stores


def default_name(stores: Stores) -> str:
    return stores.tracking.get_experiment(GetExperiment(experiment_id="0")).experiment.name


def test_a_store_is_made_where_there_is_none_and_opened_where_there_is_one(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "yard"
    for _ in range(2):
        stores = open_stores(str(place))
        assert default_name(stores) == "Default"
        stores.close()
        stores.close()
    assert sorted(each.name for each in place.iterdir()) == ["artifacts", "tmp", "yard.db"]
    for path in (place, *place.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_a_store_that_was_moved_is_the_same_store(tmp_path: Path) -> None:
    stores = open_stores(str(tmp_path / "a"))
    run = stores.tracking.create_run(CreateRun(experiment_id="0")).run
    upload = stores.artifacts.upload(f"0/{run.info.run_id}/artifacts/file")
    upload.write(b"x")
    upload.finish()
    stores.close()
    (tmp_path / "a").rename(tmp_path / "b")
    moved = open_stores(str(tmp_path / "b"))
    assert moved.tracking.run_artifact_uri(run.info.run_id) == run.info.artifact_uri
    assert [each.path for each in moved.artifacts.list(f"0/{run.info.run_id}/artifacts")]
    moved.close()


def test_one_exclusive_owner_and_others_beside_it(tmp_path: Path) -> None:
    owner = open_stores(str(tmp_path / "yard"), StoreOptions(exclusive=True))
    with pytest.raises(StoreLocked):
        open_stores(str(tmp_path / "yard"), StoreOptions(exclusive=True))
    beside = open_stores(str(tmp_path / "yard"))
    assert default_name(beside) == "Default"
    beside.close()
    owner.close()
    open_stores(str(tmp_path / "yard"), StoreOptions(exclusive=True)).close()


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("./yard", Path("yard")),
        ("/srv/yard", Path("/srv/yard")),
        ("file:///srv/my%20yard", Path("/srv/my yard")),
        (":memory:", None),
        ("postgresql://h/d", None),
        ("postgres://h/d", None),
    ],
)
def test_a_location_is_a_folder_or_a_database(location: str, folder: Path | None) -> None:
    assert folder_of(location) == folder


@pytest.mark.parametrize("location", ["s3://bucket/yard", "mysql://h/d", "http://h/", "sqlite:///x.db"])
def test_other_locations_are_refused(location: str) -> None:
    with pytest.raises(InvalidParameter):
        open_stores(location)


def test_files_of_a_store_in_memory_need_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="--artifacts"):
        open_stores(":memory:")
    with pytest.raises(InvalidParameter):
        open_stores(":memory:", StoreOptions(artifacts="unknown://bucket"))


def test_settings_reach_the_services(tmp_path: Path) -> None:
    settings = Settings(model_version_source_validation_regex="^s3://allowed/")
    stores = open_stores(":memory:", StoreOptions(artifacts=str(tmp_path)), settings=settings)
    stores.registry.create_registered_model(CreateRegisteredModel(name="m"))
    with pytest.raises(InvalidParameter):
        stores.registry.create_model_version(CreateModelVersion(name="m", source="s3://other/model"))
    stores.registry.create_model_version(CreateModelVersion(name="m", source="s3://allowed/model"))
    assert Locator(stores.tracking, stores.registry).version_artifact_uri("m", "1") == "s3://allowed/model"
    stores.close()
