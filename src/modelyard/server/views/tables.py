"""The first rows of a table in a text file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator

import msgspec

MAX_BYTES = 4_000_000
"""So much of a text is read for its first rows."""
_DELIMITERS = (",", ";", "\t", "|")


class Table(msgspec.Struct, frozen=True):
    """Some rows as texts, and how many there are in all where that is known."""

    columns: list[str]
    rows: list[list[str | None]]
    total: int | None = None


def read_csv(pieces: Iterable[bytes], *, rows: int, tabs: bool = False) -> Table | None:
    r"""The first rows of a file of separated values; None for a text that is none.

    Its first line names the columns. Of rows of different lengths the shorter ones end in None.

    >>> read_csv([b"a;b\n1;2\n3\n"], rows=5)
    Table(columns=['a', 'b'], rows=[['1', '2'], ['3', None]], total=2)
    """
    lines = _Lines(pieces)
    first = next(lines, "")
    delimiter = "\t" if tabs else max(_DELIMITERS, key=first.count)
    reader = csv.reader(_again(first, lines), delimiter=delimiter, strict=False)
    found: list[list[str]] = []
    try:
        for row in reader:
            if row:
                found.append(row)
            if len(found) > rows + 1:
                break
    except (csv.Error, UnicodeDecodeError):  # a field longer than any the module reads, or no text after all
        return None
    ended = len(found) <= rows + 1 and not lines.was_cut
    if lines.was_cut and len(found) > 1:
        found.pop()  # it may be a part of a row
    if not found:
        return Table([], [], 0)
    width = max(map(len, found))
    columns = [*found[0], *(f"column {place + 1}" for place in range(len(found[0]), width))]
    shown: list[list[str | None]] = [[*row, *[None] * (width - len(row))] for row in found[1 : rows + 1]]
    return Table(columns, shown, len(found) - 1 if ended else None)


class _Lines(Iterator[str]):
    """The lines of a text that comes in pieces, up to a number of bytes."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.was_cut = False
        self._pieces = iter(pieces)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._left = MAX_BYTES
        self._lines: Iterator[str] = iter(())
        self._rest = ""

    def __next__(self) -> str:
        while (line := next(self._lines, None)) is None:
            piece = next(self._pieces, None)
            if piece is None or self._left <= 0:
                self.was_cut = piece is not None
                last, self._rest = self._rest, ""
                if last:
                    return last
                raise StopIteration
            self._left -= len(piece)
            text = self._rest + self._decoder.decode(piece)
            head, newline, self._rest = text.rpartition("\n")
            self._lines = io.StringIO(head + newline, newline="")
        return line


def _again(first: str, lines: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from lines
