"""Tables of runs: the columns asked for, true totals, pages at any place, and few statements."""

from __future__ import annotations

import math
import random

import pytest

from modelyard.core.entities import Dataset, DatasetInput, Metric, RunTag
from modelyard.core.errors import InvalidParameter
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import registry as reg
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages import views as view
from modelyard.services.views import rules
from modelyard.testing.tracking.steps import delete_run, log, make_experiment, make_run
from tests.unit.views.yard import Yard

PARENT = "mlflow.parentRunId"


def make_some(yard: Yard, count: int, **tags: str) -> list[str]:
    """So many runs, the newest last."""
    listed = [RunTag(key, value) for key, value in tags.items()]
    return [make_run(yard.tracking, run_name=f"r{n}", start_time=n, tags=listed) for n in range(count)]


def test_a_page_has_the_columns_asked_for_and_the_total_of_all(yard: Yard) -> None:
    ids = make_some(yard, 5)
    for number, run_id in enumerate(ids):
        log(yard.tracking, run_id, params={"alpha": str(number), "b c/d": "x"}, metrics={"loss": number / 2})
    page = yard.runs(
        columns=["attributes.run_name", "params.alpha", "params.`b c/d`", "metrics.loss"], limit=2, offset=1
    )
    assert page.total == 5
    assert page.run_ids == [ids[3], ids[2]]
    assert page.children == [0, 0]
    assert page.columns == {
        "attributes.run_name": ["r3", "r2"],
        "params.alpha": ["3", "2"],
        "params.`b c/d`": ["x", "x"],
        "metrics.loss": [1.5, 1.0],
    }


def test_what_json_cannot_hold_is_a_text_and_what_is_missing_is_null(yard: Yard) -> None:
    for number, value in enumerate([math.nan, math.inf, -math.inf, 0.25]):
        run_id = make_run(yard.tracking, start_time=number)
        log(yard.tracking, run_id, metrics={"m": value})
    with yard.database.write() as connection:  # as another program's import may have left them
        connection.run("UPDATE metric_latest SET value = ? WHERE value > 1e300", (math.inf,))
        connection.run("UPDATE metric_latest SET value = ? WHERE value < -1e300", (-math.inf,))
    make_run(yard.tracking, start_time=9)
    page = yard.runs(columns=["metrics.m"], order_by=["start_time"])
    assert page.columns["metrics.m"] == ["NaN", "Infinity", "-Infinity", 0.25, None]
    assert b'["NaN","Infinity","-Infinity",0.25,null]' in encode_reply(page)


def test_extremes_are_those_of_all_steps(yard: Yard) -> None:
    run_id = make_run(yard.tracking)
    points = [Metric("m", value, 1, step) for step, value in enumerate([3.0, -2.0, 7.0, 1.0])]
    yard.tracking.log_batch(run.LogBatch(run_id=run_id, metrics=points))
    found = yard.runs(columns=["min(metrics.m)", "metrics.m", "max(metrics.m)"]).columns
    assert found == {"min(metrics.m)": [-2.0], "metrics.m": [1.0], "max(metrics.m)": [7.0]}


