"""Bytes of artifacts in and out, in pieces, at the pace of the slower side, with the same little memory for any size."""

from __future__ import annotations

import asyncio
import os
import re
import unicodedata
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec

from modelyard.core.errors import ModelyardError, RangeNotSatisfiable
from modelyard.core.wire.codec import encode_reply
from modelyard.core.wire.messages.artifacts import MultipartUploadReply
from modelyard.server import intake
from modelyard.server.lent import PIECE, lent
from modelyard.server.routing import Direct, Route
from modelyard.server.streaming import answering, send_piece
from modelyard.services.artifacts.contract import Download, Upload
from modelyard.web.pools import Pool
from modelyard.web.replies import FILE_POLICY
from modelyard.web.request import Request, Stream
from modelyard.web.tasks import Tasks

UPLOADS = ("upload_artifact", "upload_part", "upload_run_artifact")
DOWNLOADS = ("download_artifact", "get_run_artifact", "get_version_artifact", "get_model_artifact")

# Types that no browser runs as a page of ours; everything else is bytes.
_TYPES = {
    b"text/plain; charset=utf-8": "txt log md py r sh cfg ini toml conf rst yaml yml mlmodel mlproject".split(),
    b"application/json": ["json"],
    b"text/csv; charset=utf-8": ["csv", "tsv"],
    b"image/png": ["png"],
    b"image/jpeg": ["jpg", "jpeg"],
    b"image/gif": ["gif"],
    b"image/webp": ["webp"],
    b"application/pdf": ["pdf"],
}
_TYPE_BY_ENDING = {ending: kind for kind, endings in _TYPES.items() for ending in endings}
_BYTES = b"application/octet-stream"
_RANGE = re.compile(rb"bytes=(\d*)-(\d*)")


class Transfers:
    """Answers the endpoints whose bodies are files."""

    def __init__(self, files: Pool, prefix: str = "") -> None:
        self.tasks = Tasks()
        self._files = files
        self._prefix = prefix

    def direct(self) -> dict[str, Direct]:
        """Endpoint name → what answers it."""
        found: dict[str, Direct] = {f"artifacts.{verb}": answering(self.tasks, self._upload) for verb in UPLOADS}
        found.update({f"artifacts.{verb}": answering(self.tasks, self._download) for verb in DOWNLOADS})
        found["artifacts.create_multipart_upload"] = answering(self.tasks, self._begin_parts)
        return found

    # in

    async def _upload(self, request: Request, route: Route) -> None:
        stream = request.stream
        assert stream is not None
        message = route.read(request)
        upload: Upload = await self._files.run(partial(route.handle, message))
        try:
            if (left := _to_come(request)) < PIECE:
                await self._receive(request, stream, upload, route.limit)
            else:
                await self._receive_directly(request, stream, upload, left)
            stored = await self._files.run(upload.finish)
        except BaseException:
            await asyncio.shield(self._files.run(upload.abandon))
            raise
        request.reply(200, b"{}", headers=b'etag: "%s"\r\n' % stored.sha256.encode())

    async def _receive(self, request: Request, stream: Stream, upload: Upload, limit: int) -> None:
        size = 0
        while parts := await stream.take(PIECE):
            size += sum(map(len, parts))
            if size > limit:
                raise intake.too_large(request)
            await self._files.run(partial(_write, upload, parts))

    async def _receive_directly(self, request: Request, stream: Stream, upload: Upload, left: int) -> None:
        """Read from the socket on threads, past the event loop and the parser, which would copy every byte twice."""
        connection, keep_alive = request.connection, request.keep_alive
        connection.hold("lent")
        request.keep_alive = False  # should it fail: where the next request begins is only known when all was read
        parts = await stream.take(0)
        await self._files.run(partial(_write, upload, parts))
        with lent(connection, self._files) as loan:
            await loan.receive(upload.write, left)
        request.keep_alive = keep_alive
        connection.skipped_body(request)
        connection.release("lent")

    async def _begin_parts(self, request: Request, route: Route) -> None:
        reply: MultipartUploadReply = await self._files.run(partial(route.handle, route.read(request)))
        scheme = b"https" if request.connection.secure else b"http"
        here = (scheme + b"://" + request.headers.get(b"host", b"")).decode("ascii") + self._prefix
        addressed = [msgspec.structs.replace(part, url=here + part.url) for part in reply.credentials]
        request.reply_json(encode_reply(msgspec.structs.replace(reply, credentials=addressed)))

    # out

    async def _download(self, request: Request, route: Route) -> None:
        message = route.read(request)
        opened: AbstractContextManager[Download] = await self._files.run(partial(route.handle, message))
        download = await self._files.run(opened.__enter__)
        try:
            await self._answer(request, download, _name_of(message))
        finally:
            await asyncio.shield(self._files.run(partial(opened.__exit__, None, None, None)))

    async def _answer(self, request: Request, download: Download, name: str) -> None:
        start, stop, partial_content = _wanted(request, download.size)
        headers = b"accept-ranges: bytes\r\ncontent-disposition: %s\r\n" % disposition(name).encode("ascii")
        if partial_content:
            headers += b"content-range: bytes %d-%d/%d\r\n" % (start, stop - 1, download.size)
        status = 206 if partial_content else 200
        head = request.head(status, stop - start, content_type=_type_of(name), headers=headers, policy=FILE_POLICY)
        if request.method == b"HEAD" or start == stop:
            request.send(head)
        elif request.connection.secure or download.fileno() is None or not hasattr(os, "sendfile"):
            request.send(head)
            await self._send_pieces(request, download, start, stop)
        else:
            await self._send_file(request, download, head, start, stop)
        request.end_reply(status)

    async def _send_pieces(self, request: Request, download: Download, start: int, stop: int) -> None:
        pieces = download.chunks(start, stop)
        while piece := await self._files.run(partial(next, pieces, b"")):
            await send_piece(request, piece)

    async def _send_file(self, request: Request, download: Download, head: bytes, start: int, stop: int) -> None:
        source = download.fileno()
        assert source is not None
        request.answered = True
        with lent(request.connection, self._files) as loan:
            await loan.send(head)
            await loan.send_file(source, start, stop)


