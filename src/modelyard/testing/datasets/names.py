"""References, aliases and searches of datasets, as every store answers them."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import datasets as data
from modelyard.services.datasets.contract import DatasetStore
from modelyard.testing.datasets.steps import NAME, Runs, get, make


class References:
    """What names a version."""

    @pytest.mark.parametrize(
        ("which", "version"), [("", 1), (":latest", 1), (":LATEST", 1), (":v0", 0), (":v1", 1), (":good", 0)]
    )
    def test_a_reference_names_a_version(self, datasets: DatasetStore, runs: Runs, which: str, version: int) -> None:
        run_id = runs.new_run()
        make(datasets, run_id, aliases=["good"])
        make(datasets, run_id, "two")
        assert get(datasets, NAME + which).version == version

    def test_what_is_not_there_is_not_found_and_what_is_there_is_named(
        self, datasets: DatasetStore, runs: Runs
    ) -> None:
        make(datasets, runs.new_run(), aliases=["good"])
        with pytest.raises(NotFound, match=r"There is no dataset 'nothing'"):
            get(datasets, "nothing:v0")
        with pytest.raises(NotFound, match=r"has no version 'v7'. It has v0 and the aliases good."):
            get(datasets, f"{NAME}:v7")
        with pytest.raises(NotFound, match=r"has no version 'bad'"):
            get(datasets, f"{NAME}:bad")
        with pytest.raises(NotFound):
            datasets.list_versions(data.ListDatasetVersions(name="nothing"))
        with pytest.raises(NotFound):
            datasets.update(data.UpdateNamedDataset(name="nothing", type="x"))

    @pytest.mark.parametrize("reference", ["", ":v0", "a/b:v0", f"{NAME}:", f"{NAME}:a b", f"{NAME}:v0:v1"])
    def test_a_reference_that_is_none_is_refused(self, datasets: DatasetStore, reference: str) -> None:
        with pytest.raises(InvalidParameter):
            get(datasets, reference)


class Aliases:
    """Aliases of versions."""

    def test_an_alias_that_is_set_again_moves(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        make(datasets, run_id, aliases=["good"])
        make(datasets, run_id, "two")
        datasets.set_alias(data.SetDatasetAlias(name=NAME, alias="good", version=1))
        assert (get(datasets, f"{NAME}:v0").aliases, get(datasets, f"{NAME}:v1").aliases) == ([], ["good"])
        assert get(datasets, f"{NAME}:good").version == 1

    def test_an_alias_that_is_taken_away_names_nothing(self, datasets: DatasetStore, runs: Runs) -> None:
        make(datasets, runs.new_run(), aliases=["good"])
        request = data.DeleteDatasetAlias(name=NAME, alias="good")
        datasets.delete_alias(request)
        datasets.delete_alias(request)
        with pytest.raises(NotFound):
            get(datasets, f"{NAME}:good")

    def test_an_alias_of_no_version_is_refused(self, datasets: DatasetStore, runs: Runs) -> None:
        make(datasets, runs.new_run())
        with pytest.raises(NotFound):
            datasets.set_alias(data.SetDatasetAlias(name=NAME, alias="good", version=1))
        with pytest.raises(NotFound):
            datasets.set_alias(data.SetDatasetAlias(name="nothing", alias="good", version=0))

    @pytest.mark.parametrize("alias", ["", "a b", "a:b", "latest", "Latest", "v1", "V12", "a" * 256])
    def test_aliases_that_are_refused(self, datasets: DatasetStore, runs: Runs, alias: str) -> None:
        make(datasets, runs.new_run())
        with pytest.raises(InvalidParameter):
            datasets.set_alias(data.SetDatasetAlias(name=NAME, alias=alias, version=0))


class Searches:
    """Searches of datasets."""

    @staticmethod
    def names(datasets: DatasetStore, **search: object) -> list[str]:
        """The names that a search finds, of all of its pages of two."""
        token, found = "", list[str]()
        while True:
            request = data.SearchNamedDatasets(max_results=2, page_token=token, **search)  # type: ignore[arg-type]
            page = datasets.search(request)
            found += [each.name for each in page.datasets]
            token = page.next_page_token
            if not token:
                return found

    def test_datasets_are_found_by_name_and_type_the_newest_change_first(
        self, datasets: DatasetStore, runs: Runs
    ) -> None:
        run_id = runs.new_run()
        for name, kind in (("wine.csv", "raw"), ("Wine_clean.csv", "clean"), ("beer%.csv", "raw"), ("tea.csv", "raw")):
            make(datasets, run_id, name=name, type=kind)
        assert set(self.names(datasets)) == {"wine.csv", "Wine_clean.csv", "beer%.csv", "tea.csv"}
        assert set(self.names(datasets, contains="WINE")) == {"wine.csv", "Wine_clean.csv"}
        assert self.names(datasets, contains="%") == ["beer%.csv"]
        assert self.names(datasets, contains="wine", type="clean") == ["Wine_clean.csv"]
        assert self.names(datasets, type="nothing") == []

    def test_a_search_shows_the_latest_version(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        make(datasets, run_id)
        last = make(datasets, run_id, "two")
        (found,) = datasets.search(data.SearchNamedDatasets()).datasets
        assert found.latest == last

    def test_a_token_of_another_search_is_refused(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        for name in "abc":
            make(datasets, run_id, name=name)
        token = datasets.search(data.SearchNamedDatasets(max_results=1)).next_page_token
        with pytest.raises(InvalidParameter, match="page token"):
            datasets.search(data.SearchNamedDatasets(contains="a", page_token=token))
        with pytest.raises(InvalidParameter, match="page token"):
            datasets.list_versions(data.ListDatasetVersions(name="a", page_token="nonsense"))
