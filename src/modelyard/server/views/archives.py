"""A folder as one file: a ZIP archive that is made while it is sent."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

from modelyard.core.errors import ModelyardError, NotFound
from modelyard.core.wire.messages import previews as pre
from modelyard.server.routing import Route
from modelyard.server.streaming import send_piece
from modelyard.server.transfers import disposition
from modelyard.server.views import zip as zips
from modelyard.server.views.places import Folder, Item, Places
from modelyard.services.artifacts.contract import Download
from modelyard.web.pools import Pool
from modelyard.web.replies import FILE_POLICY
from modelyard.web.request import Request

MAX_FILES = 10_000
MAX_BYTES = 64_000_000_000
SMALL = 1 << 20
"""Files of so many bytes are read once, and sent in one piece."""


class Archives:
    """Answers ``GET …/views/archive``.

    Of each file first the checksum is told, then its bytes are sent, so it is read twice; no part of the archive is kept. A
    file that changes meanwhile ends the answer before its length: no client takes it for a whole one.
    """

    def __init__(self, places: Places, files: Pool) -> None:
        self._places = places
        self._files = files

    async def answer(self, request: Request, route: Route) -> None:
        """Send the archive. Raises ``DisconnectedError`` when the client goes."""
        message: pre.GetArchive = route.read(request)
        folder, items = await self._files.run(partial(self._find, message))
        entries, length = zips.plan(items)
        name = f"{_name_of(message)}.zip"
        headers = b"content-disposition: %s\r\n" % disposition(name).encode("ascii")
        head = request.head(200, length, content_type=b"application/zip", headers=headers, policy=FILE_POLICY)
        request.send(head)
        if request.method != b"HEAD":
            await self._send(request, folder, items, entries)
        request.end_reply(200)

    def _find(self, message: pre.GetArchive) -> tuple[Folder, list[Item]]:
        folder = self._places.find(message).below(message.path)
        items = folder.walk(most=MAX_FILES, largest=MAX_BYTES)
        if message.path and not items:
            raise NotFound(f"There is no folder {message.path!r}, or it has no files.")
        return folder, items

    async def _send(self, request: Request, folder: Folder, items: list[Item], entries: list[zips.Entry]) -> None:
        checksums = []
        at = 0
        for item, entry in zip(items, entries, strict=True):
            if item.size <= SMALL:
                crc, body = (0, b"") if item.is_dir else await self._run(request, partial(_whole, folder, item))
                await send_piece(request, zips.local(entry, crc) + body)
            else:
                crc = await self._send_large(request, folder, item, entry)
            checksums.append(crc)
            at = entry.at + len(zips.local(entry, crc)) + entry.size
        await send_piece(request, zips.directory(entries, checksums, at))

    async def _send_large(self, request: Request, folder: Folder, item: Item, entry: zips.Entry) -> int:
        opened = await self._files.run(partial(folder.open, item.path))
        download = await self._files.run(opened.__enter__)
        try:
            crc: int = await self._run(request, partial(_checksum, download, item))
            await send_piece(request, zips.local(entry, crc))
            pieces = download.chunks(0, item.size)
            while piece := await self._files.run(partial(next, pieces, b"")):
                await send_piece(request, piece)
        finally:
            await asyncio.shield(self._files.run(partial(opened.__exit__, None, None, None)))
        return crc

    async def _run(self, request: Request, work: Callable[[], Any]) -> Any:
        """Run something on a thread; a client that is sent nothing meanwhile is not a slow one."""
        request.connection.waits_for_us = True
        try:
            return await self._files.run(work)
        finally:
            request.connection.waits_for_us = False


def _whole(folder: Folder, item: Item) -> tuple[int, bytes]:
    with folder.open(item.path) as download:
        body = b"".join(download.chunks())
    if len(body) != item.size:
        raise _changed(item)
    return zlib.crc32(body), body


def _checksum(download: Download, item: Item) -> int:
    crc = size = 0
    for piece in download.chunks():
        crc = zlib.crc32(piece, crc)
        size += len(piece)
    if size != item.size:
        raise _changed(item)
    return crc


def _changed(item: Item) -> ModelyardError:
    return ModelyardError(f"The file {item.path!r} has changed while it was read.")


def _name_of(message: pre.GetArchive) -> str:
    last = message.path.rpartition("/")[2]
    return last or message.run_id or message.model_id or f"{message.name}-{message.version}"