def test_every_attribute_can_be_shown(yard: Yard) -> None:
    experiment = make_experiment(yard.tracking, "all")
    run_id = make_run(
        yard.tracking,
        experiment,
        run_name="whole",
        user_id="ada",
        start_time=1_000,
        tags=[RunTag("mlflow.source.name", "train.py")],
    )
    yard.tracking.update_run(run.UpdateRun(run_id=run_id, status="FINISHED", end_time=61_000))
    yard.tracking.heartbeat(run.Heartbeat(run_ids=[run_id]))
    datasets = [DatasetInput(Dataset(name, "1", "local", "x"), []) for name in ("wine", "beer")]
    yard.tracking.log_inputs(run.LogInputs(run_id=run_id, datasets=datasets))
    yard.tracking.create_logged_model(
        lm.CreateLoggedModel(experiment_id=experiment, name="forest", source_run_id=run_id)
    )
    yard.registry.create_registered_model(reg.CreateRegisteredModel(name="prod"))
    for _ in range(2):
        yard.registry.create_model_version(
            reg.CreateModelVersion(name="prod", source=f"runs:/{run_id}/model", run_id=run_id)
        )
    expected = {
        "run_id": run_id,
        "run_name": "whole",
        "status": "FINISHED",
        "start_time": 1_000,
        "end_time": 61_000,
        "duration": 60_000,
        "user_id": "ada",
        "experiment_id": experiment,
        "lifecycle_stage": "active",
        "artifact_uri": f"mlflow-artifacts:/{experiment}/{run_id}/artifacts",
        "last_heard": 1_000,
        "datasets": "wine, beer",
        "models": "forest",
        "source": "train.py",
        "registered": "prod v1, prod v2",
    }
    columns = [f"attributes.{name}" for name in expected]
    found = yard.runs(experiment_ids=[experiment], columns=columns).columns
    assert {name.removeprefix("attributes."): cells for name, cells in found.items()} == {
        name: [value] for name, value in expected.items()
    }


def test_runs_of_some_ids_come_in_their_order_with_all_their_keys(yard: Yard) -> None:
    ids = make_some(yard, 3)
    log(yard.tracking, ids[0], params={"b": "1", "a": "2"}, metrics={"m": 1.0}, tags={"t": "x"})
    log(yard.tracking, ids[2], params={"c": "3"})
    delete_run(yard.tracking, ids[2])
    page = yard.runs(run_ids=[ids[2], "nothing", ids[0]], columns=["params.*", "metrics.*", "tags.t"])
    assert (page.total, page.run_ids) == (2, [ids[2], ids[0]])
    assert list(page.columns) == ["params.a", "params.b", "params.c", "metrics.m", "tags.t"]
    assert page.columns["params.b"] == [None, "1"]
    assert page.columns["params.c"] == ["3", None]


def test_parents_are_told_from_children(yard: Yard) -> None:
    parent, lonely = make_some(yard, 2)
    children = [
        make_run(yard.tracking, run_name=f"c{n}", start_time=10 + n, tags=[RunTag(PARENT, parent)]) for n in range(3)
    ]
    grandchild = make_run(yard.tracking, start_time=20, tags=[RunTag(PARENT, children[0])])
    delete_run(yard.tracking, children[2])
    roots = yard.runs(roots_only=True)
    assert (roots.total, roots.run_ids, roots.children) == (2, [lonely, parent], [0, 2])
    below = yard.runs(parent_run_id=parent)
    assert (below.total, below.run_ids, below.children) == (2, [children[1], children[0]], [0, 1])
    assert yard.runs(parent_run_id=children[0]).run_ids == [grandchild]
    assert yard.runs(roots_only=True, view_type="ALL").children == [0, 3]
    assert yard.runs(view_type="DELETED_ONLY").run_ids == [children[2]]


