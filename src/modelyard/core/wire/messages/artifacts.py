"""Requests and replies about artifacts."""

from __future__ import annotations

from modelyard.core.entities import FileInfo, MultipartUploadCredential, MultipartUploadPart
from modelyard.core.entities.noun import Int64
from modelyard.core.wire.messages.message import Message


class ListRunArtifacts(Message, frozen=True, kw_only=True):
    """The files of a folder of a run's artifacts, with paths from the run's artifact root."""

    run_id: str
    path: str = ""
    page_token: str = ""


class ListModelArtifacts(Message, frozen=True, kw_only=True):
    """The files of a folder of a logged model, with paths from the model's root."""

    model_id: str
    artifact_directory_path: str = ""
    page_token: str = ""


class ArtifactsPage(Message, frozen=True, kw_only=True):
    """Files and the URI they are below."""

    root_uri: str
    files: list[FileInfo] = []
    next_page_token: str = ""


class ListProxyArtifacts(Message, frozen=True, kw_only=True):
    """The files of a folder below the server's artifact root; their paths are base names."""

    path: str = ""


class FilesReply(Message, frozen=True, kw_only=True):
    """Some files."""

    files: list[FileInfo] = []


class CreateMultipartUpload(Message, frozen=True, kw_only=True):
    """Begin an upload in ``num_parts`` parts."""

    artifact_path: str = ""
    path: str
    num_parts: Int64


class MultipartUploadReply(Message, frozen=True, kw_only=True):
    """The upload's id and where each part goes."""

    upload_id: str
    credentials: list[MultipartUploadCredential] = []


class CompleteMultipartUpload(Message, frozen=True, kw_only=True):
    """Put the parts together: the file appears whole or not at all."""

    artifact_path: str = ""
    path: str
    upload_id: str
    parts: list[MultipartUploadPart] = []


class UploadCompleted(Message, frozen=True, kw_only=True):
    """The file that the parts became (ours): its size in bytes and the SHA-256 of its content in hexadecimal."""

    size: int = 0
    sha256: str = ""


class AbortMultipartUpload(Message, frozen=True, kw_only=True):
    """Forget an upload and its parts."""

    artifact_path: str = ""
    path: str
    upload_id: str


class CreatePresignedUrl(Message, frozen=True, kw_only=True):
    """An address in the object store to send a file to or fetch it from, for stores the client reaches directly."""

    run_id: str
    path: str
    expiration: Int64 | None = None
    model_id: str | None = None


class GetPresignedDownloadUrl(Message, frozen=True, kw_only=True):
    """An address in the object store to fetch a proxied file from."""

    artifact_path: str = ""


class PresignedUrlReply(Message, frozen=True, kw_only=True):
    """The address and the headers to send with it."""

    presigned_url: str
    headers: dict[str, str] = {}
    file_size: int | None = None


class ProxyArtifact(Message, frozen=True, kw_only=True):
    """A file below the server's artifact root."""

    artifact_path: str


class RunArtifact(Message, frozen=True, kw_only=True):
    """A file of a run."""

    run_id: str
    path: str


class VersionArtifact(Message, frozen=True, kw_only=True):
    """A file of a model version."""

    name: str
    version: str
    path: str


class ModelArtifact(Message, frozen=True, kw_only=True):
    """A file of a logged model."""

    model_id: str
    artifact_file_path: str


class UploadPart(Message, frozen=True, kw_only=True):
    """One part of an upload in parts (ours): its number, from 1, with the bytes as the body."""

    upload_id: str
    part_number: Int64
    artifact_path: str
