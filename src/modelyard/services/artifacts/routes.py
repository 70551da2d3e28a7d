"""The artifact endpoints: from what a request names to keys of the store."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

import msgspec

from modelyard.core import keys
from modelyard.core.entities import FileInfo, MultipartUploadCredential
from modelyard.core.wire.messages import artifacts as art
from modelyard.core.wire.messages.message import Empty
from modelyard.services.artifacts import rules
from modelyard.services.artifacts.contract import ArtifactLocator, ArtifactStore, Download, Upload


class ArtifactRoutes:
    """What the server calls for the rows of the artifacts.

    ``base`` is the URI that stands for the store's root in the locations of runs and models. ``allowed`` maps URI
    prefixes an operator opened with ``--allow-root`` to their stores; no other location a client named is ever opened.
    """

    def __init__(
        self,
        store: ArtifactStore,
        locator: ArtifactLocator,
        *,
        base: str = rules.PROXY_BASE,
        allowed: Mapping[str, ArtifactStore] | None = None,
    ) -> None:
        self._store = store
        self._locator = locator
        self._base = base
        self._allowed = dict(allowed or {})

    def list_artifacts(self, request: art.ListProxyArtifacts) -> art.FilesReply:
        """The files of a folder below the root, by base name; a file or nothing has none."""
        files = self._store.list(request.path)
        return art.FilesReply(files=[_renamed(info, info.path.rpartition("/")[2]) for info in files])

    def list_run_artifacts(self, request: art.ListRunArtifacts) -> art.ArtifactsPage:
        """The files of a folder of a run, with paths from the run's root."""
        return self._listing(self._locator.run_artifact_uri(request.run_id), request.path)

    def list_model_artifacts(self, request: art.ListModelArtifacts) -> art.ArtifactsPage:
        """The files of a folder of a logged model, with paths from the model's root."""
        return self._listing(self._locator.model_artifact_uri(request.model_id), request.artifact_directory_path)

    def delete_artifact(self, request: art.ProxyArtifact) -> Empty:
        """Remove a file or folder below the root; nothing there is fine."""
        self._store.delete(request.artifact_path)
        return Empty()

    def create_multipart_upload(self, request: art.CreateMultipartUpload) -> art.MultipartUploadReply:
        """Begin an upload in parts. The credentials' URLs are paths of this server; the server adds its address."""
        key = _target(request)
        upload_id = self._store.begin_parts(key, request.num_parts)
        credentials = [
            MultipartUploadCredential(url=rules.part_path(key, upload_id, number), part_number=number)
            for number in range(1, request.num_parts + 1)
        ]
        return art.MultipartUploadReply(upload_id=upload_id, credentials=credentials)

    def complete_multipart_upload(self, request: art.CompleteMultipartUpload) -> art.UploadCompleted:
        """Put the parts together."""
        etags = {part.part_number: part.etag for part in request.parts}
        stored = self._store.complete_parts(_target(request), request.upload_id, etags)
        return art.UploadCompleted(size=stored.size, sha256=stored.sha256)

    def abort_multipart_upload(self, request: art.AbortMultipartUpload) -> Empty:
        """Forget an upload in parts."""
        self._store.abort_parts(_target(request), request.upload_id)
        return Empty()

    def get_presigned_download_url(self, request: art.GetPresignedDownloadUrl) -> art.PresignedUrlReply:
        """An address in the object store; local disks have none."""
        return art.PresignedUrlReply(presigned_url=self._store.presigned_url(request.artifact_path))

    def create_presigned_upload_url(self, request: art.CreatePresignedUrl) -> art.PresignedUrlReply:
        """Refused, as in MLflow, for runs whose artifacts go through the server."""
        raise self._no_direct_url(request)

    def create_presigned_download_url(self, request: art.CreatePresignedUrl) -> art.PresignedUrlReply:
        """Refused, as in MLflow, for runs whose artifacts go through the server."""
        raise self._no_direct_url(request)

    # what the server streams

    def upload_artifact(self, request: art.ProxyArtifact) -> Upload:
        """Begin to write a file below the root."""
        return self._store.upload(request.artifact_path)

    def upload_part(self, request: art.UploadPart) -> Upload:
        """Begin to write a part of an upload in parts."""
        return self._store.upload_part(request.artifact_path, request.upload_id, request.part_number)

    def upload_run_artifact(self, request: art.RunArtifact) -> Upload:
        """Begin to write a file of a run."""
        store, key = self.place(self._locator.run_artifact_uri(request.run_id))
        return store.upload(_below(key, request.path))

    def download_artifact(self, request: art.ProxyArtifact) -> AbstractContextManager[Download]:
        """A file below the root."""
        return self._store.open(request.artifact_path)

    def get_run_artifact(self, request: art.RunArtifact) -> AbstractContextManager[Download]:
        """A file of a run."""
        return self._download(self._locator.run_artifact_uri(request.run_id), request.path)

    def get_version_artifact(self, request: art.VersionArtifact) -> AbstractContextManager[Download]:
        """A file of a model version."""
        return self._download(self._locator.version_artifact_uri(request.name, request.version), request.path)

    def get_model_artifact(self, request: art.ModelArtifact) -> AbstractContextManager[Download]:
        """A file of a logged model."""
        return self._download(self._locator.model_artifact_uri(request.model_id), request.artifact_file_path)

    def _download(self, uri: str, path: str) -> AbstractContextManager[Download]:
        store, key = self.place(uri)
        return store.open(_below(key, path))

    def _listing(self, uri: str, path: str) -> art.ArtifactsPage:
        store, root = self.place(uri)
        keys.check_folder(path)
        files = store.list(keys.join(root, path))
        prefix = f"{root}/" if root else ""
        return art.ArtifactsPage(root_uri=uri, files=[_renamed(info, info.path.removeprefix(prefix)) for info in files])

    def place(self, uri: str) -> tuple[ArtifactStore, str]:
        """The store and key of a location the server may open."""
        for prefix, store in self._allowed.items():
            key = rules.key_below_root(uri, prefix)
            if key is not None:
                keys.check_folder(key)
                return store, key
        return self._store, rules.check_opens(uri, self._base)

    def _no_direct_url(self, request: art.CreatePresignedUrl) -> Exception:
        self._locator.run_artifact_uri(request.run_id)
        keys.check(request.path)
        return rules.no_direct_url()


def _below(root: str, path: str) -> str:
    keys.check(path)
    return keys.join(root, path)


def _renamed(info: FileInfo, path: str) -> FileInfo:
    return msgspec.structs.replace(info, path=path)


def _target(request: art.CreateMultipartUpload | art.CompleteMultipartUpload | art.AbortMultipartUpload) -> str:
    """The key of an upload in parts: the address names the folder, the body the file, by its path at the client's."""
    return keys.join(request.artifact_path, request.path.rpartition("/")[2])
