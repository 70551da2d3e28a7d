"""Rows of the pages: tables, pictures, previews (ours)."""

from __future__ import annotations

from modelyard.core.wire.endpoint import GET, MEGABYTE, OURS, POST, Endpoint, Kind, Need
from modelyard.core.wire.messages import previews as look
from modelyard.core.wire.messages import series as pictures
from modelyard.core.wire.messages import views as view
from modelyard.core.wire.messages.message import Empty, Message

_SEARCH = "search:experiment_ids"


def row(
    verb: str,
    methods: tuple[str, ...],
    path: str,
    types: tuple[type[Message], type[Message]],
    on: str,
    *,
    need: Need = Need.READ,
    kind: Kind = "long",
) -> Endpoint:
    """A row of the pages. Most of them look at many runs, which is nothing for the event loop."""
    return Endpoint(
        name=f"views.{verb}",
        methods=methods,
        path=f"/views/{path}",
        request=types[0],
        reply=types[1],
        need=need,
        on=on,
        scope="log" if need > Need.USE else "read",
        kind=kind,
        limit=2 * MEGABYTE,
        prefixes=OURS,
    )


TABLES = (
    row("list_experiments", POST, "experiments", (view.ListExperiments, view.ExperimentRows), "search:"),
    row("list_runs", POST, "runs", (view.ListRuns, view.RunRows), _SEARCH),
    row("find_keys", POST, "keys", (view.FindKeys, view.KeysFound), _SEARCH),
    row("find_values", POST, "values", (view.FindValues, view.KeysFound), _SEARCH),
    row("find_varying", POST, "varying", (view.FindVarying, view.VaryingFound), _SEARCH),
    row("group_runs", POST, "groups", (view.GroupRuns, view.RunGroups), _SEARCH),
    row("export_runs", GET, "export", (view.ExportRuns, Empty), "search:experiment_id", kind="stream"),
)

CHANGES = (
    row(
        "change_runs",
        POST,
        "runs/change",
        (view.ChangeRuns, view.Changed),
        "runs:run_ids",
        need=Need.EDIT,
        kind="write",
    ),
    row(
        "change_experiments",
        POST,
        "experiments/change",
        (view.ChangeExperiments, view.Changed),
        "search:experiment_ids",
        need=Need.MANAGE,
        kind="write",
    ),
    # Of many transactions, and of files: no part of a group commit.
    row("purge_deleted", POST, "purge", (view.PurgeDeleted, view.Changed), "runs:run_ids", need=Need.MANAGE),
    row("keep_view", POST, "keep", (view.KeepView, view.ViewKept), "store:", need=Need.USE, kind="write"),
    row("get_view", GET, "kept/{view_id}", (view.GetView, view.KeepView), "store:", kind="read"),
)

PICTURES = (
    row("get_series", POST, "series", (pictures.GetSeries, pictures.SeriesFound), "search:run_ids"),
    row("compare_runs", POST, "compare", (pictures.CompareRuns, pictures.Comparison), "search:run_ids"),
    row(
        "watch_changes",
        GET,
        "changes",
        (pictures.WatchChanges, pictures.Changes),
        "search:experiment_id",
        kind="stream",
    ),
)

# Whose permission counts is said by the one of run_id, model_id and name that is given.
_OWNER = "files:"

FILES = (
    row("preview_file", GET, "file", (look.PreviewFile, look.FilePreview), _OWNER),
    row("get_thumbnail", GET, "thumbnail", (look.GetThumbnail, Empty), _OWNER, kind="stream"),
    row("get_archive", GET, "archive", (look.GetArchive, Empty), _OWNER, kind="stream"),
    row("describe_model", GET, "model", (look.DescribeModel, look.ModelCard), _OWNER),
    row("predict_once", POST, "predict", (look.PredictOnce, look.Predicted), "registered_model:name", need=Need.USE),
    row("about_server", GET, "about", (look.AboutServer, look.About), "server:", kind="read"),
)

VIEWS = TABLES + CHANGES + PICTURES + FILES
