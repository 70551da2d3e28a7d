"""What no store of named datasets takes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from modelyard.core.entities.dataset_version import DatasetTag
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import datasets as data
from modelyard.services.datasets.contract import DatasetStore
from modelyard.testing.datasets.steps import NAME, Runs, make, reference_of, request_of


class Refusals:
    """Names, digests, places and limits. What is refused changes nothing."""

    @pytest.mark.parametrize(
        "change",
        [
            {"name": ""},
            {"name": "  "},
            {"name": "a/b"},
            {"name": "a:b"},
            {"name": ".."},
            {"name": "a\\b"},
            {"name": "~a"},
            {"name": "a."},
            {"name": "é" * 128},
            {"digest": ""},
            {"digest": "md5:abc"},
            {"digest": "sha256:" + "A" * 64},
            {"size": -1},
            {"uri": ""},
            {"uri": "file:///etc/passwd"},
            {"uri": "runs:/abc/../../x"},
            {"uri": "runs:/abc"},
            {"uri": "runs:/abc/" + "a" * 2048},
            {"type": "t" * 251},
            {"description": "d" * 100_001},
            {"aliases": ["latest"]},
            {"aliases": ["v3"]},
            {"tags": [DatasetTag("", "x")]},
            {"tags": [DatasetTag("k" * 251, "x")]},
            {"tags": [DatasetTag("k", "x" * 8_001)]},
            {"tags": [DatasetTag(f"k{number}", "x") for number in range(101)]},
        ],
        ids=lambda change: "-".join(f"{key}={str(value)[:20]}" for key, value in change.items()),
    )
    def test_a_version_that_is_refused(self, datasets: DatasetStore, runs: Runs, change: dict[str, Any]) -> None:
        request = msgspec.structs.replace(request_of(runs.new_run()), **change)
        with pytest.raises(InvalidParameter):
            datasets.create_version(request)
        assert datasets.search(data.SearchNamedDatasets()).datasets == []

    @pytest.mark.parametrize("place", ["", "raw.parquet", "/data/raw.parquet", "runs:/abc/raw.parquet"])
    def test_a_place_of_a_reference_that_is_refused(self, datasets: DatasetStore, runs: Runs, place: str) -> None:
        with pytest.raises(InvalidParameter):
            datasets.create_version(reference_of(runs.new_run(), place=place))

    def test_a_run_that_is_not_there_makes_nothing(self, datasets: DatasetStore, runs: Runs) -> None:
        with pytest.raises(NotFound):
            make(datasets, "0" * 32)
        with pytest.raises(NotFound):
            datasets.get_version(data.GetDatasetVersion(reference=NAME))

    def test_files_of_a_run_that_is_not_there_are_no_version(self, datasets: DatasetStore, runs: Runs) -> None:
        request = msgspec.structs.replace(request_of(runs.new_run()), uri=f"runs:/{'0' * 32}/raw.parquet")
        with pytest.raises(NotFound):
            datasets.create_version(request)
        assert datasets.search(data.SearchNamedDatasets()).datasets == []

    @pytest.mark.parametrize("count", [0, -1, 1_001])
    def test_a_page_of_nothing_or_too_much_is_refused(self, datasets: DatasetStore, runs: Runs, count: int) -> None:
        make(datasets, runs.new_run())
        with pytest.raises(InvalidParameter):
            datasets.search(data.SearchNamedDatasets(max_results=count))
        with pytest.raises(InvalidParameter):
            datasets.list_versions(data.ListDatasetVersions(name=NAME, max_results=count))
