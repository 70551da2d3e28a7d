"""The datasets that steps read and make, in the store."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from modelyard.client.active import PROCESS
from modelyard.client.artifacts.locate import dataset_place
from modelyard.client.artifacts.place import Place
from modelyard.client.artifacts.transfer import files_below
from modelyard.client.client import MlflowClient
from modelyard.client.dataset_versions.use import local_copy
from modelyard.client.uris import folder_of
from modelyard.core import keys
from modelyard.core.entities.dataset_version import DatasetVersion
from modelyard.core.errors import ModelyardError, NotFound
from modelyard.core.wire.messages.datasets import RecordDatasetUse
from modelyard.pipelines.spec import Output

_READ_HERE = 64 << 20  # bytes of an output that are read to see whether they are the same, in a store on this machine
_READ_AFAR = 1 << 20  # and through a server; of what is larger, the size is looked at


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a step made under an output's name: a version, and the digest of what is in it."""

    reference: str
    digest: str


class Shelf:
    """Brings versions to steps, makes versions of what they wrote, and looks whether what was made still stands.

    Of files up to ``reads`` bytes that is read; of larger ones the size is looked at.
    """

    def __init__(self, client: MlflowClient, *, reads: int | None = None) -> None:
        self._client = client
        self._connection = PROCESS.connect(client.tracking_uri)
        usual = _READ_HERE if self._connection.address.kind == "folder" else _READ_AFAR
        self._reads = usual if reads is None else reads
        self._looked: dict[tuple[str, str], str] = {}

    def version(self, reference: str) -> Made:
        """What a reference names now; raises ``NotFound``."""
        return _made(self._client.get_dataset_version(reference).version)

    def bring(self, reference: str, folder: Path, run_id: str) -> Path:
        """A copy for a step, in a folder of its own; what stays where it is, is not copied. The run is recorded as a consumer."""
        stays = self._client.get_dataset_version(reference).version.kind == "reference"
        return self._client.use_dataset(reference, to=None if stays else folder, run_id=run_id)

    def note_use(self, reference: str, run_id: str) -> None:
        """Record a run as a consumer that is handed no copy."""
        self._connection.datasets.record_use(RecordDatasetUse(reference=reference, run_id=run_id))

    def keep(self, path: Path, output: Output, run_id: str) -> Made:
        """A version of what a step wrote. Where an earlier version is the same, its files are put back should they be lost."""
        version = self._client.log_dataset(
            run_id,
            path,
            output.dataset,
            type=output.type,
            description=output.description,
            reference=output.reference,
        )
        made = _made(version)
        if version.kind == "stored" and version.run_id != run_id and self._lost(made.reference, made.digest):
            self._put_back(version, path)
        self._looked.pop((made.reference, made.digest), None)
        return made

    def made_by(self, run_id: str) -> dict[str, Made]:
        """What a run made by itself, by the names of datasets."""
        uses = self._client.get_dataset_lineage(run_id=run_id)
        return {use.name: self.version(f"{use.name}:v{use.version}") for use in uses if use.role == "producer"}

    def lost(self, reference: str, digest: str) -> str:
        """Why a version does not stand any more, in words; empty when it does. Looked at once."""
        if (reference, digest) not in self._looked:
            self._looked[reference, digest] = self._lost(reference, digest)
        return self._looked[reference, digest]

    def _put_back(self, version: DatasetVersion, path: Path) -> None:
        found = dataset_place(version, self._connection)
        for local, key in files_below(path, None) if path.is_dir() else ((path, ""),):
            found.place.upload(local, keys.join(found.key, key))

    def changed_reference(self, reference: str) -> str:
        """Why what a reference refers to in its place is not what it was; empty when it is, and for what is stored."""
        version = self._client.get_dataset_version(reference).version
        return self._changed_reference(version) if version.kind == "reference" else ""

    def _lost(self, reference: str, digest: str) -> str:
        try:
            version = self._client.get_dataset_version(reference).version
        except NotFound:
            return f"{reference} is gone"
        if version.is_gone:
            return f"{reference} is gone with the run that made it"
        if version.digest != digest:
            return f"{reference} changed"
        return self._changed_reference(version) if version.kind == "reference" else self._changed(version)

    def _changed_reference(self, version: DatasetVersion) -> str:
        """What stays where it is has not changed if none of it was written since the version was made."""
        if not version.uri.startswith("file:"):
            return ""
        path = folder_of(version.uri)
        if not path.exists():
            return f"{version.reference} is gone: there is no {path}"
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        facts = [each.stat() for each in files]
        same_size = sum(each.st_size for each in facts) == version.size
        if same_size and max((each.st_mtime for each in facts), default=0.0) * 1000 < version.created - 1000:
            return ""
        return self._read(version)

    def _changed(self, version: DatasetVersion) -> str:
        try:
            found = dataset_place(version, self._connection)
            size = _size(found.place, found.key)
        except (NotFound, OSError):
            size = -1
        if size < 0:
            return f"the files of {version.reference} are gone"
        if size != version.size:
            return f"the files of {version.reference} changed"
        return self._read(version) if version.size <= self._reads else ""

    def _read(self, version: DatasetVersion) -> str:
        try:
            with tempfile.TemporaryDirectory(prefix="modelyard-", ignore_cleanup_errors=True) as folder:
                local_copy(version, self._connection, None if version.kind == "reference" else folder)
        except (ModelyardError, OSError):
            return f"the files of {version.reference} changed"
        return ""


def _made(version: DatasetVersion) -> Made:
    return Made(reference=version.reference, digest=version.digest)


def _size(place: Place, key: str) -> int:
    """The bytes of a file, or of all files of a folder; -1 when nothing is there."""
    below = place.list(key)
    if not below:
        listed = {info.path: info for info in place.list(key.rpartition("/")[0])}
        info = listed.get(key)
        return -1 if info is None or info.is_dir else int(info.file_size or 0)
    return sum(_size(place, info.path) if info.is_dir else int(info.file_size or 0) for info in below)
