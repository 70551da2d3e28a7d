"""Aliases and sources, as every registry keeps them."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import registry as reg
from modelyard.services.registry.contract import RegistryStore
from modelyard.testing.registry.steps import Sources, add, found, get, make, version


class Aliases:
    """Aliases: names that point to a version."""

    @staticmethod
    def point(registry: RegistryStore, alias: str, number: str) -> None:
        """Set an alias."""
        registry.set_registered_model_alias(reg.SetRegisteredModelAlias(name="wine", alias=alias, version=number))

    @staticmethod
    def resolve(registry: RegistryStore, alias: str) -> str:
        """The number an alias points to."""
        request = reg.GetModelVersionByAlias(name="wine", alias=alias)
        return registry.get_model_version_by_alias(request).model_version.version

    def test_an_alias_that_is_set_again_moves(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        add(registry)
        self.point(registry, "champion", "1")
        self.point(registry, "champion", "2")
        assert self.resolve(registry, "champion") == "2"
        assert (version(registry, "1").aliases, version(registry, "2").aliases) == ([], ["champion"])

    def test_an_unknown_alias_is_an_invalid_parameter(self, registry: RegistryStore) -> None:
        make(registry)
        with pytest.raises(InvalidParameter, match=r"Registered model alias champion not found\."):
            self.resolve(registry, "champion")

    def test_latest_resolves_to_the_newest_version(self, registry: RegistryStore) -> None:
        make(registry)
        with pytest.raises(NotFound, match=r"Latest version not found for model wine\."):
            self.resolve(registry, "latest")
        add(registry)
        add(registry)
        assert self.resolve(registry, "latest") == "2"

    @pytest.mark.parametrize(
        ("alias", "reason"),
        [
            ("", "cannot be empty|Missing value for required parameter 'alias'"),
            ("a b", "Invalid alias name"),
            ("latest", "reserved"),
            ("v1", "Version alias name 'v1' is reserved."),
            ("a" * 256, "maximum length"),
        ],
    )
    def test_aliases_that_are_refused(self, registry: RegistryStore, alias: str, reason: str) -> None:
        make(registry)
        add(registry)
        with pytest.raises(InvalidParameter, match=reason):
            self.point(registry, alias, "1")

    def test_an_alias_to_a_missing_version_is_not_found(self, registry: RegistryStore) -> None:
        make(registry)
        with pytest.raises(NotFound):
            self.point(registry, "champion", "1")

    def test_deleting_an_alias_twice_is_fine(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        self.point(registry, "champion", "1")
        for _ in range(2):
            registry.delete_registered_model_alias(reg.DeleteRegisteredModelAlias(name="wine", alias="champion"))
        assert get(registry).aliases == {}

    def test_deleting_a_version_drops_its_aliases(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        self.point(registry, "champion", "1")
        registry.delete_model_version(reg.DeleteModelVersion(name="wine", version="1"))
        assert get(registry).aliases == {}


class VersionSources:
    """Where a version's files may lie, and where they are."""

    @staticmethod
    def download_uri(registry: RegistryStore, number: str, name: str = "wine") -> str:
        """The download URI of a version."""
        request = reg.GetModelVersionDownloadUri(name=name, version=number)
        return registry.get_model_version_download_uri(request).artifact_uri

    def test_a_remote_source_is_stored_as_given(self, registry: RegistryStore) -> None:
        make(registry)
        assert add(registry, source="s3://b/....//x?y=1").source == "s3://b/....//x?y=1"

    @pytest.mark.parametrize(
        "source",
        [
            "s3://b/../x",
            "s3://b/%2e%2e/x",
            "http://h/a/%252e%252e/b",
            "s3://b/x%00y",
            "/etc/passwd",
            "file:///etc/passwd",
            "etc/passwd",
            "mlflow-artifacts:/0/other/artifacts",
            "runs:/0123456789abcdef0123456789abcdef/model",
            "models:/m-0123456789abcdef0123456789abcdef",
        ],
    )
    def test_sources_that_are_refused(self, registry: RegistryStore, source: str) -> None:
        make(registry)
        with pytest.raises(InvalidParameter, match="Invalid model version source"):
            add(registry, source=source)
        assert found(registry) == []

    def test_a_folder_of_the_named_run_is_a_source(self, registry: RegistryStore, sources: Sources) -> None:
        make(registry)
        run_id, root = sources.new_run()
        made = registry.create_model_version(
            reg.CreateModelVersion(name="wine", source=f"{root}/model", run_id=run_id)
        ).model_version
        assert (made.source, made.run_id) == (f"{root}/model", run_id)
        assert self.download_uri(registry, "1") == f"{root}/model"

    def test_a_folder_of_another_run_is_none(self, registry: RegistryStore, sources: Sources) -> None:
        make(registry)
        run_id, _ = sources.new_run()
        _, other = sources.new_run()
        with pytest.raises(InvalidParameter, match="Invalid model version source"):
            registry.create_model_version(reg.CreateModelVersion(name="wine", source=f"{other}/model", run_id=run_id))

    def test_a_logged_model_is_a_source_and_learns_of_it(self, registry: RegistryStore, sources: Sources) -> None:
        make(registry)
        model_id, root = sources.new_model()
        registry.create_model_version(
            reg.CreateModelVersion(name="wine", source=f"models:/{model_id}", model_id=model_id)
        )
        assert self.download_uri(registry, "1") == root
        assert sources.model_tags(model_id)["mlflow.modelVersions"] == '[{"name": "wine", "version": 1}]'

    def test_another_version_is_a_source(self, registry: RegistryStore) -> None:
        make(registry)
        make(registry, "copy")
        add(registry, source="s3://b/m")
        made = add(registry, "copy", "models:/wine/1")
        assert made.source == "models:/wine/1"
        assert self.download_uri(registry, "1", "copy") == "s3://b/m"
