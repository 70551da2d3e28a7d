"""From a chunk to rows: what the model is given, what is kept of the input, and rows that cannot be read, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from modelyard.batch.arrow import arrow, arrow_csv, compute
from modelyard.batch.cutting import Cut
from modelyard.batch.read import Chunk
from modelyard.models.libraries import numpy
from modelyard.models.types import DataType

Bad = tuple[int, str]
"""A row that cannot be scored: its place in the chunk, and why."""


class Lines(NamedTuple):
    """Rows of CSV as they stand in the input: an Arrow array of texts, each with the line break before it."""

    texts: Any


class Rows(NamedTuple):
    """The rows of a chunk. ``good`` names the places of those that are in ``features`` and ``kept``; None: all."""

    total: int
    features: Any
    kept: Any
    good: Any = None
    bad: Sequence[Bad] = ()


Parser = Callable[[Chunk], Rows]


class Wanted(NamedTuple):
    """What is wanted of the input: the columns the model takes with their types, and those that are kept (None: all).

    ``features`` is None for a model that takes whatever there is. With ``verbatim`` lines of CSV are kept as they are.
    """

    features: Mapping[str, Any] | None
    kept: Sequence[str] | None
    verbatim: bool = False


def numbers_of(places: Sequence[int], count: int) -> Any:
    """The places in a chunk of ``count`` rows but these."""
    mask = numpy().ones(count, dtype=bool)
    mask[list(places)] = False
    return numpy().flatnonzero(mask)


class TableParser:
    """Rows of Parquet and Arrow, which are tables already."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def __call__(self, chunk: Chunk) -> Rows:
        table, features, kept = chunk.data, self._wanted.features, self._wanted.kept
        chosen = table if features is None else table.select([name for name in features if name in table.column_names])
        return Rows(table.num_rows, chosen, table if kept is None else table.select(list(kept)))


