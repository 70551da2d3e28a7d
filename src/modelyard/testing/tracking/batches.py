"""Batches, as every tracking store takes them."""

from __future__ import annotations

import pytest

from modelyard.core.entities import Metric, Param, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore
from modelyard.testing.tracking.steps import exactly, get_run, history, log, make_run


class Batches:
    """Points, params and tags at once: all or nothing."""

    def test_a_batch_holds_everything_at_once(self, store: TrackingStore) -> None:
        run_id = make_run(store, run_name="a")
        log(store, run_id, metrics={"m": 1.5}, params={"p": "1"}, tags={"t": "x"})
        data = get_run(store, run_id).data
        assert (data.metrics, data.params) == ({"m": 1.5}, {"p": "1"})
        assert data.tags == {"t": "x", "mlflow.runName": "a"}

    def test_an_empty_batch_is_fine(self, store: TrackingStore) -> None:
        store.log_batch(run.LogBatch(run_id=make_run(store)))

    def test_a_batch_may_be_sent_again(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for _ in range(3):
            log(store, run_id, metrics={"m": 1.5}, params={"p": "1"}, tags={"t": "x"})
        assert history(store, run_id, "m") == [(1, 0, 1.5)]
        assert get_run(store, run_id).data.params == {"p": "1"}

    def test_one_bad_entry_stops_all_of_it(self, store: TrackingStore) -> None:
        run_id = make_run(store, run_name="a")
        batch = run.LogBatch(
            run_id=run_id,
            metrics=[Metric("m", 1.0, 1)],
            params=[Param("p", "1")],
            tags=[RunTag("t", "x"), RunTag("bad?", "x")],
        )
        with pytest.raises(
            InvalidParameter, match=exactly("Invalid value \"bad?\" for parameter 'tags[1].key' supplied")
        ):
            store.log_batch(batch)
        data = get_run(store, run_id).data
        assert (data.metrics, data.params, data.tags) == ({}, {}, {"mlflow.runName": "a"})

    @pytest.mark.parametrize(
        ("counts", "what"),
        [
            ((1001, 0, 0), "at most 1000 metrics. Got 1001 metrics. Please split up metrics across"),
            ((0, 101, 0), "at most 100 params. Got 101 params. Please split up params across"),
            ((0, 0, 101), "at most 100 tags. Got 101 tags. Please split up tags across"),
            ((801, 100, 100), "at most 1000 metrics, params, and tags. Got 1001 metrics, params, and tags."),
        ],
    )
    def test_batches_that_are_too_large(self, store: TrackingStore, counts: tuple[int, int, int], what: str) -> None:
        metrics, params, tags = counts
        batch = run.LogBatch(
            run_id=make_run(store),
            metrics=[Metric("m", 1.0, step, step) for step in range(metrics)],
            params=[Param(f"p{number}", "1") for number in range(params)],
            tags=[RunTag(f"t{number}", "1") for number in range(tags)],
        )
        with pytest.raises(InvalidParameter, match=exactly(f"A batch logging request can contain {what}")):
            store.log_batch(batch)

    def test_the_largest_batch_is_taken(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        batch = run.LogBatch(
            run_id=run_id,
            metrics=[Metric(f"m{number}", float(number), 1) for number in range(800)],
            params=[Param(f"p{number}", "1") for number in range(100)],
            tags=[RunTag(f"t{number}", "1") for number in range(100)],
        )
        store.log_batch(batch)
        data = get_run(store, run_id).data
        assert (len(data.metrics), len(data.params), len(data.tags)) == (800, 100, 101)
        assert data.metrics["m799"] == 799.0

    @pytest.mark.parametrize("run_id", ["a b", "../x", "-a", "a" * 257])
    def test_what_cannot_be_a_run_id_is_refused(self, store: TrackingStore, run_id: str) -> None:
        with pytest.raises(
            InvalidParameter, match=exactly(f"Invalid value \"{run_id}\" for parameter 'run_id' supplied.")
        ):
            store.log_batch(run.LogBatch(run_id=run_id))

    def test_model_documents_of_old_clients_become_a_tag(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        document = (
            '{"artifact_path": "model", "flavors": {"sklearn": {"config": {}, "code": null}}, "run_id": "r", '
            '"utc_time_created": "now", "signature": "x"}'
        )
        for _ in range(2):
            store.log_model(run.LogModel(run_id=run_id, model_json=document))
        kept = (
            '{"run_id": "r", "utc_time_created": "now", "artifact_path": "model", '
            '"flavors": {"sklearn": {"code": null}}}'
        )
        assert get_run(store, run_id).data.tags["mlflow.log-model.history"] == f"[{kept}, {kept}]"

    @pytest.mark.parametrize(
        ("document", "reason"),
        [
            ("", "Missing value for required parameter 'model_json'."),
            ("{", "Malformed model info."),
            ("[]", "Malformed model info."),
            (
                '{"run_id": "r"}',
                "Model json is missing mandatory fields: ['artifact_path', 'flavors', 'utc_time_created']",
            ),
        ],
    )
    def test_model_documents_that_are_refused(self, store: TrackingStore, document: str, reason: str) -> None:
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            store.log_model(run.LogModel(run_id=make_run(store), model_json=document))
