"""Keeps records of one store in journals, and sends them from there."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import threading
from pathlib import Path

import msgspec

from modelyard.client.journal import Entry, Journal, journals_in
from modelyard.client.replay import UPLOAD, Outlet, Replay, Upload
from modelyard.core.errors import StoreDamaged
from modelyard.core.ids import new_token
from modelyard.core.settings import Settings

_logger = logging.getLogger(__name__)


def journal_folder(settings: Settings) -> Path:
    """Where journals lie: the setting, or the user's folder for state."""
    if settings.journal:
        return Path(settings.journal).expanduser()
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "modelyard" / "journal"


class Keeper:
    """The journals of one store. Any thread may call."""

    def __init__(self, location: str, folder: Path) -> None:
        self.folder = folder
        self.aliases: dict[str, str] = {}
        self._location = location
        self._wanted = folder
        self._lock = threading.RLock()
        self._journal: Journal | None = None
        self._replay: Replay | None = None
        self._lost = 0

    @property
    def has_unsent(self) -> bool:
        """Whether this process's journal holds something to send."""
        return self._journal is not None and not self._journal.is_sent

    def keep(self, entry: Entry) -> None:
        """Append a record. What cannot be kept either is lost, and said to be."""
        with self._lock:
            try:
                self._open().append(entry)
            except OSError as error:
                self._lost += 1
                if self._lost == 1:
                    _logger.error(
                        "The journal in %s cannot be written, so what is logged is lost: %s", self.folder, error
                    )

    def keep_file(self, run_id: str, artifact_path: str, local: Path) -> None:
        """Copy a file and append a record of its upload."""
        with self._lock:
            try:
                files = self._open().files
                files.mkdir(mode=0o700, exist_ok=True)
                name = new_token()
                shutil.copyfile(local, files / name)
            except OSError as error:
                self._lost += 1
                _logger.error("%s could not be kept in the journal and is not logged: %s", local, error)
                return
            body = msgspec.json.encode(Upload(run_id, artifact_path))
            self.keep(Entry(UPLOAD, msgspec.Raw(body), name))

    def replay(self, outlet: Outlet) -> None:
        """Send this process's journal; raises when the store is away."""
        journal = self._journal
        if journal is None:
            return
        if self._replay is None:
            self._replay = Replay(outlet, journal, self.aliases)
        self._replay.run()
        with self._lock:
            if journal.is_sent:
                self._remove(journal)
                self._journal = self._replay = None

    def adopt(self, outlet: Outlet) -> None:
        """Send the journals that processes of this store left behind; raises when the store is away."""
        for path in journals_in(self.folder, self._location):
            send_left(path, outlet)

    def sync(self) -> None:
        """Put what was appended on the disk."""
        with self._lock:
            if self._journal is not None:
                self._journal.sync()

    def close(self) -> int:
        """Let go of the journal; how many records are left in it."""
        with self._lock:
            journal, self._journal, self._replay = self._journal, None, None
            if journal is None:
                return 0
            left = sum(1 for _ in journal.unsent())
            if left:
                journal.sync()
                journal.close()
            else:
                self._remove(journal)
            return left

    def after_fork(self) -> None:
        """In a forked child: the journal is the parent's."""
        self._lock = threading.RLock()
        journal, self._journal, self._replay = self._journal, None, None
        if journal is not None:
            journal.close()

    def _open(self) -> Journal:
        if self._journal is None:
            try:
                self._journal = Journal.create(self.folder, self._location)
            except OSError as error:
                elsewhere = Path(tempfile.mkdtemp(prefix="modelyard-journal-"))
                _logger.warning("%s cannot be written (%s); the journal is in %s.", self.folder, error, elsewhere)
                self.folder = elsewhere
                self._journal = Journal.create(elsewhere, self._location)
        return self._journal

    def _remove(self, journal: Journal) -> None:
        shutil.rmtree(journal.files, ignore_errors=True)
        journal.remove()
        if self.folder != self._wanted:  # it was made for want of the other; the next journal tries that again
            with contextlib.suppress(OSError):
                self.folder.rmdir()
            self.folder = self._wanted


class Sent(msgspec.Struct, frozen=True):
    """What became of a journal that was left behind."""

    path: Path
    location: str
    sent: int
    refused: int


def send_left(path: Path, outlet: Outlet) -> Sent | None:
    """Send a journal somebody left, and remove it; None while its process lives.

    Raises ``Unreachable`` or a ``Busy`` when the store is away: the journal stays, marked as far as it was sent.
    """
    try:
        journal = Journal.open(path)
    except StoreDamaged as error:
        _logger.warning("%s", error.message)
        return None
    if journal is None:
        return None
    replay = Replay(outlet, journal)
    try:
        replay.run()
    except BaseException:
        journal.close()
        raise
    shutil.rmtree(journal.files, ignore_errors=True)
    journal.remove()
    return Sent(path, outlet.location, replay.sent, replay.refused)
