"""Searching, as every registry does it."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import registry as reg
from modelyard.services.registry.contract import RegistryStore
from modelyard.testing.registry.steps import Sources, add, found, make, names


class Search:
    """Searching models and versions."""

    def test_models_are_ordered_by_name_and_paged(self, registry: RegistryStore) -> None:
        for name in ("c", "a", "b"):
            make(registry, name)
        first = registry.search_registered_models(reg.SearchRegisteredModels(max_results=2))
        assert [model.name for model in first.registered_models] == ["a", "b"]
        rest = registry.search_registered_models(
            reg.SearchRegisteredModels(max_results=2, page_token=first.next_page_token)
        )
        assert ([model.name for model in rest.registered_models], rest.next_page_token) == (["c"], "")

    def test_models_are_filtered_by_name_and_tags(self, registry: RegistryStore) -> None:
        for name in ("red wine", "white wine", "beer"):
            make(registry, name)
        registry.set_registered_model_tag(reg.SetRegisteredModelTag(name="beer", key="k", value="v"))
        assert names(registry, filter="name LIKE '%wine'") == ["red wine", "white wine"]
        assert names(registry, filter="name ILIKE 'RED%'") == ["red wine"]
        assert names(registry, filter="tags.k = 'v'") == ["beer"]
        assert names(registry, order_by=["name DESC"]) == ["white wine", "red wine", "beer"]

    def test_the_prompt_filter_of_the_client_matches_models_without_the_tag(self, registry: RegistryStore) -> None:
        make(registry)
        assert names(registry, filter="tags.`mlflow.prompt.is_prompt` = 'false'") == ["wine"]

    def test_versions_are_newest_first_within_a_name(self, registry: RegistryStore) -> None:
        for name in ("b", "a"):
            make(registry, name)
            add(registry, name)
            add(registry, name)
        assert found(registry) == [("a", "2"), ("a", "1"), ("b", "2"), ("b", "1")]
        assert found(registry, filter="name = 'b'") == [("b", "2"), ("b", "1")]
        assert found(registry, filter="version_number = 1", order_by=["name DESC"]) == [("b", "1"), ("a", "1")]

    def test_versions_are_found_by_run(self, registry: RegistryStore, sources: Sources) -> None:
        make(registry)
        add(registry)
        run_id, root = sources.new_run()
        registry.create_model_version(reg.CreateModelVersion(name="wine", source=root + "/m", run_id=run_id))
        assert found(registry, filter=f"run_id = '{run_id}'") == [("wine", "2")]
        assert found(registry, filter=f"run_id IN ('{run_id}', 'x')") == [("wine", "2")]

    @pytest.mark.parametrize("size", [0, -1, 1001])
    def test_page_sizes_out_of_range_are_refused(self, registry: RegistryStore, size: int) -> None:
        with pytest.raises(InvalidParameter, match=f"Invalid value {size} for parameter 'max_results' supplied"):
            names(registry, max_results=size)

    def test_a_broken_page_token_is_refused(self, registry: RegistryStore) -> None:
        with pytest.raises(InvalidParameter, match="Invalid page token"):
            names(registry, page_token="nonsense")
