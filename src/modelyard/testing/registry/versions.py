"""Model versions and stages, as every registry keeps them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from modelyard.core.entities import ModelVersion, ModelVersionTag
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import registry as reg
from modelyard.services.registry.contract import RegistryStore
from modelyard.testing.registry.steps import SOURCE, add, get, make, version


class ModelVersions:
    """Versions: numbers, sources, stages, aliases."""

    def test_versions_count_from_one(self, registry: RegistryStore) -> None:
        make(registry)
        assert [add(registry).version for _ in range(3)] == ["1", "2", "3"]

    def test_a_version_carries_what_mlflow_clients_read(self, registry: RegistryStore) -> None:
        make(registry)
        made = add(registry)
        assert (made.current_stage, made.status, made.description, made.run_id, made.run_link) == (
            "None",
            "READY",
            "",
            "",
            "",
        )
        assert made == version(registry, "1")
        assert get(registry).last_updated_timestamp == made.creation_timestamp

    def test_a_deleted_number_is_never_used_again(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        add(registry)
        registry.delete_model_version(reg.DeleteModelVersion(name="wine", version="2"))
        assert add(registry).version == "3"
        with pytest.raises(NotFound, match=r"Model Version \(name=wine, version=2\) not found"):
            version(registry, "2")

    def test_concurrent_writers_get_distinct_numbers_without_gaps(self, registry: RegistryStore) -> None:
        make(registry)
        with ThreadPoolExecutor(8) as threads:
            numbers = list(threads.map(lambda _: int(add(registry).version), range(24)))
        assert sorted(numbers) == list(range(1, 25))

    def test_a_version_of_an_unknown_model_is_refused(self, registry: RegistryStore) -> None:
        with pytest.raises(NotFound, match="Registered Model with name=wine not found"):
            add(registry)

    def test_a_version_that_is_no_number_is_refused(self, registry: RegistryStore) -> None:
        make(registry)
        with pytest.raises(InvalidParameter, match=r"Parameter 'version' must be an integer, got 'x'\."):
            version(registry, "x")

    def test_changes_move_the_time_of_version_and_model(self, registry: RegistryStore) -> None:
        make(registry)
        before = add(registry)
        registry.update_model_version(reg.UpdateModelVersion(name="wine", version="1", description="new"))
        after = version(registry, "1")
        assert after.description == "new"
        assert before.last_updated_timestamp is not None
        assert after.last_updated_timestamp is not None
        assert after.last_updated_timestamp >= before.last_updated_timestamp
        assert get(registry).last_updated_timestamp == after.last_updated_timestamp

    def test_tags_of_a_version(self, registry: RegistryStore) -> None:
        make(registry)
        registry.create_model_version(
            reg.CreateModelVersion(name="wine", source=SOURCE, tags=[ModelVersionTag("a", "1")])
        )
        registry.set_model_version_tag(reg.SetModelVersionTag(name="wine", version="1", key="b", value="2"))
        assert version(registry, "1").tags == {"a": "1", "b": "2"}
        for _ in range(2):
            registry.delete_model_version_tag(reg.DeleteModelVersionTag(name="wine", version="1", key="a"))
        assert version(registry, "1").tags == {"b": "2"}


class Stages:
    """Stages, for those who still use them."""

    @staticmethod
    def move(registry: RegistryStore, number: str, stage: str, *, archive: bool = False) -> ModelVersion:
        """Move a version."""
        return registry.transition_model_version_stage(
            reg.TransitionModelVersionStage(name="wine", version=number, stage=stage, archive_existing_versions=archive)
        ).model_version

    def test_stages_are_read_in_any_case(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        assert self.move(registry, "1", "pRoDuction").current_stage == "Production"

    def test_an_unknown_stage_lists_the_known_ones(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        with pytest.raises(InvalidParameter, match=r"Value must be one of None, Staging, Production, Archived\."):
            self.move(registry, "1", "Live")

    def test_archiving_moves_the_others_of_that_stage(self, registry: RegistryStore) -> None:
        make(registry)
        for number in ("1", "2", "3"):
            add(registry)
            self.move(registry, number, "Production" if number != "3" else "Staging")
        self.move(registry, "3", "Production", archive=True)
        assert [version(registry, n).current_stage for n in ("1", "2", "3")] == ["Archived", "Archived", "Production"]

    def test_only_active_stages_archive_others(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        with pytest.raises(InvalidParameter, match="is not an Active stage"):
            self.move(registry, "1", "None", archive=True)

    def test_the_latest_versions_are_the_newest_of_each_stage(self, registry: RegistryStore) -> None:
        make(registry)
        for _ in range(3):
            add(registry)
        self.move(registry, "1", "Production")
        latest = registry.get_latest_versions(reg.GetLatestVersions(name="wine")).model_versions
        assert [(each.version, each.current_stage) for each in latest] == [("1", "Production"), ("3", "None")]
        only = registry.get_latest_versions(reg.GetLatestVersions(name="wine", stages=["production"])).model_versions
        assert [each.version for each in only] == ["1"]
        assert [each.version for each in get(registry).latest_versions] == ["1", "3"]
