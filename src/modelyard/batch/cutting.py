"""Text files, cut into chunks of whole rows: a line break inside quotes ends no row of CSV."""

from __future__ import annotations

from typing import Any

from modelyard.batch.options import CHUNK_BYTES
from modelyard.batch.places import Handle, Item
from modelyard.core.errors import InvalidParameter
from modelyard.models.libraries import numpy

LONGEST_ROW = 64 << 20
_BREAK, _QUOTE = 10, 34


class Cut:
    """Some whole rows of a file: the bytes, where they start, and where in them each line ends."""

    __slots__ = ("data", "ends", "start")

    def __init__(self, start: int, data: bytes, ends: Any) -> None:
        self.start = start
        self.data = data
        self.ends = ends

    @property
    def end(self) -> int:
        """The offset in the file behind the last row."""
        return self.start + len(self.data)


class Cutter:
    """Cuts one file: ``cut(start, rows)`` gives at most so many lines from there on, or None at the file's end.

    Where a chunk ends depends on the file and on ``rows`` alone, so that a batch that goes on cuts as it did before.
    """

    def __init__(self, handle: Handle, item: Item, *, quotes: bool) -> None:
        self._handle = handle
        self._item = item
        self._quotes = quotes
        self._guess = CHUNK_BYTES

    def cut(self, start: int, rows: int) -> Cut | None:
        """The next lines; ``InvalidParameter`` for one that is longer than any row should be."""
        if start >= self._item.size:
            return None
        room = CHUNK_BYTES
        while True:
            want = min(room, self._guess) if room == CHUNK_BYTES else room
            data = self._handle.read_at(start, min(want, self._item.size - start))
            if not data:
                raise InvalidParameter(f"{self._item.address} became shorter while it was read.")
            last = start + len(data) >= self._item.size
            ends = _ends(data, quotes=self._quotes)
            if last and (not len(ends) or ends[-1] != len(data) - 1):
                ends = numpy().append(ends, len(data))  # the last line has no break
            if len(ends) >= rows or last or (len(ends) and want == room):
                return self._made(start, data, ends[:rows])
            if want < room:
                self._guess = CHUNK_BYTES
                continue
            if room >= LONGEST_ROW:
                raise InvalidParameter(
                    f"{self._item.address} has a row of more than {LONGEST_ROW >> 20} MiB at byte {start}; is a quote not closed?"
                )
            room *= 2

    def _made(self, start: int, data: bytes, ends: Any) -> Cut:
        length = min(int(ends[-1]) + 1, len(data))
        self._guess = min(CHUNK_BYTES, length + (length >> 4) + 4096)
        return Cut(start, data[:length], ends)


def _ends(data: bytes, *, quotes: bool) -> Any:
    """The places of the line breaks that end a row."""
    library = numpy()
    signs = library.frombuffer(data, dtype="uint8")
    ends = library.flatnonzero(signs == _BREAK)
    if not quotes or b'"' not in data:
        return ends
    inside = library.cumsum(signs == _QUOTE, dtype="uint8") & 1  # 256 is even: overflow does no harm
    return ends[inside[ends] == 0]
