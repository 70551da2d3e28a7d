"""Rows of named datasets (ours)."""

from __future__ import annotations

from modelyard.core.wire.endpoint import DELETE, GET, OURS, PATCH, POST, Endpoint, Kind, Need
from modelyard.core.wire.messages import datasets as data
from modelyard.core.wire.messages.message import Empty, Message

_BY_NAME = "dataset:name"
_BY_REFERENCE = "dataset:reference"


def row(
    verb: str,
    methods: tuple[str, ...],
    path: str,
    types: tuple[type[Message], type[Message]],
    on: str,
    *,
    need: Need = Need.READ,
    kind: Kind | None = None,
) -> Endpoint:
    """A row of named datasets; what needs more than READ is a write."""
    changes = need > Need.READ
    return Endpoint(
        name=f"datasets.{verb}",
        methods=methods,
        path=f"/datasets{path}",
        request=types[0],
        reply=types[1],
        need=need,
        on=on,
        scope="log" if changes else "read",
        kind=kind or ("write" if changes else "read"),
        prefixes=OURS,
    )


DATASETS = (
    row(
        "create_version",
        POST,
        "/versions",
        (data.CreateDatasetVersion, data.DatasetVersionReply),
        _BY_NAME,
        need=Need.EDIT,
    ),
    row("get_version", GET, "/version", (data.GetDatasetVersion, data.DatasetVersionReply), _BY_REFERENCE),
    row("search", GET, "", (data.SearchNamedDatasets, data.NamedDatasetsFound), "search:", kind="long"),
    row("list_versions", GET, "/versions", (data.ListDatasetVersions, data.DatasetVersionsFound), _BY_NAME),
    # Who uses a version changes nothing of it, and something of the run.
    row("record_use", POST, "/uses", (data.RecordDatasetUse, data.DatasetUseReply), "run:run_id", need=Need.EDIT),
    row("lineage", GET, "/lineage", (data.GetDatasetLineage, data.DatasetLineage), "search:", kind="long"),
    row("set_alias", POST, "/aliases", (data.SetDatasetAlias, Empty), _BY_NAME, need=Need.EDIT),
    row("delete_alias", DELETE, "/aliases", (data.DeleteDatasetAlias, Empty), _BY_NAME, need=Need.EDIT),
    row("update", PATCH, "", (data.UpdateNamedDataset, data.NamedDatasetReply), _BY_NAME, need=Need.EDIT),
)
