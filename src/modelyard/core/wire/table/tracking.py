"""Rows of experiments, runs, metrics and logged models."""

from __future__ import annotations

from modelyard.core.wire.endpoint import AJAX, API, DELETE, GET, MEGABYTE, OURS, PATCH, POST, Endpoint, Kind, Need
from modelyard.core.wire.messages import experiments as exp
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import metrics as met
from modelyard.core.wire.messages import runs as run
from modelyard.core.wire.messages.message import Empty, Message

GET_POST = ("POST", "GET")


def read(
    verb: str,
    methods: tuple[str, ...],
    path: str,
    types: tuple[type[Message], type[Message]],
    on: str,
    *,
    kind: Kind = "read",
    prefixes: tuple[str, ...] = API,
) -> Endpoint:
    """A row that changes nothing and needs READ."""
    return Endpoint(
        name=f"tracking.{verb}",
        methods=methods,
        path=path,
        request=types[0],
        reply=types[1],
        need=Need.READ,
        on=on,
        kind=kind,
        prefixes=prefixes,
    )


def write(
    verb: str,
    methods: tuple[str, ...],
    path: str,
    types: tuple[type[Message], type[Message]],
    on: str,
    *,
    need: Need = Need.EDIT,
    limit: int = 2 * MEGABYTE,
    prefixes: tuple[str, ...] = API,
) -> Endpoint:
    """A row that changes something, in a group commit."""
    return Endpoint(
        name=f"tracking.{verb}",
        methods=methods,
        path=path,
        request=types[0],
        reply=types[1],
        need=need,
        on=on,
        scope="log",
        kind="write",
        limit=limit,
        prefixes=prefixes,
    )


_BY_ID = "experiment:experiment_id"
_BY_RUN = "run:run_id"
_BY_MODEL = "logged_model:model_id"

EXPERIMENTS = (
    write("create_experiment", POST, "/experiments/create", (exp.CreateExperiment, exp.ExperimentCreated), "store:"),
    read("get_experiment", GET, "/experiments/get", (exp.GetExperiment, exp.ExperimentReply), _BY_ID),
    read(
        "get_experiment_by_name",
        GET,
        "/experiments/get-by-name",
        (exp.GetExperimentByName, exp.ExperimentReply),
        "experiment_name:experiment_name",
    ),
    read(
        "search_experiments",
        GET_POST,
        "/experiments/search",
        (exp.SearchExperiments, exp.ExperimentsPage),
        "search:",
        kind="long",
    ),
    write(
        "delete_experiment",
        POST,
        "/experiments/delete",
        (exp.DeleteExperiment, Empty),
        _BY_ID,
        need=Need.MANAGE,
    ),
    write(
        "restore_experiment",
        POST,
        "/experiments/restore",
        (exp.RestoreExperiment, Empty),
        _BY_ID,
        need=Need.MANAGE,
    ),
    write(
        "update_experiment",
        POST,
        "/experiments/update",
        (exp.UpdateExperiment, Empty),
        _BY_ID,
        need=Need.MANAGE,
    ),
    write("set_experiment_tag", POST, "/experiments/set-experiment-tag", (exp.SetExperimentTag, Empty), _BY_ID),
    write(
        "delete_experiment_tag", POST, "/experiments/delete-experiment-tag", (exp.DeleteExperimentTag, Empty), _BY_ID
    ),
    read(
        "search_datasets",
        POST,
        "/experiments/search-datasets",
        (exp.SearchDatasets, exp.DatasetsReply),
        "search:experiment_ids",
        kind="long",
        prefixes=AJAX,
    ),
)

