"""The client's calls about the model registry."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from modelyard.client.artifacts.locate import version_of
from modelyard.client.artifacts.references import parse_model
from modelyard.client.calls.base import Calls, key_values
from modelyard.client.paging import PagedList
from modelyard.core.entities import ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from modelyard.core.errors import AlreadyExists, InvalidParameter
from modelyard.core.wire.messages import registry as reg

_STAGES = ["None", "Staging", "Production", "Archived"]


class RegistryCalls(Calls):
    """Registered models, their versions, aliases, stages and tags."""

    def create_registered_model(
        self,
        name: str,
        tags: Mapping[str, Any] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> RegisteredModel:
        """Make a registered model; a name that is taken is an error."""
        request = reg.CreateRegisteredModel(
            name=name, tags=key_values(RegisteredModelTag, tags), description=description or ""
        )
        return self._registry.registry.create_registered_model(request).registered_model

    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        """Give a registered model another name."""
        request = reg.RenameRegisteredModel(name=name, new_name=_named(new_name))
        return self._registry.registry.rename_registered_model(request).registered_model

    def update_registered_model(
        self,
        name: str,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> RegisteredModel:
        """Change the description of a registered model."""
        if description is None:
            raise InvalidParameter("Attempting to update registered model with no new field values.")
        request = reg.UpdateRegisteredModel(name=name, description=description)
        return self._registry.registry.update_registered_model(request).registered_model

    def delete_registered_model(self, name: str) -> None:
        """Remove a registered model with its versions."""
        self._registry.registry.delete_registered_model(reg.DeleteRegisteredModel(name=name))

    def get_registered_model(self, name: str) -> RegisteredModel:
        """The registered model of a name."""
        return self._registry.registry.get_registered_model(reg.GetRegisteredModel(name=name)).registered_model

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = 100,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """A page of registered models."""
        request = reg.SearchRegisteredModels(
            filter=filter_string or "",
            max_results=max_results,
            order_by=list(order_by or ()),
            page_token=page_token or "",
        )
        page = self._registry.registry.search_registered_models(request)
        return PagedList(page.registered_models, page.next_page_token or None)

    def get_latest_versions(self, name: str, stages: list[str] | None = None) -> list[ModelVersion]:
        """The newest version of each stage, or of the stages named."""
        request = reg.GetLatestVersions(name=name, stages=list(stages or ()))
        return self._registry.registry.get_latest_versions(request).model_versions

    def set_registered_model_tag(self, name: str, key: str, value: Any) -> None:
        """Set a tag of a registered model."""
        self._registry.registry.set_registered_model_tag(
            reg.SetRegisteredModelTag(name=name, key=key, value=str(value))
        )

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Remove a tag of a registered model."""
        self._registry.registry.delete_registered_model_tag(reg.DeleteRegisteredModelTag(name=name, key=key))

    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias to a version; an alias that exists moves."""
        request = reg.SetRegisteredModelAlias(name=name, alias=alias, version=str(version))
        self._registry.registry.set_registered_model_alias(request)

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Remove an alias."""
        self._registry.registry.delete_registered_model_alias(reg.DeleteRegisteredModelAlias(name=name, alias=alias))

    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version an alias points to."""
        request = reg.GetModelVersionByAlias(name=name, alias=alias)
        return self._registry.registry.get_model_version_by_alias(request).model_version

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Mapping[str, Any] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        await_creation_for: int = 300,
        model_id: str | None = None,
    ) -> ModelVersion:
        """Make the next version of a registered model from the files at ``source``."""
        request = reg.CreateModelVersion(
            name=name,
            source=source,
            run_id=run_id or "",
            tags=key_values(ModelVersionTag, tags),
            run_link=run_link or "",
            description=description or "",
            model_id=model_id,
        )
        return self._registry.registry.create_model_version(request).model_version

    def copy_model_version(self, src_model_uri: str, dst_name: str) -> ModelVersion:
        """Make a version of another registered model from one that exists; the other model is made where needed."""
        model = parse_model(src_model_uri)
        if model is None or not model.name:
            raise InvalidParameter(
                f"Unsupported source model URI: '{src_model_uri}'. The `copy_model_version` API only "
                "copies models stored in the 'models:/' scheme."
            )
        version = version_of(model, self._registry.registry)
        source = self.get_model_version(model.name, version)
        with suppress(AlreadyExists):
            self.create_registered_model(dst_name)
        return self.create_model_version(
            dst_name,
            f"models:/{model.name}/{version}",
            run_id=source.run_id,
            tags=source.tags,
            run_link=source.run_link,
            description=source.description,
            model_id=source.model_id,
        )

    def update_model_version(self, name: str, version: str, description: str | None = None) -> ModelVersion:
        """Change the description of a version."""
        if description is None:
            raise InvalidParameter("Attempting to update model version with no new field values.")
        request = reg.UpdateModelVersion(name=name, version=str(version), description=description)
        return self._registry.registry.update_model_version(request).model_version

    def transition_model_version_stage(
        self, name: str, version: str, stage: str, archive_existing_versions: bool = False
    ) -> ModelVersion:
        """Move a version to a stage."""
        request = reg.TransitionModelVersionStage(
            name=name, version=str(version), stage=stage, archive_existing_versions=archive_existing_versions
        )
        return self._registry.registry.transition_model_version_stage(request).model_version

    def delete_model_version(self, name: str, version: str) -> None:
        """Remove a version."""
        self._registry.registry.delete_model_version(reg.DeleteModelVersion(name=name, version=str(version)))

    def get_model_version(self, name: str, version: str) -> ModelVersion:
        """The version of a number."""
        request = reg.GetModelVersion(name=name, version=str(version))
        return self._registry.registry.get_model_version(request).model_version

    def get_model_version_download_uri(self, name: str, version: str) -> str:
        """Where the files of a version are."""
        request = reg.GetModelVersionDownloadUri(name=name, version=str(version))
        return self._registry.registry.get_model_version_download_uri(request).artifact_uri

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = 10_000,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """A page of model versions."""
        request = reg.SearchModelVersions(
            filter=filter_string or "",
            max_results=max_results,
            order_by=list(order_by or ()),
            page_token=page_token or "",
        )
        page = self._registry.registry.search_model_versions(request)
        return PagedList(page.model_versions, page.next_page_token or None)

    def get_model_version_stages(self, name: str, version: str) -> list[str]:
        """The stages a version can be in."""
        return list(_STAGES)

    def set_model_version_tag(
        self, name: str, version: str | None = None, key: str | None = None, value: Any = None, stage: str | None = None
    ) -> None:
        """Set a tag of a version, or of the newest version of a stage."""
        number = self._one_version(name, version, stage)
        request = reg.SetModelVersionTag(name=name, version=number, key=key or "", value=str(value))
        self._registry.registry.set_model_version_tag(request)

    def delete_model_version_tag(
        self, name: str, version: str | None = None, key: str | None = None, stage: str | None = None
    ) -> None:
        """Remove a tag of a version, or of the newest version of a stage."""
        number = self._one_version(name, version, stage)
        self._registry.registry.delete_model_version_tag(
            reg.DeleteModelVersionTag(name=name, version=number, key=key or "")
        )

    def _one_version(self, name: str, version: str | None, stage: str | None) -> str:
        if (version is None) == (stage is None):
            raise InvalidParameter("Give exactly one of `version` and `stage`.")
        if version is not None:
            return str(version)
        found = self.get_latest_versions(name, [stage or ""])
        if not found:
            raise InvalidParameter(f"Could not find any model version for {stage} stage")
        return found[0].version


def _named(new_name: str) -> str:
    if not new_name or not new_name.strip():
        raise InvalidParameter("The name must not be an empty string.")
    return new_name
