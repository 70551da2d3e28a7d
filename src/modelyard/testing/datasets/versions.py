"""Versions of datasets, as every store keeps them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from modelyard.core.entities.dataset_version import DatasetTag
from modelyard.core.wire.messages import datasets as data
from modelyard.services.datasets.contract import DatasetStore
from modelyard.testing.datasets.steps import NAME, Runs, digest_of, get, make, reference_of, request_of


class Versions:
    """Versions: they count from 0, and equal content makes no second one in a row."""

    def test_versions_count_from_zero_without_gaps(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        assert [make(datasets, run_id, content).version for content in ("one", "two", "three")] == [0, 1, 2]
        assert make(datasets, run_id, "one", "other").version == 0

    def test_a_version_says_all_that_was_said_of_it(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        request = request_of(
            run_id,
            type="raw_data",
            description="Data as downloaded",
            aliases=["good"],
            tags=[DatasetTag("from", "web")],
        )
        reply = datasets.create_version(request)
        assert reply.is_new
        assert (reply.dataset.name, reply.dataset.type, reply.dataset.description) == (
            NAME,
            "raw_data",
            "Data as downloaded",
        )
        version = reply.version
        assert (version.digest, version.kind, version.uri, version.size, version.run_id) == (
            digest_of("one"),
            "stored",
            request.uri,
            3,
            run_id,
        )
        assert (version.aliases, version.tags, version.is_gone) == (["good"], [DatasetTag("from", "web")], False)
        assert version.created > 0
        found = datasets.get_version(data.GetDatasetVersion(reference=NAME))
        assert (found.version, found.dataset, found.dataset.latest) == (version, reply.dataset, version)

    def test_equal_content_makes_no_version(self, datasets: DatasetStore, runs: Runs) -> None:
        first, second = runs.new_run(), runs.new_run()
        made = make(datasets, first)
        again = datasets.create_version(request_of(second, aliases=["good"]))
        assert not again.is_new
        assert (again.version.version, again.version.uri, again.version.run_id) == (0, made.uri, first)
        assert again.version.aliases == ["good"]

    def test_content_that_was_there_before_the_latest_makes_a_version(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        assert [make(datasets, run_id, content).version for content in ("one", "two", "one")] == [0, 1, 2]

    def test_a_reference_is_the_same_at_the_same_place_only(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        first = datasets.create_version(reference_of(run_id)).version
        assert (first.kind, first.uri) == ("reference", "file:///data/raw.parquet")
        assert datasets.create_version(reference_of(run_id)).version.version == 0
        assert datasets.create_version(reference_of(run_id, place="file:///elsewhere/raw.parquet")).version.version == 1
        assert datasets.create_version(reference_of(run_id, "two")).version.version == 2
        assert make(datasets, run_id, "two").version == 3

    def test_a_type_and_a_description_that_are_not_given_stay(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        make(datasets, run_id, type="raw_data", description="Data as downloaded")
        reply = datasets.create_version(request_of(run_id, "two", description="More data"))
        assert (reply.dataset.type, reply.dataset.description) == ("raw_data", "More data")
        request = data.UpdateNamedDataset(name=NAME, type="clean_data")
        changed = datasets.update(request).dataset
        assert (changed.type, changed.description) == ("clean_data", "More data")
        assert changed.latest == reply.version
        assert datasets.update(data.UpdateNamedDataset(name=NAME, description="")).dataset.description == ""

    def test_versions_are_listed_page_by_page_the_newest_first(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        for content in "abcde":
            make(datasets, run_id, content)
        token, found = "", list[int]()
        while True:
            page = datasets.list_versions(data.ListDatasetVersions(name=NAME, max_results=2, page_token=token))
            found += [each.version for each in page.versions]
            token = page.next_page_token
            if not token:
                break
            assert len(page.versions) == 2
        assert found == [4, 3, 2, 1, 0]

    def test_racing_writers_leave_no_gap(self, datasets: DatasetStore, runs: Runs) -> None:
        ids = [runs.new_run() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda place: make(datasets, ids[place % 4], f"content {place}").version, range(20)))
        assert sorted(made) == list(range(20))
        assert get(datasets).version == 19

    def test_racing_writers_of_equal_content_make_one_version(self, datasets: DatasetStore, runs: Runs) -> None:
        ids = [runs.new_run() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda place: datasets.create_version(request_of(ids[place % 4])), range(12)))
        assert {reply.version.version for reply in replies} == {0}
        assert sum(reply.is_new for reply in replies) == 1
