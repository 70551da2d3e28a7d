"""Artifacts that a server passes on: streamed up and down with flat memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from modelyard.client.artifacts.place import BLOCK, Place, beside, not_there
from modelyard.client.transport import HttpTransport
from modelyard.core import keys
from modelyard.core.entities import FileInfo
from modelyard.core.errors import InvalidParameter, NotFound, NotSupported, Unreachable
from modelyard.core.wire.messages import artifacts as art
from modelyard.core.wire.table import BY_NAME
from modelyard.core.wire.transport import Outgoing
from modelyard.services.artifacts.remote import RemoteArtifactStore


class Parts(NamedTuple):
    """When a file is sent in parts, and how large they are, in bytes."""

    above: int = 500_000_000
    size: int = 100_000_000


class ProxyPlace(Place):
    """A server's artifact root. What the server answers is not trusted: names are checked here too."""

    def __init__(self, transport: HttpTransport, parts: Parts | None = None) -> None:
        self._transport = transport
        self._store = RemoteArtifactStore(transport)
        self._parts = parts

    def list(self, key: str) -> list[FileInfo]:
        """Files and folders directly below a folder."""
        return self._store.list(key)

    def upload(self, local: Path, key: str) -> None:
        """Send a file."""
        size = os.path.getsize(local)
        if self._parts and size >= self._parts.above and self._upload_in_parts(local, key, self._parts.size):
            return
        with open(local, "rb") as file:
            self._store.send(key, file, size)

    def download(self, key: str, local: Path) -> None:
        """Fetch a file; a download that was cut off leaves nothing."""
        keys.check(key)
        partial = beside(local)
        try:
            with open(partial, "wb", buffering=0) as file:
                self._fetch(key, file)
            os.replace(partial, local)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def path_of(self, key: str) -> Path | None:
        """None: the files are the server's."""
        return None

    def _fetch(self, key: str, file: BinaryIO) -> None:
        buffer = memoryview(bytearray(BLOCK))
        row, request = BY_NAME["artifacts.download_artifact"], art.ProxyArtifact(artifact_path=key)
        got = 0
        try:
            with self._transport.fetch(row, request) as response:
                told = response.length  # None where the server does not say
                while count := response.readinto(buffer):
                    file.write(buffer[:count])
                    got += count
        except NotFound:
            raise not_there(key, self._transport.location) from None
        if told is not None and got < told:
            raise Unreachable(f"The download of {key!r} ended after {got} of {told} bytes.")

    def _upload_in_parts(self, local: Path, key: str, part: int) -> bool:
        """Whether the server takes parts; an upload that fails half-way is taken back."""
        starts = range(0, os.path.getsize(local), part)
        try:
            upload_id = self._store.begin_parts(key, len(starts))
        except (NotSupported, NotFound, InvalidParameter):
            return False  # a stock MLflow server, or one that keeps files where parts go nowhere
        try:
            etags = {}
            for number, start in enumerate(starts, 1):
                request = art.UploadPart(upload_id=upload_id, part_number=number, artifact_path=key)
                etags[number] = self._send_part(request, local, start, part)
            self._store.complete_parts(key, upload_id, etags)
        except BaseException:
            self._store.abort_parts(key, upload_id)
            raise
        return True

    def _send_part(self, request: art.UploadPart, local: Path, start: int, most: int) -> str:
        with open(local, "rb") as file:
            file.seek(start)
            size = min(most, os.path.getsize(local) - start)
            return self._transport.send(
                BY_NAME["artifacts.upload_part"], request, Outgoing(cast("BinaryIO", file), size)
            )