def test_several_experiments_are_one_table(yard: Yard) -> None:
    other = make_experiment(yard.tracking, "other")
    for number in range(6):
        make_run(yard.tracking, ["0", other][number % 2], run_name=f"r{number}", start_time=number)
    both = {"experiment_ids": ["0", other]}
    assert yard.names(**both, limit=3, offset=2) == ["r3", "r2", "r1"]
    assert yard.runs(**both).total == 6
    assert yard.runs(experiment_ids=[]).total == 0


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (["attributes.duration DESC"], ["b", "a", "c"]),
        (["attributes.duration"], ["a", "b", "c"]),
        (["min(metrics.m)"], ["b", "a", "c"]),
        (["max(metrics.m) DESC"], ["b", "a", "c"]),
        (["metrics.m.min DESC"], ["a", "b", "c"]),
        (["max( metrics.`m` ) ASC", "start_time"], ["a", "b", "c"]),
        (["params.p DESC", "run_name"], ["c", "a", "b"]),
        (["run_name DESC"], ["c", "b", "a"]),
    ],
)
def test_tables_are_sorted_by_what_they_show(yard: Yard, order: list[str], names: list[str]) -> None:
    for place, (name, points, end) in enumerate([("a", (1.0, 2.0), 50), ("b", (-1.0, 9.0), 90), ("c", (), None)]):
        run_id = make_run(yard.tracking, run_name=name, start_time=place)
        metrics = [Metric("m", value, 1, step) for step, value in enumerate(points)]
        yard.tracking.log_batch(run.LogBatch(run_id=run_id, metrics=metrics))
        if end:
            yard.tracking.update_run(run.UpdateRun(run_id=run_id, status="FINISHED", end_time=end))
        if name == "c":
            log(yard.tracking, run_id, params={"p": "1"})
    assert yard.names(order_by=order) == names


