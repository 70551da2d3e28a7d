"""What the finder of changes finds, on each kind of database, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest

from modelyard.core.clock import FixedClock
from modelyard.core.entities import Metric
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import runs as run
from modelyard.db.database import Database
from modelyard.services.tracking.sql.metrics.compact import Compactor
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.services.views.contract import Found
from modelyard.services.views.sql.changes import SqlChanges
from tests.support.databases import *  # noqa: F403
from tests.support.databases import Databases


class Watched(NamedTuple):
    """A finder, and somebody else who writes to its database."""

    finder: SqlChanges
    others: SqlTrackingStore
    other_database: Database
    another: Callable[..., SqlChanges]

    def new_run(self, experiment: str = "0", *, start: int = 1) -> str:
        """Another's new run."""
        return self.others.create_run(run.CreateRun(experiment_id=experiment, start_time=start)).run.info.run_id

    def found(self) -> Found:
        """What is found by and by, until nothing is to be looked for."""
        runs: dict[str, str] = {}
        experiments: set[str] = set()
        while self.finder.is_stirred():
            some = self.finder.look()
            runs.update(some.runs)
            experiments.update(some.experiments)
        return Found(runs, experiments)


@pytest.fixture(params=["sqlite", "postgres"])
def watched(request: pytest.FixtureRequest, databases: Databases) -> Watched:
    """Two open databases on one store."""
    if request.param == "sqlite":
        path = databases.migrated_path()
        ours: Database = databases.sqlite(path)
        theirs: Database = databases.sqlite(path)
    else:
        url = databases.migrated_postgres_url()
        ours, theirs = databases.postgres(url), databases.postgres(url)
    others = SqlTrackingStore(theirs)
    others.ensure_default()
    another = partial(SqlChanges, ours)
    return Watched(another(clock=FixedClock()), others, theirs, another)


def test_nothing_is_found_where_nothing_was_written(watched: Watched) -> None:
    watched.new_run()
    watched.finder.watch(["0"], [])
    assert not watched.finder.is_stirred()


def test_what_was_there_before_it_is_watched_has_not_changed(watched: Watched) -> None:
    first = watched.new_run()
    watched.finder.watch(["0"], [])
    other = watched.others.create_experiment(exp.CreateExperiment(name="other")).experiment_id
    before = watched.new_run(other)
    watched.found()
    watched.finder.watch(["0", other], [first])
    new = watched.new_run(other)
    assert watched.found() == Found({new: other}, {other})
    assert before != new


def test_each_change_names_its_run_and_its_experiment(watched: Watched) -> None:
    run_id, other = watched.new_run(), watched.new_run()
    watched.finder.watch(["0"], [])
    store = watched.others
    writes: list[Callable[[], object]] = [
        lambda: store.log_metric(run.LogMetric(run_id=run_id, key="m", value=1.0, timestamp=1)),
        lambda: store.log_batch(run.LogBatch(run_id=run_id, metrics=[Metric("m", 1.0, at, at) for at in range(200)])),
        lambda: store.log_param(run.LogParam(run_id=run_id, key="p", value="1")),
        lambda: store.set_tag(run.SetTag(run_id=run_id, key="t", value="one")),
        lambda: store.set_tag(run.SetTag(run_id=run_id, key="t", value="two")),
        lambda: store.delete_tag(run.DeleteTag(run_id=run_id, key="t")),
        lambda: store.update_run(run.UpdateRun(run_id=run_id, run_name="name")),
        lambda: store.update_run(run.UpdateRun(run_id=run_id, status="FAILED", end_time=3)),
        lambda: store.delete_run(run.DeleteRun(run_id=run_id)),
        lambda: store.restore_run(run.RestoreRun(run_id=run_id)),
    ]
    for number, write in enumerate(writes):
        write()
        assert watched.found() == Found({run_id: "0"}, {"0"}), number
    assert watched.found() == Found({}, set())
    assert other not in watched.found().runs


