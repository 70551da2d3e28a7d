"""Looking into a file: a slice of a text, the first rows of a table, or a word for what it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from modelyard.core.errors import InvalidParameter, RangeNotSatisfiable, TooLarge
from modelyard.core.wire.messages import previews as pre
from modelyard.server.views.children import Children
from modelyard.server.views.kinds import HEAD, PARQUET, TEXT, Kind, kind_of, whole
from modelyard.server.views.places import Places
from modelyard.server.views.tables import Table, read_csv
from modelyard.services.artifacts.contract import Download

_CHARACTER = 4  # bytes, at most


class Files:
    """Answers ``GET …/views/file``."""

    def __init__(self, places: Places, children: Children) -> None:
        self._places = places
        self._children = children

    def preview_file(self, request: pre.PreviewFile) -> pre.FilePreview:
        """What a file is, and some of it. No more of it is read than is answered, or a table needs."""
        check(request)
        with self._places.find(request).open(request.path) as download:
            kind = kind_of(request.path, read(download, 0, HEAD))
            if kind.kind == "table":
                found = self._table(download, kind, request)
                if found is not None:
                    return found
                kind = TEXT
            if kind.kind in ("text", "json", "markdown", "html") or kind.content_type == "image/svg+xml":
                return _text(download, kind, request)
            return pre.FilePreview(kind=kind.kind, bytes=download.size, content_type=kind.content_type)

    def _table(self, download: Download, kind: Kind, request: pre.PreviewFile) -> pre.FilePreview | None:
        if kind is PARQUET:
            table = self._children.parquet(download, rows=request.rows)
        else:
            found = read_csv(_pieces(download), rows=request.rows, tabs="tab-separated" in kind.content_type)
            if found is None:
                return None
            table = found
        return _shown(table, download, kind)


def check(request: pre.PreviewFile) -> None:
    """Refuse what is beyond the limits."""
    if not 1 <= request.length <= pre.MAX_TEXT:
        raise InvalidParameter(f"length is {request.length}; it is 1 to {pre.MAX_TEXT} bytes.")
    if not 1 <= request.rows <= pre.MAX_TABLE_ROWS:
        raise InvalidParameter(f"rows is {request.rows}; it is 1 to {pre.MAX_TABLE_ROWS}.")
    if request.offset < 0:
        raise InvalidParameter(f"offset is {request.offset}; a text begins at 0.")


def read(download: Download, start: int, count: int) -> bytes:
    """Bytes of a file, fewer at its end."""
    stop = min(start + count, download.size)
    return b"".join(download.chunks(start, stop)) if start < stop else b""


def read_small(download: Download, largest: int, what: str) -> bytes:
    """All of a file that is not large. Raises ``TooLarge``."""
    if download.size > largest:
        raise TooLarge(f"{what} has {download.size:,} bytes; more than {largest:,} are not looked at.")
    return read(download, 0, download.size)


def _text(download: Download, kind: Kind, request: pre.PreviewFile) -> pre.FilePreview:
    """A slice that begins and ends between characters."""
    size = download.size
    if request.offset > size:
        raise RangeNotSatisfiable(f"The file has {size} bytes; the slice begins beyond them.")
    data = read(download, request.offset, max(request.length, _CHARACTER))
    skipped = _begun(data) if request.offset else 0
    start, end = request.offset + skipped, request.offset + len(data)
    data = data[skipped:]
    if end < size:
        data = data[: whole(data)]
    end = start + len(data)
    return pre.FilePreview(
        kind=kind.kind,
        bytes=size,
        content_type=kind.content_type,
        text=data.decode(errors="replace"),
        offset=start,
        next_offset=end if end < size else 0,
    )


def _begun(data: bytes) -> int:
    """How many bytes at the beginning belong to a character before it."""
    for count, byte in enumerate(data[: _CHARACTER - 1]):
        if byte & 0xC0 != 0x80:
            return count
    return min(len(data), _CHARACTER - 1)


def _pieces(download: Download) -> Iterator[bytes]:
    """The file from its beginning, in pieces of which none is large."""
    return chain.from_iterable(
        download.chunks(at, min(at + HEAD * 8, download.size)) for at in range(0, download.size, HEAD * 8)
    )


def _shown(table: Table, download: Download, kind: Kind) -> pre.FilePreview:
    return pre.FilePreview(
        kind="table",
        bytes=download.size,
        content_type=kind.content_type,
        columns=table.columns,
        rows=table.rows,
        total_rows=table.total,
    )