@pytest.mark.parametrize(
    "order", [[], ["start_time"], ["metrics.m"], ["metrics.m DESC"], ["params.p"], ["attributes.duration"]]
)
def test_any_offset_shows_what_paging_would(yard: Yard, order: list[str]) -> None:
    chance = random.Random(3)
    other = make_experiment(yard.tracking, "other")
    for number in range(40):
        run_id = make_run(yard.tracking, chance.choice(["0", other]), start_time=number // 2)
        if number % 3:
            log(yard.tracking, run_id, metrics={"m": chance.choice([math.nan, 1.0, 2.0, float(number)])})
        if number % 4:
            log(yard.tracking, run_id, params={"p": chance.choice("abc")})
    for scope in (["0"], ["0", other]):
        whole = yard.runs(experiment_ids=scope, order_by=order).run_ids
        for offset in range(len(whole) + 2):
            page = yard.runs(experiment_ids=scope, order_by=order, offset=offset, limit=7)
            assert page.run_ids == whole[offset : offset + 7]
            assert page.total == len(whole)


def random_filter(chance: random.Random) -> str:
    """A filter out of comparisons that some of the runs satisfy."""
    comparisons = [
        f"metrics.m {chance.choice(['<', '>', '=', '!=', '<='])} {chance.choice([0, 1, 2.5])}",
        f"params.p {chance.choice(['=', '!=', 'LIKE', 'ILIKE'])} '{chance.choice(['a', 'b', '%', 'A'])}'",
        f"tags.t IS {chance.choice(['', 'NOT '])}NULL",
        f"status = '{chance.choice(['RUNNING', 'FINISHED'])}'",
        f"start_time {chance.choice(['<', '>='])} {chance.randrange(60)}",
        f"run_name LIKE '%{chance.randrange(10)}'",
        "dataset.name = 'wine'",
    ]
    parts = [chance.choice(["", "NOT "]) + part for part in chance.sample(comparisons, chance.randint(1, 3))]
    return chance.choice([" AND ", " OR "]).join(parts)


def test_totals_are_those_that_a_search_pages_through(yard: Yard) -> None:
    chance = random.Random(7)
    ids = make_some(yard, 60)
    wine = DatasetInput(Dataset("wine", "1", "local", "x"), [])
    for run_id in ids:
        log(
            yard.tracking,
            run_id,
            metrics={"m": chance.choice([0.0, 1.0, 2.5, math.nan])} if chance.random() < 0.8 else {},
            params={"p": chance.choice("abA")} if chance.random() < 0.8 else {},
            tags={"t": "x"} if chance.random() < 0.5 else {},
        )
        if chance.random() < 0.3:
            yard.tracking.log_inputs(run.LogInputs(run_id=run_id, datasets=[wine]))
        if chance.random() < 0.5:
            yard.tracking.update_run(run.UpdateRun(run_id=run_id, status="FINISHED"))
        if chance.random() < 0.2:
            delete_run(yard.tracking, run_id)
    for _ in range(60):
        text, stage = random_filter(chance), chance.choice(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"])
        order = chance.choice([[], ["metrics.m"], ["params.p DESC"]])
        asked = {"experiment_ids": ["0"], "filter": text, "order_by": order}
        found: list[str] = []
        token = ""
        while True:
            page = yard.tracking.search_runs(
                run.SearchRuns(**asked, run_view_type=stage, max_results=17, page_token=token)
            )
            found += [each.info.run_id for each in page.runs]
            if not (token := page.next_page_token):
                break
        table = yard.runs(**asked, view_type=stage, limit=1000)
        assert (table.total, table.run_ids) == (len(found), found), text


@pytest.mark.parametrize("count", [1, 40])
def test_a_table_takes_few_statements_however_large_it_is(yard: Yard, count: int) -> None:
    for run_id in make_some(yard, count):
        log(yard.tracking, run_id, params={f"p{n}": "1" for n in range(20)}, metrics={f"m{n}": 1.0 for n in range(20)})
    yard.counting.statements.clear()
    columns = [f"params.p{n}" for n in range(20)] + [f"min(metrics.m{n})" for n in range(20)]
    columns += [f"attributes.{name}" for name in ("run_name", "models", "registered", "datasets", "duration")]
    yard.runs(columns=columns, filter="metrics.m1 > 0", order_by=["params.p1"])
    assert len(yard.counting.statements) <= 15


def test_only_what_is_asked_for_is_read(yard: Yard) -> None:
    make_some(yard, 2)
    yard.counting.statements.clear()
    yard.runs(columns=["attributes.run_name"])
    read = " ".join(yard.counting.statements)
    for table in ("params", "metric_latest", "inputs", "logged_models", "model_versions"):
        assert table not in read


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"filter": "metrics.m > 1 AND nonsense"}, r"at character 19"),
        ({"filter": "metrics.m > 1 AND"}, r"at character 18"),
        ({"columns": ["attributes.nonsense"]}, r"Invalid column 'attributes.nonsense'. Valid attributes are \["),
        ({"columns": ["things.x"]}, "Invalid entity type 'things'"),
        ({"columns": ["min(params.x)"]}, r"Invalid column 'min\(params.x\)'"),
        ({"columns": ["params.*"]}, "only with 'run_ids'"),
        ({"columns": ["params."]}, "a key is missing"),
        ({"columns": ["params.x"] * (rules.MAX_COLUMNS + 1)}, "at most 300"),
        ({"limit": 1001}, "Invalid value 1001 for 'limit'"),
        ({"offset": -1}, "Invalid value -1 for 'offset'"),
        ({"order_by": ["min(metrics.m) UP"]}, "Invalid ordering key"),
        ({"order_by": ["params.a", "params.a DESC"]}, "duplicate fields"),
        ({"order_by": ["attributes.duration", "attributes.nonsense"]}, "Invalid attribute key"),
        ({"filter": "attributes.duration > 1"}, "Invalid attribute key 'duration'"),
        ({"run_ids": ["x"], "filter": "metrics.m > 1"}, "leave out 'filter'"),
        ({"run_ids": ["x"] * 1001}, "at most 1000"),
        ({"experiment_ids": ["x"]}, "Invalid experiment ID 'x'"),
    ],
)
def test_what_cannot_be_read_or_is_too_much_is_refused(yard: Yard, request_: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        yard.runs(**request_)


def test_an_empty_page_still_tells_the_total(yard: Yard) -> None:
    make_some(yard, 3)
    page = yard.runs(limit=0, columns=["params.x"])
    assert (page.total, page.run_ids, page.columns) == (3, [], {"params.x": []})
    assert view.RunRows(total=0, run_ids=[], children=[], columns={}) == yard.runs(filter="params.x = 'no'")