def test_points_are_found_however_they_are_kept(watched: Watched) -> None:
    runs = [watched.new_run() for _ in range(3)]
    watched.finder.watch(["0"], [])
    for turn in range(3):
        writer = runs[turn // 2]
        for start in range(0, 2_100, 30):  # more than wait together: they are dealt out meanwhile
            points = [Metric("m", 1.0, at, at) for at in range(start, start + 30)]
            watched.others.log_batch(run.LogBatch(run_id=writer, metrics=points))
        assert writer in watched.found().runs
    Compactor(watched.other_database).compact_all()
    assert runs[2] not in watched.found().runs
    watched.others.log_metric(run.LogMetric(run_id=runs[2], key="m", value=1.0, timestamp=1))
    assert runs[2] in watched.found().runs


def test_a_purged_run_and_a_changed_experiment_are_found(watched: Watched) -> None:
    run_id = watched.new_run()
    watched.finder.watch(["0"], [run_id])
    watched.others.delete_run(run.DeleteRun(run_id=run_id))
    watched.found()
    watched.others.purge(2**62)
    assert run_id in watched.found().runs
    watched.others.set_experiment_tag(exp.SetExperimentTag(experiment_id="0", key="note", value="new"))
    assert watched.found() == Found({}, {"0"})


def test_of_very_many_runs_the_latest_are_compared_and_all_are_counted(
    watched: Watched,
) -> None:
    watched = watched._replace(finder=watched.another(latest=3, clock=FixedClock()))
    runs = [watched.new_run(start=at) for at in range(6)]
    watched.finder.watch(["0"], [])
    watched.others.set_tag(run.SetTag(run_id=runs[0], key="a", value="b"))
    assert watched.found() == Found({}, set())
    watched.others.set_tag(run.SetTag(run_id=runs[5], key="a", value="b"))
    assert watched.found().runs == {runs[5]: "0"}
    watched.others.delete_run(run.DeleteRun(run_id=runs[0]))
    assert watched.found() == Found({}, {"0"})
    watched.others.log_metric(run.LogMetric(run_id=runs[1], key="m", value=1.0, timestamp=1))
    assert watched.found().runs == {runs[1]: "0"}
    for at in range(20):
        assert set(watched.found().runs) == set()
        assert watched.new_run(start=100 + at) in watched.found().runs


class SlowClock(FixedClock):
    """Whenever somebody looks at it, a second has passed."""

    def monotonic(self) -> float:
        self.advance(1_000)
        return super().monotonic()


def test_comparing_rests_ten_times_as_long_as_it_took(watched: Watched) -> None:
    run_id = watched.new_run()
    watched = watched._replace(finder=watched.another(clock=SlowClock()))
    watched.finder.watch(["0"], [])
    watched.others.set_tag(run.SetTag(run_id=run_id, key="a", value="b"))
    assert watched.finder.is_stirred()
    assert watched.finder.look().runs == {run_id: "0"}
    watched.others.set_tag(run.SetTag(run_id=run_id, key="a", value="c"))
    watched.others.log_metric(run.LogMetric(run_id=run_id, key="m", value=1.0, timestamp=1))
    assert watched.finder.is_stirred()
    assert watched.finder.look().runs == {run_id: "0"}  # points are found all the same
    looks = 1
    while not watched.finder.is_stirred():
        looks += 1
    assert 5 < looks < 12
    assert watched.finder.look().runs == {run_id: "0"}


def test_a_writer_that_holds_the_lock_is_waited_for_later(databases: Databases) -> None:
    path = databases.migrated_path()
    ours, theirs = databases.sqlite(path), databases.sqlite(path)
    finder, others = SqlChanges(ours), SqlTrackingStore(theirs)
    others.ensure_default()
    finder.watch(["0"], [])
    with theirs.write():
        run_id = others.create_run(run.CreateRun(experiment_id="0", start_time=1)).run.info.run_id
        assert not finder.is_stirred()
    assert finder.is_stirred()
    assert run_id in finder.look().runs


def test_what_this_process_writes_is_not_looked_for(databases: Databases) -> None:
    ours = databases.sqlite(databases.migrated_path())
    finder, store = SqlChanges(ours), SqlTrackingStore(ours)
    store.ensure_default()
    finder.watch(["0"], [])
    store.create_run(run.CreateRun(experiment_id="0", start_time=1))
    assert not finder.is_stirred()
