"""Inputs as chunks: CSV, JSON Lines, Parquet and Arrow IPC, from any place, each chunk at a position to go on from."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from modelyard.batch.arrow import arrow, arrow_ipc, parquet
from modelyard.batch.cutting import Cut, Cutter
from modelyard.batch.options import CHUNK_BYTES, Format
from modelyard.batch.places import Handle, Item, Seekable, is_object, open_item
from modelyard.core.errors import InvalidParameter, first_line

_BLOCK = 1 << 20


class Position(msgspec.Struct, frozen=True, order=True):
    """Where a chunk ends: the file's number, a group in it (0 for text), and an offset there: a byte, or a row."""

    item: int = 0
    group: int = 0
    at: int = 0


class Chunk(NamedTuple):
    """Some rows of the input, as they were read.

    ``data`` is a ``Cut`` of a text file, or a table. ``begin`` and ``end`` are offsets in the group of the file.
    """

    begin: int
    end: Position
    data: Any


class Reader(Protocol):
    """Reads the files of one format."""

    @property
    def names(self) -> Sequence[str]:
        """The columns; none where the format has them in each row."""
        ...

    @property
    def total(self) -> int:
        """How large the input is, in the unit of ``Progress``: rows where the files say it, else bytes."""
        ...

    def chunks(self, after: Position) -> Iterator[Chunk]:
        """The chunks behind a position, the same ones whenever it is asked."""
        ...

    def done(self, position: Position) -> int:
        """How much of ``total`` lies before a position."""
        ...


def reader_of(form: Format, items: Sequence[Item], *, rows: int, delimiter: str) -> Reader:
    """The reader of the files of a format; ``InvalidParameter`` for files that do not go together."""
    if form == "csv":
        return CsvReader(items, rows, delimiter)
    if form == "jsonl":
        return _TextReader(items, rows)
    return _ParquetReader(items, rows) if form == "parquet" else _ArrowReader(items, rows)


def digest_of(items: Sequence[Item]) -> str:
    """What names the input's content: the SHA-256 of a file; of several, that of their ``sha256sum`` lines.

    Objects of a bucket are named by their entity tags, which cost no download.
    """
    if any(is_object(item.address) for item in items):
        told = "".join(f"{item.stamp}  {item.size}  {item.address}\n" for item in items)
        return f"etag-sha256:{hashlib.sha256(told.encode()).hexdigest()}"
    if len(items) == 1:
        return f"sha256:{_sha256(items[0])}"
    told = "".join(f"{_sha256(item)}  {item.name}\n" for item in items)
    return f"sha256:{hashlib.sha256(told.encode()).hexdigest()}"


