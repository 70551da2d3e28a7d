"""A project on this disk, and what is known of where it came from."""

from __future__ import annotations

from pathlib import Path

import msgspec

from modelyard.client.git import read_checkout
from modelyard.core.errors import InvalidParameter
from modelyard.projects.source import Source


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A project on this disk. ``uri`` is what is recorded: without credentials, absolute where it is a folder.

    ``repository``, ``commit`` and ``branch`` are Git's, where the folder is of a repository; ``version`` is what was asked for.
    """

    folder: Path
    uri: str
    name: str
    commit: str = ""
    repository: str = ""
    branch: str = ""
    version: str = ""


def in_place(source: Source) -> Fetched:
    """A project that is used where it is; raises ``InvalidParameter`` for one that has to be brought."""
    if source.folder is None:
        raise InvalidParameter(f"{source.uri} is no folder of this machine.")
    checkout = read_checkout(source.folder)
    if checkout is None:
        return Fetched(folder=source.folder, uri=source.uri, name=source.name)
    return Fetched(
        folder=source.folder,
        uri=source.uri,
        name=source.name,
        commit=checkout.commit,
        repository=checkout.repository,
        branch=checkout.branch,
    )