RUNS = (
    write("create_run", POST, "/runs/create", (run.CreateRun, run.RunReply), _BY_ID),
    write("update_run", POST, "/runs/update", (run.UpdateRun, run.RunInfoReply), _BY_RUN),
    read("get_run", GET, "/runs/get", (run.GetRun, run.RunReply), _BY_RUN),
    read("search_runs", POST, "/runs/search", (run.SearchRuns, run.RunsPage), "search:experiment_ids", kind="long"),
    write("delete_run", POST, "/runs/delete", (run.DeleteRun, Empty), _BY_RUN),
    write("restore_run", POST, "/runs/restore", (run.RestoreRun, Empty), _BY_RUN),
    write("log_metric", POST, "/runs/log-metric", (run.LogMetric, Empty), _BY_RUN),
    write("log_param", POST, "/runs/log-parameter", (run.LogParam, Empty), _BY_RUN),
    write("log_batch", POST, "/runs/log-batch", (run.LogBatch, Empty), _BY_RUN, limit=MEGABYTE),
    write("set_tag", POST, "/runs/set-tag", (run.SetTag, Empty), _BY_RUN),
    write("delete_tag", POST, "/runs/delete-tag", (run.DeleteTag, Empty), _BY_RUN),
    write("log_inputs", POST, "/runs/log-inputs", (run.LogInputs, Empty), _BY_RUN, limit=20 * MEGABYTE),
    write("log_outputs", POST, "/runs/outputs", (run.LogOutputs, Empty), _BY_RUN),
    write("log_model", POST, "/runs/log-model", (run.LogModel, Empty), _BY_RUN, limit=20 * MEGABYTE),
    write("heartbeat", POST, "/runs/heartbeat", (run.Heartbeat, Empty), "runs:run_ids", prefixes=OURS),
    read(
        "get_liveness", GET_POST, "/runs/liveness", (run.GetLiveness, run.LivenessReply), "runs:run_ids", prefixes=OURS
    ),
)

METRICS = (
    read(
        "get_metric_history",
        GET,
        "/metrics/get-history",
        (met.GetMetricHistory, met.MetricHistoryPage),
        _BY_RUN,
        kind="long",
    ),
    read(
        "get_metric_history_bulk",
        GET,
        "/metrics/get-history-bulk",
        (met.GetMetricHistoryBulk, met.MetricBulkReply),
        "runs:run_id",
        kind="long",
        prefixes=AJAX,
    ),
    read(
        "get_metric_history_bulk_interval",
        GET,
        "/metrics/get-history-bulk-interval",
        (met.GetMetricHistoryBulkInterval, met.MetricBulkReply),
        "runs:run_ids",
        kind="long",
    ),
    read(
        "get_metric_overview",
        GET_POST,
        "/metrics/overview",
        (met.GetMetricOverview, met.MetricOverviewReply),
        "runs:run_ids",
        kind="long",
        prefixes=OURS,
    ),
)

LOGGED_MODELS = (
    write("create_logged_model", POST, "/logged-models", (lm.CreateLoggedModel, lm.LoggedModelReply), _BY_ID),
    read(
        "search_logged_models",
        POST,
        "/logged-models/search",
        (lm.SearchLoggedModels, lm.LoggedModelsPage),
        "search:experiment_ids",
        kind="long",
    ),
    read("get_logged_model", GET, "/logged-models/{model_id}", (lm.GetLoggedModel, lm.LoggedModelReply), _BY_MODEL),
    write(
        "finalize_logged_model",
        PATCH,
        "/logged-models/{model_id}",
        (lm.FinalizeLoggedModel, lm.LoggedModelReply),
        _BY_MODEL,
    ),
    write("delete_logged_model", DELETE, "/logged-models/{model_id}", (lm.DeleteLoggedModel, Empty), _BY_MODEL),
    write(
        "set_logged_model_tags",
        PATCH,
        "/logged-models/{model_id}/tags",
        (lm.SetLoggedModelTags, lm.LoggedModelReply),
        _BY_MODEL,
    ),
    write(
        "delete_logged_model_tag",
        DELETE,
        "/logged-models/{model_id}/tags/{tag_key}",
        (lm.DeleteLoggedModelTag, Empty),
        _BY_MODEL,
    ),
    write(
        "log_logged_model_params",
        POST,
        "/logged-models/{model_id}/params",
        (lm.LogLoggedModelParams, Empty),
        _BY_MODEL,
    ),
)

TRACKING = EXPERIMENTS + RUNS + METRICS + LOGGED_MODELS