class JsonParser:
    """Rows of JSON Lines: an object a line."""

    def __init__(self, wanted: Wanted) -> None:
        self._kept = None if wanted.kept is None else frozenset(wanted.kept)

    def __call__(self, chunk: Chunk) -> Rows:
        cut: Cut = chunk.data
        try:
            rows = _LINES.decode_lines(cut.data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            rows = None
        if rows is not None and all(type(row) is dict for row in rows):
            return Rows(len(rows), rows, self._keep(rows))
        return self._one_by_one(cut)

    def _one_by_one(self, cut: Cut) -> Rows:
        found, bad = [], []
        lines = [line for line in cut.data.split(b"\n") if line.strip()]
        for place, line in enumerate(lines):
            try:
                row = msgspec.json.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                bad.append((place, f"The line is not JSON: {error}"))
                continue
            if isinstance(row, dict):
                found.append(row)
            else:
                bad.append((place, f"The line is no JSON object but {_KINDS.get(type(row), 'something else')}."))
        good = numbers_of([place for place, _ in bad], len(lines))
        return Rows(len(lines), found, self._keep(found), good, bad)

    def _keep(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self._kept is None:
            return rows
        return [{name: value for name, value in row.items() if name in self._kept} for row in rows]


_KINDS = {
    list: "an array",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
_LINES = msgspec.json.Decoder()


class CsvParser:
    """Rows of CSV. The model's columns get its types; all others stay texts."""

    def __init__(self, wanted: Wanted, names: Sequence[str], delimiter: str) -> None:
        self._wanted = wanted
        self._names = list(names)
        self._delimiter = delimiter
        library = arrow()
        features = dict.fromkeys(names, None) if wanted.features is None else wanted.features
        self._types = {name: arrow_type(of) for name, of in features.items() if name in self._names}
        self._features = list(self._types)
        self._kept = [] if wanted.verbatim else list(names if wanted.kept is None else wanted.kept)
        self._read = list(dict.fromkeys([*self._features, *self._kept]))
        self._all = {name: self._types.get(name) or library.string() for name in self._read}

    def __call__(self, chunk: Chunk) -> Rows:
        cut: Cut = chunk.data
        if not cut.data.strip(b"\r\n"):
            return self._rows(0, self._nothing(), None, cut, [])
        broken: list[Bad] = []
        try:
            table = self._parsed(cut, self._all, broken)
            bad: list[Bad] = []
        except arrow().ArrowInvalid:
            broken.clear()
            texts = self._parsed(cut, dict.fromkeys(self._read, arrow().binary()), broken)
            table, bad = self._converted(texts)
        count = table.num_rows + len(broken)
        whole = numbers_of([place for place, _ in broken], count) if broken else None
        bad = bad if whole is None else [(int(whole[place]), reason) for place, reason in bad]
        if bad and table.num_rows:
            places = {place for place, _ in bad}
            base = whole if whole is not None else range(table.num_rows)
            left = [at for at, place in enumerate(base) if place not in places]
            table = table.take(arrow().array(left, arrow().int64()))
        bad = sorted([*broken, *bad])
        good = numbers_of([place for place, _ in bad], count) if bad else None
        return self._rows(count, table, good, cut, bad)

    def _rows(self, count: int, table: Any, good: Any, cut: Cut, bad: Sequence[Bad]) -> Rows:
        features = table.select(self._features)
        if not self._wanted.verbatim:
            return Rows(count, features, table.select(self._kept), good, bad)
        texts = lines_of(cut)
        texts = texts if good is None else texts.take(arrow().array(good))
        assert len(texts) == table.num_rows, "the lines of a chunk are not its rows"
        return Rows(count, features, Lines(texts), good, bad)

    def _nothing(self) -> Any:
        return arrow().schema(list(self._all.items())).empty_table()

    def _parsed(self, cut: Cut, types: Mapping[str, Any], broken: list[Bad]) -> Any:
        library = arrow_csv()

        def handle(row: Any) -> str:
            told = f"The row has {row.actual_columns} values; the header has {row.expected_columns} columns."
            broken.append(((row.number or 0) - 1, told))
            return "skip"

        return library.read_csv(
            arrow().BufferReader(cut.data),
            read_options=library.ReadOptions(
                column_names=self._names, use_threads=False, block_size=max(len(cut.data) + 1, 1024)
            ),
            parse_options=library.ParseOptions(
                delimiter=self._delimiter, newlines_in_values=b'"' in cut.data, invalid_row_handler=handle
            ),
            convert_options=library.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )

    def _converted(self, texts: Any) -> tuple[Any, list[Bad]]:
        """The columns as their types, and the rows in which a value is none of its column's type."""
        reasons: dict[int, str] = {}
        columns = {}
        for name, of in self._all.items():
            column = texts.column(name).combine_chunks()
            try:
                columns[name] = _cast(column, of)
            except arrow().ArrowInvalid:
                columns[name], places = _one_by_one(column, of)
                for place in places:
                    reasons.setdefault(place, f"Column {name!r}: the value is no {_told(of)}.")
        return arrow().table(columns), sorted(reasons.items())


def lines_of(cut: Cut) -> Any:
    """The lines of a cut that are not empty, each with the line break before it, as an Arrow array of texts."""
    library = arrow()
    data = b"\n" + (cut.data if cut.data.endswith(b"\n") else cut.data + b"\n")
    offsets = numpy().empty(len(cut.ends) + 1, dtype="int32")
    offsets[0] = 0
    offsets[1:] = cut.ends + 1
    texts = library.StringArray.from_buffers(len(cut.ends), library.py_buffer(offsets), library.py_buffer(data))
    if b"\r" in cut.data:
        texts = compute().ascii_rtrim(texts, characters="\r")
    lengths = compute().binary_length(texts)
    return texts if compute().min(lengths).as_py() > 1 else texts.filter(compute().greater(lengths, 1))


def arrow_type(of: Any) -> Any:
    """The Arrow type in which a column of CSV is read for a type of the signature."""
    library = arrow()
    if of is None:
        return library.float64()
    types = {
        DataType.boolean: library.bool_,
        DataType.integer: library.int32,
        DataType.long: library.int64,
        DataType.float: library.float32,
        DataType.double: library.float64,
    }
    return types.get(of, library.string)()


def _cast(column: Any, of: Any) -> Any:
    if arrow().types.is_string(of):
        return column.cast(of)
    trimmed = compute().utf8_trim_whitespace(column.cast(arrow().string()))
    return trimmed.cast(of)


def _one_by_one(column: Any, of: Any) -> tuple[Any, list[int]]:
    """The values that are of a type, None for the others, and the places of these."""
    library = arrow()
    found: list[Any] = []
    bad: list[int] = []
    for place, value in enumerate(column):
        if not value.is_valid:
            found.append(None)
            continue
        try:
            found.append(_cast(library.array([value.as_py()], type=library.binary()), of)[0].as_py())
        except library.ArrowInvalid:
            found.append(None)
            bad.append(place)
    return library.array(found, type=of), bad


def _told(of: Any) -> str:
    types = arrow().types
    if types.is_integer(of):
        return f"whole number of {of.bit_width} bits"
    if types.is_boolean(of):
        return "true or false"
    return "number" if types.is_floating(of) else "text in UTF-8"
