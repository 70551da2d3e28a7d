"""Who made and who used versions of datasets, as every store tells it."""

from __future__ import annotations

import pytest

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import datasets as data
from modelyard.services.datasets.contract import DatasetStore
from modelyard.testing.datasets.steps import NAME, Runs, lineage, make


class Uses:
    """Lineage."""

    @staticmethod
    def use(datasets: DatasetStore, run_id: str, reference: str = NAME) -> None:
        """Record a use."""
        datasets.record_use(data.RecordDatasetUse(reference=reference, run_id=run_id))

    def test_lineage_names_who_made_and_who_used_a_version(self, datasets: DatasetStore, runs: Runs) -> None:
        maker, first, second = runs.new_run(), runs.new_run(), runs.new_run()
        make(datasets, maker)
        self.use(datasets, first)
        make(datasets, maker, "two")
        self.use(datasets, second)
        v0, v1 = f"{NAME}:v0", f"{NAME}:v1"
        assert sorted(lineage(datasets, v0)) == [(v0, "consumer", first), (v0, "producer", maker)]
        assert sorted(lineage(datasets, f"{NAME}:latest")) == [(v1, "consumer", second), (v1, "producer", maker)]
        assert len(lineage(datasets, NAME)) == 4

    def test_a_use_is_recorded_once(self, datasets: DatasetStore, runs: Runs) -> None:
        maker, user = runs.new_run(), runs.new_run()
        make(datasets, maker)
        for _ in range(2):
            reply = datasets.record_use(data.RecordDatasetUse(reference=NAME, run_id=user))
        assert (reply.version.reference, reply.dataset.name) == (f"{NAME}:v0", NAME)
        assert len(lineage(datasets, NAME)) == 2

    def test_whoever_makes_the_same_again_is_a_producer_too(self, datasets: DatasetStore, runs: Runs) -> None:
        makers = [runs.new_run(), runs.new_run()]
        for maker in makers:
            make(datasets, maker)
        assert {run_id for _, role, run_id in lineage(datasets, NAME) if role == "producer"} == set(makers)

    def test_the_lineage_of_a_run_is_what_it_made_and_used(self, datasets: DatasetStore, runs: Runs) -> None:
        first, second = runs.new_run(), runs.new_run()
        make(datasets, first)
        self.use(datasets, second)
        make(datasets, second, name="clean_data.parquet")
        assert sorted(lineage(datasets, run_id=second)) == [
            ("clean_data.parquet:v0", "producer", second),
            (f"{NAME}:v0", "consumer", second),
        ]

    def test_an_input_of_the_name_and_digest_of_a_version_is_a_use(self, datasets: DatasetStore, runs: Runs) -> None:
        maker, reader, other = runs.new_run(), runs.new_run(), runs.new_run()
        version = make(datasets, maker)
        runs.log_input(reader, NAME, version.input_digest)
        runs.log_input(other, NAME, "another")
        runs.log_input(other, "another", version.input_digest)
        wanted = (f"{NAME}:v0", "consumer", reader)
        assert wanted in lineage(datasets, NAME)
        assert lineage(datasets, run_id=reader) == [wanted]
        assert lineage(datasets, run_id=other) == []

    def test_an_input_beside_a_recorded_use_is_told_once(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        for content in ("one", "two", "one"):
            version = make(datasets, runs.new_run(), content)
        self.use(datasets, run_id, f"{NAME}:v0")
        runs.log_input(run_id, NAME, version.input_digest)
        assert lineage(datasets, run_id=run_id) == [(f"{NAME}:v0", "consumer", run_id)]

    def test_uses_of_what_is_not_there_are_refused(self, datasets: DatasetStore, runs: Runs) -> None:
        run_id = runs.new_run()
        with pytest.raises(NotFound):
            self.use(datasets, run_id)
        make(datasets, run_id)
        with pytest.raises(NotFound, match="Run with id="):
            self.use(datasets, "0" * 32)
        with pytest.raises(InvalidParameter):
            self.use(datasets, "")
        with pytest.raises(NotFound):
            lineage(datasets, "nothing")

    def test_lineage_is_of_a_dataset_or_of_a_run(self, datasets: DatasetStore, runs: Runs) -> None:
        make(datasets, runs.new_run())
        with pytest.raises(InvalidParameter):
            lineage(datasets)
        with pytest.raises(InvalidParameter):
            lineage(datasets, NAME, runs.new_run())
        with pytest.raises(InvalidParameter):
            datasets.lineage(data.GetDatasetLineage(reference=NAME, max_results=0))

    def test_of_very_many_uses_the_newest_are_told(self, datasets: DatasetStore, runs: Runs) -> None:
        maker = runs.new_run()
        make(datasets, maker)
        self.use(datasets, runs.new_run())
        found = datasets.lineage(data.GetDatasetLineage(reference=NAME, max_results=1)).uses
        assert len(found) == 1
