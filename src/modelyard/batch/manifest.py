"""What has been done of a batch, beside its output: enough to go on after a crash, or to refuse to.

Chunks are written to ``<output>.partial`` and the rows that could not be scored to ``<output>.rejected.jsonl``; both are
synced before the manifest, which names the chunks, takes the place of the one before. So the manifest never names a chunk
that is not on the disk, and what is behind the last one it names is cut off by whoever goes on.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from modelyard.batch import write
from modelyard.batch.options import Format
from modelyard.batch.places import Item
from modelyard.batch.read import Position
from modelyard.batch.write import Layout, sync_folder
from modelyard.core import failpoints
from modelyard.core.errors import Conflict, InvalidParameter
from modelyard.models.profile import Profile

FORMAT = 1
MANIFEST, PARTIAL, REJECTED, SIDE = ".manifest.json", ".partial", ".rejected.jsonl", ".json"
_LARGEST = 1 << 30


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk that was scored: where it is in the input, how many rows it has, and its part of the output.

    ``begin`` and ``end`` are bytes of a text file, and rows of a Parquet file's group. ``bytes`` and ``sha256`` are
    those of the part; ``rejected_bytes`` those of its lines about bad rows.
    """

    begin: int
    end: Position
    rows: int
    scored: int
    bytes: int
    sha256: str
    rejected_bytes: int = 0


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch is about: while it is the same, a batch may go on."""

    model_digest: str
    items: tuple[Item, ...]
    input_digest: str
    input_format: Format
    output_format: Format
    options: dict[str, Any]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a batch. ``head`` is how many bytes stand before the first part.

    ``scored``: every chunk is in the partial output, which now becomes the output. ``complete``: it has.
    """

    format: int = FORMAT
    state: Literal["open", "scored", "complete"] = "open"
    model: str = ""
    model_version: str = ""
    run_id: str = ""
    subject: Subject
    layout: Layout | None = None
    head: int = 0
    parts: tuple[Part, ...] = ()
    profile: Profile = Profile()
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """Rows of the input that were read."""
        return sum(part.rows for part in self.parts)

    @property
    def scored(self) -> int:
        """Rows with a prediction."""
        return sum(part.scored for part in self.parts)

    @property
    def written(self) -> int:
        """Bytes of all parts, and what stands before them."""
        return self.head + sum(part.bytes for part in self.parts)

    @property
    def after(self) -> Position:
        """Where the last chunk ends."""
        return self.parts[-1].end if self.parts else Position()


