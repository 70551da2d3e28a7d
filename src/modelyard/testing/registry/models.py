"""Registered models, as every registry keeps them."""

from __future__ import annotations

import pytest

from modelyard.core.entities import RegisteredModelTag
from modelyard.core.errors import AlreadyExists, InvalidParameter, NotFound
from modelyard.core.wire.messages import registry as reg
from modelyard.services.registry.contract import RegistryStore
from modelyard.testing.registry.steps import add, found, get, make, names, version


class RegisteredModels:
    """Registered models, their tags and descriptions."""

    def test_a_new_model_is_read_back_as_it_was_made(self, registry: RegistryStore) -> None:
        made = registry.create_registered_model(
            reg.CreateRegisteredModel(name="Auto-Deployed Model", description="d", tags=[RegisteredModelTag("k", "v")])
        ).registered_model
        read = get(registry, "Auto-Deployed Model")
        assert read == made
        assert (read.description, read.tags, read.aliases, read.latest_versions) == ("d", {"k": "v"}, {}, [])
        assert read.creation_timestamp == read.last_updated_timestamp

    def test_a_taken_name_is_refused_and_nothing_is_lost(self, registry: RegistryStore) -> None:
        make(registry, description="first")
        with pytest.raises(AlreadyExists, match=r"Registered Model \(name=wine\) already exists\."):
            make(registry, description="second")
        assert get(registry).description == "first"

    def test_names_differ_by_case(self, registry: RegistryStore) -> None:
        make(registry, "wine")
        make(registry, "Wine")
        assert names(registry) == ["Wine", "wine"]

    @pytest.mark.parametrize("name", ["", "   "])
    def test_a_blank_name_is_a_missing_one(self, registry: RegistryStore, name: str) -> None:
        with pytest.raises(InvalidParameter, match="Missing value for required parameter 'name'"):
            make(registry, name)

    @pytest.mark.parametrize("name", ["a/b", "a:b"])
    def test_slashes_and_colons_are_refused(self, registry: RegistryStore, name: str) -> None:
        with pytest.raises(InvalidParameter, match=f"Invalid model name '{name}'. Names cannot contain '/' or ':'."):
            make(registry, name)

    def test_an_unknown_model_is_named(self, registry: RegistryStore) -> None:
        with pytest.raises(NotFound, match="Registered Model with name=wine not found"):
            get(registry)

    def test_renaming_carries_versions_tags_and_aliases(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        registry.set_registered_model_tag(reg.SetRegisteredModelTag(name="wine", key="k", value="v"))
        registry.set_registered_model_alias(reg.SetRegisteredModelAlias(name="wine", alias="best", version="1"))
        registry.rename_registered_model(reg.RenameRegisteredModel(name="wine", new_name="vin"))
        model = get(registry, "vin")
        assert (model.tags, model.aliases) == ({"k": "v"}, {"best": "1"})
        assert version(registry, "1", "vin").name == "vin"
        with pytest.raises(NotFound):
            get(registry, "wine")

    def test_renaming_to_a_taken_name_is_refused(self, registry: RegistryStore) -> None:
        make(registry, "wine")
        make(registry, "vin")
        with pytest.raises(AlreadyExists, match=r"Registered Model \(name=vin\) already exists\."):
            registry.rename_registered_model(reg.RenameRegisteredModel(name="wine", new_name="vin"))
        assert names(registry) == ["vin", "wine"]

    def test_an_update_without_a_description_keeps_it(self, registry: RegistryStore) -> None:
        make(registry, description="kept")
        registry.update_registered_model(reg.UpdateRegisteredModel(name="wine"))
        assert get(registry).description == "kept"
        registry.update_registered_model(reg.UpdateRegisteredModel(name="wine", description=""))
        assert get(registry).description == ""

    def test_deleting_removes_versions_and_frees_the_name(self, registry: RegistryStore) -> None:
        make(registry)
        add(registry)
        registry.delete_registered_model(reg.DeleteRegisteredModel(name="wine"))
        assert (names(registry), found(registry)) == ([], [])
        make(registry)
        assert add(registry).version == "1"

    def test_tags_are_overwritten_and_deleting_an_unknown_one_is_fine(self, registry: RegistryStore) -> None:
        make(registry)
        for value in ("one", "two"):
            registry.set_registered_model_tag(reg.SetRegisteredModelTag(name="wine", key="k", value=value))
        assert get(registry).tags == {"k": "two"}
        for _ in range(2):
            registry.delete_registered_model_tag(reg.DeleteRegisteredModelTag(name="wine", key="k"))
        assert get(registry).tags == {}
