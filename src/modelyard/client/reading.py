"""Artifacts by address: list, download, and load small ones as what they are."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelyard.client.active import PROCESS
from modelyard.client.artifacts.locate import locate
from modelyard.client.artifacts.references import parse_dataset, parse_model
from modelyard.client.artifacts.transfer import fetch_below, new_folder
from modelyard.client.client import MlflowClient
from modelyard.client.dataset_versions.use import local_copy
from modelyard.core import keys
from modelyard.core.entities import FileInfo
from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.core.extras import require
from modelyard.core.wire.messages.datasets import GetDatasetVersion
from modelyard.services.stores import DATABASE

_RUN_FOLDER = re.compile(r"(?P<store>.+)/artifacts/[0-9]+/(?P<run>[0-9a-f]{32})/artifacts/(?P<path>.+)")


class _Lookup:
    """The stores an address is looked up in."""

    def __init__(self, tracking_uri: str | None, registry_uri: str | None = None) -> None:
        self._connection = PROCESS.connect(tracking_uri)
        self._models = PROCESS.connect(registry_uri or PROCESS.current_registry_uri(tracking_uri))
        self.tracking = self._connection.tracking
        self.registry = self._models.registry
        self.datasets = self._connection.datasets
        self.proxied = self._connection.proxied


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """The files and folders below an address, or below a folder of a run."""
    _check_one(artifact_uri, run_id, artifact_path)
    if run_id is not None:
        return MlflowClient(tracking_uri).list_artifacts(run_id, artifact_path)
    uri = str(artifact_uri).rstrip("/")
    found = locate(uri, _Lookup(tracking_uri))
    # As MLflow has it, the last part of an address is the folder that is listed, and its name is part of the paths.
    listed = found.place.list(found.key)
    start, name = len(found.key) + 1 if found.key else 0, _name_of(uri, found.key)
    return [FileInfo(keys.join(name, info.path[start:]), info.is_dir, info.file_size) for info in listed]


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | os.PathLike[str] | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
) -> str:
    """Download a file or a folder, by address or of a run, and answer where it is.

    It gets its own name below ``dst_path``, which is made; without one, it goes to a new folder, or stays where it is
    when that is a folder of this machine.

    >>> import modelyard as mlflow
    >>> with mlflow.start_run() as run:
    ...     mlflow.log_text("hello", "notes/hello.txt")
    >>> path = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/notes/hello.txt")
    >>> open(path).read()
    'hello'
    """
    _check_one(artifact_uri, run_id, artifact_path)
    if run_id is not None:
        MlflowClient(tracking_uri).flush_run(run_id)
        artifact_uri = f"runs:/{run_id}/{artifact_path or ''}"
    return fetch_artifacts(str(artifact_uri), dst_path, tracking_uri, registry_uri)


def fetch_artifacts(
    address: str,
    dst_path: str | os.PathLike[str] | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
    *,
    new: Callable[[], Path] = new_folder,
) -> str:
    """The same by address; ``new`` makes the folder that a download needs where none is named."""
    dataset = parse_dataset(address)
    if dataset is not None:
        version = PROCESS.connect(tracking_uri).datasets.get_version(GetDatasetVersion(reference=dataset)).version
        return str(local_copy(version, _Lookup(tracking_uri), dst_path, new=new))
    uri, where = _in_its_store(address.rstrip("/"), tracking_uri)
    found = locate(uri, _Lookup(where, registry_uri))
    return fetch_below(found.place, found.key, dst_path, _name_of(uri, found.key), new=new)


def load_text(artifact_uri: str) -> str:
    """A text file's content."""
    return _read(artifact_uri)


def load_dict(artifact_uri: str) -> dict[str, Any]:
    """A JSON file's content."""
    try:
        loaded: dict[str, Any] = json.loads(_read(artifact_uri))
    except json.JSONDecodeError:
        raise BadRequest("Unable to form a JSON object from file content") from None
    return loaded


def load_image(artifact_uri: str) -> Any:
    """An image file as a PIL image."""
    pillow = require("PIL.Image", what="Loading images", extra="images")
    with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
        try:
            image = pillow.open(download_artifacts(artifact_uri, dst_path=folder))
            image.load()
        except (OSError, SyntaxError):  # what PIL raises for files that are no image
            raise BadRequest("Unable to form a PIL Image object from file content") from None
        return image


def _read(artifact_uri: str) -> str:
    with tempfile.TemporaryDirectory(prefix="modelyard-") as folder:
        path = Path(download_artifacts(artifact_uri, dst_path=folder))
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise BadRequest(
                f"Artifact {artifact_uri!r} is not valid UTF-8. To read a file in another encoding, download it with"
                " modelyard.artifacts.download_artifacts and open it with the right `encoding`."
            ) from None


def _in_its_store(uri: str, tracking_uri: str | None) -> tuple[str, str | None]:
    """The address and its store. A path to what a run in a folder store logged is looked up in that store.

    A run's models are in folders of their own; by this, ``…/<experiment>/<run>/artifacts/<model>`` finds them too.
    """
    found = _RUN_FOLDER.fullmatch(uri.removeprefix("file://"))
    if found is None or os.path.exists(found[0]) or not os.path.isfile(os.path.join(found["store"], DATABASE)):
        return uri, tracking_uri
    return f"runs:/{found['run']}/{found['path']}", found["store"]


def _check_one(artifact_uri: str | None, run_id: str | None, artifact_path: str | None) -> None:
    if (artifact_uri is None) == (run_id is None):
        raise InvalidParameter("Exactly one of `run_id` or `artifact_uri` must be specified")
    if artifact_uri is not None and artifact_path is not None:
        raise InvalidParameter("`artifact_path` cannot be specified if `artifact_uri` is specified")


def _name_of(uri: str, key: str) -> str:
    """What the download is called: the last part of the address; a whole run or model has no name."""
    model = parse_model(uri)
    if model is not None:
        return model.path
    if uri.startswith("runs:/") and not uri.removeprefix("runs:").lstrip("/").partition("/")[2]:
        return ""
    name = uri.rpartition("/")[2]
    return name if keys.is_allowed(name) else key.rpartition("/")[2]
