"""The tracking store over SQL: it checks, opens a transaction, and calls the statements."""

from __future__ import annotations

import os
from collections.abc import Sequence

from modelyard.core.clock import Clock, SystemClock
from modelyard.core.entities import ExperimentTag, LifecycleStage, RunTag
from modelyard.core.errors import ModelyardError, UserError
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.message import Empty
from modelyard.db import Database, UniqueViolation
from modelyard.services.tracking.rules import batches as batch_rules
from modelyard.services.tracking.rules import experiments as experiment_rules
from modelyard.services.tracking.rules import inputs as input_rules
from modelyard.services.tracking.rules import logged_models as model_rules
from modelyard.services.tracking.rules import runs as run_rules
from modelyard.services.tracking.rules import series as series_rules
from modelyard.services.tracking.rules.batches import GoodNames
from modelyard.services.tracking.rules.limits import Limits
from modelyard.services.tracking.sql import (
    batches,
    creation,
    experiments,
    inputs,
    logged_models,
    purge,
    runs,
    schemas,
    search,
    series,
    tags,
)
from modelyard.services.tracking.sql.batches import DONE, Checked, Logging
from modelyard.services.tracking.sql.places import Places
from modelyard.services.tracking.sql.purge import Purged

ACTIVE, DELETED = LifecycleStage.ACTIVE, LifecycleStage.DELETED


