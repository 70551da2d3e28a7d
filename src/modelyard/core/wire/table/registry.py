"""Rows of the model registry."""

from __future__ import annotations

from modelyard.core.wire.endpoint import API, DELETE, GET, PATCH, POST, Endpoint, Kind, Need
from modelyard.core.wire.messages import registry as reg
from modelyard.core.wire.messages.message import Empty, Message

GET_POST = ("GET", "POST")
_ON = "registered_model:name"


def row(
    verb: str,
    methods: tuple[str, ...],
    path: str,
    types: tuple[type[Message], type[Message]],
    need: Need,
    *,
    on: str = _ON,
    kind: Kind | None = None,
) -> Endpoint:
    """A row of the registry; what needs more than READ is a write."""
    changes = need > Need.USE
    return Endpoint(
        name=f"registry.{verb}",
        methods=methods,
        path=path,
        request=types[0],
        reply=types[1],
        need=need,
        on=on,
        scope="register" if changes else "read",
        kind=kind or ("write" if changes else "read"),
        prefixes=API,
    )


MODELS = (
    row(
        "create_registered_model",
        POST,
        "/registered-models/create",
        (reg.CreateRegisteredModel, reg.RegisteredModelReply),
        Need.EDIT,
        on="store:",
    ),
    row(
        "get_registered_model",
        GET,
        "/registered-models/get",
        (reg.GetRegisteredModel, reg.RegisteredModelReply),
        Need.READ,
    ),
    row(
        "search_registered_models",
        GET_POST,
        "/registered-models/search",
        (reg.SearchRegisteredModels, reg.RegisteredModelsPage),
        Need.READ,
        on="search:",
        kind="long",
    ),
    row(
        "rename_registered_model",
        POST,
        "/registered-models/rename",
        (reg.RenameRegisteredModel, reg.RegisteredModelReply),
        Need.MANAGE,
    ),
    row(
        "update_registered_model",
        PATCH,
        "/registered-models/update",
        (reg.UpdateRegisteredModel, reg.RegisteredModelReply),
        Need.EDIT,
    ),
    row(
        "delete_registered_model",
        DELETE,
        "/registered-models/delete",
        (reg.DeleteRegisteredModel, Empty),
        Need.MANAGE,
    ),
    row("set_registered_model_tag", POST, "/registered-models/set-tag", (reg.SetRegisteredModelTag, Empty), Need.EDIT),
    row(
        "delete_registered_model_tag",
        DELETE,
        "/registered-models/delete-tag",
        (reg.DeleteRegisteredModelTag, Empty),
        Need.EDIT,
    ),
    row(
        "set_registered_model_alias",
        POST,
        "/registered-models/alias",
        (reg.SetRegisteredModelAlias, Empty),
        Need.EDIT,
    ),
    row(
        "delete_registered_model_alias",
        DELETE,
        "/registered-models/alias",
        (reg.DeleteRegisteredModelAlias, Empty),
        Need.EDIT,
    ),
    row(
        "get_model_version_by_alias",
        GET,
        "/registered-models/alias",
        (reg.GetModelVersionByAlias, reg.ModelVersionReply),
        Need.READ,
    ),
    row(
        "get_latest_versions",
        GET_POST,
        "/registered-models/get-latest-versions",
        (reg.GetLatestVersions, reg.ModelVersionsReply),
        Need.READ,
    ),
)

VERSIONS = (
    row(
        "create_model_version",
        POST,
        "/model-versions/create",
        (reg.CreateModelVersion, reg.ModelVersionReply),
        Need.EDIT,
    ),
    row("get_model_version", GET, "/model-versions/get", (reg.GetModelVersion, reg.ModelVersionReply), Need.READ),
    row(
        "search_model_versions",
        GET_POST,
        "/model-versions/search",
        (reg.SearchModelVersions, reg.ModelVersionsPage),
        Need.READ,
        on="search:",
        kind="long",
    ),
    row(
        "get_model_version_download_uri",
        GET,
        "/model-versions/get-download-uri",
        (reg.GetModelVersionDownloadUri, reg.DownloadUriReply),
        Need.USE,
    ),
    row(
        "update_model_version",
        PATCH,
        "/model-versions/update",
        (reg.UpdateModelVersion, reg.ModelVersionReply),
        Need.EDIT,
    ),
    row("delete_model_version", DELETE, "/model-versions/delete", (reg.DeleteModelVersion, Empty), Need.MANAGE),
    row(
        "transition_model_version_stage",
        POST,
        "/model-versions/transition-stage",
        (reg.TransitionModelVersionStage, reg.ModelVersionReply),
        Need.EDIT,
    ),
    row("set_model_version_tag", POST, "/model-versions/set-tag", (reg.SetModelVersionTag, Empty), Need.EDIT),
    row(
        "delete_model_version_tag", DELETE, "/model-versions/delete-tag", (reg.DeleteModelVersionTag, Empty), Need.EDIT
    ),
)

REGISTRY = MODELS + VERSIONS
