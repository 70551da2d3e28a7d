"""What a tracking store promises, whatever keeps it."""

from __future__ import annotations

from typing import Protocol

from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.message import Empty


class TrackingStore(Protocol):
    """Experiments, runs, metrics, params, tags, inputs and logged models.

    Guarantees, for every implementation:

    - *Threads*: any method may be called from any thread at any time.
    - *Atomic and durable*: a method that returns has committed all of its request and synced it to disk; one that
      raises has changed nothing.
    - *Again is harmless*: every ``log_*``, ``set_*``, ``delete_*`` and ``update_*`` may be repeated. A point that is
      sent twice (same run, key, step, timestamp, value) is read once. ``create_run`` with a ``run_id`` that exists in
      the same experiment answers that run.
    - *Order*: what a method wrote is seen by every later read, from any process on the same store.
    - *Raises*: ``NotFound`` for an unknown id, ``InvalidParameter`` for a value that is not allowed,
      ``AlreadyExists`` for a taken name, ``InvalidState`` where MLflow says so, ``Unavailable`` when the store is
      busy or cannot be reached (nothing was done), and nothing else.
    """

    # experiments

    def create_experiment(self, request: exp.CreateExperiment) -> exp.ExperimentCreated:
        """Make an experiment. A name is taken also while its holder is deleted."""
        ...

    def get_experiment(self, request: exp.GetExperiment) -> exp.ExperimentReply:
        """The experiment of an id, deleted ones too."""
        ...

    def get_experiment_by_name(self, request: exp.GetExperimentByName) -> exp.ExperimentReply:
        """The experiment of a name, deleted ones too."""
        ...

    def search_experiments(self, request: exp.SearchExperiments) -> exp.ExperimentsPage:
        """A page of experiments."""
        ...

    def delete_experiment(self, request: exp.DeleteExperiment) -> Empty:
        """Mark an experiment and all its runs deleted."""
        ...

    def restore_experiment(self, request: exp.RestoreExperiment) -> Empty:
        """Bring a deleted experiment and all its runs back."""
        ...

    def update_experiment(self, request: exp.UpdateExperiment) -> Empty:
        """Rename an active experiment."""
        ...

    def set_experiment_tag(self, request: exp.SetExperimentTag) -> Empty:
        """Set a tag."""
        ...

    def delete_experiment_tag(self, request: exp.DeleteExperimentTag) -> Empty:
        """Remove a tag; ``NotFound`` when there is none."""
        ...

    def search_datasets(self, request: exp.SearchDatasets) -> exp.DatasetsReply:
        """The datasets that the runs of some experiments read."""
        ...

    # runs

    def create_run(self, request: run.CreateRun) -> run.RunReply:
        """Start a run in an active experiment."""
        ...

    def update_run(self, request: run.UpdateRun) -> run.RunInfoReply:
        """Change status, end time or name."""
        ...

    def get_run(self, request: run.GetRun) -> run.RunReply:
        """The run of an id with all it logged, deleted ones too."""
        ...

    def search_runs(self, request: run.SearchRuns) -> run.RunsPage:
        """A page of runs."""
        ...

    def delete_run(self, request: run.DeleteRun) -> Empty:
        """Mark a run deleted."""
        ...

    def restore_run(self, request: run.RestoreRun) -> Empty:
        """Bring a deleted run back."""
        ...

    def log_metric(self, request: run.LogMetric) -> Empty:
        """Add one point."""
        ...

    def log_param(self, request: run.LogParam) -> Empty:
        """Write a parameter; another value for a key that is there is refused."""
        ...

    def log_batch(self, request: run.LogBatch) -> Empty:
        """Add points, parameters and tags: all or nothing."""
        ...

    def set_tag(self, request: run.SetTag) -> Empty:
        """Set a tag."""
        ...

    def delete_tag(self, request: run.DeleteTag) -> Empty:
        """Remove a tag; ``NotFound`` when there is none."""
        ...

    def log_inputs(self, request: run.LogInputs) -> Empty:
        """Record datasets and models a run reads."""
        ...

    def log_outputs(self, request: run.LogOutputs) -> Empty:
        """Record logged models a run writes."""
        ...

    def log_model(self, request: run.LogModel) -> Empty:
        """Append an MLmodel document to the tag ``mlflow.log-model.history``."""
        ...

    def heartbeat(self, request: run.Heartbeat) -> Empty:
        """Note that the processes of some runs are alive; unknown runs are passed over."""
        ...

    def get_liveness(self, request: run.GetLiveness) -> run.LivenessReply:
        """When the processes of some runs were last heard of; unknown runs are passed over."""
        ...

    # metrics

    def get_metric_history(self, request: met.GetMetricHistory) -> met.MetricHistoryPage:
        """A page of one series, by timestamp, step, value; an unknown metric is empty."""
        ...

    def get_metric_history_bulk(self, request: met.GetMetricHistoryBulk) -> met.MetricBulkReply:
        """One metric of several runs, by run id, timestamp, step, value."""
        ...

    def get_metric_history_bulk_interval(self, request: met.GetMetricHistoryBulkInterval) -> met.MetricBulkReply:
        """Evenly sampled points of several runs."""
        ...

    def get_metric_overview(self, request: met.GetMetricOverview) -> met.MetricOverviewReply:
        """Many series, down-sampled to buckets for a picture."""
        ...

    # logged models

    def create_logged_model(self, request: lm.CreateLoggedModel) -> lm.LoggedModelReply:
        """Make a logged model in state PENDING."""
        ...

    def get_logged_model(self, request: lm.GetLoggedModel) -> lm.LoggedModelReply:
        """The logged model of an id; a deleted one is not found."""
        ...

    def search_logged_models(self, request: lm.SearchLoggedModels) -> lm.LoggedModelsPage:
        """A page of logged models."""
        ...

    def finalize_logged_model(self, request: lm.FinalizeLoggedModel) -> lm.LoggedModelReply:
        """Set the final status."""
        ...

    def delete_logged_model(self, request: lm.DeleteLoggedModel) -> Empty:
        """Mark a logged model deleted."""
        ...

    def set_logged_model_tags(self, request: lm.SetLoggedModelTags) -> lm.LoggedModelReply:
        """Set tags."""
        ...

    def delete_logged_model_tag(self, request: lm.DeleteLoggedModelTag) -> Empty:
        """Remove a tag; ``NotFound`` when there is none."""
        ...

    def log_logged_model_params(self, request: lm.LogLoggedModelParams) -> Empty:
        """Write parameters; another value for a key that is there is refused."""
        ...
