"""The model registry in a database."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.core import failpoints
from modelyard.core.checks import check_max_results, missing
from modelyard.core.clock import Clock, SystemClock
from modelyard.core.entities import ModelVersion, RegisteredModel
from modelyard.core.errors import AlreadyExists, InvalidParameter, NotFound
from modelyard.core.wire.messages import registry as reg
from modelyard.core.wire.messages.message import Empty
from modelyard.db.database import Connection, Database
from modelyard.db.errors import UniqueViolation
from modelyard.db.page import page_of_ids
from modelyard.services.registry import rules
from modelyard.services.registry.contract import RegistryStore, SourceResolver
from modelyard.services.registry.sources import Source, SourceCheck, model_id_of, version_of
from modelyard.services.registry.sql import models, search, versions


class SqlRegistryStore(RegistryStore):
    """Each method checks the request, opens one transaction and runs named statements in it."""

    def __init__(
        self,
        db: Database,
        *,
        resolver: SourceResolver,
        artifact_base: str,
        clock: Clock | None = None,
        source_pattern: str = "",
    ) -> None:
        """``artifact_base`` is the URI of the store's artifact root; sources below it are kept relative to it."""
        self._db = db
        self._resolver = resolver
        self._clock = clock or SystemClock()
        self._inside_alias_move = failpoints.at("inside-alias-move")
        self._sources = SourceCheck(resolver, base=artifact_base, pattern=source_pattern)

    # registered models

    def create_registered_model(self, request: reg.CreateRegisteredModel) -> reg.RegisteredModelReply:
        """Make a registered model without versions."""
        rules.check_name(request.name)
        rules.check_length("description", request.description, rules.MAX_DESCRIPTION)
        tags = rules.check_tags(request.tags)
        with self._db.write() as conn:
            model = models.insert(conn, request.name, request.description, self._clock.now_ms())
            if model is None:
                raise AlreadyExists(f"Registered Model (name={request.name}) already exists.")
            models.set_tags(conn, model, tags)
            return self._model(conn, request.name)

    def get_registered_model(self, request: reg.GetRegisteredModel) -> reg.RegisteredModelReply:
        """The model of a name."""
        rules.check_name(request.name)
        with self._db.read() as conn:
            return self._model(conn, request.name)

    def search_registered_models(self, request: reg.SearchRegisteredModels) -> reg.RegisteredModelsPage:
        """A page of registered models."""
        check_max_results(request.max_results, rules.MAX_MODELS_PAGE)
        query = search.model_search(request)
        with self._db.read() as conn:
            ids, token = page_of_ids(conn, query)
            return reg.RegisteredModelsPage(
                registered_models=self._hydrated(conn, models.by_ids(conn, ids)), next_page_token=token
            )

    def rename_registered_model(self, request: reg.RenameRegisteredModel) -> reg.RegisteredModelReply:
        """Rename a model with all that hangs on it."""
        rules.check_name(request.name)
        rules.check_name(request.new_name, "new_name")
        now = self._clock.now_ms()
        try:
            with self._db.write() as conn:
                model = models.find(conn, request.name)
                models.rename(conn, model.id, request.new_name, now)
                versions.touch_all(conn, model.id, now)
                return self._model(conn, request.new_name)
        except UniqueViolation:
            raise AlreadyExists(f"Registered Model (name={request.new_name}) already exists.") from None

    def update_registered_model(self, request: reg.UpdateRegisteredModel) -> reg.RegisteredModelReply:
        """Change the description."""
        rules.check_name(request.name)
        rules.check_length("description", request.description or "", rules.MAX_DESCRIPTION)
        with self._db.write() as conn:
            model = models.find(conn, request.name)
            description = model.description if request.description is None else request.description
            models.describe(conn, model.id, description, self._clock.now_ms())
            return self._model(conn, request.name)

    def delete_registered_model(self, request: reg.DeleteRegisteredModel) -> Empty:
        """Remove a model with its versions, tags and aliases."""
        rules.check_name(request.name)
        with self._db.write() as conn:
            models.delete(conn, models.find(conn, request.name).id)
            return Empty()

    def set_registered_model_tag(self, request: reg.SetRegisteredModelTag) -> Empty:
        """Set a tag."""
        rules.check_name(request.name)
        rules.check_tag(request.key, request.value)
        with self._db.write() as conn:
            model = models.find(conn, request.name)
            models.set_tags(conn, model.id, {request.key: request.value})
            models.touch(conn, model.id, self._clock.now_ms())
            return Empty()

    def delete_registered_model_tag(self, request: reg.DeleteRegisteredModelTag) -> Empty:
        """Remove a tag; an unknown one is fine."""
        rules.check_name(request.name)
        rules.check_tag(request.key, "")
        with self._db.write() as conn:
            model = models.find(conn, request.name)
            models.delete_tag(conn, model.id, request.key)
            models.touch(conn, model.id, self._clock.now_ms())
            return Empty()

    def set_registered_model_alias(self, request: reg.SetRegisteredModelAlias) -> Empty:
        """Point an alias to a version."""
        rules.check_name(request.name)
        rules.check_alias(request.alias, reserved=True)
        with self._db.write() as conn:
            row = self._find(conn, request)
            models.set_alias(conn, row.model, request.alias, row.id)
            self._inside_alias_move()
            models.touch(conn, row.model, self._clock.now_ms())
            return Empty()

    def delete_registered_model_alias(self, request: reg.DeleteRegisteredModelAlias) -> Empty:
        """Remove an alias; an unknown one is fine."""
        rules.check_name(request.name)
        rules.check_alias(request.alias, reserved=False)
        with self._db.write() as conn:
            model = models.find(conn, request.name)
            models.delete_alias(conn, model.id, request.alias)
            models.touch(conn, model.id, self._clock.now_ms())
            return Empty()

    def get_model_version_by_alias(self, request: reg.GetModelVersionByAlias) -> reg.ModelVersionReply:
        """The version an alias points to; ``latest`` is the newest one."""
        rules.check_name(request.name)
        rules.check_alias(request.alias, reserved=False)
        with self._db.read() as conn:
            number = self._aliased(conn, request.name, request.alias)
            return self._version(conn, versions.find(conn, request.name, number))

    def get_latest_versions(self, request: reg.GetLatestVersions) -> reg.ModelVersionsReply:
        """The newest version of each stage."""
        rules.check_name(request.name)
        wanted = {rules.canonical_stage(stage) for stage in request.stages or rules.STAGES}
        with self._db.read() as conn:
            model = models.find(conn, request.name)
            rows = [row for row in versions.latest_per_stage(conn, [model.id]) if row.stage in wanted]
            return reg.ModelVersionsReply(model_versions=self._hydrated_versions(conn, rows))

    # model versions

    def create_model_version(self, request: reg.CreateModelVersion) -> reg.ModelVersionReply:
        """Make the next version of a model."""
        rules.check_name(request.name)
        if not request.source:
            raise missing("source")
        rules.check_length("description", request.description, rules.MAX_DESCRIPTION)
        tags = rules.check_tags(request.tags)
        with self._db.write() as conn:
            source, storage = self._resolved(conn, request)
            now = self._clock.now_ms()
            model, number = models.take_version_number(conn, request.name, now)
            new = versions.NewVersion(
                model=model,
                version=number,
                now=now,
                description=request.description,
                source=self._sources.relative(source.uri),
                storage=storage,
                run_id=source.run_id,
                run_link=request.run_link,
                model_id=source.model_id,
            )
            versions.set_tags(conn, versions.insert(conn, new), tags)
            if source.model_id:
                self._resolver.note_registration(source.model_id, request.name, str(number))
            return self._version(conn, versions.find(conn, request.name, number))

    def get_model_version(self, request: reg.GetModelVersion) -> reg.ModelVersionReply:
        """One version."""
        rules.check_name(request.name)
        with self._db.read() as conn:
            return self._version(conn, self._find(conn, request))

    def search_model_versions(self, request: reg.SearchModelVersions) -> reg.ModelVersionsPage:
        """A page of versions."""
        check_max_results(request.max_results, rules.MAX_VERSIONS_PAGE)
        query = search.version_search(request)
        with self._db.read() as conn:
            ids, token = page_of_ids(conn, query)
            found: list[ModelVersion] = []
            for start in range(0, len(ids), search.HYDRATED_AT_ONCE):
                rows = versions.by_ids(conn, ids[start : start + search.HYDRATED_AT_ONCE])
                found += self._hydrated_versions(conn, rows)
            return reg.ModelVersionsPage(model_versions=found, next_page_token=token)

    def get_model_version_download_uri(self, request: reg.GetModelVersionDownloadUri) -> reg.DownloadUriReply:
        """Where the files of a version are, references resolved."""
        rules.check_name(request.name)
        with self._db.read() as conn:
            row = self._find(conn, request)
            model_id = model_id_of(row.storage)
            uri = self._resolver.model_artifact_uri(model_id) if model_id else self._sources.rendered(row.storage)
            return reg.DownloadUriReply(artifact_uri=uri)

    def update_model_version(self, request: reg.UpdateModelVersion) -> reg.ModelVersionReply:
        """Change the description."""
        rules.check_name(request.name)
        rules.check_length("description", request.description or "", rules.MAX_DESCRIPTION)
        now = self._clock.now_ms()
        with self._db.write() as conn:
            row = self._find(conn, request)
            description = row.description if request.description is None else request.description
            versions.describe(conn, row.id, description, now)
            models.touch(conn, row.model, now)
            return self._version(conn, versions.find(conn, row.name, row.version))

    def delete_model_version(self, request: reg.DeleteModelVersion) -> Empty:
        """Remove a version and the aliases that point to it."""
        rules.check_name(request.name)
        with self._db.write() as conn:
            row = self._find(conn, request)
            versions.delete(conn, row.id)
            models.touch(conn, row.model, self._clock.now_ms())
            return Empty()

    def transition_model_version_stage(self, request: reg.TransitionModelVersionStage) -> reg.ModelVersionReply:
        """Move a version to a stage."""
        rules.check_name(request.name)
        stage = rules.check_transition(request)
        now = self._clock.now_ms()
        with self._db.write() as conn:
            row = self._find(conn, request)
            if request.archive_existing_versions:
                versions.archive_others(conn, row, stage, now)
            versions.move(conn, row.id, stage, now)
            models.touch(conn, row.model, now)
            return self._version(conn, versions.find(conn, row.name, row.version))

    def set_model_version_tag(self, request: reg.SetModelVersionTag) -> Empty:
        """Set a tag."""
        rules.check_name(request.name)
        rules.check_tag(request.key, request.value)
        now = self._clock.now_ms()
        with self._db.write() as conn:
            row = self._find(conn, request)
            versions.set_tags(conn, row.id, {request.key: request.value})
            versions.touch(conn, row.id, now)
            models.touch(conn, row.model, now)
            return Empty()

    def delete_model_version_tag(self, request: reg.DeleteModelVersionTag) -> Empty:
        """Remove a tag; an unknown one is fine."""
        rules.check_name(request.name)
        rules.check_tag(request.key, "")
        now = self._clock.now_ms()
        with self._db.write() as conn:
            row = self._find(conn, request)
            versions.delete_tag(conn, row.id, request.key)
            versions.touch(conn, row.id, now)
            models.touch(conn, row.model, now)
            return Empty()

    def _find(self, conn: Connection, request: VersionRequest) -> versions.VersionRow:
        return versions.find(conn, request.name, rules.version_number(request.version))

    def _aliased(self, conn: Connection, name: str, alias: str) -> int:
        model = models.find(conn, name)
        if alias.lower() == "latest":
            newest = versions.newest(conn, model.id)
            if newest is None:
                raise NotFound(f"Latest version not found for model {name}.")
            return newest
        number = models.aliased_version(conn, model.id, alias)
        if number is None:
            raise InvalidParameter(f"Registered model alias {alias} not found.")
        return number

    def _resolved(self, conn: Connection, request: reg.CreateModelVersion) -> tuple[Source, str]:
        """The checked source, and the form in which the place of its files is kept."""
        uri, run_id, model_id = request.source, request.run_id, request.model_id
        named = version_of(uri, lambda name, alias: self._aliased(conn, name, alias))
        if named is None:
            source = Source(uri, run_id, model_id or None)
            self._sources.check(source)
            return source, self._sources.relative(uri)
        row = versions.find(conn, *named)
        if (run_id and run_id != row.run_id) or (model_id and model_id != row.model_id):
            raise InvalidParameter(
                f"Invalid model version source: '{uri}'. The run_id and model_id request parameters must match the "
                "referenced model version."
            )
        return Source(f"models:/{row.name}/{row.version}", row.run_id, row.model_id), row.storage

    def _model(self, conn: Connection, name: str) -> reg.RegisteredModelReply:
        return reg.RegisteredModelReply(registered_model=self._hydrated(conn, [models.find(conn, name)])[0])

    def _version(self, conn: Connection, row: versions.VersionRow) -> reg.ModelVersionReply:
        return reg.ModelVersionReply(model_version=self._hydrated_versions(conn, [row])[0])

    def _hydrated(self, conn: Connection, rows: Sequence[models.ModelRow]) -> list[RegisteredModel]:
        newest = versions.latest_per_stage(conn, [row.id for row in rows])
        latest: dict[int, list[ModelVersion]] = {}
        for row, version in zip(newest, self._hydrated_versions(conn, newest), strict=True):
            latest.setdefault(row.model, []).append(version)
        return models.hydrate(conn, rows, latest)

    def _hydrated_versions(self, conn: Connection, rows: Sequence[versions.VersionRow]) -> list[ModelVersion]:
        return versions.hydrate(conn, rows, self._sources.rendered)


VersionRequest = (
    reg.SetRegisteredModelAlias
    | reg.GetModelVersion
    | reg.GetModelVersionDownloadUri
    | reg.UpdateModelVersion
    | reg.DeleteModelVersion
    | reg.TransitionModelVersionStage
    | reg.SetModelVersionTag
    | reg.DeleteModelVersionTag
)
