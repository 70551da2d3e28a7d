"""The JSON of a search that the database helps to write is the JSON of the entities, byte for byte, on every database."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import pytest

from modelyard.core.entities import Dataset, DatasetInput, InputTag, KeyValue, Metric, ModelInput, ModelOutput
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages import runs as run
from modelyard.db.database import Database
from modelyard.services.tracking.routes import routes
from modelyard.services.tracking.sql import keyvalues, names, params, runs, tags
from modelyard.services.tracking.sql.keyvalues import Owner
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.testing.tracking.steps import log, make_run

HOSTILE = [
    "",
    '"',
    "\\",
    '\\"',
    '",',
    '","',
    "\\u0000",
    "".join(map(chr, range(1, 32))),
    "\x7f\x80\x9f\u2028\u2029\ufeff",
    "é漢\ufffd\ufffe😀\U0010ffff",
    '"value":null',
    "null",
    "%s %% %(key)s {} ?*",
    '[1, {"key": "x"}]',
    "</script>'; --",
    " " * 300,
    "x" * 5_000,
]
ALL_LETTERS = "".join(map(chr, [*range(1, 0xD800), *range(0xE000, 0x10000), *range(0x1F300, 0x1F700)]))
NUMBERS = [0.0, -0.0, 1.0, 0.1, 2 / 3, 1e15, 1e16, 1e22, 1e-5, 1e-7, 5e-324, 1.7976931348623157e308, math.nan, math.inf]


def everything(**fields: object) -> run.SearchRuns:
    return run.SearchRuns(experiment_ids=["0"], **fields)  # type: ignore[arg-type]


def put_unchecked(database: Database, table: keyvalues.Texts, run_id: str, pairs: Sequence[KeyValue]) -> None:
    """Write keys and values that the rules may not let through, as an older release or another program might have."""
    with database.write() as conn:
        number = runs.state(conn, run_id).id
        for pair in pairs:  # one by one, so that the numbers of the keys are not in the order of the keys
            keyvalues.overwrite(conn, table, Owner(number, 0), [pair], names.interned(conn, [pair.key]))


@pytest.fixture
def full(store: SqlTrackingStore, database: Database) -> SqlTrackingStore:
    """Runs of odd texts and numbers, one with all there can be, and one with nothing."""
    strange = make_run(store, run_name='"quoted"\n', start_time=3)
    pairs = [KeyValue(f"{key} ", value) for key, value in zip(HOSTILE, reversed(HOSTILE), strict=True)]
    put_unchecked(database, params.TABLE, strange, pairs)
    put_unchecked(database, tags.TABLE, strange, list(reversed(pairs)))
    points = [
        Metric(f"m{at}", value, 2**63 - 1 - at, (-1) ** at * 2**63 // (at + 2))
        for at, value in enumerate([*NUMBERS, *(-number for number in NUMBERS)])
    ]
    store.log_batch(run.LogBatch(run_id=strange, metrics=points))
    letters = make_run(store, start_time=2)
    chunks = [ALL_LETTERS[at : at + 4_000] for at in range(0, len(ALL_LETTERS), 4_000)]
    log(store, letters, params={f"p{at}": chunk for at, chunk in enumerate(chunks)})
    whole = make_run(store, start_time=2)
    log(store, whole, metrics={"m": 1.0}, params={"p": "1"}, tags={"t": "x"})
    used = DatasetInput(Dataset('"d"', "1", "local", "x"), [InputTag("a", "b")])
    store.log_inputs(run.LogInputs(run_id=whole, datasets=[used], models=[ModelInput("m-1")]))
    store.log_outputs(run.LogOutputs(run_id=whole, models=[ModelOutput("m-2", 7)]))
    store.update_run(run.UpdateRun(run_id=whole, status="FINISHED", end_time=9))
    make_run(store, start_time=1)
    bare = make_run(store, start_time=0)
    with database.write() as conn:
        conn.run("DELETE FROM tags WHERE run = ?", (runs.state(conn, bare).id,))
    return store


def test_the_ready_made_json_of_a_page_is_that_of_its_entities(full: SqlTrackingStore) -> None:
    assert full.search_runs_json(everything()) == encode_reply(full.search_runs(everything()))


def test_what_was_written_is_in_the_ready_made_json(full: SqlTrackingStore) -> None:
    page = msgspec.json.decode(full.search_runs_json(everything()))
    strange, *others = page["runs"]
    wanted = sorted((f"{key} ", value) for key, value in zip(HOSTILE, reversed(HOSTILE), strict=True))
    assert [(pair["key"], pair["value"]) for pair in strange["data"]["params"]] == wanted
    assert [pair for pair in strange["data"]["tags"] if pair["key"] != "mlflow.runName"] == strange["data"]["params"]
    values = {metric["key"]: metric["value"] for metric in strange["data"]["metrics"]}
    assert [key for key, value in values.items() if value == "NaN"] == ["m12", "m26"]
    letters = {pair["key"]: pair["value"] for pair in max((each["data"].get("params", []) for each in others), key=len)}
    assert "".join(letters[f"p{at}"] for at in range(len(letters))) == ALL_LETTERS
    assert "data" not in others[-1] or others[-1]["data"] == {}


def test_pages_follow_each_other_in_ready_made_json(full: SqlTrackingStore) -> None:
    token, pages = "", 0
    while pages == 0 or token:
        request = everything(max_results=2, page_token=token)
        page = full.search_runs(request)
        assert full.search_runs_json(request) == encode_reply(page)
        token, pages = page.next_page_token, pages + 1
    assert pages == 3


def test_no_runs_are_an_empty_object(store: SqlTrackingStore) -> None:
    assert store.search_runs_json(everything()) == b"{}"


def test_the_server_is_given_the_ready_made_json(store: SqlTrackingStore) -> None:
    assert routes(store)["tracking.search_runs"] == store.search_runs_json
