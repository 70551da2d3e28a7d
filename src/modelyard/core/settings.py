"""Every setting, in one table: name, type, default and help.

A setting ``X`` is read from ``MODELYARD_X``; when that is not set, from ``MLFLOW_X`` where MLflow has one of the same
meaning (the column ``mlflow`` names it). A value is read once, when ``Settings.read`` is called; whoever needs settings
is handed the object.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from modelyard.core.errors import InvalidParameter


class Setting(NamedTuple):
    """One row of the table."""

    name: str
    help: str
    mlflow: str | None = None

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"MODELYARD_{self.name.upper()}"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The values of all settings. Times are in seconds unless the name says otherwise."""

    tracking_uri: str = ""
    registry_uri: str = ""
    experiment_name: str = ""
    experiment_id: str = ""
    run_id: str = ""
    tracking_username: str = ""
    tracking_password: str = ""
    tracking_token: str = ""
    tracking_insecure_tls: bool = False
    tracking_server_cert_path: str = ""
    tracking_client_cert_path: str = ""
    http_request_timeout: float = 120.0
    http_request_max_retries: int = 7
    http_request_backoff_factor: float = 2.0
    async_logging: bool = True
    strict: bool = False
    journal: str = ""
    queue_limit: int = 100_000
    call_deadline: float = 1.0
    flush_timeout: float = 5.0
    heartbeat_interval: float = 10.0
    truncate_long_values: bool = True
    enable_system_metrics_logging: bool = False
    system_metrics_sampling_interval: float = 10.0
    proxy_multipart_upload: bool = False
    s3_endpoint_url: str = ""
    s3_ignore_tls: bool = False
    model_version_source_validation_regex: str = ""
    home: str = ""
    training_models: str = ""
    project_root: str = ""
    project_env_manager: str = ""
    project_allow_urls: bool = False
    server_allowed_hosts: str = ""
    server_cors_allowed_origins: str = ""
    server_predict: bool = True
    testing: bool = False
    failpoint: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of an environment (this process's by default).

        Raises ``InvalidParameter`` naming the variable when a value is not of its setting's type.

        >>> Settings.read({"MLFLOW_TRACKING_URI": "http://a", "MODELYARD_TRACKING_URI": "http://b"}).tracking_uri
        'http://b'
        """
        source = os.environ if environ is None else environ
        types = _types()
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            variable, text = _look_up(setting, source)
            if text is not None:
                values[setting.name] = _parse(variable, text, types[setting.name])
        return cls(**values)


SETTINGS: tuple[Setting, ...] = (
    Setting("tracking_uri", "Where runs are tracked: a folder or an http(s) address.", "MLFLOW_TRACKING_URI"),
    Setting("registry_uri", "Where models are registered; the tracking URI when empty.", "MLFLOW_REGISTRY_URI"),
    Setting("experiment_name", "The experiment of runs that name none.", "MLFLOW_EXPERIMENT_NAME"),
    Setting("experiment_id", "The same by id.", "MLFLOW_EXPERIMENT_ID"),
    Setting("run_id", "The run that the next start_run resumes.", "MLFLOW_RUN_ID"),
    Setting("tracking_username", "User name sent to the server.", "MLFLOW_TRACKING_USERNAME"),
    Setting("tracking_password", "Password, or API key, sent to the server.", "MLFLOW_TRACKING_PASSWORD"),
    Setting("tracking_token", "Bearer token sent when there is no password.", "MLFLOW_TRACKING_TOKEN"),
    Setting("tracking_insecure_tls", "Do not check the server's TLS certificate.", "MLFLOW_TRACKING_INSECURE_TLS"),
    Setting(
        "tracking_server_cert_path", "File of certificates to trust the server by.", "MLFLOW_TRACKING_SERVER_CERT_PATH"
    ),
    Setting("tracking_client_cert_path", "Certificate and key the client shows.", "MLFLOW_TRACKING_CLIENT_CERT_PATH"),
    Setting("http_request_timeout", "Longest wait for one answer, in seconds.", "MLFLOW_HTTP_REQUEST_TIMEOUT"),
    Setting("http_request_max_retries", "How often a request is sent again.", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"),
    Setting("http_request_backoff_factor", "Growth of the pause between tries.", "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"),
    Setting("async_logging", "Send metrics in the background; false sends each at once."),
    Setting("strict", "Raise in training code when the server cannot be reached."),
    Setting("journal", "Folder of the journal of what could not be sent yet."),
    Setting("queue_limit", "Points kept in memory before they go to the journal."),
    Setting("call_deadline", "Longest wait of a param, tag or status for an answer; then the journal takes it."),
    Setting("flush_timeout", "Longest wait for the queue at interpreter exit, in seconds."),
    Setting("heartbeat_interval", "Seconds between signs of life of a run; 0 sends none."),
    Setting(
        "truncate_long_values", "Cut over-long params and tags instead of refusing.", "MLFLOW_TRUNCATE_LONG_VALUES"
    ),
    Setting(
        "enable_system_metrics_logging", "Log CPU, memory and GPU of each run.", "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING"
    ),
    Setting(
        "system_metrics_sampling_interval",
        "Seconds between samples of system metrics.",
        "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL",
    ),
    Setting("proxy_multipart_upload", "Send large artifacts in parts.", "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"),
    Setting("s3_endpoint_url", "Address of the S3 service, where it is not Amazon's.", "MLFLOW_S3_ENDPOINT_URL"),
    Setting("s3_ignore_tls", "Do not check the S3 service's TLS certificate.", "MLFLOW_S3_IGNORE_TLS"),
    Setting(
        "model_version_source_validation_regex",
        "Sources of model versions must match this expression.",
        "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX",
    ),
    Setting(
        "home",
        "Folder of this user's signing key, trust store, environments and known fast paths; ~/.modelyard when empty.",
    ),
    Setting("training_models", "Folder of the models of `modelyard training serve`; ./models when empty."),
    Setting("project_root", "Folder of the outermost project; set for the processes that `run` starts."),
    Setting(
        "project_env_manager", "How `run` makes environments where it is not told: local, uv, virtualenv or conda."
    ),
    Setting("project_allow_urls", "Let projects require packages by address, from folders, or editable."),
    Setting("server_allowed_hosts", "Host names the server answers to, by comma.", "MLFLOW_SERVER_ALLOWED_HOSTS"),
    Setting(
        "server_cors_allowed_origins",
        "Foreign origins whose pages may call the server, by comma.",
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS",
    ),
    Setting("server_predict", "Let pages have registered models predict, in confined processes of the server."),
    Setting("testing", "Allow what only tests do, such as MODELYARD_FAILPOINT."),
    Setting("failpoint", "Kill the process at a place, such as after-commit:3:kill; refused outside tests."),
)


def user_folder(settings: Settings | None = None) -> Path:
    """The folder of the user who runs this process: ``MODELYARD_HOME``, or ``~/.modelyard``."""
    home = (settings or Settings.read()).home
    return Path(home).expanduser() if home else Path.home() / ".modelyard"


@functools.cache
def _types() -> Mapping[str, Any]:
    """Setting → its type; told from the annotations once, for settings are read at every call."""
    return {field.name: field.type for field in msgspec.structs.fields(Settings)}


def _look_up(setting: Setting, source: Mapping[str, str]) -> tuple[str, str | None]:
    if setting.variable in source:
        return setting.variable, source[setting.variable]
    if setting.mlflow is not None and setting.mlflow in source:
        return setting.mlflow, source[setting.mlflow]
    return setting.variable, None


def _parse(variable: str, text: str, kind: Any) -> Any:
    if kind is str:
        return text
    try:
        return msgspec.convert(text.strip(), kind, strict=False)
    except msgspec.ValidationError:
        raise InvalidParameter(f"{variable}={text!r} is not of the type {kind.__name__}.") from None
