"""Verbs about logged models and the registry."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from modelyard.client.active import MODEL, PROCESS, STACK
from modelyard.client.artifacts.locate import locate, models_of_run
from modelyard.client.artifacts.references import parse_model, parse_run
from modelyard.client.client import MlflowClient
from modelyard.client.context import context_tags
from modelyard.client.fluent.experiments import current_experiment_id
from modelyard.client.fluent.search import search_logged_models
from modelyard.core.entities import LoggedModel, ModelVersion
from modelyard.core.errors import AlreadyExists, InvalidParameter, NotFound
from modelyard.core.settings import Settings

_logger = logging.getLogger(__name__)

EXTERNAL = "mlflow.model.isExternal"
MLMODEL = "MLmodel"


class ActiveModel(LoggedModel, frozen=True):
    """A logged model that is active; as a context manager it is that until the block ends."""

    before: str | None = None

    def __enter__(self) -> ActiveModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        MODEL.set(self.before)


def register_model(
    model_uri: str,
    name: str,
    await_registration_for: int = 300,
    *,
    tags: Mapping[str, Any] | None = None,
    env_pack: None = None,
) -> ModelVersion:
    """Make a version of a registered model from files at an address; the registered model is made where needed.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     mlflow.log_text("flavors: {}", "model/MLmodel")
    >>> version = mlflow.register_model(f"runs:/{run.info.run_id}/model", "wine")
    >>> version.name, version.version
    ('wine', '1')
    """
    if env_pack is not None:
        raise InvalidParameter("`env_pack` belongs to another company's service; leave it out.")
    client = MlflowClient()
    source, run_id, model_id = _source(client, model_uri)
    try:
        client.create_registered_model(name)
    except AlreadyExists:
        _logger.info("The registered model %r exists; this makes a new version of it.", name)
    return client.create_model_version(
        name, source, run_id, tags, await_creation_for=await_registration_for, model_id=model_id
    )


def set_model_version_tag(name: str, version: str | None = None, key: str | None = None, value: Any = None) -> None:
    """Set a tag of a version of a registered model."""
    MlflowClient().set_model_version_tag(name, version, key, value)


def initialize_logged_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """Make a logged model in state PENDING, of the active run unless another is named."""
    stack = STACK.get()
    if source_run_id is None and stack:
        source_run_id = stack[-1].run_id
    client = MlflowClient()
    model = client.create_logged_model(
        experiment_id or current_experiment_id(),
        name,
        source_run_id,
        {**context_tags(Settings.read()), **(tags or {})},
        params,
        model_type,
    )
    PROCESS.last_model_id = model.model_id
    return model


def create_external_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """Make a logged model whose files are kept somewhere else; it is READY at once."""
    told = {**(tags or {}), EXTERNAL: "true"}
    model = initialize_logged_model(name, source_run_id, told, params, model_type, experiment_id)
    return finalize_logged_model(model.model_id, "READY")


def finalize_logged_model(model_id: str, status: str) -> LoggedModel:
    """Say that a model's files are complete (``READY``) or that it failed (``FAILED``)."""
    return MlflowClient().finalize_logged_model(model_id, status)


def get_logged_model(model_id: str) -> LoggedModel:
    """The logged model of an id."""
    return MlflowClient().get_logged_model(model_id)


def last_logged_model() -> LoggedModel | None:
    """The logged model this process made last."""
    return get_logged_model(PROCESS.last_model_id) if PROCESS.last_model_id else None


def set_logged_model_tags(model_id: str, tags: Mapping[str, Any]) -> None:
    """Set tags of a logged model."""
    MlflowClient().set_logged_model_tags(model_id, tags)


def delete_logged_model_tag(model_id: str, key: str) -> None:
    """Remove a tag of a logged model."""
    MlflowClient().delete_logged_model_tag(model_id, key)


def log_model_params(params: Mapping[str, str], model_id: str | None = None) -> None:
    """Log parameters of a logged model, the active one unless another is named."""
    which = model_id or MODEL.get()
    if not which:
        raise InvalidParameter("There is no active model: give `model_id`, or call set_active_model first.")
    MlflowClient().log_model_params(which, params)


def set_active_model(*, name: str | None = None, model_id: str | None = None) -> ActiveModel:
    """Make a logged model the one that metrics are logged for, by id or by name; one of a new name is made."""
    if name is None and model_id is None:
        raise InvalidParameter("Either name or model_id must be provided")
    model = get_logged_model(model_id) if model_id is not None else _named_model(str(name))
    if name is not None and model.name != name:
        raise InvalidParameter(
            f"LoggedModel with model_id {model_id!r} has name {model.name!r}, which does not match the provided name"
            f" {name!r}."
        )
    active = ActiveModel(info=model.info, data=model.data, before=MODEL.get())
    MODEL.set(model.model_id)
    return active


def get_active_model_id() -> str | None:
    """The id of the active logged model of this thread or task."""
    return MODEL.get()


def clear_active_model() -> None:
    """No logged model is active any more."""
    MODEL.set(None)


def _named_model(name: str) -> LoggedModel:
    quoted = name.replace("'", "''")
    found: Sequence[LoggedModel] = search_logged_models(
        filter_string=f"name='{quoted}'", max_results=1, output_format="list"
    )
    return found[0] if found else create_external_model(name=name)


def _source(client: MlflowClient, model_uri: str) -> tuple[str, str | None, str | None]:
    """The source of a new version, and the run and the logged model it comes from."""
    run = parse_run(model_uri)
    if run is None:
        model = parse_model(model_uri)
        if model is None or not model.model_id:
            return model_uri, None, None
        return model_uri, client.get_logged_model(model.model_id).source_run_id, model.model_id
    stores = PROCESS.connect(client.tracking_uri)
    stored = client.get_run(run.run_id).info.artifact_uri or ""
    found = locate(f"{stored.rstrip('/')}/{run.path}", stores)
    if any(info.path.rpartition("/")[2] == MLMODEL for info in found.place.list(found.key)):
        return f"{stored.rstrip('/')}/{run.path}", run.run_id, None
    models = models_of_run(run.run_id, run.path, stores)
    if not models:
        raise NotFound(f"Unable to find a logged_model with artifact_path {run.path} under run {run.run_id}")
    return f"models:/{models[0]}", run.run_id, models[0]
