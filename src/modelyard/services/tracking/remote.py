"""A tracking store behind a server: each method is one call of the endpoint of its name."""

from __future__ import annotations

from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.message import Empty, Message
from modelyard.core.wire.table import BY_NAME
from modelyard.core.wire.transport import Reply, Transport


class RemoteTrackingStore:
    """A `TrackingStore` that a server keeps; the transport retries, decodes and raises."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # experiments

    def create_experiment(self, request: exp.CreateExperiment) -> exp.ExperimentCreated:
        return self._call("create_experiment", request, exp.ExperimentCreated)

    def get_experiment(self, request: exp.GetExperiment) -> exp.ExperimentReply:
        return self._call("get_experiment", request, exp.ExperimentReply)

    def get_experiment_by_name(self, request: exp.GetExperimentByName) -> exp.ExperimentReply:
        return self._call("get_experiment_by_name", request, exp.ExperimentReply)

    def search_experiments(self, request: exp.SearchExperiments) -> exp.ExperimentsPage:
        return self._call("search_experiments", request, exp.ExperimentsPage)

    def delete_experiment(self, request: exp.DeleteExperiment) -> Empty:
        return self._call("delete_experiment", request, Empty)

    def restore_experiment(self, request: exp.RestoreExperiment) -> Empty:
        return self._call("restore_experiment", request, Empty)

    def update_experiment(self, request: exp.UpdateExperiment) -> Empty:
        return self._call("update_experiment", request, Empty)

    def set_experiment_tag(self, request: exp.SetExperimentTag) -> Empty:
        return self._call("set_experiment_tag", request, Empty)

    def delete_experiment_tag(self, request: exp.DeleteExperimentTag) -> Empty:
        return self._call("delete_experiment_tag", request, Empty)

    def search_datasets(self, request: exp.SearchDatasets) -> exp.DatasetsReply:
        return self._call("search_datasets", request, exp.DatasetsReply)

    # runs

    def create_run(self, request: run.CreateRun) -> run.RunReply:
        return self._call("create_run", request, run.RunReply)

    def update_run(self, request: run.UpdateRun) -> run.RunInfoReply:
        return self._call("update_run", request, run.RunInfoReply)

    def get_run(self, request: run.GetRun) -> run.RunReply:
        return self._call("get_run", request, run.RunReply)

    def search_runs(self, request: run.SearchRuns) -> run.RunsPage:
        return self._call("search_runs", request, run.RunsPage)

    def delete_run(self, request: run.DeleteRun) -> Empty:
        return self._call("delete_run", request, Empty)

    def restore_run(self, request: run.RestoreRun) -> Empty:
        return self._call("restore_run", request, Empty)

    def log_metric(self, request: run.LogMetric) -> Empty:
        return self._call("log_metric", request, Empty)

    def log_param(self, request: run.LogParam) -> Empty:
        return self._call("log_param", request, Empty)

    def log_batch(self, request: run.LogBatch) -> Empty:
        return self._call("log_batch", request, Empty)

    def set_tag(self, request: run.SetTag) -> Empty:
        return self._call("set_tag", request, Empty)

    def delete_tag(self, request: run.DeleteTag) -> Empty:
        return self._call("delete_tag", request, Empty)

    def log_inputs(self, request: run.LogInputs) -> Empty:
        return self._call("log_inputs", request, Empty)

    def log_outputs(self, request: run.LogOutputs) -> Empty:
        return self._call("log_outputs", request, Empty)

    def log_model(self, request: run.LogModel) -> Empty:
        return self._call("log_model", request, Empty)

    def heartbeat(self, request: run.Heartbeat) -> Empty:
        return self._call("heartbeat", request, Empty)

    def get_liveness(self, request: run.GetLiveness) -> run.LivenessReply:
        return self._call("get_liveness", request, run.LivenessReply)

    # metrics

    def get_metric_history(self, request: met.GetMetricHistory) -> met.MetricHistoryPage:
        return self._call("get_metric_history", request, met.MetricHistoryPage)

    def get_metric_history_bulk(self, request: met.GetMetricHistoryBulk) -> met.MetricBulkReply:
        return self._call("get_metric_history_bulk", request, met.MetricBulkReply)

    def get_metric_history_bulk_interval(self, request: met.GetMetricHistoryBulkInterval) -> met.MetricBulkReply:
        return self._call("get_metric_history_bulk_interval", request, met.MetricBulkReply)

    def get_metric_overview(self, request: met.GetMetricOverview) -> met.MetricOverviewReply:
        return self._call("get_metric_overview", request, met.MetricOverviewReply)

    # logged models

    def create_logged_model(self, request: lm.CreateLoggedModel) -> lm.LoggedModelReply:
        return self._call("create_logged_model", request, lm.LoggedModelReply)

    def get_logged_model(self, request: lm.GetLoggedModel) -> lm.LoggedModelReply:
        return self._call("get_logged_model", request, lm.LoggedModelReply)

    def search_logged_models(self, request: lm.SearchLoggedModels) -> lm.LoggedModelsPage:
        return self._call("search_logged_models", request, lm.LoggedModelsPage)

    def finalize_logged_model(self, request: lm.FinalizeLoggedModel) -> lm.LoggedModelReply:
        return self._call("finalize_logged_model", request, lm.LoggedModelReply)

    def delete_logged_model(self, request: lm.DeleteLoggedModel) -> Empty:
        return self._call("delete_logged_model", request, Empty)

    def set_logged_model_tags(self, request: lm.SetLoggedModelTags) -> lm.LoggedModelReply:
        self._call("set_logged_model_tags", request, Empty)  # mlflow's server answers nothing
        return self.get_logged_model(lm.GetLoggedModel(model_id=request.model_id))

    def delete_logged_model_tag(self, request: lm.DeleteLoggedModelTag) -> Empty:
        return self._call("delete_logged_model_tag", request, Empty)

    def log_logged_model_params(self, request: lm.LogLoggedModelParams) -> Empty:
        return self._call("log_logged_model_params", request, Empty)

    def _call(self, verb: str, request: Message, reply: type[Reply]) -> Reply:
        return self._transport.call(BY_NAME[f"tracking.{verb}"], request, reply)
