"""An artifact store behind a server: files stream up and down with flat memory."""

from __future__ import annotations

import hashlib
import mimetypes
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, cast

from modelyard.core import keys
from modelyard.core.entities import FileInfo, MultipartUploadPart
from modelyard.core.errors import InvalidParameter, ModelyardError, Unreachable
from modelyard.core.wire.messages import artifacts as art
from modelyard.core.wire.messages import server as srv
from modelyard.core.wire.messages.message import Empty
from modelyard.core.wire.table import BY_NAME
from modelyard.core.wire.transport import FileTransport, Incoming, Outgoing
from modelyard.services.artifacts.contract import ArtifactStore, Download, Stored, Upload

BLOCK = 1 << 20


class RemoteArtifactStore(ArtifactStore):
    """An `ArtifactStore` that a server keeps. What the server answers is not trusted: names are checked here too."""

    def __init__(self, transport: FileTransport) -> None:
        self._transport = transport

    def list(self, key: str) -> list[FileInfo]:
        """Files and folders directly in a folder; the server answers base names."""
        keys.check_folder(key)
        reply = self._transport.call(
            BY_NAME["artifacts.list_artifacts"], art.ListProxyArtifacts(path=key), art.FilesReply
        )
        for info in reply.files:
            if "/" in info.path or not keys.is_allowed(info.path):
                raise InvalidParameter(f"The server lists a file of the name {info.path!r}, which is not allowed.")
        found = [FileInfo(keys.join(key, info.path), info.is_dir, info.file_size) for info in reply.files]
        if len(found) == 1 and not found[0].is_dir and key and found[0].path == keys.join(key, key.rpartition("/")[2]):
            return []  # old servers list a file as if it were in a folder of its own name
        return sorted(found, key=lambda info: info.path)

    def open(self, key: str) -> AbstractContextManager[Download]:
        """The file for reading; what is open is the file as it was, also when it is replaced meanwhile."""
        keys.check(key)
        return self._opened(key)

    def upload(self, key: str) -> Upload:
        """Begin to write a file; it is sent when it is finished."""
        keys.check(key)
        return SpooledUpload(lambda file, size: self.send(key, file, size))

    def send(self, key: str, file: BinaryIO, size: int) -> str:
        """Write a file of ``size`` bytes from where ``file`` stands, without a copy in between; its ETag."""
        keys.check(key)
        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        request = art.ProxyArtifact(artifact_path=key)
        return self._transport.send(BY_NAME["artifacts.upload_artifact"], request, Outgoing(file, size, kind))

    def delete(self, key: str) -> None:
        """Remove a file or a folder with all in it."""
        keys.check(key)
        self._transport.call(BY_NAME["artifacts.delete_artifact"], art.ProxyArtifact(artifact_path=key), Empty)

    def begin_parts(self, key: str, count: int) -> str:
        """Begin an upload in parts."""
        keys.check(key)
        folder, _, name = key.rpartition("/")
        begun = self._transport.call(
            BY_NAME["artifacts.create_multipart_upload"],
            art.CreateMultipartUpload(artifact_path=folder, path=name, num_parts=count),
            art.MultipartUploadReply,
        )
        return begun.upload_id

    def upload_part(self, key: str, upload_id: str, number: int) -> Upload:
        """Begin to write a part; it is sent when it is finished."""
        keys.check(key)
        request = art.UploadPart(upload_id=upload_id, part_number=number, artifact_path=key)
        row = BY_NAME["artifacts.upload_part"]
        return SpooledUpload(lambda file, size: self._transport.send(row, request, Outgoing(file, size)))

    def complete_parts(self, key: str, upload_id: str, etags: dict[int, str]) -> Stored:
        """Join the parts to the file."""
        keys.check(key)
        folder, _, name = key.rpartition("/")
        parts = [MultipartUploadPart(number, etag) for number, etag in etags.items()]
        done = self._transport.call(
            BY_NAME["artifacts.complete_multipart_upload"],
            art.CompleteMultipartUpload(artifact_path=folder, path=name, upload_id=upload_id, parts=parts),
            art.UploadCompleted,
        )
        return Stored(done.size, done.sha256)

    def abort_parts(self, key: str, upload_id: str) -> None:
        """Forget an upload and its parts."""
        keys.check(key)
        folder, _, name = key.rpartition("/")
        self._transport.call(
            BY_NAME["artifacts.abort_multipart_upload"],
            art.AbortMultipartUpload(artifact_path=folder, path=name, upload_id=upload_id),
            Empty,
        )

    def presigned_url(self, key: str) -> str:
        """An address in the server's object store, where it has one."""
        keys.check(key)
        reply = self._transport.call(
            BY_NAME["artifacts.get_presigned_download_url"],
            art.GetPresignedDownloadUrl(artifact_path=key),
            art.PresignedUrlReply,
        )
        return reply.presigned_url

    def is_ready(self) -> bool:
        """Whether the server says that it takes work."""
        try:
            self._transport.call(BY_NAME["server.ready"], srv.Ask(), srv.Ready)
        except ModelyardError:
            return False
        return True

    @contextmanager
    def _opened(self, key: str) -> Iterator[Download]:
        request = art.ProxyArtifact(artifact_path=key)
        row = BY_NAME["artifacts.download_artifact"]

        def part(start: int, stop: int) -> AbstractContextManager[Incoming]:
            return self._transport.fetch(row, request, start, stop)

        with self._transport.fetch(row, request) as whole:
            yield RemoteDownload(key, whole, part)


