"""The model registry of a server."""

from __future__ import annotations

from modelyard.core.wire.messages import registry as reg
from modelyard.core.wire.messages.message import Empty
from modelyard.core.wire.table import BY_NAME
from modelyard.core.wire.transport import Transport
from modelyard.services.registry.contract import RegistryStore


class RemoteRegistryStore(RegistryStore):
    """Sends each request through a transport; the rules are the server's."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_registered_model(self, request: reg.CreateRegisteredModel) -> reg.RegisteredModelReply:
        """Make a registered model without versions."""
        return self._transport.call(BY_NAME["registry.create_registered_model"], request, reg.RegisteredModelReply)

    def get_registered_model(self, request: reg.GetRegisteredModel) -> reg.RegisteredModelReply:
        """The model of a name with its aliases and the latest version of each stage."""
        return self._transport.call(BY_NAME["registry.get_registered_model"], request, reg.RegisteredModelReply)

    def search_registered_models(self, request: reg.SearchRegisteredModels) -> reg.RegisteredModelsPage:
        """A page of registered models."""
        return self._transport.call(BY_NAME["registry.search_registered_models"], request, reg.RegisteredModelsPage)

    def rename_registered_model(self, request: reg.RenameRegisteredModel) -> reg.RegisteredModelReply:
        """Rename a model with all that hangs on it."""
        return self._transport.call(BY_NAME["registry.rename_registered_model"], request, reg.RegisteredModelReply)

    def update_registered_model(self, request: reg.UpdateRegisteredModel) -> reg.RegisteredModelReply:
        """Change the description."""
        return self._transport.call(BY_NAME["registry.update_registered_model"], request, reg.RegisteredModelReply)

    def delete_registered_model(self, request: reg.DeleteRegisteredModel) -> Empty:
        """Remove a model with its versions, tags and aliases."""
        return self._transport.call(BY_NAME["registry.delete_registered_model"], request, Empty)

    def set_registered_model_tag(self, request: reg.SetRegisteredModelTag) -> Empty:
        """Set a tag."""
        return self._transport.call(BY_NAME["registry.set_registered_model_tag"], request, Empty)

    def delete_registered_model_tag(self, request: reg.DeleteRegisteredModelTag) -> Empty:
        """Remove a tag; an unknown one is fine."""
        return self._transport.call(BY_NAME["registry.delete_registered_model_tag"], request, Empty)

    def set_registered_model_alias(self, request: reg.SetRegisteredModelAlias) -> Empty:
        """Point an alias to a version."""
        return self._transport.call(BY_NAME["registry.set_registered_model_alias"], request, Empty)

    def delete_registered_model_alias(self, request: reg.DeleteRegisteredModelAlias) -> Empty:
        """Remove an alias; an unknown one is fine."""
        return self._transport.call(BY_NAME["registry.delete_registered_model_alias"], request, Empty)

    def get_model_version_by_alias(self, request: reg.GetModelVersionByAlias) -> reg.ModelVersionReply:
        """The version an alias points to."""
        return self._transport.call(BY_NAME["registry.get_model_version_by_alias"], request, reg.ModelVersionReply)

    def get_latest_versions(self, request: reg.GetLatestVersions) -> reg.ModelVersionsReply:
        """The newest version of each stage."""
        return self._transport.call(BY_NAME["registry.get_latest_versions"], request, reg.ModelVersionsReply)

    def create_model_version(self, request: reg.CreateModelVersion) -> reg.ModelVersionReply:
        """Make the next version of a model."""
        return self._transport.call(BY_NAME["registry.create_model_version"], request, reg.ModelVersionReply)

    def get_model_version(self, request: reg.GetModelVersion) -> reg.ModelVersionReply:
        """One version."""
        return self._transport.call(BY_NAME["registry.get_model_version"], request, reg.ModelVersionReply)

    def search_model_versions(self, request: reg.SearchModelVersions) -> reg.ModelVersionsPage:
        """A page of versions."""
        return self._transport.call(BY_NAME["registry.search_model_versions"], request, reg.ModelVersionsPage)

    def get_model_version_download_uri(self, request: reg.GetModelVersionDownloadUri) -> reg.DownloadUriReply:
        """Where the files of a version are, references resolved."""
        return self._transport.call(BY_NAME["registry.get_model_version_download_uri"], request, reg.DownloadUriReply)

    def update_model_version(self, request: reg.UpdateModelVersion) -> reg.ModelVersionReply:
        """Change the description."""
        return self._transport.call(BY_NAME["registry.update_model_version"], request, reg.ModelVersionReply)

    def delete_model_version(self, request: reg.DeleteModelVersion) -> Empty:
        """Remove a version and the aliases that point to it."""
        return self._transport.call(BY_NAME["registry.delete_model_version"], request, Empty)

    def transition_model_version_stage(self, request: reg.TransitionModelVersionStage) -> reg.ModelVersionReply:
        """Move a version to a stage."""
        return self._transport.call(BY_NAME["registry.transition_model_version_stage"], request, reg.ModelVersionReply)

    def set_model_version_tag(self, request: reg.SetModelVersionTag) -> Empty:
        """Set a tag."""
        return self._transport.call(BY_NAME["registry.set_model_version_tag"], request, Empty)

    def delete_model_version_tag(self, request: reg.DeleteModelVersionTag) -> Empty:
        """Remove a tag; an unknown one is fine."""
        return self._transport.call(BY_NAME["registry.delete_model_version_tag"], request, Empty)
