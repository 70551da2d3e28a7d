"""What runs read and write, as every tracking store keeps it."""

from __future__ import annotations

import pytest

from modelyard.core.entities import Dataset, DatasetInput, DatasetSummary, InputTag, ModelInput, ModelOutput, RunInputs
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore
from modelyard.testing.tracking.steps import exactly, get_run, make_experiment, make_run

TRAIN = [InputTag("mlflow.data.context", "train")]


def dataset(name: str = "iris", digest: str = "1", **fields: object) -> Dataset:
    """A dataset."""
    return Dataset(name=name, digest=digest, source_type="local", source="a.csv", **fields)  # type: ignore[arg-type]


def _read(store: TrackingStore, run_id: str, *used: DatasetInput) -> None:
    store.log_inputs(run.LogInputs(run_id=run_id, datasets=list(used)))


def _summaries(store: TrackingStore, *experiment_ids: str) -> list[DatasetSummary]:
    return store.search_datasets(exp.SearchDatasets(experiment_ids=list(experiment_ids))).dataset_summaries


class Inputs:
    """Datasets and models."""

    def test_a_dataset_is_read_back_with_the_tags_of_its_use(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        used = DatasetInput(dataset=dataset(schema='{"a": 1}', profile='{"rows": 3}'), tags=TRAIN)
        _read(store, run_id, used)
        assert get_run(store, run_id).inputs == RunInputs(dataset_inputs=[used])

    def test_the_same_dataset_again_is_kept_once(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for _ in range(2):
            _read(store, run_id, DatasetInput(dataset=dataset(), tags=TRAIN))
        twice = DatasetInput(dataset=dataset(), tags=[InputTag("mlflow.data.context", "eval")])
        _read(store, run_id, twice, twice)
        assert get_run(store, run_id).inputs.dataset_inputs == [DatasetInput(dataset=dataset(), tags=TRAIN)]

    def test_a_dataset_is_one_in_its_experiment(self, store: TrackingStore) -> None:
        first, second = make_run(store), make_run(store)
        for run_id in (first, second):
            _read(store, run_id, DatasetInput(dataset=dataset(), tags=TRAIN))
        _read(store, second, DatasetInput(dataset=dataset(digest="2")))
        assert len(get_run(store, second).inputs.dataset_inputs) == 2
        assert _summaries(store, "0") == [
            DatasetSummary(experiment_id="0", name="iris", digest="1", context="train"),
            DatasetSummary(experiment_id="0", name="iris", digest="2"),
        ]

    def test_datasets_are_found_in_the_experiments_asked_for(self, store: TrackingStore) -> None:
        other = make_experiment(store)
        _read(store, make_run(store, other), DatasetInput(dataset=dataset("b")))
        _read(store, make_run(store), DatasetInput(dataset=dataset("a")))
        assert [each.name for each in _summaries(store, "0", other)] == ["a", "b"]
        assert [each.name for each in _summaries(store, other, other)] == ["b"]

    def test_how_many_experiments_are_asked_for_is_bounded(self, store: TrackingStore) -> None:
        with pytest.raises(InvalidParameter, match="SearchDatasets request must specify at least one experiment_id"):
            _summaries(store)
        with pytest.raises(InvalidParameter, match=r"cannot specify more than 20 experiment_ids. Received 21"):
            _summaries(store, *map(str, range(21)))

    def test_models_that_a_run_read_and_wrote_are_kept_once(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for _ in range(2):
            store.log_inputs(run.LogInputs(run_id=run_id, models=[ModelInput("m-1"), ModelInput("m-2")]))
            store.log_outputs(run.LogOutputs(run_id=run_id, models=[ModelOutput("m-3", 2), ModelOutput("m-3", 1)]))
        read = get_run(store, run_id)
        assert read.inputs.model_inputs == [ModelInput("m-1"), ModelInput("m-2")]
        assert read.outputs is not None
        assert read.outputs.model_outputs == [ModelOutput("m-3", 1), ModelOutput("m-3", 2)]

    def test_outputs_need_models(self, store: TrackingStore) -> None:
        with pytest.raises(InvalidParameter, match=exactly("Missing value for required parameter 'models'.")):
            store.log_outputs(run.LogOutputs(run_id=make_run(store)))

    @pytest.mark.parametrize(
        ("used", "reason"),
        [
            (DatasetInput(dataset("a" * 501)), "'name' exceeds the maximum length of 500 characters"),
            (DatasetInput(dataset(digest="a" * 37)), "'digest' exceeds the maximum length of 36 characters"),
            (
                DatasetInput(Dataset("a", "1", "local", "a" * 65_536)),
                "'source' exceeds the maximum length of 65535 characters",
            ),
            (
                DatasetInput(dataset(schema="a" * 1_048_576)),
                "'schema' exceeds the maximum length of 1048575 characters",
            ),
            (
                DatasetInput(dataset(), [InputTag("a" * 256, "v")]),
                "'key' exceeds the maximum length of 255 characters",
            ),
            (
                DatasetInput(dataset(), [InputTag("k", "a" * 501)]),
                "'value' exceeds the maximum length of 500 characters",
            ),
        ],
        ids=["name", "digest", "source", "schema", "tag key", "tag value"],
    )
    def test_what_is_too_long_is_refused(self, store: TrackingStore, used: DatasetInput, reason: str) -> None:
        run_id = make_run(store)
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            _read(store, run_id, DatasetInput(dataset("ok")), used)
        assert get_run(store, run_id).inputs.dataset_inputs == []
