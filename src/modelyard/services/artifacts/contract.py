"""What a store of artifacts promises, wherever the bytes are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from modelyard.core.entities import FileInfo


class Upload(Protocol):
    """A file that is being written; it appears under its key when it is finished, whole and synced."""

    def write(self, chunk: bytes | memoryview) -> None:
        """Add bytes."""
        ...

    def finish(self) -> Stored:
        """Sync the bytes and give the file its name. Raises ``Unavailable`` (``DISK_FULL``) when they do not fit."""
        ...

    def abandon(self) -> None:
        """Forget what was written; harmless after ``finish`` and when called again."""
        ...


class Stored(msgspec.Struct, frozen=True):
    """A file that was written: its size in bytes and the SHA-256 of its content in hexadecimal."""

    size: int
    sha256: str


class Download(Protocol):
    """A file that is open for reading. Close it."""

    size: int

    def fileno(self) -> int | None:
        """A file descriptor to send from, where there is one."""
        ...

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``stop``, in pieces of bounded size."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


class ArtifactStore(Protocol):
    """Files under safe keys below one root.

    Keys are ``/``-joined relative paths that passed ``core.keys.check``; the root itself is the key ``""``.
    Guarantees, for every implementation:

    - *Threads*: any method may be called from any thread at any time.
    - *Atomic and durable*: a reader sees the old file or the new one, never a part; a finished upload is synced with
      its directory entry.
    - *Apart*: what happens to one file is not seen in another, also where a store keeps equal ones once.
    - *Never outside*: no key and no link below the root leads to a file outside of it.
    - *Raises*: ``InvalidParameter`` for a key that is not allowed, ``NotFound`` for a file that is not there,
      ``Unavailable`` when the disk is full or the place cannot be reached, and nothing else.
    """

    def list(self, key: str) -> list[FileInfo]:
        """Files and folders directly in ``key``, by name, with paths from the root; empty for a file or nothing."""
        ...

    def open(self, key: str) -> AbstractContextManager[Download]:
        """The file ``key`` for reading; ``NotFound`` when there is none, ``InvalidParameter`` for a folder."""
        ...

    def upload(self, key: str) -> Upload:
        """Begin to write the file ``key``; folders are made, a file of that name is replaced at the end."""
        ...

    def delete(self, key: str) -> None:
        """Remove the file or the folder with all in it; nothing there is fine."""
        ...

    def begin_parts(self, key: str, count: int) -> str:
        """Begin an upload of ``count`` parts; answers its id."""
        ...

    def upload_part(self, key: str, upload_id: str, number: int) -> Upload:
        """Begin to write part ``number``, from 1; its digest is the part's ETag."""
        ...

    def complete_parts(self, key: str, upload_id: str, etags: dict[int, str]) -> Stored:
        """Join the parts; ``InvalidParameter`` lists missing or differing ones. Again with the same parts is fine."""
        ...

    def abort_parts(self, key: str, upload_id: str) -> None:
        """Forget an upload and its parts; nothing there is fine."""
        ...

    def presigned_url(self, key: str) -> str:
        """An address to fetch the file from directly; ``NotSupported`` where the store has none."""
        ...

    def is_ready(self) -> bool:
        """Whether files can be written now (place reachable, above the floor of free space)."""
        ...


class ArtifactLocator(Protocol):
    """What artifacts asks of tracking and the registry: the URI a run, model or version keeps its files at.

    Handed in by whoever puts the services together, since services do not import each other.
    """

    def run_artifact_uri(self, run_id: str) -> str:
        """The artifact URI of a run; raises ``NotFound`` for an unknown run."""
        ...

    def model_artifact_uri(self, model_id: str) -> str:
        """The artifact URI of a logged model; raises ``NotFound`` for an unknown one."""
        ...

    def version_artifact_uri(self, name: str, version: str) -> str:
        """The download URI of a model version; raises ``NotFound`` for an unknown one."""
        ...
