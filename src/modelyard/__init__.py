"""modelyard: an open machine-learning lifecycle platform that speaks MLflow.

``import modelyard as mlflow`` gives MLflow's verbs under MLflow's names. A name is loaded when it is first used:
importing the package costs next to nothing.

>>> import modelyard as mlflow
>>> with mlflow.start_run():
...     mlflow.log_metric("loss", 0.25)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelyard import artifacts, client, cloudflow, data, entities, exceptions, tracking
    from modelyard.client.client import MlflowClient
    from modelyard.client.client import MlflowClient as Client
    from modelyard.client.fluent.addresses import (
        get_registry_uri,
        get_tracking_uri,
        is_tracking_uri_set,
        set_registry_uri,
        set_tracking_uri,
    )
    from modelyard.client.fluent.artifacts import (
        get_artifact_uri,
        load_table,
        log_artifact,
        log_artifacts,
        log_dict,
        log_figure,
        log_image,
        log_stream,
        log_table,
        log_text,
    )
    from modelyard.client.fluent.experiments import (
        create_experiment,
        delete_experiment,
        delete_experiment_tag,
        get_experiment,
        get_experiment_by_name,
        restore_experiment,
        search_experiments,
        set_experiment,
        set_experiment_tag,
        set_experiment_tags,
    )
    from modelyard.client.fluent.metrics import log_metric, log_metrics
    from modelyard.client.fluent.models import (
        ActiveModel,
        clear_active_model,
        create_external_model,
        delete_logged_model_tag,
        finalize_logged_model,
        get_active_model_id,
        get_logged_model,
        initialize_logged_model,
        last_logged_model,
        log_model_params,
        register_model,
        set_active_model,
        set_logged_model_tags,
        set_model_version_tag,
    )
    from modelyard.client.fluent.recording import (
        delete_tag,
        flush_artifact_async_logging,
        flush_async_logging,
        log_input,
        log_inputs,
        log_outputs,
        log_param,
        log_params,
        set_tag,
        set_tags,
    )
    from modelyard.client.fluent.runs import (
        active_run,
        delete_run,
        end_run,
        get_parent_run,
        get_run,
        last_active_run,
        restore_run,
        start_run,
    )
    from modelyard.client.fluent.search import (
        search_logged_models,
        search_model_versions,
        search_registered_models,
        search_runs,
    )
    from modelyard.client.fluent.system_metrics import (
        disable_system_metrics_logging,
        enable_system_metrics_logging,
        set_system_metrics_node_id,
        set_system_metrics_samples_before_logging,
        set_system_metrics_sampling_interval,
    )
    from modelyard.client.images import Image
    from modelyard.client.lifecycle import ActiveRun
    from modelyard.client.sync import sync
    from modelyard.core.errors import ModelyardError as MlflowException
    from modelyard.core.version import __version__

_HOMES: dict[str, str] = {
    "MlflowClient": "modelyard.client.client",
    "Client": "modelyard.client.client:MlflowClient",
    "get_registry_uri": "modelyard.client.fluent.addresses",
    "get_tracking_uri": "modelyard.client.fluent.addresses",
    "is_tracking_uri_set": "modelyard.client.fluent.addresses",
    "set_registry_uri": "modelyard.client.fluent.addresses",
    "set_tracking_uri": "modelyard.client.fluent.addresses",
    "get_artifact_uri": "modelyard.client.fluent.artifacts",
    "load_table": "modelyard.client.fluent.artifacts",
    "log_artifact": "modelyard.client.fluent.artifacts",
    "log_artifacts": "modelyard.client.fluent.artifacts",
    "log_dict": "modelyard.client.fluent.artifacts",
    "log_figure": "modelyard.client.fluent.artifacts",
    "log_image": "modelyard.client.fluent.artifacts",
    "log_stream": "modelyard.client.fluent.artifacts",
    "log_table": "modelyard.client.fluent.artifacts",
    "log_text": "modelyard.client.fluent.artifacts",
    "create_experiment": "modelyard.client.fluent.experiments",
    "delete_experiment": "modelyard.client.fluent.experiments",
    "delete_experiment_tag": "modelyard.client.fluent.experiments",
    "get_experiment": "modelyard.client.fluent.experiments",
    "get_experiment_by_name": "modelyard.client.fluent.experiments",
    "restore_experiment": "modelyard.client.fluent.experiments",
    "search_experiments": "modelyard.client.fluent.experiments",
    "set_experiment": "modelyard.client.fluent.experiments",
    "set_experiment_tag": "modelyard.client.fluent.experiments",
    "set_experiment_tags": "modelyard.client.fluent.experiments",
    "log_metric": "modelyard.client.fluent.metrics",
    "log_metrics": "modelyard.client.fluent.metrics",
    "ActiveModel": "modelyard.client.fluent.models",
    "clear_active_model": "modelyard.client.fluent.models",
    "create_external_model": "modelyard.client.fluent.models",
    "delete_logged_model_tag": "modelyard.client.fluent.models",
    "finalize_logged_model": "modelyard.client.fluent.models",
    "get_active_model_id": "modelyard.client.fluent.models",
    "get_logged_model": "modelyard.client.fluent.models",
    "initialize_logged_model": "modelyard.client.fluent.models",
    "last_logged_model": "modelyard.client.fluent.models",
    "log_model_params": "modelyard.client.fluent.models",
    "register_model": "modelyard.client.fluent.models",
    "set_active_model": "modelyard.client.fluent.models",
    "set_logged_model_tags": "modelyard.client.fluent.models",
    "set_model_version_tag": "modelyard.client.fluent.models",
    "delete_tag": "modelyard.client.fluent.recording",
    "flush_artifact_async_logging": "modelyard.client.fluent.recording",
    "flush_async_logging": "modelyard.client.fluent.recording",
    "log_input": "modelyard.client.fluent.recording",
    "log_inputs": "modelyard.client.fluent.recording",
    "log_outputs": "modelyard.client.fluent.recording",
    "log_param": "modelyard.client.fluent.recording",
    "log_params": "modelyard.client.fluent.recording",
    "set_tag": "modelyard.client.fluent.recording",
    "set_tags": "modelyard.client.fluent.recording",
    "active_run": "modelyard.client.fluent.runs",
    "delete_run": "modelyard.client.fluent.runs",
    "end_run": "modelyard.client.fluent.runs",
    "get_parent_run": "modelyard.client.fluent.runs",
    "get_run": "modelyard.client.fluent.runs",
    "last_active_run": "modelyard.client.fluent.runs",
    "restore_run": "modelyard.client.fluent.runs",
    "start_run": "modelyard.client.fluent.runs",
    "search_logged_models": "modelyard.client.fluent.search",
    "search_model_versions": "modelyard.client.fluent.search",
    "search_registered_models": "modelyard.client.fluent.search",
    "search_runs": "modelyard.client.fluent.search",
    "disable_system_metrics_logging": "modelyard.client.fluent.system_metrics",
    "enable_system_metrics_logging": "modelyard.client.fluent.system_metrics",
    "set_system_metrics_node_id": "modelyard.client.fluent.system_metrics",
    "set_system_metrics_samples_before_logging": "modelyard.client.fluent.system_metrics",
    "set_system_metrics_sampling_interval": "modelyard.client.fluent.system_metrics",
    "Image": "modelyard.client.images",
    "ActiveRun": "modelyard.client.lifecycle",
    "sync": "modelyard.client.sync",
    "MlflowException": "modelyard.core.errors:ModelyardError",
    "__version__": "modelyard.core.version",
}
_MODULES = ("artifacts", "client", "cloudflow", "data", "entities", "exceptions", "tracking")

__all__ = [
    "ActiveModel",
    "ActiveRun",
    "Client",
    "Image",
    "MlflowClient",
    "MlflowException",
    "__version__",
    "active_run",
    "artifacts",
    "clear_active_model",
    "client",
    "cloudflow",
    "create_experiment",
    "create_external_model",
    "data",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_logged_model_tag",
    "delete_run",
    "delete_tag",
    "disable_system_metrics_logging",
    "enable_system_metrics_logging",
    "end_run",
    "entities",
    "exceptions",
    "finalize_logged_model",
    "flush_artifact_async_logging",
    "flush_async_logging",
    "get_active_model_id",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_logged_model",
    "get_parent_run",
    "get_registry_uri",
    "get_run",
    "get_tracking_uri",
    "initialize_logged_model",
    "is_tracking_uri_set",
    "last_active_run",
    "last_logged_model",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_metric",
    "log_metrics",
    "log_model_params",
    "log_outputs",
    "log_param",
    "log_params",
    "log_stream",
    "log_table",
    "log_text",
    "register_model",
    "restore_experiment",
    "restore_run",
    "search_experiments",
    "search_logged_models",
    "search_model_versions",
    "search_registered_models",
    "search_runs",
    "set_active_model",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
    "set_logged_model_tags",
    "set_model_version_tag",
    "set_registry_uri",
    "set_system_metrics_node_id",
    "set_system_metrics_samples_before_logging",
    "set_system_metrics_sampling_interval",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "start_run",
    "sync",
    "tracking",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"modelyard.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'modelyard' has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    value = getattr(importlib.import_module(module), attribute or name)
    globals()[name] = value  # from now on it is found without this function
    return value


def __dir__() -> list[str]:
    return __all__
