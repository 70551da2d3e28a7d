"""What a store of named datasets promises, whatever keeps it."""

from __future__ import annotations

from typing import Protocol

from modelyard.core.wire.messages import datasets as data
from modelyard.core.wire.messages.message import Empty


class DatasetStore(Protocol):
    """Named datasets, their versions, aliases and uses.

    Guarantees: any thread may call; what is answered is committed and synced. Versions of a name count 0, 1, 2, … without gaps,
    also when many writers make them at once; equal content never makes a second version in a row, whoever races. Raises
    ``InvalidParameter`` for names and references that are none, ``NotFound`` for what is not there.
    """

    def create_version(self, request: data.CreateDatasetVersion) -> data.DatasetVersionReply:
        """Make a version, unless the latest one is the same."""
        ...

    def get_version(self, request: data.GetDatasetVersion) -> data.DatasetVersionReply:
        """The version that a reference names."""
        ...

    def search(self, request: data.SearchNamedDatasets) -> data.NamedDatasetsFound:
        """Datasets by name and type."""
        ...

    def list_versions(self, request: data.ListDatasetVersions) -> data.DatasetVersionsFound:
        """The versions of one."""
        ...

    def record_use(self, request: data.RecordDatasetUse) -> data.DatasetUseReply:
        """Note that a run uses a version."""
        ...

    def lineage(self, request: data.GetDatasetLineage) -> data.DatasetLineage:
        """Who made and who used what."""
        ...

    def set_alias(self, request: data.SetDatasetAlias) -> Empty:
        """Point an alias at a version; an alias of that name moves."""
        ...

    def delete_alias(self, request: data.DeleteDatasetAlias) -> Empty:
        """Remove an alias; one that is not there is no error."""
        ...

    def update(self, request: data.UpdateNamedDataset) -> data.NamedDatasetReply:
        """Change type or description."""
        ...
