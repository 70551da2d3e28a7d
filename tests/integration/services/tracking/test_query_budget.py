"""How many statements reading takes: a number that does not grow with what is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from modelyard.core.entities import Dataset, DatasetInput, InputTag, ModelInput, ModelOutput
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import runs as run
from modelyard.db.database import Connection, Database, Row
from modelyard.db.migrate import upgrade
from modelyard.services.tracking.sql.store import SqlTrackingStore
from modelyard.testing.tracking.steps import log, make_experiment, make_model, make_run
from tests.support.databases import Databases

BUDGET = 8


class CountingConnection:
    """A connection that counts its statements."""

    def __init__(self, connection: Connection, log: list[str]) -> None:
        self._connection = connection
        self._log = log
        self.dialect = connection.dialect

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        self._log.append(sql)
        return self._connection.rows(sql, params)

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        self._log.append(sql)
        return self._connection.row(sql, params)


class CountingDatabase:
    """A database whose readers count their statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements: list[str] = []
        self.dialect = database.dialect
        self.write = database.write

    @contextmanager
    def read(self) -> Iterator[CountingConnection]:
        with self._database.read() as connection:
            yield CountingConnection(connection, self.statements)


@pytest.fixture
def counting(databases: Databases) -> CountingDatabase:
    database = databases.new("memory")
    upgrade(database)
    return CountingDatabase(database)


@pytest.fixture
def full(counting: CountingDatabase) -> SqlTrackingStore:
    """A store of 30 runs, models and experiments with something of everything."""
    store = SqlTrackingStore(counting)  # type: ignore[arg-type]
    store.ensure_default()
    for number in range(30):
        make_experiment(store, f"e{number}")
        run_id, model_id = make_run(store), make_model(store).model_id
        log(store, run_id, metrics={"m": float(number)}, params={"p": str(number)}, tags={"t": "x"})
        used = DatasetInput(Dataset("d", str(number), "local", "x"), [InputTag("a", "b")])
        store.log_inputs(run.LogInputs(run_id=run_id, datasets=[used], models=[ModelInput(model_id)]))
        store.log_outputs(run.LogOutputs(run_id=run_id, models=[ModelOutput(model_id)]))
        store.log_metric(run.LogMetric(run_id=run_id, key="m", value=1.0, timestamp=1, model_id=model_id))
    counting.statements.clear()
    return store


@pytest.mark.parametrize("size", [1, 10, 30, 50_000])
@pytest.mark.parametrize("order", [[], ["params.p DESC"]])
def test_a_page_of_runs_takes_eight_statements_at_most(
    full: SqlTrackingStore, counting: CountingDatabase, size: int, order: list[str]
) -> None:
    page = full.search_runs(run.SearchRuns(experiment_ids=["0"], max_results=size, order_by=order))
    assert len(page.runs) == min(size, 30)
    assert len(counting.statements) <= BUDGET + bool(order)


def test_each_part_of_a_filter_costs_one_statement_more_at_most(
    full: SqlTrackingStore, counting: CountingDatabase
) -> None:
    text = "metrics.m > 3 AND params.p != '7' AND tags.t = 'x'"
    page = full.search_runs(run.SearchRuns(experiment_ids=["0"], filter=text))
    assert len(page.runs) == 25
    assert len(counting.statements) <= BUDGET + 3


def test_a_run_takes_eight_statements_at_most(full: SqlTrackingStore, counting: CountingDatabase) -> None:
    run_id = full.search_runs(run.SearchRuns(experiment_ids=["0"], max_results=1)).runs[0].info.run_id
    counting.statements.clear()
    full.get_run(run.GetRun(run_id=run_id))
    assert len(counting.statements) <= BUDGET


def test_pages_of_experiments_and_models_take_few(full: SqlTrackingStore, counting: CountingDatabase) -> None:
    assert len(full.search_experiments(exp.SearchExperiments()).experiments) == 31
    assert len(counting.statements) == 3
    counting.statements.clear()
    assert len(full.search_logged_models(lm.SearchLoggedModels(experiment_ids=["0"])).models) == 30
    assert len(counting.statements) == 5
