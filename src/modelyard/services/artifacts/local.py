"""Artifacts on a local disk.

No client text is ever handed to the system as a path: keys are opened segment by segment below an open folder, links
are not followed, and only regular files are read that have a single name, or further ones in our own pool.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

from modelyard.core import failpoints, keys
from modelyard.core.entities import FileInfo
from modelyard.core.errors import InvalidParameter, ModelyardError, NotFound, StoreError, Unavailable
from modelyard.core.ids import new_token
from modelyard.services.artifacts import rules
from modelyard.services.artifacts.contract import ArtifactStore, Download, Stored, Upload
from modelyard.services.artifacts.files import FileDownload, FileUpload, sync_folder, sync_path, translated
from modelyard.services.artifacts.parts import PartFolder
from modelyard.services.artifacts.pool import POOL, Pool, is_shared

TMP = ".modelyard-tmp"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
KEPT = 10_000  # folders


class LocalArtifactStore(ArtifactStore):
    """Files below one folder, each written beside it first and renamed into place when it is whole and synced."""

    def __init__(self, root: str | os.PathLike[str], *, tmp: str | os.PathLike[str] | None = None) -> None:
        """``root`` is made if it is not there (0700). ``tmp`` must lie on the same disk; by default it is below it."""
        self._root = Path(root)
        self._tmp = Path(tmp) if tmp is not None else self._root / TMP
        for folder in (self._root, self._tmp):
            if folder.is_symlink():  # it is never followed, so that nothing could be kept there
                raise StoreError(f"{folder} is a link. Name the folder it leads to as the place for artifacts.")
            _make_folder(folder)
        self._kept: set[tuple[int, int]] = set()  # folders below whose names this process knows to be on the disk
        self._parts = PartFolder(self._tmp)
        self._pool = Pool(self._root)
        self._written = failpoints.at("artifact-written")
        self._renamed = failpoints.at("artifact-renamed")

    def list(self, key: str) -> list[FileInfo]:
        """Files and folders directly in a folder, by name."""
        segments = keys.check_folder(key)
        try:
            with self._folder(segments) as folder:
                entries = [self._describe(folder, name, segments) for name in sorted(os.listdir(folder))]
        except NotFound:
            return []
        return [entry for entry in entries if entry is not None]

    def open(self, key: str) -> AbstractContextManager[Download]:
        """The file for reading."""
        return closing(self._open(keys.check(key), key))

    def upload(self, key: str) -> Upload:
        """Begin to write a file."""
        segments = self._writable(key)
        self._check_space()
        temporary = self._tmp / new_token()
        return FileUpload(temporary, key, place=lambda path, stored: self._place(path, stored, segments))

    def delete(self, key: str) -> None:
        """Remove a file or a folder with all in it."""
        segments = self._writable(key)
        try:
            with self._folder(segments[:-1]) as folder:
                self._kept.clear()  # what takes a removed folder's place may get its number too
                removed = self._remove(folder, segments[-1])
                _confirm(folder)
            self._pool.release(removed)
        except NotFound:
            return

    def begin_parts(self, key: str, count: int) -> str:
        """Begin an upload in parts."""
        self._writable(key)
        rules.check_parts(count)
        self._check_space()
        with translated(key):
            return self._parts.begin(key, count)

    def upload_part(self, key: str, upload_id: str, number: int) -> Upload:
        """Begin to write a part."""
        with translated(key):
            return self._parts.upload(key, upload_id, number)

    def complete_parts(self, key: str, upload_id: str, etags: dict[int, str]) -> Stored:
        """Join the parts to the file."""
        segments = self._writable(key)
        with translated(key):
            joined = self._parts.join(key, upload_id, etags)
            if joined.temporary is not None:
                self._place(joined.temporary, joined.stored, segments)
                self._parts.finished(upload_id, joined.stored)
            return joined.stored

    def abort_parts(self, key: str, upload_id: str) -> None:
        """Forget an upload and its parts."""
        keys.check(key)
        self._parts.abort(upload_id)

    def presigned_url(self, key: str) -> str:
        """A local disk has no addresses."""
        keys.check(key)
        raise rules.no_presigned_urls()

    def is_ready(self) -> bool:
        """Whether the folder is writable and the disk has room."""
        try:
            self._check_space()
        except (Unavailable, OSError):
            return False
        return os.access(self._root, os.W_OK)

    def sweep(self, older_than_seconds: float, now: float) -> int:
        """Remove what interrupted uploads and removals left behind; answers how many files."""
        return self._parts.sweep(now - older_than_seconds) + self._pool.sweep()

    def _writable(self, key: str) -> tuple[str, ...]:
        segments = keys.check(key)
        if segments[0] == TMP:
            raise InvalidParameter("Invalid path")
        return segments

    def _check_space(self) -> None:
        disk = shutil.disk_usage(self._root)
        rules.check_space(disk.free, disk.total)

    @contextmanager
    def _folder(self, segments: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        """A descriptor of the folder, walked to from the root; ``NotFound`` where the way leads over no folder."""
        key = "/".join(segments)
        with translated(key):
            at = os.open(self._root, _FOLDER)
        try:
            for segment in segments:
                with translated(key):
                    at = self._step(at, segment, make=make)
            yield at
        finally:
            os.close(at)

    def _step(self, at: int, segment: str, *, make: bool) -> int:
        """Open a folder below ``at`` and close ``at``."""
        made = False
        if make:
            with suppress(FileExistsError):
                os.mkdir(segment, 0o700, dir_fd=at)
                made = True
        try:
            below = os.open(segment, _FOLDER, dir_fd=at)
        except NotADirectoryError:
            if make:
                raise
            raise FileNotFoundError(segment) from None
        try:
            if make:
                self._keep(at, below, made=made)
        except BaseException:
            os.close(below)
            raise
        os.close(at)
        return below

    def _keep(self, at: int, below: int, *, made: bool) -> None:
        """Have the name of a folder below ``at`` on the disk, also when it was another who made it a moment ago."""
        facts = os.fstat(below)
        known = (facts.st_dev, facts.st_ino)
        if made or known not in self._kept:
            sync_folder(at)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept.add(known)

    def _open(self, segments: tuple[str, ...], key: str) -> FileDownload:
        with self._folder(segments[:-1]) as folder, translated(key):
            descriptor = os.open(segments[-1], _FILE, dir_fd=folder)
        facts = os.fstat(descriptor)
        if stat.S_ISREG(facts.st_mode) and self._pool.holds(descriptor):
            return FileDownload(descriptor, facts.st_size)
        os.close(descriptor)
        if stat.S_ISDIR(facts.st_mode):
            raise InvalidParameter(f"The artifact {key!r} is a folder.")
        raise NotFound(f"There is no artifact {key!r}.")

    def _place(self, temporary: Path, stored: Stored, segments: tuple[str, ...]) -> None:
        """Give a finished file its name; the folder's entry is synced."""
        self._written()
        name = segments[-1]
        with self._folder(segments[:-1], make=True) as folder, translated("/".join(segments)):
            replaced = _facts(folder, name)
            with self._pool.sharing(temporary, stored):
                os.rename(temporary, name, dst_dir_fd=folder)
                self._renamed()
                _confirm(folder)
        self._pool.release(replaced)

    def _describe(self, folder: int, name: str, segments: tuple[str, ...]) -> FileInfo | None:
        if not segments and name in (TMP, POOL):
            return None
        try:
            facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        path = "/".join((*segments, name))
        if stat.S_ISDIR(facts.st_mode):
            return FileInfo(path, is_dir=True)
        if stat.S_ISREG(facts.st_mode):
            return FileInfo(path, is_dir=False, file_size=facts.st_size)
        return None

    def _remove(self, folder: int, name: str) -> Iterable[os.stat_result]:
        """Remove a file or folder; answers the files of it that may have further names."""
        found = _facts(folder, name)
        with translated(name):
            if any(stat.S_ISDIR(facts.st_mode) for facts in found):
                found = list(_shared_below(folder, name))
                shutil.rmtree(name, dir_fd=folder)
            elif found:
                os.unlink(name, dir_fd=folder)
        return found


def _facts(folder: int, name: str) -> list[os.stat_result]:
    """What the system says of a name in a folder; nothing when it is not there."""
    try:
        return [os.stat(name, dir_fd=folder, follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _shared_below(folder: int, name: str) -> Iterator[os.stat_result]:
    for _, _, names, at in os.fwalk(name, dir_fd=folder):
        for each in names:
            yield from filter(is_shared, _facts(at, each))


def _confirm(folder: int) -> None:
    """Make a change in a folder durable, which others see already: when that fails, it may last and it may not."""
    try:
        sync_folder(folder)
    except OSError as error:
        raise ModelyardError(
            "The disk did not confirm the change: read the artifact back to learn whether it was made."
        ) from error


def _make_folder(folder: Path) -> None:
    """Make a folder, with its parents, unless it is there; their names are on the disk when it is done."""
    for each in (*reversed(folder.absolute().parents), folder.absolute()):
        with suppress(FileExistsError):
            if not each.exists():
                each.mkdir(mode=0o700)
                sync_path(each.parent)
    try:
        sync_path(folder.absolute().parent)  # whoever made it may have ended before this was done
    except PermissionError:
        pass  # then it was made by somebody else, long ago
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be kept on its disk: {error.strerror}.") from error
