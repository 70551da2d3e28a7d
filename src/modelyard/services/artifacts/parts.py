"""Uploads in parts: each upload is a folder of part files beside the artifacts."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.ids import new_token
from modelyard.services.artifacts import rules
from modelyard.services.artifacts.contract import Stored
from modelyard.services.artifacts.files import CHUNK, FileUpload, sync_path

_UPLOAD_ID = re.compile(r"[0-9a-f]{32}")


class Joined(NamedTuple):
    """The outcome of joining: a temporary file to be placed, or ``None`` when that was done before."""

    temporary: Path | None
    stored: Stored


class Plan(msgspec.Struct, frozen=True):
    """What an upload is for; ``stored`` once it is complete."""

    key: str
    count: int
    stored: Stored | None = None


class PartFolder:
    """Uploads in parts that are under way below one temporary folder.

    A part is ``<number>-<sha256>``; sending a part again replaces it. The plan of a finished upload stays until it is
    swept, so that completing twice answers the same.
    """

    def __init__(self, tmp: Path) -> None:
        self._tmp = tmp

    def begin(self, key: str, count: int) -> str:
        """Note a new upload; answers its id."""
        upload_id = new_token()
        folder = self._folder(upload_id)
        folder.mkdir(mode=0o700)
        self._note(folder, Plan(key=key, count=count))
        sync_path(self._tmp)
        return upload_id

    def upload(self, key: str, upload_id: str, number: int) -> FileUpload:
        """Begin to write a part."""
        plan = self._plan(key, upload_id)
        rules.check_part_number(number, plan.count)
        folder = self._folder(upload_id)
        return FileUpload(folder / f"{new_token()}.part", key, place=lambda path, stored: _keep(path, stored, number))

    def join(self, key: str, upload_id: str, etags: dict[int, str]) -> Joined:
        """Put the parts together in one temporary file."""
        plan = self._plan(key, upload_id)
        if plan.stored is not None:
            return Joined(None, plan.stored)
        try:
            return self._join(plan, upload_id, etags)
        except (FileNotFoundError, InvalidParameter):
            plan = self._plan(key, upload_id)
            if plan.stored is None:
                raise
            return Joined(None, plan.stored)  # somebody else has put them together meanwhile

    def finished(self, upload_id: str, stored: Stored) -> None:
        """Drop the parts of an upload that is complete, keeping its plan."""
        folder = self._folder(upload_id)
        with suppress(FileNotFoundError):  # it was aborted meanwhile
            plan = msgspec.json.decode((folder / "plan.json").read_bytes(), type=Plan)
            self._note(folder, msgspec.structs.replace(plan, stored=stored))
            for _, path in self._found(upload_id).values():
                path.unlink(missing_ok=True)

    def abort(self, upload_id: str) -> None:
        """Forget an upload."""
        if _UPLOAD_ID.fullmatch(upload_id):
            shutil.rmtree(self._folder(upload_id), ignore_errors=True)

    def sweep(self, before: float) -> int:
        """Remove temporary files and uploads last touched before ``before`` (seconds since the epoch)."""
        removed = 0
        for entry in self._tmp.iterdir():
            with suppress(FileNotFoundError):
                if entry.lstat().st_ctime < before:  # not of its bytes: they may be those of an older file
                    shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
                    removed += 1
        return removed

    def _join(self, plan: Plan, upload_id: str, etags: dict[int, str]) -> Joined:
        found = self._found(upload_id)
        bad = [n for n in range(1, plan.count + 1) if n not in found or etags.get(n, "").strip('"') != found[n][0]]
        if bad:
            raise InvalidParameter(f"These parts are missing or differ from what was sent: {bad}.")
        whole = FileUpload(self._tmp / new_token(), plan.key, place=_stay)
        try:
            for number in range(1, plan.count + 1):
                _copy(found[number][1], whole)
            stored = whole.finish()
        except BaseException:
            whole.abandon()
            raise
        return Joined(whole.temporary, stored)

    def _folder(self, upload_id: str) -> Path:
        return self._tmp / f"parts-{upload_id}"

    def _plan(self, key: str, upload_id: str) -> Plan:
        unknown = NotFound(f"There is no upload {upload_id!r} of this artifact.")
        if not _UPLOAD_ID.fullmatch(upload_id):
            raise unknown
        try:
            plan = msgspec.json.decode((self._folder(upload_id) / "plan.json").read_bytes(), type=Plan)
        except FileNotFoundError:
            raise unknown from None
        if plan.key != key:
            raise unknown
        return plan

    @staticmethod
    def _note(folder: Path, plan: Plan) -> None:
        note = FileUpload(folder / f"{new_token()}.plan", plan.key, place=lambda path, _: _rename(path, "plan.json"))
        note.write(msgspec.json.encode(plan))
        note.finish()

    def _found(self, upload_id: str) -> dict[int, tuple[str, Path]]:
        found = {}
        for path in self._folder(upload_id).iterdir():
            number, dash, digest = path.name.partition("-")
            if dash and number.isdigit():
                found[int(number)] = (digest, path)
        return found


def _copy(source: Path, whole: FileUpload) -> None:
    with source.open("rb") as part:
        while piece := part.read(CHUNK):
            whole.write(piece)


def _keep(temporary: Path, stored: Stored, number: int) -> None:
    for older in temporary.parent.glob(f"{number}-*"):
        older.unlink(missing_ok=True)
    _rename(temporary, f"{number}-{stored.sha256}")


def _rename(temporary: Path, name: str) -> None:
    """Give a file in an upload's folder its name, durably."""
    os.rename(temporary, temporary.with_name(name))
    sync_path(temporary.parent)


def _stay(temporary: Path, stored: Stored) -> None:
    """Leave a finished file where it is: its name is given later."""
