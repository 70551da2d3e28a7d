"""Logging a model: a folder that proved itself, then a logged model of the active run, then perhaps a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from modelyard.client.active import PROCESS, STACK
from modelyard.client.client import MlflowClient
from modelyard.client.context import context_tags
from modelyard.client.fluent.experiments import current_experiment_id
from modelyard.client.fluent.models import register_model
from modelyard.core.entities import LoggedModel, ModelOutput
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.settings import Settings
from modelyard.models.flavor import Flavor
from modelyard.models.info import ModelInfo
from modelyard.models.mlmodel import new_model
from modelyard.models.options import SaveOptions
from modelyard.models.save import Prepared, complete, prepare, staging
from modelyard.models.verdict import Verdict

DEFAULT_NAME = "model"


class LogOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may say about where a model is logged. Names and meanings are MLflow's.

    - ``name``: the logged model's name; ``artifact_path`` is MLflow's older word for it.
    - ``run_id``: the run the model belongs to; the active one when None, and none when there is none.
    - ``registered_model_name``: make a version of this registered model too.
    - ``params``, ``tags``, ``model_type``: of the logged model.
    - ``step``: the step of the run the model was logged at.
    - ``model_id``: fill a logged model that was made before instead of a new one.
    """

    name: str | None = None
    artifact_path: str | None = None
    run_id: str | None = None
    registered_model_name: str | None = None
    await_registration_for: int | None = 300
    params: Mapping[str, Any] | None = None
    tags: Mapping[str, Any] | None = None
    model_type: str | None = None
    step: int = 0
    model_id: str | None = None


def log_model(
    obj: Any, *, flavor: Flavor, log: LogOptions, save: SaveOptions, client: MlflowClient | None = None
) -> ModelInfo:
    """Save ``obj`` in a private folder, prove that it loads, then log the folder, with the client of another store if given.

    A model that cannot be saved leaves nothing behind. Raises what saving raises, and what the store raises.
    """
    name = log.name or log.artifact_path or DEFAULT_NAME
    client = client or MlflowClient()
    with staging() as folder:
        run_id = _run_of(client, log)
        model = new_model(run_id=run_id, artifact_path=name)
        prepared = prepare(obj, folder, flavor=flavor, options=save, model=model)
        logged = _logged_model(client, log, name, run_id, prepared)
        try:
            model.model_id, model.artifact_path = logged.model_id, logged.artifact_location
            complete(prepared)
            client.log_model_artifacts(logged.model_id, str(folder))
        except BaseException:
            client.finalize_logged_model(logged.model_id, "FAILED")
            raise
        logged = client.finalize_logged_model(logged.model_id, "READY")
        if run_id is not None:
            client.log_outputs(run_id, [ModelOutput(logged.model_id, log.step)])
    info = ModelInfo(model, prepared.verdict, logged=logged)
    return msgspec.structs.replace(info, registered_model_version=_register(log, info))


def verdict_tags(verdict: Verdict) -> dict[str, str]:
    """The verdict as tags of a logged model or a version. Times are seconds, memory is bytes."""
    seconds = [part for part in (verdict.load_seconds, verdict.predict_seconds) if part is not None]
    told = {
        "modelyard.verification": verdict.status,
        "modelyard.verification.environment": verdict.environment if verdict.status != "skipped" else "",
        "modelyard.verification.message": verdict.message,
        "modelyard.verification.seconds": f"{sum(seconds):.3f}" if seconds else "",
        "modelyard.verification.peak_memory": str(verdict.peak_memory or ""),
    }
    return {key: value for key, value in told.items() if value}


def _run_of(client: MlflowClient, log: LogOptions) -> str | None:
    if log.run_id is not None:
        client.get_run(log.run_id)
        return log.run_id
    stack = STACK.get()
    return stack[-1].run_id if stack else None


def _logged_model(
    client: MlflowClient, log: LogOptions, name: str, run_id: str | None, prepared: Prepared
) -> LoggedModel:
    told = verdict_tags(prepared.verdict)
    if log.model_id is not None:
        found = client.get_logged_model(log.model_id)
        if found.status != "PENDING":
            raise InvalidParameter(f"The logged model {log.model_id} is {found.status}; only a PENDING one is filled.")
        client.set_logged_model_tags(log.model_id, {**told, **(log.tags or {})})
        return found
    experiment = client.get_run(run_id).info.experiment_id if run_id else current_experiment_id()
    tags = {**context_tags(Settings.read()), **told, **(log.tags or {})}
    made = client.create_logged_model(experiment, name, run_id, tags, log.params, log.model_type)
    PROCESS.last_model_id = made.model_id
    return made


def _register(log: LogOptions, info: ModelInfo) -> str | None:
    if log.registered_model_name is None:
        return None
    if not info.model_id:
        raise NotFound("Only a logged model can be registered.")
    version = register_model(
        f"models:/{info.model_id}",
        log.registered_model_name,
        log.await_registration_for or 0,
        tags=verdict_tags(info.verdict),
    )
    return version.version
