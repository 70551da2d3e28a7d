"""Datasets as the platform keeps them: named, typed, described, versioned, with who made and who used each version."""

from __future__ import annotations

from typing import Literal

import msgspec

from modelyard.core.entities.noun import KeyValue, Noun

DatasetRole = Literal["producer", "consumer"]


class DatasetTag(KeyValue, frozen=True, gc=False):
    """A tag of a version of a dataset: what its maker wants to be known of it."""


class DatasetVersion(Noun, frozen=True, kw_only=True):
    """One version of a named dataset; versions count from 0 and are never reused.

    ``digest`` is ``sha256:`` of the content (of a folder: of the sorted list of paths and digests), ``size`` in bytes. A
    ``stored`` version's ``uri`` lies in the artifacts of the run that made it; a ``reference`` stays where it is and is checked
    when it is used. ``is_gone`` says that the run was removed for good, and the files with it.
    """

    name: str
    version: int
    digest: str
    kind: Literal["stored", "reference"] = "stored"
    uri: str = msgspec.field(default_factory=str)
    size: int = msgspec.field(default_factory=int)
    run_id: str = msgspec.field(default_factory=str)
    created: int = msgspec.field(default_factory=int)
    aliases: list[str] = []
    tags: list[DatasetTag] = []
    is_gone: bool = False

    @property
    def reference(self) -> str:
        """What names this version and no other: ``NAME:vN``."""
        return f"{self.name}:v{self.version}"

    @property
    def input_digest(self) -> str:
        """The digest as an input of a run carries it: MLflow has room for 36 characters there."""
        return short_digest(self.digest)


class NamedDataset(Noun, frozen=True, kw_only=True):
    """A dataset: its name, its type (such as ``raw_data``), what it is in words, and its latest version."""

    name: str
    type: str = msgspec.field(default_factory=str)
    description: str = msgspec.field(default_factory=str)
    created: int = msgspec.field(default_factory=int)
    updated: int = msgspec.field(default_factory=int)
    latest: DatasetVersion | None = None


class DatasetUse(Noun, frozen=True, kw_only=True):
    """That a run made a version (``producer``) or read it (``consumer``)."""

    name: str
    version: int
    run_id: str
    role: DatasetRole
    at: int = msgspec.field(default_factory=int)


def short_digest(digest: str) -> str:
    """The first 32 hexadecimal digits of a digest.

    >>> len(short_digest("sha256:" + "0" * 64))
    32
    """
    return digest.removeprefix("sha256:")[:32]
