"""Sending what earlier processes could not: ``modelyard sync``."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from modelyard.client.connection import Connection
from modelyard.client.journal import Journal, journals_in
from modelyard.client.keeper import journal_folder, send_left
from modelyard.client.uris import parse_address
from modelyard.core.errors import ModelyardError
from modelyard.core.settings import Settings


class SyncedJournal(msgspec.Struct, frozen=True):
    """What became of one journal file: how many records were sent and refused; ``problem`` when it had to stay."""

    path: Path
    location: str
    sent: int = 0
    refused: int = 0
    problem: str = ""


def sync(folder: str | os.PathLike[str] | None = None) -> list[SyncedJournal]:
    """Send the journals in a folder (the one of the settings by default), each to the store it was written for.

    Journals of processes that still run are theirs and are passed over. A journal that was sent is removed; one whose
    store does not answer stays, and the report says why.
    """
    settings = Settings.read()
    where = Path(folder) if folder is not None else journal_folder(settings)
    connections: dict[str, Connection] = {}
    reports = [_sync_one(path, settings, connections) for path in journals_in(where)]
    for connection in connections.values():
        connection.close(settings.flush_timeout)
    return [report for report in reports if report is not None]


def _sync_one(path: Path, settings: Settings, connections: dict[str, Connection]) -> SyncedJournal | None:
    location = ""
    try:
        journal = Journal.open(path)
        if journal is None:
            return None
        try:
            location = journal.location
        finally:
            journal.close()
        if location not in connections:
            connections[location] = Connection(parse_address(location), settings)
        sent = send_left(path, connections[location])
    except ModelyardError as error:
        return SyncedJournal(path, location, problem=error.message)
    return None if sent is None else SyncedJournal(path, location, sent.sent, sent.refused)