def _sha256(item: Item) -> str:
    with open(item.address, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _TextReader:
    """JSON Lines, and what CSV shares with it."""

    _quotes = False

    def __init__(self, items: Sequence[Item], rows: int) -> None:
        self._items = items
        self._rows = rows
        self._before = _sums(item.size for item in items)
        self.total = self._before[-1]

    @property
    def names(self) -> Sequence[str]:
        """None: each row has its own."""
        return ()

    def chunks(self, after: Position) -> Iterator[Chunk]:
        """Cuts of the files, one after the other."""
        for number in range(after.item, len(self._items)):
            item = self._items[number]
            handle = open_item(item)
            try:
                at = after.at if number == after.item else 0
                at = at or self._first(handle, item)
                cutter = Cutter(handle, item, quotes=self._quotes)
                while (cut := cutter.cut(at, self._rows)) is not None:
                    yield Chunk(at, Position(number, 0, cut.end), cut)
                    at = cut.end
            finally:
                handle.close()

    def done(self, position: Position) -> int:
        """Bytes before a position."""
        return self._before[position.item] + position.at

    def _first(self, handle: Handle, item: Item) -> int:
        """Where the first row begins."""
        return len(codecs.BOM_UTF8) if handle.read_at(0, 3) == codecs.BOM_UTF8 else 0


class CsvReader(_TextReader):
    """CSV with a header line, the same one in all files."""

    _quotes = True

    def __init__(self, items: Sequence[Item], rows: int, delimiter: str) -> None:
        super().__init__(items, rows)
        self._delimiter = delimiter
        heads = [self._head(item) for item in items]
        self._names, self._starts = (
            heads[0][0],
            {item.address: head[1] for item, head in zip(items, heads, strict=True)},
        )
        for item, (names, _) in zip(items, heads, strict=True):
            if names != self._names:
                raise InvalidParameter(
                    f"The header of {item.address} is not that of {items[0].address}: {_shown(names)} and {_shown(self._names)}."
                )
        twice = sorted({name for name in self._names if self._names.count(name) > 1})
        if twice:
            raise InvalidParameter(
                f"The header of {items[0].address} has several columns {twice[0]!r}; rename all but one."
            )

    @property
    def names(self) -> Sequence[str]:
        """The names in the header."""
        return self._names

    def _first(self, handle: Handle, item: Item) -> int:
        return self._starts[item.address]

    def _head(self, item: Item) -> tuple[list[str], int]:
        handle = open_item(item)
        try:
            start = super()._first(handle, item)
            cut: Cut | None = Cutter(handle, item, quotes=True).cut(start, 1)
            while cut is not None and not cut.data.strip():
                cut = Cutter(handle, item, quotes=True).cut(cut.end, 1)
        finally:
            handle.close()
        if cut is None:
            raise InvalidParameter(f"{item.address} is empty: CSV begins with a header line.")
        try:
            text = cut.data.decode()
        except UnicodeDecodeError:
            raise InvalidParameter(f"The header of {item.address} is not UTF-8.") from None
        return next(csv.reader([text], delimiter=self._delimiter)), cut.end


class _ParquetReader:
    """Parquet, a row group after the other."""

    def __init__(self, items: Sequence[Item], rows: int) -> None:
        self._items = items
        counts, names = [], []
        self._most = rows
        for item in items:
            with self._open(item) as file:
                about = file.metadata
                counts.append([about.row_group(group).num_rows for group in range(about.num_row_groups)])
                sizes = [about.row_group(group).total_byte_size for group in range(about.num_row_groups)]
                names.append(list(file.schema_arrow.names))
            for count, size in zip(counts[-1], sizes, strict=True):
                self._most = min(self._most, max(1, CHUNK_BYTES * count // max(1, size)))
        self.names = _same(items, names)
        self._groups = [_sums(each) for each in counts]
        self._before = _sums(each[-1] for each in self._groups)
        self.total = self._before[-1]

    def chunks(self, after: Position) -> Iterator[Chunk]:
        """Batches of the row groups, from the row on that comes next."""
        for number in range(after.item, len(self._items)):
            with self._open(self._items[number]) as file:
                first = after.group if number == after.item else 0
                for group in range(first, file.num_row_groups):
                    skip = after.at if (number, group) == (after.item, after.group) else 0
                    yield from self._of_group(file, number, group, skip)

    def _of_group(self, file: Any, number: int, group: int, skip: int) -> Iterator[Chunk]:
        at = 0
        for batch in file.iter_batches(batch_size=self._most, row_groups=[group], use_threads=False):
            end = at + batch.num_rows
            if end > skip:
                yield Chunk(at, Position(number, group, end), arrow().Table.from_batches([batch]).select(self.names))
            at = end

    def done(self, position: Position) -> int:
        """Rows before a position."""
        groups = self._groups[position.item]
        return self._before[position.item] + groups[min(position.group, len(groups) - 1)] + position.at

    def _open(self, item: Item) -> Any:
        try:
            return parquet().ParquetFile(_source(item), pre_buffer=False)
        except arrow().ArrowInvalid as error:
            raise InvalidParameter(f"{item.address} is no Parquet file: {first_line(error)}.") from None


class _ArrowReader:
    """Arrow IPC: files, and streams without an index; each record batch is a group."""

    def __init__(self, items: Sequence[Item], rows: int) -> None:
        self._items = items
        self._rows = rows
        names = []
        for item in items:
            with _source(item) as source:
                names.append(list(self._open(item, source).schema.names))
        self.names = _same(items, names)
        self._before = _sums(item.size for item in items)
        self.total = 0

    def chunks(self, after: Position) -> Iterator[Chunk]:
        """Slices of the record batches."""
        for number in range(after.item, len(self._items)):
            with _source(self._items[number]) as source:
                for group, batch in enumerate(_batches(self._open(self._items[number], source))):
                    here = (number, group)
                    if here < (after.item, after.group):
                        continue
                    yield from self._of_batch(
                        batch, number, group, after.at if here == (after.item, after.group) else 0
                    )

    def _of_batch(self, batch: Any, number: int, group: int, skip: int) -> Iterator[Chunk]:
        rows = min(self._rows, max(1, CHUNK_BYTES * batch.num_rows // max(1, batch.nbytes)))
        for at in range(0, batch.num_rows, rows):
            part = batch.slice(at, rows)
            if at + part.num_rows > skip:
                table = arrow().Table.from_batches([part]).select(self.names)
                yield Chunk(at, Position(number, group, at + part.num_rows), table)

    def done(self, position: Position) -> int:
        """Not known."""
        return 0

    def _open(self, item: Item, source: Any) -> Any:
        ipc = arrow_ipc()
        try:
            return ipc.open_file(source)
        except arrow().ArrowInvalid:
            source.seek(0)
        try:
            return ipc.open_stream(source)
        except arrow().ArrowInvalid as error:
            raise InvalidParameter(
                f"{item.address} is neither a file nor a stream of Arrow IPC: {first_line(error)}."
            ) from None


def _batches(opened: Any) -> Iterator[Any]:
    if hasattr(opened, "num_record_batches"):
        for number in range(opened.num_record_batches):
            yield opened.get_batch(number)
    else:
        yield from opened


def _source(item: Item) -> Any:
    if is_object(item.address):
        return arrow().PythonFile(Seekable(open_item(item), item.size), mode="r")
    return arrow().OSFile(item.address, "rb")


def _same(items: Sequence[Item], names: Sequence[list[str]]) -> list[str]:
    for item, each in zip(items, names, strict=True):
        if sorted(each) != sorted(names[0]):
            raise InvalidParameter(
                f"The columns of {item.address} are not those of {items[0].address}: {_shown(each)} and {_shown(names[0])}."
            )
        if len(set(each)) < len(each):
            raise InvalidParameter(f"{item.address} has several columns of one name.")
    return names[0]


def _sums(counts: Any) -> list[int]:
    found = [0]
    for count in counts:
        found.append(found[-1] + count)
    return found


def _shown(names: Sequence[str]) -> str:
    listed = ", ".join(map(repr, names[:10]))
    return listed if len(names) <= 10 else f"{listed} and {len(names) - 10} more"