def _write(upload: Upload, parts: list[bytes]) -> None:
    for part in parts:
        upload.write(part)


def _to_come(request: Request) -> int:
    """How many bytes of a body can be read from the socket itself: 0 when that is not known, or they are encrypted."""
    length = request.headers.get(b"content-length", b"")
    if request.connection.secure or request.stream is None or not length.isdigit():
        return 0
    return int(length) - request.stream.size


def _wanted(request: Request, size: int) -> tuple[int, int, bool]:
    """The part of the file that is asked for: where it starts, where it stops, and whether it is a part."""
    asked = request.headers.get(b"range")
    match = _RANGE.fullmatch(asked.strip()) if asked is not None and b"if-range" not in request.headers else None
    if match is None or not (match[1] or match[2]) or len(asked or b"") > 64:
        return 0, size, False  # several ranges, or none: the file
    if match[1]:
        start, stop = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < start:
            return 0, size, False
    else:
        start, stop = max(0, size - int(match[2])), size
    if start >= size or start >= stop:
        request.extra += b"content-range: bytes */%d\r\n" % size
        raise RangeNotSatisfiable(f"The file has {size} bytes; the range lies outside of it.")
    return start, stop, True


def _name_of(message: Any) -> str:
    for field in ("artifact_path", "artifact_file_path", "path"):
        path = getattr(message, field, "")
        if path:
            return str(path).rpartition("/")[2]
    raise ModelyardError("A download names no file.")


def _type_of(name: str) -> bytes:
    _, dot, ending = name.rpartition(".")
    return _TYPE_BY_ENDING.get(ending.lower() if dot else name.lower(), _BYTES)


def disposition(name: str) -> str:
    """A ``Content-Disposition`` that saves the file under its name: in ASCII, and once more in full if it is not.

    >>> disposition("model.pkl")
    'attachment; filename="model.pkl"'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r'[^\x20-\x7e]|["\\]', "_", plain) or "download"
    told = f'attachment; filename="{plain}"'
    return told if plain == name else f"{told}; filename*=UTF-8''{quote(name, safe='')}"
