"""The store of views over SQL: it checks, opens a transaction, and calls the statements."""

from __future__ import annotations

from modelyard.core.clock import Clock, SystemClock
from modelyard.core.entities import LifecycleStage
from modelyard.core.wire.messages import series as pictures
from modelyard.core.wire.messages import views as view
from modelyard.db import Database
from modelyard.services.tracking.rules.batches import checked_tags
from modelyard.services.tracking.rules.experiments import numbers
from modelyard.services.tracking.rules.limits import Limits
from modelyard.services.views import rules
from modelyard.services.views.contract import Export
from modelyard.services.views.sql import edits, experiments, export, groups, kept, keys, purging, search, series
from modelyard.services.views.sql.attributes import view_search
from modelyard.services.views.sql.changes import SqlChanges
from modelyard.services.views.sql.purging import Files


class SqlViewStore:
    """A `ViewStore` over the database of a tracking store and a registry.

    Args:
        db: the database.
        clock: where times come from.
        artifact_base: the URI below which artifacts are, unless a client names another place.
        artifacts: what keeps them; None where nothing is purged.
        limits: what an operator may choose.
    """

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock | None = None,
        artifact_base: str = "mlflow-artifacts:/",
        artifacts: Files | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._db = db
        self._clock = clock or SystemClock()
        self._artifacts = artifacts
        self._limits = limits or Limits()
        self._schema = view_search(artifact_base)

    def list_experiments(self, request: view.ListExperiments) -> view.ExperimentRows:
        rules.check_page(request.offset, request.limit)
        rules.check_find(request.limit, request.contains)
        with self._db.read() as conn:
            return experiments.find(conn, request)

    def list_runs(self, request: view.ListRuns) -> view.RunRows:
        rules.check_list_runs(request)
        columns = search.columns_of(request.columns)
        if request.run_ids:
            run_ids = rules.check_run_ids(request.run_ids)
            with self._db.read() as conn:
                return search.runs_of(conn, self._schema, run_ids, columns)
        rules.check_named_keys(columns)
        wanted = search.runs_wanted(request, numbers(request.experiment_ids), self._schema)
        with self._db.read() as conn:
            return search.find_runs(conn, wanted, columns)

    def find_keys(self, request: view.FindKeys) -> view.KeysFound:
        rules.check_find(request.limit, request.contains)
        run_ids, scope = rules.check_run_ids(request.run_ids), numbers(request.experiment_ids)
        with self._db.read() as conn:
            return keys.of_runs(conn, request, run_ids) if run_ids else keys.in_experiments(conn, request, scope)

    def find_values(self, request: view.FindValues) -> view.KeysFound:
        rules.check_find(request.limit, request.contains)
        (column,), scope = search.columns_of([request.column]), numbers(request.experiment_ids)
        with self._db.read() as conn:
            return keys.values(conn, self._schema, request, column, scope)

    def find_varying(self, request: view.FindVarying) -> view.VaryingFound:
        rules.check_find(request.limit)
        wanted = search.matching(request.filter, "ACTIVE_ONLY", numbers(request.experiment_ids), self._schema)
        with self._db.read() as conn:
            return keys.varying(conn, wanted, request.limit)

    def group_runs(self, request: view.GroupRuns) -> view.RunGroups:
        rules.check_groups(request)
        grouping = groups.grouping(request)
        wanted = search.matching(request.filter, request.view_type, numbers(request.experiment_ids), self._schema)
        with self._db.read() as conn:
            return groups.find(conn, wanted, grouping, limit=request.limit, offset=request.offset)

    def export_runs(self, request: view.ExportRuns) -> Export:
        rules.check_export(request)
        return export.begin(self._db, self._schema, request, numbers(request.experiment_id))

    def change_runs(self, request: view.ChangeRuns) -> view.Changed:
        run_ids = rules.check_change_runs(request)
        tags = checked_tags(request.tags, self._limits)
        with self._db.write() as conn:
            if request.action in ("delete", "restore"):
                edits.move_runs(conn, edits.states(conn, run_ids), *self._stage(request.action))
            elif request.action == "tag":
                edits.tag_runs(conn, edits.active_states(conn, run_ids), tags)
            else:
                edits.untag_runs(conn, edits.active_states(conn, run_ids), request.keys)
        return view.Changed(count=len(run_ids))

    def change_experiments(self, request: view.ChangeExperiments) -> view.Changed:
        found = rules.check_experiment_ids(request.experiment_ids)
        stage, _ = self._stage(request.action)
        with self._db.write() as conn:
            edits.move_experiments(conn, found, stage, self._clock.now_ms())
        return view.Changed(count=len(found))

    def purge_deleted(self, request: view.PurgeDeleted) -> view.Changed:
        run_ids = rules.check_run_ids(request.run_ids)
        found = rules.check_experiment_ids(request.experiment_ids)
        with self._db.read() as conn:
            doomed = purging.check_deleted(conn, run_ids, found)
        count = purging.remove_runs(self._db, doomed) + purging.remove_experiments(self._db, found)
        if self._artifacts is not None:
            purging.remove_files(self._db, self._artifacts)
        return view.Changed(count=count)

    def keep_view(self, request: view.KeepView) -> view.ViewKept:
        rules.check_state(request.state)
        with self._db.write() as conn:
            return view.ViewKept(view_id=kept.keep(conn, request.state, self._clock.now_ms()))

    def get_view(self, request: view.GetView) -> view.KeepView:
        with self._db.read() as conn:
            return view.KeepView(state=kept.get(conn, request.view_id))

    def get_series(self, request: pictures.GetSeries) -> pictures.SeriesFound:
        drawing = rules.check_series(request)
        with self._db.read() as conn:
            return pictures.SeriesFound(series=series.series_of(conn, request.run_ids, request.metrics, drawing))

    def compare_runs(self, request: pictures.CompareRuns) -> pictures.Comparison:
        count, drawing = rules.check_compare(request)
        run_ids = rules.check_run_ids(request.run_ids)
        with self._db.read() as conn:
            table = search.runs_of(conn, self._schema, run_ids, search.columns_of(series.COMPARED))
            metrics = request.metrics[:count] or series.most_common(conn, table.run_ids, count)
            drawn = series.series_of(conn, table.run_ids, metrics, drawing)
        return pictures.Comparison(runs=table, metrics=metrics, series=drawn)

    def changes(self) -> SqlChanges:
        return SqlChanges(self._db, clock=self._clock)

    def _stage(self, action: str) -> tuple[str, int | None]:
        """The lifecycle stage that an action leads to, and the time of a deletion."""
        if action == "delete":
            return LifecycleStage.DELETED, self._clock.now_ms()
        return LifecycleStage.ACTIVE, None
