"""Making a version of a dataset: the data are read once for the digest, and sent where they are not stored yet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from modelyard.client.artifacts.locate import Found, dataset_place
from modelyard.client.artifacts.place import Place
from modelyard.client.connection import Connection
from modelyard.client.dataset_versions.content import Content, content_of
from modelyard.core import keys
from modelyard.core.entities.dataset_version import DatasetTag
from modelyard.core.errors import InvalidParameter, NotFound, Unreachable
from modelyard.core.wire.messages import datasets as data
from modelyard.services.datasets import rules

BELOW = "datasets"
"""The folder of a run's artifacts that holds what it made."""


class About(NamedTuple):
    """What is said of a version when it is made."""

    name: str
    type: str = ""
    description: str = ""
    reference: bool = False
    aliases: tuple[str, ...] = ()
    tags: tuple[DatasetTag, ...] = ()


def make_version(connection: Connection, run_id: str, path: Path, about: About) -> data.DatasetVersionReply:
    """Make a version of a file or folder, unless the latest one is the same; what is stored already is not sent.

    All that can be refused is refused before anything is sent. The store must be there: a version is no record that a
    journal can keep for later, as whoever asks for it next must get it.
    """
    _check(about)
    sender = connection.sender
    if not sender.flush(run_id):
        raise Unreachable(f"{connection.location} is away: versions of datasets are made when it is back.")
    run_id = sender.real_id(run_id)
    store = Path(connection.location).resolve() if connection.address.kind == "folder" else None
    if about.reference and store is not None and store.is_relative_to(path.resolve()):
        raise InvalidParameter(
            f"{path} holds the store {store} itself, which changes with every record: name what is beside it."
        )
    content = content_of(path, without=store)
    request = data.CreateDatasetVersion(
        name=about.name,
        digest=content.digest,
        kind="reference" if about.reference else "stored",
        uri=Path(os.path.abspath(path)).as_uri()
        if about.reference
        else _stored(connection, run_id, content, about.name),
        size=content.size,
        type=about.type,
        description=about.description,
        run_id=run_id,
        aliases=list(about.aliases),
        tags=list(about.tags),
    )
    content.check_unchanged()  # what was sent is what the digest is of
    return connection.datasets.create_version(request)


def _check(about: About) -> None:
    rules.check_name(about.name)
    for alias in about.aliases:
        rules.check_alias(alias)
    rules.checked_tags(about.tags)


def _stored(connection: Connection, run_id: str, content: Content, name: str) -> str:
    """Where the data are stored: with the latest version, where that is the same, else with this run."""
    try:
        last = connection.datasets.get_version(data.GetDatasetVersion(reference=name)).version
    except NotFound:
        last = None
    if last is not None and last.kind == "stored" and last.digest == content.digest and not last.is_gone:
        _put_back(dataset_place(last, connection), content)
        return last.uri
    below = _place(content, name)
    for piece in content.pieces:
        key = below if not content.path.is_dir() else keys.join(below, piece.key)
        connection.upload(run_id, key, piece.path)
    return f"runs:/{run_id}/{below}"


def _put_back(found: Found, content: Content) -> None:
    """Send again what was lost of a version, or cut: whoever logs the same content can rely on its being there."""
    sizes = _sizes(found.place, found.key)
    for piece in content.pieces:
        key = keys.join(found.key, piece.key) if content.path.is_dir() else found.key
        if sizes.get(key) != piece.stamp[1]:
            found.place.upload(piece.path, key)


def _sizes(place: Place, key: str) -> dict[str, int | None]:
    """The sizes of a file, or of all files of a folder, by their keys."""
    below = place.list(key)
    if not below:
        return {info.path: info.file_size for info in place.list(key.rpartition("/")[0]) if info.path == key}
    sizes: dict[str, int | None] = {}
    for info in below:
        sizes.update(_sizes(place, info.path) if info.is_dir else {info.path: info.file_size})
    return sizes


def _place(content: Content, name: str) -> str:
    """The key below a run's artifacts: two versions of one name, made by one run, are apart."""
    own = os.path.basename(os.path.abspath(content.path)) or name
    key = keys.join(BELOW, name, content.digest.removeprefix("sha256:")[:16], own)
    if not keys.is_allowed(key):
        raise InvalidParameter(f"Invalid path: {own!r} cannot be the name of an artifact.")
    return key
