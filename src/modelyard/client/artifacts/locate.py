"""From an address of artifacts to the place they are in."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from modelyard.client.artifacts.place import FolderPlace, Place
from modelyard.client.artifacts.references import (
    ModelReference,
    RunReference,
    parse_dataset,
    parse_model,
    parse_proxy,
    parse_run,
)
from modelyard.client.uris import folder_of
from modelyard.core import keys, plugins
from modelyard.core.entities import LoggedModel
from modelyard.core.entities.dataset_version import DatasetVersion
from modelyard.core.errors import NotFound, NotSupported
from modelyard.core.wire.messages import datasets as data
from modelyard.core.wire.messages import logged_models as lm
from modelyard.core.wire.messages import registry as reg
from modelyard.core.wire.messages.runs import GetRun
from modelyard.services.datasets.contract import DatasetStore
from modelyard.services.registry.contract import RegistryStore
from modelyard.services.tracking.contract import TrackingStore

_ENDPOINT = re.compile(r"/(ajax-)?api/2\.0/mlflow-artifacts/artifacts(?=/|$)")


class Found(NamedTuple):
    """A place, and a key in it."""

    place: Place
    key: str


class Stores(Protocol):
    """What an address is looked up in."""

    @property
    def tracking(self) -> TrackingStore:
        """Runs and logged models."""
        ...

    @property
    def registry(self) -> RegistryStore:
        """Registered models."""
        ...

    @property
    def datasets(self) -> DatasetStore:
        """Named datasets."""
        ...

    def proxied(self, server: str) -> Place:
        """The artifact root of a server: this store's own when ``server`` is empty.

        ``//host:port`` is another host that is reached as this store's server is; an http(s) address is any server.
        """
        ...


def locate(uri: str, stores: Stores) -> Found:
    """The place of an address of any kind.

    Raises ``NotFound`` for runs and models that are not there and ``NotSupported`` for places the client cannot reach.
    """
    run = parse_run(uri)
    if run is not None:
        return of_run(run, stores)
    model = parse_model(uri)
    if model is not None:
        location = model_location(model, stores)
        source = parse_run(location)  # what a version was made from may be named by its run
        found = of_run(source, stores) if source is not None else place_at(location, stores)
        return Found(found.place, keys.join(found.key, model.path))
    dataset = parse_dataset(uri)
    if dataset is not None:
        return dataset_place(stores.datasets.get_version(data.GetDatasetVersion(reference=dataset)).version, stores)
    return place_at(uri, stores)


def dataset_place(version: DatasetVersion, stores: Stores) -> Found:
    """Where the files of a version of a dataset are, as nobody checked them yet."""
    source = parse_run(version.uri)
    return of_run(source, stores) if source is not None else place_at(version.uri, stores)


def place_at(uri: str, stores: Stores) -> Found:
    """The place of an address that names no run and no model."""
    proxy = parse_proxy(uri)
    if proxy is not None:
        return Found(stores.proxied(f"//{proxy.host}" if proxy.host else ""), proxy.key)
    parts = urlsplit(uri)
    endpoint = _ENDPOINT.search(parts.path) if parts.scheme in ("http", "https") else None
    if endpoint is not None:
        server = f"{parts.scheme}://{parts.netloc}{parts.path[: endpoint.start()]}"
        return Found(stores.proxied(server), parts.path[endpoint.end() :].strip("/"))
    if parts.scheme in ("", "file"):
        path = folder_of(uri)
        return Found(FolderPlace(path.parent), path.name) if path.is_file() else Found(FolderPlace(path), "")
    if parts.scheme == "s3":
        place: Place = plugins.load("places", parts.scheme)(parts.netloc)
        return Found(place, parts.path.strip("/"))
    raise NotSupported(
        f"The client cannot reach {uri!r} by itself. Let the server pass artifacts on: start it with"
        " 'modelyard server --artifacts FOLDER', or with --serve-artifacts where it is MLflow's."
    )


def is_served(uri: str) -> bool:
    """Whether an http(s) address is a server's way to its artifacts."""
    return _ENDPOINT.search(urlsplit(uri).path) is not None


def run_location(run_id: str, stores: Stores) -> str:
    """Where a run keeps its artifacts."""
    uri = stores.tracking.get_run(GetRun(run_id=run_id)).run.info.artifact_uri
    if not uri:
        raise NotFound(f"The run {run_id} has no place for artifacts.")
    return uri


def model_location(model: ModelReference, stores: Stores) -> str:
    """Where a logged model or a model version keeps its files."""
    if model.model_id:
        return stores.tracking.get_logged_model(lm.GetLoggedModel(model_id=model.model_id)).model.artifact_location
    uri = stores.registry.get_model_version_download_uri(
        reg.GetModelVersionDownloadUri(name=model.name, version=version_of(model, stores.registry))
    ).artifact_uri
    inner = parse_model(uri)
    return model_location(inner, stores) if inner is not None and inner != model else uri


def version_of(model: ModelReference, registry: RegistryStore) -> str:
    """The number of the version that is meant."""
    if model.version:
        return model.version
    if model.alias:
        found = registry.get_model_version_by_alias(reg.GetModelVersionByAlias(name=model.name, alias=model.alias))
        return found.model_version.version
    stages = [] if model.is_latest else [model.stage]
    versions = registry.get_latest_versions(reg.GetLatestVersions(name=model.name, stages=stages)).model_versions
    if not versions:
        raise NotFound(f"No versions of model with name {model.name!r} and stage {model.stage!r} found")
    return max((version.version for version in versions), key=int)


def models_of_run(run_id: str, name: str, stores: Stores) -> list[str]:
    """The ids of the logged models of a name that a run wrote, newest first."""
    quoted = name.replace("'", "''")
    return [model.model_id for model in _logged_by(run_id, f"name = '{quoted}' AND ", stores)]


def model_names_of_run(run_id: str, stores: Stores) -> list[str]:
    """The names of the logged models that a run wrote."""
    return sorted({model.name for model in _logged_by(run_id, "", stores)})


def _logged_by(run_id: str, condition: str, stores: Stores) -> list[LoggedModel]:
    run = stores.tracking.get_run(GetRun(run_id=run_id)).run
    request = lm.SearchLoggedModels(
        experiment_ids=[run.info.experiment_id], filter=f"{condition}source_run_id = '{run_id}'"
    )
    return stores.tracking.search_logged_models(request).models


def of_run(run: RunReference, stores: Stores) -> Found:
    """The place of a file or folder of a run's artifacts, or of a model it logged."""
    found = place_at(run_location(run.run_id, stores), stores)
    key = keys.join(found.key, run.path)
    if not run.path or _is_there(found.place, key):
        return Found(found.place, key)
    # MLflow 3 keeps a run's models in folders of their own: runs:/<id>/<model name>/… means them too.
    name, _, inside = run.path.partition("/")
    models = models_of_run(run.run_id, name, stores)
    if not models:
        return Found(found.place, key)
    model = place_at(model_location(ModelReference(model_id=models[0]), stores), stores)
    return Found(model.place, keys.join(model.key, inside))


def _is_there(place: Place, key: str) -> bool:
    keys.check(key)
    if place.list(key):
        return True
    folder = key.rpartition("/")[0]
    return any(info.path == key for info in place.list(folder))
