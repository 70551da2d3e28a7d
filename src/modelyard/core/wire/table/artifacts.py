"""Rows of artifacts: listings, the proxy, multipart and presigned transfers."""

from __future__ import annotations

from modelyard.core.wire.endpoint import AJAX, API, OURS, PROXY, ROOT, Endpoint, Kind, Need
from modelyard.core.wire.messages import artifacts as art
from modelyard.core.wire.messages.message import Empty, Message

GIGABYTE = 1_000_000_000
UPLOAD_LIMIT = 10 * GIGABYTE
SMALL_UPLOAD_LIMIT = 10_000_000

_BY_RUN = "run:run_id"
_BY_PATH = "artifact_path:artifact_path"


def row(
    verb: str,
    method: str,
    path: str,
    types: tuple[type[Message], type[Message]],
    on: str,
    *,
    need: Need = Need.READ,
    kind: Kind = "long",
    prefixes: tuple[str, ...] = PROXY,
) -> Endpoint:
    """A row of the artifacts; file work never runs on the event loop, so the kind is long or stream."""
    return Endpoint(
        name=f"artifacts.{verb}",
        methods=(method,),
        path=path,
        request=types[0],
        reply=types[1],
        need=need,
        on=on,
        scope="log" if need > Need.USE else "read",
        kind=kind,
        limit=(SMALL_UPLOAD_LIMIT if prefixes is AJAX else UPLOAD_LIMIT) if kind == "stream" else 2_000_000,
        prefixes=prefixes,
    )


LISTINGS = (
    row(
        "list_run_artifacts", "GET", "/artifacts/list", (art.ListRunArtifacts, art.ArtifactsPage), _BY_RUN, prefixes=API
    ),
    row(
        "list_model_artifacts",
        "GET",
        "/logged-models/{model_id}/artifacts/directories",
        (art.ListModelArtifacts, art.ArtifactsPage),
        "logged_model:model_id",
        prefixes=API,
    ),
    row("list_artifacts", "GET", "/artifacts", (art.ListProxyArtifacts, art.FilesReply), "artifact_path:path"),
)

TRANSFERS = (
    row(
        "upload_artifact",
        "PUT",
        "/artifacts/{artifact_path*}",
        (art.ProxyArtifact, Empty),
        _BY_PATH,
        need=Need.EDIT,
        kind="stream",
    ),
    row(
        "download_artifact",
        "GET",
        "/artifacts/{artifact_path*}",
        (art.ProxyArtifact, Empty),
        _BY_PATH,
        kind="stream",
    ),
    row(
        "delete_artifact",
        "DELETE",
        "/artifacts/{artifact_path*}",
        (art.ProxyArtifact, Empty),
        _BY_PATH,
        need=Need.EDIT,
    ),
    row("get_run_artifact", "GET", "/get-artifact", (art.RunArtifact, Empty), _BY_RUN, kind="stream", prefixes=ROOT),
    row(
        "get_version_artifact",
        "GET",
        "/model-versions/get-artifact",
        (art.VersionArtifact, Empty),
        "registered_model:name",
        kind="stream",
        prefixes=ROOT,
    ),
    row(
        "get_model_artifact",
        "GET",
        "/logged-models/{model_id}/artifacts/files",
        (art.ModelArtifact, Empty),
        "logged_model:model_id",
        kind="stream",
        prefixes=AJAX,
    ),
    row(
        "upload_run_artifact",
        "POST",
        "/upload-artifact",
        (art.RunArtifact, Empty),
        _BY_RUN,
        need=Need.EDIT,
        kind="stream",
        prefixes=AJAX,
    ),
)

MULTIPART = (
    row(
        "create_multipart_upload",
        "POST",
        "/mpu/create/{artifact_path*}",
        (art.CreateMultipartUpload, art.MultipartUploadReply),
        _BY_PATH,
        need=Need.EDIT,
    ),
    row(
        "complete_multipart_upload",
        "POST",
        "/mpu/complete/{artifact_path*}",
        (art.CompleteMultipartUpload, art.UploadCompleted),
        _BY_PATH,
        need=Need.EDIT,
    ),
    row(
        "abort_multipart_upload",
        "POST",
        "/mpu/abort/{artifact_path*}",
        (art.AbortMultipartUpload, Empty),
        _BY_PATH,
        need=Need.EDIT,
    ),
)

PARTS = (
    row(
        "upload_part",
        "PUT",
        "/artifacts/parts/{upload_id}/{part_number}/{artifact_path*}",
        (art.UploadPart, Empty),
        _BY_PATH,
        need=Need.EDIT,
        kind="stream",
        prefixes=OURS,
    ),
)

PRESIGNED = (
    row(
        "get_presigned_download_url",
        "GET",
        "/presigned/{artifact_path*}",
        (art.GetPresignedDownloadUrl, art.PresignedUrlReply),
        _BY_PATH,
    ),
    row(
        "create_presigned_upload_url",
        "POST",
        "/artifacts/presigned-upload-url",
        (art.CreatePresignedUrl, art.PresignedUrlReply),
        _BY_RUN,
        need=Need.EDIT,
        prefixes=API,
    ),
    row(
        "create_presigned_download_url",
        "POST",
        "/artifacts/presigned-download-url",
        (art.CreatePresignedUrl, art.PresignedUrlReply),
        _BY_RUN,
        prefixes=API,
    ),
)

ARTIFACTS = LISTINGS + TRANSFERS + MULTIPART + PARTS + PRESIGNED
