"""A place for artifacts that is a bucket of an object store: S3, or what speaks as it does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.client.artifacts import aws
from modelyard.client.artifacts.place import BLOCK, Place, beside, not_there
from modelyard.core import keys
from modelyard.core.entities import FileInfo
from modelyard.core.errors import ModelyardError, NotFound, PermissionDenied, Unauthenticated
from modelyard.core.extras import require

PART = 8 << 20
MOST_PARTS = 9000  # S3 takes 10,000
PARTS_AT_ONCE = 4

_CODE = re.compile(r"<Code>(\w+)</Code>")
_NO_KEYS = re.compile(r"Missing ?(AccessKeyId|SecretAccessKey)|/latest/(api/token|meta-data)")
_REFUSED_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")


class ObjectInfo(NamedTuple):
    """An object of a bucket: its key, its size, and a stamp that changes with its content."""

    key: str
    size: int
    stamp: str


class ObjectPlace(Place):
    """A bucket. What it lists is not trusted: names that are no keys of ours are left out.

    A file becomes visible when all of it is there, large ones are sent in parts. Raises ``Unauthenticated`` and
    ``PermissionDenied`` for credentials that are missing, wrong or not enough, and ``ModelyardError`` for a store that
    does not answer: not ``Unreachable``, which is said of the tracking server.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._library: Any = require("obstore", what=f"The address s3://{bucket}", extra="s3")
        with self._told(""):
            self._store = aws.open_bucket(bucket)

    def list(self, key: str) -> list[FileInfo]:
        """Files and folders directly below a folder."""
        keys.check_folder(key)
        with self._told(key):
            found = self._library.list_with_delimiter(self._store, key or None)
        folders = [FileInfo(path, True) for path in found["common_prefixes"]]
        files = [FileInfo(entry["path"], False, entry["size"]) for entry in found["objects"]]
        return sorted((info for info in [*folders, *files] if _is_below(key, info.path)), key=lambda info: info.path)

    def upload(self, local: Path, key: str) -> None:
        """Send a file."""
        keys.check(key)
        part = max(PART, -(-local.stat().st_size // MOST_PARTS))
        with self._told(key):
            self._library.put(self._store, key, local, chunk_size=part, max_concurrency=PARTS_AT_ONCE)

    def download(self, key: str, local: Path) -> None:
        """Fetch a file; a download that was cut off leaves nothing."""
        keys.check(key)
        partial = beside(local)
        try:
            with open(partial, "wb") as file, self._told(key):
                answer = self._library.get(self._store, key)
                file.writelines(answer.stream(min_chunk_size=BLOCK))
            os.replace(partial, local)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def objects(self, key: str) -> tuple[ObjectInfo, ...]:
        """The object of a key, and all below a folder, however deep."""
        keys.check_folder(key)
        with self._told(key):
            found = [each for block in self._library.list(self._store, key or None) for each in block]
            if key and not found:
                found = [self._library.head(self._store, key)]
        infos = (ObjectInfo(each["path"], each["size"], each["e_tag"] or str(each["last_modified"])) for each in found)
        return tuple(info for info in infos if keys.is_allowed(info.key))

    def read(self, key: str, start: int, length: int) -> bytes:
        """Some bytes of an object."""
        keys.check(key)
        with self._told(key):
            return bytes(self._library.get_range(self._store, key, start=start, length=length))

    def path_of(self, key: str) -> Path | None:
        """None: the files are the bucket's."""
        return None

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """What the library raises, in our words."""
        try:
            yield
        except (FileNotFoundError, self._library.exceptions.BaseError) as error:
            raise self._outcome(error, key) from None

    def _outcome(self, error: Exception, key: str) -> ModelyardError:
        root, known, told = f"s3://{self._bucket}", self._library.exceptions, str(error)
        where = keys.join(root, key)
        found = _CODE.search(told)
        code = found[1] if found else ""
        if code == "NoSuchBucket":
            return NotFound(f"There is no bucket {self._bucket!r}.")
        if isinstance(error, FileNotFoundError):
            return not_there(key, root)
        if _NO_KEYS.search(told):
            return aws.no_credentials(self._bucket)
        if isinstance(error, known.UnauthenticatedError) or code in _REFUSED_KEYS:
            return Unauthenticated(f"{root} does not accept these credentials ({code or 'unauthenticated'}).")
        if isinstance(error, known.PermissionDeniedError) or code == "AccessDenied":
            return PermissionDenied(f"{where} is not allowed with these credentials ({code or 'forbidden'}).")
        reason = f"{code}: " if code else ""
        return ModelyardError(f"{where} could not be reached. {reason}{told.partition(chr(10))[0]}")


def _is_below(folder: str, path: str) -> bool:
    start = f"{folder}/" if folder else ""
    name = path[len(start) :]
    return path.startswith(start) and "/" not in name and keys.is_allowed(path)
