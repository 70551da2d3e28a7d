"""Requests and replies about named datasets (ours).

A version is named ``NAME:vN``, ``NAME:latest``, ``NAME:ALIAS`` or ``NAME`` (the latest). Names are artifact keys' segments:
at most 255 bytes, no ``/``, no ``:``. ``latest`` and ``v0``, ``v1``, … are no aliases.
"""

from __future__ import annotations

from typing import Literal

from modelyard.core.entities.dataset_version import DatasetRole, DatasetTag, DatasetUse, DatasetVersion, NamedDataset
from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message


class CreateDatasetVersion(Message, frozen=True, kw_only=True):
    """A version of a dataset, which is made with its first one.

    When the latest version has this digest, kind and (of a reference) place, that one is the answer and nothing is made.
    ``type`` and ``description`` are the dataset's: empty leaves what is there. ``run_id`` is recorded as producer either way,
    and ``aliases`` and ``tags`` are set on the version that is the answer. The ``uri`` of what is stored is
    ``runs:/<run id>/<path>``: whoever makes a version has put the files there.
    """

    name: str
    digest: str
    kind: Literal["stored", "reference"] = "stored"
    uri: str
    size: Int64 = 0
    type: str = ""
    description: str = ""
    run_id: str = ""
    aliases: list[str] = []
    tags: list[DatasetTag] = []


class DatasetVersionReply(Message, frozen=True, kw_only=True):
    """A version, the dataset it is of, and whether it was made by this request."""

    dataset: NamedDataset
    version: DatasetVersion
    is_new: bool = False


class GetDatasetVersion(Message, frozen=True, kw_only=True):
    """The version a reference names: ``NAME:v0``, ``NAME:latest``, ``NAME:ALIAS``, ``NAME``."""

    reference: str


class SearchNamedDatasets(Message, frozen=True, kw_only=True):
    """Datasets whose name holds a text, of a type where one is given; the newest change first."""

    contains: str = ""
    type: str = ""
    max_results: Int64 = 100
    page_token: str = ""


class NamedDatasetsFound(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Some of them, and the token of the next page; empty on the last."""

    datasets: list[NamedDataset]
    next_page_token: str = ""


class ListDatasetVersions(Message, frozen=True, kw_only=True):
    """The versions of a dataset, the newest first."""

    name: str
    max_results: Int64 = 100
    page_token: str = ""


class DatasetVersionsFound(Message, frozen=True, kw_only=True, omit_defaults=False):
    """Some of them, and the token of the next page; empty on the last."""

    versions: list[DatasetVersion]
    next_page_token: str = ""


class RecordDatasetUse(Message, frozen=True, kw_only=True):
    """That a run reads a version (or made it). Recorded once, however often it is said."""

    reference: str
    run_id: str
    role: DatasetRole = "consumer"


class DatasetUseReply(Message, frozen=True, kw_only=True):
    """The version that is used, with the dataset it is of."""

    dataset: NamedDataset
    version: DatasetVersion


class GetDatasetLineage(Message, frozen=True, kw_only=True):
    """Who made and who used versions: of a dataset (``NAME``: all of its versions; ``NAME:v0``: one), or of a run."""

    reference: str = ""
    run_id: str = ""
    max_results: Int64 = 1000


class DatasetLineage(Message, frozen=True, kw_only=True, omit_defaults=False):
    """The uses, oldest first. A run that recorded the version by ``log_input`` is one of its consumers."""

    uses: list[DatasetUse]


class SetDatasetAlias(Message, frozen=True, kw_only=True):
    """Let an alias name a version."""

    name: str
    alias: str
    version: Int64


class DeleteDatasetAlias(Message, frozen=True, kw_only=True):
    """Take an alias away."""

    name: str
    alias: str


class UpdateNamedDataset(Message, frozen=True, kw_only=True):
    """Change the type or the description of a dataset; what is None stays."""

    name: str
    type: str | None = None
    description: str | None = None


class NamedDatasetReply(Message, frozen=True, kw_only=True):
    """A dataset."""

    dataset: NamedDataset