class SqlTrackingStore:
    """A `TrackingStore` in a database whose schema is up to date.

    Args:
        db: the database.
        clock: where times come from.
        artifact_base: the URI below which artifacts are, unless a client names another place.
        limits: what an operator may choose.
    """

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock | None = None,
        artifact_base: str = "mlflow-artifacts:/",
        limits: Limits | None = None,
    ) -> None:
        self._db = db
        self._clock = clock or SystemClock()
        self._places = Places(artifact_base)
        self._limits = limits or Limits()
        self._names = GoodNames()
        self._folder = os.getcwd()  # what relative locations are relative to
        self._run_search = schemas.run_search(artifact_base)

    def ensure_default(self) -> None:
        """Make the experiment `Default`, of id 0, unless it is there: whoever opens a store calls this once."""
        with self._db.read() as conn:
            if experiments.is_there(conn, experiment_rules.DEFAULT_ID):
                return
        with self._db.write() as conn:
            experiments.ensure_default(conn, self._clock.now_ms())

    # experiments

    def create_experiment(self, request: exp.CreateExperiment) -> exp.ExperimentCreated:
        location = experiment_rules.check_create(request, folder=self._folder)
        with self._db.write() as conn:
            number = creation.create_experiment(conn, request, location, self._clock.now_ms())
        return exp.ExperimentCreated(experiment_id=str(number))

    def get_experiment(self, request: exp.GetExperiment) -> exp.ExperimentReply:
        number = experiment_rules.check_id(request.experiment_id)
        with self._db.read() as conn:
            return exp.ExperimentReply(experiment=experiments.by_number(conn, number, self._places))

    def get_experiment_by_name(self, request: exp.GetExperimentByName) -> exp.ExperimentReply:
        experiment_rules.check_by_name(request)
        with self._db.read() as conn:
            return exp.ExperimentReply(experiment=experiments.by_name(conn, request.experiment_name, self._places))

    def search_experiments(self, request: exp.SearchExperiments) -> exp.ExperimentsPage:
        experiment_rules.check_search(request)
        wanted = search.experiment_pages(request)
        with self._db.read() as conn:
            return search.find_experiments(conn, wanted, self._places)

    def delete_experiment(self, request: exp.DeleteExperiment) -> Empty:
        number, now = experiment_rules.check_id(request.experiment_id), self._clock.now_ms()
        with self._db.write() as conn:
            experiments.move(conn, number, DELETED, now)
            experiments.move_runs(conn, number, DELETED, now)
        return DONE

    def restore_experiment(self, request: exp.RestoreExperiment) -> Empty:
        number, now = experiment_rules.check_id(request.experiment_id), self._clock.now_ms()
        with self._db.write() as conn:
            experiments.move(conn, number, ACTIVE, now)
            experiments.move_runs(conn, number, ACTIVE, None)
        return DONE

    def update_experiment(self, request: exp.UpdateExperiment) -> Empty:
        number = experiment_rules.check_update(request)
        try:
            with self._db.write() as conn:
                experiments.rename(conn, number, request.new_name, self._clock.now_ms())
        except UniqueViolation:  # another process took the name meanwhile
            raise experiments.taken(request.new_name) from None
        return DONE

    def set_experiment_tag(self, request: exp.SetExperimentTag) -> Empty:
        number = experiment_rules.check_set_tag(request)
        with self._db.write() as conn:
            experiments.active(conn, number)
            experiments.set_tags(conn, number, [ExperimentTag(request.key, request.value)])
            experiments.touch(conn, number, self._clock.now_ms())
        return DONE

    def delete_experiment_tag(self, request: exp.DeleteExperimentTag) -> Empty:
        number = experiment_rules.check_delete_tag(request)
        with self._db.write() as conn:
            experiments.active(conn, number)
            experiments.delete_tag(conn, number, request.key)
            experiments.touch(conn, number, self._clock.now_ms())
        return DONE

    def search_datasets(self, request: exp.SearchDatasets) -> exp.DatasetsReply:
        scope = experiment_rules.check_search_datasets(request)
        with self._db.read() as conn:
            return exp.DatasetsReply(dataset_summaries=inputs.summaries(conn, scope))

    # runs

    def create_run(self, request: run.CreateRun) -> run.RunReply:
        new = run_rules.check_create(request, self._limits)
        with self._db.write() as conn:
            return run.RunReply(run=creation.create_run(conn, request, new, self._places, now=self._clock.now_ms()))

    def update_run(self, request: run.UpdateRun) -> run.RunInfoReply:
        name = run_rules.check_update(request, self._limits)
        with self._db.write() as conn:
            found = runs.active(conn, request.run_id)
            runs.update(conn, found.id, request, name)
            if name:
                tags.put_one(conn, found, RunTag(run_rules.RUN_NAME_TAG, name))
            return run.RunInfoReply(run_info=runs.info(conn, found.id, self._places))

    def get_run(self, request: run.GetRun) -> run.RunReply:
        run_rules.check_known(request.run_id)
        with self._db.read() as conn:
            found = runs.state(conn, request.run_id)
            return run.RunReply(run=search.whole_runs(conn, [found.id], self._places)[0])

    def search_runs(self, request: run.SearchRuns) -> run.RunsPage:
        scope = run_rules.check_search(request)
        wanted = search.run_pages(request, scope, self._run_search)
        with self._db.read() as conn:
            return search.find_runs(conn, wanted, self._places)

    def search_runs_json(self, request: run.SearchRuns) -> bytes:
        """The JSON of `search_runs`'s answer, byte for byte, in less time."""
        scope = run_rules.check_search(request)
        wanted = search.run_pages(request, scope, self._run_search)
        with self._db.read() as conn:
            return search.find_runs_json(conn, wanted, self._places)

    def delete_run(self, request: run.DeleteRun) -> Empty:
        run_rules.check_known(request.run_id)
        with self._db.write() as conn:
            runs.move(conn, request.run_id, DELETED, self._clock.now_ms())
        return DONE

    def restore_run(self, request: run.RestoreRun) -> Empty:
        run_rules.check_known(request.run_id)
        with self._db.write() as conn:
            runs.move(conn, request.run_id, ACTIVE, None)
        return DONE

    def log_metric(self, request: run.LogMetric) -> Empty:
        return self._log(request)

    def log_param(self, request: run.LogParam) -> Empty:
        return self._log(request)

    def log_batch(self, request: run.LogBatch) -> Empty:
        return self._log(request)

    def set_tag(self, request: run.SetTag) -> Empty:
        return self._log(request)

    def log_batches(self, requests: Sequence[Logging]) -> list[Empty | ModelyardError]:
        """Many log_metric, log_batch, log_param, set_tag requests in one transaction, with an outcome each, in order.

        What is wrong with one is its outcome and harms no other. An exception means that none was stored.
        """
        outcomes: list[Empty | ModelyardError] = [DONE] * len(requests)
        items: list[Checked] = []
        for index, request in enumerate(requests):
            try:
                items.append(batches.checked(index, request, self._names, self._limits))
            except UserError as error:
                outcomes[index] = error
        if items:
            batches.write_all(self._db, items, outcomes)
        return outcomes

    def delete_tag(self, request: run.DeleteTag) -> Empty:
        run_rules.check_delete_tag(request)
        with self._db.write() as conn:
            tags.remove(conn, runs.active(conn, request.run_id), request.key)
        return DONE

    def log_inputs(self, request: run.LogInputs) -> Empty:
        datasets = input_rules.check_inputs(request)
        with self._db.write() as conn:
            found = runs.active(conn, request.run_id)
            inputs.add_datasets(conn, found, datasets)
            inputs.add_models(conn, found, request.models)
        return DONE

    def log_outputs(self, request: run.LogOutputs) -> Empty:
        input_rules.check_outputs(request)
        with self._db.write() as conn:
            inputs.add_outputs(conn, runs.active(conn, request.run_id), request.models)
        return DONE

    def log_model(self, request: run.LogModel) -> Empty:
        document = batch_rules.check_model_json(request)
        with self._db.write() as conn:
            found = runs.active(conn, request.run_id)
            before = tags.value(conn, found.id, run_rules.MODEL_HISTORY_TAG)
            history = batch_rules.model_history(before, document)
            tags.put_one(conn, found, RunTag(run_rules.MODEL_HISTORY_TAG, history))
        return DONE

    def heartbeat(self, request: run.Heartbeat) -> Empty:
        run_ids = run_rules.check_heartbeat(request)
        with self._db.write() as conn:
            runs.note_alive(conn, run_ids, self._clock.now_ms())
        return DONE

    def get_liveness(self, request: run.GetLiveness) -> run.LivenessReply:
        run_ids = run_rules.check_heartbeat(request)
        with self._db.read() as conn:
            return run.LivenessReply(runs=runs.liveness(conn, run_ids, self._clock.now_ms()))

    # metrics

    def get_metric_history(self, request: met.GetMetricHistory) -> met.MetricHistoryPage:
        limit = series_rules.check_history(request)
        with self._db.read() as conn:
            return series.page(conn, request, limit)

    def get_metric_history_bulk(self, request: met.GetMetricHistoryBulk) -> met.MetricBulkReply:
        limit = series_rules.check_bulk(request)
        with self._db.read() as conn:
            return series.bulk(conn, request, limit)

    def get_metric_history_bulk_interval(self, request: met.GetMetricHistoryBulkInterval) -> met.MetricBulkReply:
        series_rules.check_interval(request)
        with self._db.read() as conn:
            return series.interval(conn, request)

    def get_metric_overview(self, request: met.GetMetricOverview) -> met.MetricOverviewReply:
        series_rules.check_overview(request)
        with self._db.read() as conn:
            return series.overview(conn, request)

    # logged models

    def create_logged_model(self, request: lm.CreateLoggedModel) -> lm.LoggedModelReply:
        experiment, name = model_rules.check_create(request)
        now = self._clock.now_ms()
        with self._db.write() as conn:
            model = creation.create_logged_model(conn, request, experiment, name, self._places, now=now)
        return lm.LoggedModelReply(model=model)

    def get_logged_model(self, request: lm.GetLoggedModel) -> lm.LoggedModelReply:
        model_rules.check_model_id(request.model_id)
        with self._db.read() as conn:
            number = logged_models.state(conn, request.model_id).id
            return lm.LoggedModelReply(model=logged_models.page(conn, [number], self._places)[0])

    def search_logged_models(self, request: lm.SearchLoggedModels) -> lm.LoggedModelsPage:
        wanted = search.logged_model_pages(request, model_rules.check_search(request))
        with self._db.read() as conn:
            return search.find_logged_models(conn, wanted, self._places)

    def finalize_logged_model(self, request: lm.FinalizeLoggedModel) -> lm.LoggedModelReply:
        model_rules.check_model_id(request.model_id)
        with self._db.write() as conn:
            number = logged_models.state(conn, request.model_id).id
            logged_models.finalize(conn, number, request.status, self._clock.now_ms())
            return lm.LoggedModelReply(model=logged_models.page(conn, [number], self._places)[0])

    def delete_logged_model(self, request: lm.DeleteLoggedModel) -> Empty:
        model_rules.check_model_id(request.model_id)
        with self._db.write() as conn:
            logged_models.delete(conn, request.model_id, self._clock.now_ms())
        return DONE

    def set_logged_model_tags(self, request: lm.SetLoggedModelTags) -> lm.LoggedModelReply:
        model_rules.check_model_id(request.model_id)
        model_rules.check_tags(request.tags)
        with self._db.write() as conn:
            model = logged_models.state(conn, request.model_id)
            logged_models.put_tags(conn, model, request.tags)
            return lm.LoggedModelReply(model=logged_models.page(conn, [model.id], self._places)[0])

    def delete_logged_model_tag(self, request: lm.DeleteLoggedModelTag) -> Empty:
        model_rules.check_model_id(request.model_id)
        with self._db.write() as conn:
            logged_models.remove_tag(conn, logged_models.state(conn, request.model_id), request.tag_key)
        return DONE

    def log_logged_model_params(self, request: lm.LogLoggedModelParams) -> Empty:
        model_rules.check_model_id(request.model_id)
        model_rules.check_params(request.params)
        with self._db.write() as conn:
            logged_models.add_params(conn, logged_models.state(conn, request.model_id), request.params)
        return DONE

    # what the registry and artifacts ask for, and upkeep

    def run_artifact_uri(self, run_id: str) -> str:
        """Where a run's artifacts are; ``NotFound`` for an unknown run."""
        with self._db.read() as conn:
            return runs.artifact_uri(conn, run_id, self._places)

    def model_artifact_uri(self, model_id: str) -> str:
        """Where a logged model's files are; ``NotFound`` for an unknown one."""
        with self._db.read() as conn:
            return logged_models.artifact_uri(conn, model_id, self._places)

    def note_registration(self, model_id: str, name: str, version: str) -> None:
        """Add a registered version to the logged model's tag ``mlflow.modelVersions``."""
        with self._db.write() as conn:
            logged_models.note_registration(conn, logged_models.state(conn, model_id), name, version)

    def purge(self, deleted_before_ms: int, *, with_datasets: bool = False) -> Purged:
        """Remove for good what was deleted by then: runs, logged models, experiments. In many short transactions."""
        return purge.purge(self._db, deleted_before_ms, with_datasets=with_datasets)

    def leftovers(self) -> list[str]:
        """The artifact keys of folders, made up by the store itself, of what was purged; until they are forgotten."""
        return purge.leftovers(self._db)

    def forget_leftovers(self, keys: Sequence[str]) -> None:
        """Note that these folders are gone."""
        purge.forget_leftovers(self._db, keys)

    def _log(self, request: Logging) -> Empty:
        outcome = self.log_batches([request])[0]
        if isinstance(outcome, ModelyardError):
            raise outcome
        return outcome
