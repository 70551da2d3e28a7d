"""The named datasets of a server."""

from __future__ import annotations

from modelyard.core.errors import EndpointNotFound, NotSupported
from modelyard.core.wire.messages import datasets as data
from modelyard.core.wire.messages.message import Empty, Message
from modelyard.core.wire.table import BY_NAME
from modelyard.core.wire.transport import Reply, Transport
from modelyard.services.datasets.contract import DatasetStore


class RemoteDatasetStore(DatasetStore):
    """Sends each request through a transport; the rules are the server's."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_version(self, request: data.CreateDatasetVersion) -> data.DatasetVersionReply:
        """Make a version, unless the latest one is the same."""
        return self._call("create_version", request, data.DatasetVersionReply)

    def get_version(self, request: data.GetDatasetVersion) -> data.DatasetVersionReply:
        """The version that a reference names."""
        return self._call("get_version", request, data.DatasetVersionReply)

    def search(self, request: data.SearchNamedDatasets) -> data.NamedDatasetsFound:
        """Datasets by name and type."""
        return self._call("search", request, data.NamedDatasetsFound)

    def list_versions(self, request: data.ListDatasetVersions) -> data.DatasetVersionsFound:
        """The versions of one."""
        return self._call("list_versions", request, data.DatasetVersionsFound)

    def record_use(self, request: data.RecordDatasetUse) -> data.DatasetUseReply:
        """Note that a run uses a version."""
        return self._call("record_use", request, data.DatasetUseReply)

    def lineage(self, request: data.GetDatasetLineage) -> data.DatasetLineage:
        """Who made and who used what."""
        return self._call("lineage", request, data.DatasetLineage)

    def set_alias(self, request: data.SetDatasetAlias) -> Empty:
        """Point an alias at a version; an alias of that name moves."""
        return self._call("set_alias", request, Empty)

    def delete_alias(self, request: data.DeleteDatasetAlias) -> Empty:
        """Remove an alias; one that is not there is no error."""
        return self._call("delete_alias", request, Empty)

    def update(self, request: data.UpdateNamedDataset) -> data.NamedDatasetReply:
        """Change type or description."""
        return self._call("update", request, data.NamedDatasetReply)

    def _call(self, verb: str, request: Message, reply: type[Reply]) -> Reply:
        try:
            return self._transport.call(BY_NAME[f"datasets.{verb}"], request, reply)
        except EndpointNotFound:
            raise NotSupported(
                "This server keeps no named datasets: it is MLflow's, or an older modelyard. Log to a modelyard server or to"
                " a folder, or record the data with log_input."
            ) from None
