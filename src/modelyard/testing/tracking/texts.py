"""Params and tags of runs, as every tracking store keeps them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from modelyard.core.entities import Metric, Param, RunTag
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.wire.messages import runs as run
from modelyard.services.tracking.contract import TrackingStore
from modelyard.testing.tracking.steps import exactly, get_run, log, make_run

NAME_TAG = "mlflow.runName"

BAD_KEYS = [
    ("", "Missing value for required parameter"),
    ("a\nb", "Names may only contain alphanumerics"),
    ("a\n", "Names may only contain alphanumerics"),
    ("a?b", "Names may only contain alphanumerics"),
    ("größe…", "Names may only contain alphanumerics"),
    ("/a", "This name would resolve to '/a'"),
    ("../a", "Names may be treated as files in certain cases"),
    ("a//b", "This name would resolve to 'a/b'"),
    (".", "This name would resolve to '.'"),
    ("a/./b", "This name would resolve to 'a/b'"),
    ("a" * 251, "exceeds the maximum length of 250 characters"),
]

GOOD_KEYS = ["a", "a/b", "a-b.c d:e_f", "größe", "变量", "a..b", "a" * 250]


def _params(store: TrackingStore, run_id: str) -> dict[str, str]:
    return get_run(store, run_id).data.params


def _tags(store: TrackingStore, run_id: str) -> dict[str, str]:
    return {key: value for key, value in get_run(store, run_id).data.tags.items() if key != NAME_TAG}


class Params:
    """Parameters: written once."""

    def test_a_param_is_read_back(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        store.log_param(run.LogParam(run_id=run_id, key="lr", value="0.1"))
        store.log_param(run.LogParam(run_id=run_id, key="empty", value=""))
        assert _params(store, run_id) == {"lr": "0.1", "empty": ""}

    def test_the_same_value_again_is_fine_and_another_is_refused(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for _ in range(2):
            store.log_param(run.LogParam(run_id=run_id, key="lr", value="0.1"))
        reason = (
            "Changing param values is not allowed. Param with key='lr' was already logged with value='0.1' for run "
            f"ID='{run_id}'. Attempted logging new value '0.2'."
        )
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            store.log_param(run.LogParam(run_id=run_id, key="lr", value="0.2"))
        assert _params(store, run_id) == {"lr": "0.1"}

    def test_a_batch_names_all_changes_and_writes_nothing_of_it(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        log(store, run_id, params={"a": "1", "b": "2"})
        reason = (
            "Changing param values is not allowed. Params were already logged="
            "'[{'key': 'a', 'old_value': '1', 'new_value': '9'}]' "
            f"for run ID='{run_id}'."
        )
        with pytest.raises(InvalidParameter, match=exactly(reason)):
            log(store, run_id, params={"a": "9", "b": "2", "c": "3"}, metrics={"m": 1.0}, tags={"t": "x"})
        assert (_params(store, run_id), _tags(store, run_id)) == ({"a": "1", "b": "2"}, {})
        assert get_run(store, run_id).data.metrics == {}

    def test_of_writers_at_once_one_value_stays(self, store: TrackingStore) -> None:
        run_id = make_run(store)

        def attempt(value: int) -> str:
            try:
                store.log_param(run.LogParam(run_id=run_id, key="lr", value=str(value)))
            except InvalidParameter:
                return "refused"
            return str(value)

        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(attempt, range(8)))
        assert outcomes.count("refused") == 7
        assert [_params(store, run_id)["lr"]] == [each for each in outcomes if each != "refused"]

    def test_a_long_param_is_cut(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for _ in range(2):
            store.log_param(run.LogParam(run_id=run_id, key="long", value="ж" * 6001))
        assert _params(store, run_id) == {"long": "ж" * 6000}

    def test_a_key_twice_in_one_batch_is_refused(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        batch = run.LogBatch(run_id=run_id, params=[Param("a", "1"), Param("b", "1"), Param("a", "1")])
        with pytest.raises(InvalidParameter, match=exactly("Duplicate parameter keys have been submitted: ['a'].")):
            store.log_batch(batch)
        assert _params(store, run_id) == {}

    @pytest.mark.parametrize("key", GOOD_KEYS)
    def test_keys_that_are_allowed(self, store: TrackingStore, key: str) -> None:
        run_id = make_run(store)
        store.log_param(run.LogParam(run_id=run_id, key=key, value="v"))
        log(store, run_id, tags={key: "v"}, metrics={key: 1.0})
        data = get_run(store, run_id).data
        assert (data.params[key], data.tags[key], data.metrics[key]) == ("v", "v", 1.0)

    @pytest.mark.parametrize(("key", "reason"), BAD_KEYS)
    def test_param_keys_that_are_refused(self, store: TrackingStore, key: str, reason: str) -> None:
        run_id = make_run(store)
        with pytest.raises(InvalidParameter, match=r"'key'|'Param key'") as alone:
            store.log_param(run.LogParam(run_id=run_id, key=key, value="v"))
        with pytest.raises(InvalidParameter, match=r"'params\[1\]\.key'|'Param key'") as in_batch:
            log(store, run_id, params={"ok": "1", key: "v"})
        assert reason in alone.value.message
        assert reason in in_batch.value.message
        assert _params(store, run_id) == {}

    def test_texts_that_no_database_holds_are_refused(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        with pytest.raises(InvalidParameter, match=r"NUL|U\+0000"):
            store.log_param(run.LogParam(run_id=run_id, key="a", value="a\0b"))
        for batch in (
            run.LogBatch(run_id=run_id, metrics=[Metric("a\0b", 1.0, 1)]),
            run.LogBatch(run_id=run_id, params=[Param("a\0b", "v")]),
            run.LogBatch(run_id=run_id, tags=[RunTag("a\0b", "v")]),
        ):
            with pytest.raises(InvalidParameter):
                store.log_batch(batch)
        data = get_run(store, run_id).data
        assert (data.metrics, data.params) == ({}, {})

    def test_values_are_kept_letter_by_letter(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        values = {"a": "'; DROP TABLE runs; --", "b": 'x"y\\z', "c": "\n\t ", "d": "🍷ж", "e": "%_*?[", "f": "null"}
        log(store, run_id, params=values, tags=values)
        assert (_params(store, run_id), _tags(store, run_id)) == (values, values)


class Tags:
    """Tags: overwritten and removed."""

    def test_a_tag_is_set_replaced_and_removed(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        for value in ("a", "b", ""):
            store.set_tag(run.SetTag(run_id=run_id, key="k", value=value))
            assert _tags(store, run_id) == {"k": value}
        store.delete_tag(run.DeleteTag(run_id=run_id, key="k"))
        assert _tags(store, run_id) == {}
        with pytest.raises(NotFound, match=exactly(f"No tag with name: k in run with id {run_id}")):
            store.delete_tag(run.DeleteTag(run_id=run_id, key="k"))

    def test_removing_an_unknown_key_is_not_found(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        with pytest.raises(NotFound, match=exactly(f"No tag with name: never in run with id {run_id}")):
            store.delete_tag(run.DeleteTag(run_id=run_id, key="never"))
        with pytest.raises(InvalidParameter, match=exactly("Missing value for required parameter 'key'.")):
            store.delete_tag(run.DeleteTag(run_id=run_id, key=""))

    def test_of_equal_keys_in_a_batch_the_last_counts(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        tags = [RunTag("k", "a"), RunTag("k", "b")]
        store.log_batch(run.LogBatch(run_id=run_id, tags=tags))
        assert _tags(store, run_id) == {"k": "b"}

    def test_a_long_tag_is_cut(self, store: TrackingStore) -> None:
        run_id = make_run(store)
        store.set_tag(run.SetTag(run_id=run_id, key="long", value="ж" * 8001))
        assert _tags(store, run_id) == {"long": "ж" * 8000}

    @pytest.mark.parametrize(("key", "reason"), BAD_KEYS)
    def test_tag_keys_that_are_refused(self, store: TrackingStore, key: str, reason: str) -> None:
        run_id = make_run(store)
        with pytest.raises(InvalidParameter, match="'key'") as alone:
            store.set_tag(run.SetTag(run_id=run_id, key=key, value="v"))
        with pytest.raises(InvalidParameter, match=r"'tags\[0\]\.key'") as in_batch:
            log(store, run_id, tags={key: "v"})
        assert reason in alone.value.message
        assert reason in in_batch.value.message