class SpooledUpload:
    """A file that is written here first: a server is told its size and digest before the bytes."""

    def __init__(self, send: Callable[[BinaryIO, int], str]) -> None:
        self._send = send
        self._file = tempfile.TemporaryFile(prefix="modelyard-")  # noqa: SIM115 - closed by finish and abandon
        self._digest = hashlib.sha256()

    def write(self, chunk: bytes | memoryview) -> None:
        """Add bytes."""
        self._digest.update(chunk)
        self._file.write(chunk)

    def finish(self) -> Stored:
        """Send the bytes; refuses what did not arrive as it was sent."""
        try:
            stored = Stored(self._file.tell(), self._digest.hexdigest())
            self._file.seek(0)
            etag = self._send(cast("BinaryIO", self._file), stored.size)
        finally:
            self._file.close()
        if etag and len(etag) == len(stored.sha256) and etag != stored.sha256:
            raise Unreachable("The file did not arrive at the server as it was sent; send it again.")
        return stored

    def abandon(self) -> None:
        """Forget what was written."""
        self._file.close()


class RemoteDownload:
    """A file that comes from a server: in one go when it is read from its start, otherwise part by part."""

    def __init__(self, key: str, whole: Incoming, part: Callable[[int, int], AbstractContextManager[Incoming]]) -> None:
        if whole.length is None:
            raise Unreachable(f"The server does not say how long {key!r} is.")
        self.size = whole.length
        self._key = key
        self._whole: Incoming | None = whole
        self._part = part

    def fileno(self) -> int | None:
        """None: the file is the server's."""
        return None

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``stop``, a mebibyte at a time; ``Unreachable`` when they end early."""
        end = self.size if stop is None else min(stop, self.size)
        whole, self._whole = self._whole, None
        if start == 0 and whole is not None:
            yield from self._read(whole, end)
        elif start < end:
            with self._part(start, end) as incoming:
                yield from self._read(incoming, end - start)

    def close(self) -> None:
        """Nothing to give back: the connection is whoever's who opened it."""
        self._whole = None

    def _read(self, incoming: Incoming, count: int) -> Iterator[bytes]:
        buffer = memoryview(bytearray(min(BLOCK, max(count, 1))))
        got = 0
        while got < count:
            piece = incoming.readinto(buffer[: min(len(buffer), count - got)])
            if not piece:
                raise Unreachable(f"The download of {self._key!r} ended after {got} of {count} bytes.")
            got += piece
            yield bytes(buffer[:piece])
