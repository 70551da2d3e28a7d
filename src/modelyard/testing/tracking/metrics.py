"""Metrics and their histories, as every tracking store keeps them."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from modelyard.core.entities import Metric
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore
from modelyard.testing.tracking.steps import UNKNOWN_RUN, exactly, get_run, history, log_metric, make_run
from modelyard.testing.tracking.texts import BAD_KEYS

LARGEST = 1.7976931348623157e308


def _log_steps(store: TrackingStore, run_id: str, count: int, key: str = "loss") -> None:
    points = [Metric(key, float(step), 1000 + step, step) for step in range(count)]
    for start in range(0, count, 1000):
        store.log_batch(run.LogBatch(run_id=run_id, metrics=points[start : start + 1000]))


class Metrics:
    """Logging points."""

    def test_points_are_read_by_timestamp_step_and_value(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        points = [(3, 0, 1.0), (1, 2, 5.0), (1, -7, 9.0), (1, 2, 4.0), (0, 5, 0.25)]
        for timestamp, step, value in points:
            log_metric(store, run_id, "loss", value, timestamp=timestamp, step=step)
        assert history(store, run_id, "loss") == sorted(points)

    def test_the_latest_is_the_greatest_by_step_timestamp_and_value(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for timestamp, step, value in ((9, 0, 1.0), (1, 2, 5.0), (3, 2, 4.0), (3, 2, 4.5), (3, 2, -1.0), (99, 1, 7.0)):
            log_metric(store, run_id, "loss", value, timestamp=timestamp, step=step)
        (latest,) = get_run(store, run_id).data.metric_list
        assert (latest.key, latest.value, latest.timestamp, latest.step) == ("loss", 4.5, 3, 2)

    def test_a_point_that_is_sent_again_is_kept_once(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for _ in range(3):
            log_metric(store, run_id, "loss", 0.5, timestamp=1, step=1)
        store.log_batch(run.LogBatch(run_id=run_id, metrics=[Metric("loss", 0.5, 1, 1)] * 4))
        assert history(store, run_id, "loss") == [(1, 1, 0.5)]

    def test_nan_is_kept_and_infinities_become_the_largest_numbers(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for step, value in enumerate((math.inf, -math.inf, math.nan, math.nan)):
            log_metric(store, run_id, "loss", value, timestamp=step, step=step)
        values = [value for _, _, value in history(store, run_id, "loss")]
        assert values[:2] == [LARGEST, -LARGEST]
        assert [math.isnan(value) for value in values] == [False, False, True, True]
        assert math.isnan(get_run(store, run_id).data.metrics["loss"])

    @pytest.mark.parametrize("value", [0.1, -0.0, 5e-324, LARGEST, 1 / 3, 2.0**53 + 2, 123456789.125])
    def test_numbers_are_kept_to_the_last_bit(self, store: TrackingStore, value: float) -> None:
        run_id = make_run(store)
        log_metric(store, run_id, "loss", value)
        assert history(store, run_id, "loss") == [(1, 0, value)]
        assert get_run(store, run_id).data.metrics == {"loss": value}

    def test_times_and_steps_use_all_64_bits(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for timestamp, step in ((2**63 - 1, 2**63 - 1), (0, -(2**63))):
            log_metric(store, run_id, "loss", 1.0, timestamp=timestamp, step=step)
        assert history(store, run_id, "loss") == [(0, -(2**63), 1.0), (2**63 - 1, 2**63 - 1, 1.0)]

    @pytest.mark.parametrize(
        ("field", "value"), [("timestamp", -1), ("timestamp", 2**63), ("step", 2**63), ("step", -(2**63) - 1)]
    )
    def test_times_out_of_range_are_refused(self, store: TrackingStore, field: str, value: int) -> None:
        run_id = make_run(store)
        times = {"timestamp": 1, "step": 1} | {field: value}
        timestamp, step = times["timestamp"], times["step"]
        with pytest.raises(InvalidParameter, match=f"Invalid value {value} for parameter '{field}' supplied"):
            store.log_metric(run.LogMetric(run_id=run_id, key="a", value=1.0, timestamp=timestamp, step=step))
        points = [Metric("a", 1.0, 1), Metric("a", 1.0, timestamp, step)]
        with pytest.raises(InvalidParameter, match=rf"for parameter 'metrics\[1\]\.{field}' supplied"):
            store.log_batch(run.LogBatch(run_id=run_id, metrics=points))
        assert history(store, run_id, "a") == []

    @pytest.mark.parametrize(("key", "reason"), BAD_KEYS)
    def test_metric_keys_that_are_refused(self, store: TrackingStore, key: str, reason: str) -> None:
        run_id = make_run(store)
        with pytest.raises(InvalidParameter, match=r"'key'|'name'|'Metric name'") as alone:
            log_metric(store, run_id, key, 1.0)
        points = [Metric("ok", 1.0, 1), Metric(key, 1.0, 1)]
        with pytest.raises(InvalidParameter, match=r"'metrics\[1\]\.(key|name)'|'Metric name'") as in_batch:
            store.log_batch(run.LogBatch(run_id=run_id, metrics=points))
        assert reason in alone.value.message
        assert reason in in_batch.value.message
        assert get_run(store, run_id).data.metrics == {}

    def test_writers_at_once_lose_nothing(self, store: TrackingStore) -> None:
        run_id = make_run(store)

        def write(writer: int) -> None:
            for step in range(10):
                log_metric(store, run_id, "loss", float(writer), timestamp=step, step=step * 8 + writer)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(write, range(8)))
        assert len(history(store, run_id, "loss")) == 80
        assert get_run(store, run_id).data.metrics == {"loss": 7.0}


class Histories:
    """Reading series."""

    def test_an_unknown_metric_is_empty_and_an_unknown_run_is_not_found(self, store: TrackingStore) -> None:
        assert history(store, make_run(store), "never") == []
        with pytest.raises(NotFound, match=exactly(f"Run with id={UNKNOWN_RUN} not found")):
            history(store, UNKNOWN_RUN, "never")

    @pytest.mark.parametrize("field", ["run_id", "metric_key"])
    def test_run_and_key_are_required(self, store: TrackingStore, field: str) -> None:
        fields = {"run_id": UNKNOWN_RUN, "metric_key": "a", field: ""}
        with pytest.raises(InvalidParameter, match=exactly(f"Missing value for required parameter '{field}'.")):
            store.get_metric_history(met.GetMetricHistory(run_id=fields["run_id"], metric_key=fields["metric_key"]))

    def test_pages_follow_each_other_while_points_come_in(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        _log_steps(store, run_id, 25)
        seen: list[int] = []
        token = ""
        while True:
            request = met.GetMetricHistory(run_id=run_id, metric_key="loss", max_results=10, page_token=token)
            page = store.get_metric_history(request)
            seen += [point.step for point in page.metrics]
            token = page.next_page_token
            if not token:
                break
            log_metric(store, run_id, "loss", 0.0, timestamp=0, step=-len(seen))
        assert seen == list(range(25))

    @pytest.mark.parametrize("size", [0, -1])
    def test_a_page_of_nothing_is_refused(self, store: TrackingStore, size: int) -> None:
        request = met.GetMetricHistory(run_id=make_run(store), metric_key="loss", max_results=size)
        with pytest.raises(InvalidParameter, match=f"Invalid value {size} for parameter 'max_results' supplied"):
            store.get_metric_history(request)

    def test_a_broken_page_token_is_refused(self, store: TrackingStore) -> None:
        request = met.GetMetricHistory(run_id=make_run(store), metric_key="loss", page_token="?!")
        with pytest.raises(InvalidParameter, match="Invalid page token"):
            store.get_metric_history(request)

    def test_several_runs_come_by_run_id_and_stop_at_the_limit(self, store: TrackingStore) -> None:
        runs = sorted(make_run(store) for _ in range(3))
        for run_id in runs:
            _log_steps(store, run_id, 4)
        request = met.GetMetricHistoryBulk(run_id=[*reversed(runs), UNKNOWN_RUN], metric_key="loss", max_results=10)
        points = store.get_metric_history_bulk(request).metrics
        wanted = [(run_id, step) for run_id in runs for step in range(4)][:10]
        assert [(point.run_id, point.step) for point in points] == wanted

    def test_how_many_runs_are_asked_for_is_bounded(self, store: TrackingStore) -> None:
        with pytest.raises(InvalidParameter, match="GetMetricHistoryBulk request must specify at least one run_id"):
            store.get_metric_history_bulk(met.GetMetricHistoryBulk(metric_key="loss"))
        many = [UNKNOWN_RUN] * 101
        with pytest.raises(InvalidParameter, match=r"cannot specify more than 100 run_ids. Received 101 run_ids."):
            store.get_metric_history_bulk(met.GetMetricHistoryBulk(run_id=many, metric_key="loss"))
        with pytest.raises(InvalidParameter, match=r"must specify at most 100 run_ids."):
            store.get_metric_history_bulk_interval(met.GetMetricHistoryBulkInterval(run_ids=many, metric_key="loss"))

    def test_samples_keep_first_and_last_step(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        _log_steps(store, run_id, 1000)
        request = met.GetMetricHistoryBulkInterval(run_ids=[run_id], metric_key="loss", max_results=10)
        steps = [point.step for point in store.get_metric_history_bulk_interval(request).metrics]
        assert (len(steps), steps[0], steps[-1]) == (10, 0, 999)
        assert steps == sorted(steps)

    def test_samples_stay_between_the_steps(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        _log_steps(store, run_id, 100)
        request = met.GetMetricHistoryBulkInterval(run_ids=[run_id], metric_key="loss", start_step=10, end_step=13)
        points = store.get_metric_history_bulk_interval(request).metrics
        assert [(point.run_id, point.step, point.value) for point in points] == [
            (run_id, step, float(step)) for step in range(10, 14)
        ]

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"start_step": 1}, "If either start step or end step are specified, both must be specified."),
            ({"end_step": 1}, "If either start step or end step are specified, both must be specified."),
            (
                {"start_step": 2, "end_step": 1},
                "end_step must be greater than start_step. Found start_step=2 and end_step=1.",
            ),
            ({"max_results": 0}, "max_results must be between 1 and 2500."),
            ({"max_results": 2501}, "max_results must be between 1 and 2500."),
        ],
    )
    def test_intervals_that_are_refused(self, store: TrackingStore, fields: dict[str, int], reason: str) -> None:
        request = met.GetMetricHistoryBulkInterval(run_ids=[make_run(store)], metric_key="loss", **fields)
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            store.get_metric_history_bulk_interval(request)

    def test_an_overview_covers_every_point_once(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        _log_steps(store, run_id, 1000)
        _log_steps(store, run_id, 3, "acc")
        keys = ["loss", "acc", "never"]
        request = met.GetMetricOverview(run_ids=[run_id, UNKNOWN_RUN], metric_keys=keys, buckets=10)
        loss, acc = store.get_metric_overview(request).series
        assert (loss.run_id, loss.key, loss.count) == (run_id, "loss", 1000)
        assert (loss.first_steps[0], loss.last_steps[-1]) == (0, 999)
        assert (min(loss.minima), max(loss.maxima), loss.lasts[-1]) == (0.0, 999.0, 999.0)  # type: ignore[type-var]
        assert (acc.key, acc.count) == ("acc", 3)