class Record:
    """The files of one batch, held by one process: the manifest, the partial output and the rejected rows."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.partial = output.with_name(output.name + PARTIAL)
        self.rejected = output.with_name(output.name + REJECTED)
        self.file = output.with_name(output.name + MANIFEST)
        self._parts: Any = None
        self._bad: Any = None
        self._lock: Any = None
        self._written = failpoints.at("batch-part-written")
        self._noted = failpoints.at("batch-part-noted")
        self._named = failpoints.at("batch-output-named")

    def hold(self) -> None:
        """Keep other processes from the same output; ``Conflict`` when one is at it."""
        self.output.parent.mkdir(parents=True, exist_ok=True)
        while True:
            self._lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._lock)
                self._lock = None
                raise Conflict(f"Another process is writing {str(self.output)!r}.") from None
            if self._is_mine():
                return
            os.close(self._lock)

    def _is_mine(self) -> bool:
        """Whether the file that was locked still has its name: whoever is done removes it."""
        try:
            return os.path.samestat(os.fstat(self._lock), os.stat(self._lock_file))
        except FileNotFoundError:
            return False

    @property
    def _lock_file(self) -> Path:
        return self.output.with_name(f".{self.output.name}.lock")

    def read(self) -> Manifest | None:
        """What was done before, or None; ``InvalidParameter`` for a file that is no manifest."""
        if not self.file.is_file():
            return None
        if self.file.stat().st_size > _LARGEST:
            raise InvalidParameter(f"{self.file.name} is too large to be the manifest of a batch.")
        try:
            found = msgspec.json.decode(self.file.read_bytes(), type=Manifest)
        except msgspec.MsgspecError as error:
            raise InvalidParameter(
                f"{self.file.name} is no manifest of a batch ({error}); --restart begins anew."
            ) from None
        if found.format != FORMAT:
            raise InvalidParameter(f"{self.file.name} is of format {found.format}; this release reads {FORMAT}.")
        return found

    def forget(self) -> None:
        """Remove what an earlier run has done, but not its output: that is replaced when a new one is whole."""
        for file in (self.file, self.partial, self.rejected):
            file.unlink(missing_ok=True)

    def open(self, manifest: Manifest) -> None:
        """Go on behind the last chunk; ``Conflict`` when what was written is not there as it was."""
        self._parts = open(self.partial, "ab")  # noqa: SIM115 - close() closes it
        self._bad = open(self.rejected, "ab") if self.rejected.exists() else None  # noqa: SIM115 - the same
        length = manifest.written
        rejected = sum(part.rejected_bytes for part in manifest.parts)
        if self._parts.tell() < length or (self._bad.tell() if self._bad else 0) < rejected:
            raise self._damaged()
        self._check(manifest)
        self._parts.truncate(length)
        if self._bad:
            self._bad.truncate(rejected)

    def _check(self, manifest: Manifest) -> None:
        with open(self.partial, "rb") as file:
            file.seek(manifest.head)
            for part in manifest.parts:
                if hashlib.sha256(file.read(part.bytes)).hexdigest() != part.sha256:
                    raise self._damaged()

    def _damaged(self) -> Conflict:
        return Conflict(f"{self.partial.name} is not what its manifest says; --restart begins anew.")

    def append(self, segment: bytes, rejected: bytes) -> None:
        """Write a part, and the lines about its bad rows."""
        self._parts.write(segment)
        if rejected:
            if self._bad is None:
                self._bad = open(self.rejected, "ab")  # noqa: SIM115 - close() closes it
            self._bad.write(rejected)

    def note(self, manifest: Manifest) -> None:
        """Make what was written certain, and say so."""
        for file in (self._parts, self._bad):
            if file is not None:
                file.flush()
                os.fsync(file.fileno())
        self._written()
        write_whole(self.file, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        self._noted()

    def finish(self, manifest: Manifest, metadata: Mapping[str, str]) -> None:
        """Make the output of the partial output, unless that was done before a crash."""
        if self._parts is not None:
            self._parts.close()
            self._parts = None
        if self.partial.exists():
            write.finish(manifest.subject.output_format, self.partial, self.output, metadata)
        elif not self.output.exists():
            raise self._damaged()
        self._named()
        if self.rejected.exists() and not self.rejected.stat().st_size:
            self.rejected.unlink()

    def side(self, told: dict[str, Any]) -> Path:
        """Write what is known of the output beside it."""
        file = self.output.with_name(self.output.name + SIDE)
        write_whole(file, msgspec.json.format(msgspec.json.encode(told), indent=1))
        return file

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._parts, self._bad):
            if file is not None:
                file.close()
        self._parts = self._bad = None
        if self._lock is not None:
            self._lock_file.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that is the old one or the new one, whatever happens."""
    made = file.with_name(f".{file.name}.part")
    with open(made, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(made, file)
    sync_folder(file.parent)


def check_same(earlier: Subject, now: Subject) -> None:
    """Raise ``Conflict`` with the reason when a batch cannot go on, for what it is about has changed."""
    reason = ""
    if earlier.model_digest != now.model_digest:
        reason = f"the model is another one ({now.model_digest}) than before ({earlier.model_digest})"
    elif earlier.items != now.items or earlier.input_digest != now.input_digest:
        reason = f"the input changed: {_difference(earlier.items, now.items)}"
    elif (earlier.input_format, earlier.output_format) != (now.input_format, now.output_format):
        reason = "the formats are others than before"
    elif earlier.options != now.options:
        changed = [name for name in now.options if earlier.options.get(name) != now.options[name]]
        reason = f"other options were given than before: {', '.join(changed)}"
    if reason:
        raise Conflict(f"The batch cannot go on: {reason}. Give --restart to begin anew.")


def check_free(output: Path) -> None:
    """Refuse to write over a file that no batch has made."""
    if output.exists():
        raise Conflict(f"{str(output)!r} is there already, and no manifest beside it; --restart replaces it.")


def _difference(before: Sequence[Item], now: Sequence[Item]) -> str:
    known = {item.address: item for item in before}
    for item in now:
        if item.address not in known:
            return f"{item.address} is new"
        if item != known[item.address]:
            return f"{item.address} was written since"
    gone = known.keys() - {item.address for item in now}
    return f"{min(gone)} is gone" if gone else "its content is another"


def output_folder(work: Path, output: str) -> Path:
    """Where the output of a bucket is put together before it is sent."""
    return work / hashlib.sha256(output.encode()).hexdigest()[:32] / output.rpartition("/")[2]
