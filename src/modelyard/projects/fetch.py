"""Bringing what a URI names to this disk: a project for the time of a run, and the data of a ``path`` parameter."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.client.reading import fetch_artifacts
from modelyard.client.uris import folder_of
from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.settings import user_folder
from modelyard.models.trust.folders import lasting_folder
from modelyard.models.trust.scratch import scratch_folder
from modelyard.projects.download import download, is_plain
from modelyard.projects.fetched import Fetched, in_place
from modelyard.projects.mirror import Mirror
from modelyard.projects.source import source_of

_CHECKOUT = "checkout-"
_KINDS = frozenset({"runs", "models", "datasets", "mlflow-artifacts", "s3", "http", "https"})


@contextmanager
def fetch(uri: str, version: str | None = None, storage_dir: Path | None = None) -> Iterator[Fetched]:
    """The project of a URI, for the time of a block.

    A folder is used where it is. A repository (``https://``, ``ssh://``, ``git@host:path``, a bare one's path, or any folder of
    one with a version) is checked out below ``storage_dir`` or this user's folder, and the checkout is removed at the end; one
    that was left by a process that was killed is removed by the next. ``#folder`` names a folder in it.

    Raises ``InvalidParameter`` for what is refused, ``NotFound`` for a folder, repository or version that is not there,
    ``PermissionDenied`` where git has no credentials that are taken, ``ProjectFailed`` where it fails otherwise.
    """
    source = source_of(uri, version)
    if source.folder is not None:
        yield in_place(source)
        return
    home = user_folder() / "git"
    place = storage_dir or home
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with scratch_folder(_CHECKOUT, place.absolute()) as scratch:
        target = scratch / (source.name if not source.subfolder else "project")
        found = Mirror(source, home).check_out(version, target)
        folder = target / source.subfolder
        if not folder.is_dir():
            there = ", ".join(sorted(each.name for each in target.iterdir() if each.is_dir() and each.name != ".git"))
            raise NotFound(f"{source.address} has no folder {source.subfolder!r}. Folders: {there or 'none'}.")
        yield Fetched(
            folder=folder,
            uri=source.uri,
            name=source.name,
            commit=found.commit,
            repository=source.address,
            branch=found.branch,
            version=version or "",
        )


def bring(uri: str, storage_dir: Path | None = None) -> Path:
    """The file or folder of a URI given for a ``path``, downloaded below ``storage_dir`` or a folder this process removes at
    its end; what is on this disk stays where it is.

    Artifacts (``runs:/``, ``models:/``, ``datasets:/``, ``mlflow-artifacts:/``), ``s3://``, ``http(s)://`` and ``file://``.

    Raises ``NotFound`` when nothing is there and ``InvalidParameter`` for other URIs.
    """
    scheme = uri.partition(":")[0].lower()
    if scheme == "file":
        path = folder_of(uri)
        if not path.exists():
            raise NotFound(f"There is no file or folder {str(path)!r}.")
        return path
    if scheme not in ("runs", "models", "datasets", "mlflow-artifacts", "s3", "http", "https"):
        raise InvalidParameter(
            f"{uri!r} cannot be fetched for a path. Known: runs:/, models:/, datasets:/, mlflow-artifacts:/, s3://, https://, http://,"
            " file:// and paths."
        )
    if storage_dir is None:
        folder = lasting_folder("modelyard-data-")
    else:
        storage_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=storage_dir.absolute()))
    try:
        return download(uri, folder) if is_plain(uri) else Path(fetch_artifacts(uri, folder))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
