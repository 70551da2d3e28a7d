"""Outputs: each chunk becomes a segment of bytes, the segments stand one after the other, and are the file or become it.

CSV and JSON Lines are their segments. Parquet and Arrow files end with an index, which nobody can write before the end:
their segments are an Arrow stream, and the file is made of it when the last chunk is there.
"""

from __future__ import annotations

import base64
import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from modelyard.batch.arrow import arrow, arrow_csv, arrow_ipc, compute, parquet, text
from modelyard.batch.options import Format
from modelyard.batch.rows import Lines
from modelyard.core.errors import InvalidParameter, first_line

_SPECIAL = '["\\r\\n]'


class Layout(msgspec.Struct, frozen=True):
    """The columns of an output: those of the input that are kept, then those of the predictions, in Arrow's types.

    The first chunk decides on it; ``schema`` is an Arrow schema as base64, so that a batch that goes on writes the same.
    """

    kept: tuple[str, ...]
    outputs: tuple[str, ...]
    schema: str

    @property
    def fields(self) -> Any:
        """The Arrow schema."""
        return arrow_ipc().read_schema(arrow().BufferReader(base64.b64decode(self.schema)))


class Encoder:
    """Writes chunks in a format and a layout; any thread may encode."""

    def __init__(self, form: Format, layout: Layout, delimiter: str) -> None:
        self._form = form
        self._layout = layout
        self._fields = layout.fields
        self._delimiter = delimiter

    def head(self) -> bytes:
        """What stands before the first segment."""
        if self._form == "csv":
            return _csv_line([*self._layout.kept, *self._layout.outputs], self._delimiter)
        return b"" if self._form == "jsonl" else self._fields.serialize().to_pybytes()

    def encode(self, kept: Any, outputs: Mapping[str, Any]) -> bytes:
        """The segment of some rows; ``InvalidParameter`` where the predictions are no longer of the layout's types."""
        typed = {name: self._typed(name, outputs) for name in self._layout.outputs}
        if isinstance(kept, Lines):
            return self._spliced(kept, typed)
        if self._form == "jsonl" and isinstance(kept, list):
            return _json_lines(kept, typed)
        table = self._table(kept, typed)
        if self._form == "csv":
            return self._csv(table)
        if self._form == "jsonl":
            return _json_lines(table.select(self._layout.kept).to_pylist(), typed)
        batches = table.combine_chunks().to_batches()
        return b"".join(batch.serialize().to_pybytes() for batch in batches)

    def _typed(self, name: str, outputs: Mapping[str, Any]) -> Any:
        of = self._fields.field(name).type
        if outputs.keys() != set(self._layout.outputs):
            raise InvalidParameter(
                f"The model answered the columns {sorted(outputs)}; for the first rows they were {sorted(self._layout.outputs)}."
            )
        column = outputs[name]
        if column.type == of:
            return column
        try:
            return column.cast(of)
        except (arrow().ArrowInvalid, arrow().ArrowNotImplementedError):
            raise InvalidParameter(
                f"The model's predictions {name!r} are of type {column.type}; for the first rows they were of type {of}."
            ) from None

    def _table(self, kept: Any, typed: Mapping[str, Any]) -> Any:
        library = arrow()
        if isinstance(kept, list):
            fields = library.schema([self._fields.field(name) for name in self._layout.kept])
            _refuse_new(kept, self._layout.kept)
            try:
                kept = library.Table.from_pylist(kept, schema=fields)
            except (library.ArrowInvalid, library.ArrowTypeError) as error:
                raise InvalidParameter(
                    f"A column of the input has another type than in the first rows: {first_line(error)}."
                    " Write JSON Lines, or keep fewer columns."
                ) from None
        columns = {name: kept.column(name).cast(self._fields.field(name).type) for name in self._layout.kept}
        return library.table({**columns, **typed}, schema=self._fields)

    def _spliced(self, kept: Lines, typed: Mapping[str, Any]) -> bytes:
        """The lines of the input with the predictions behind: a copy, and no number of the input is written anew."""
        if not len(kept.texts):
            return b""
        texts = [_as_text(column, self._delimiter) for column in typed.values()]
        joined = compute().binary_join_element_wise(
            kept.texts, *texts, text(self._delimiter), null_handling="replace", null_replacement=""
        )
        offsets, data = joined.buffers()[1:]
        first, last = (
            memoryview(offsets).cast("i")[joined.offset],
            memoryview(offsets).cast("i")[joined.offset + len(joined)],
        )
        return b"".join((memoryview(data)[first + 1 : last], b"\n"))

    def _csv(self, table: Any) -> bytes:
        library = arrow_csv()
        for place, column in enumerate(table.columns):
            if arrow().types.is_nested(column.type):
                table = table.set_column(place, table.column_names[place], _as_json(column))
        sink = io.BytesIO()
        options = library.WriteOptions(include_header=False, delimiter=self._delimiter, quoting_style="needed")
        library.write_csv(table, sink, options)
        return sink.getvalue()


def layout_of(kept: Any, names: Sequence[str] | None, outputs: Mapping[str, Any]) -> Layout:
    """The layout of the first rows; ``InvalidParameter`` when a prediction has the name of a column that is kept."""
    library = arrow()
    if isinstance(kept, Lines):
        table = library.schema([(name, library.string()) for name in names or ()])
    elif isinstance(kept, list):
        table = library.Table.from_pylist(kept).schema if kept else library.schema([])
    else:
        table = kept.schema.remove_metadata()
    for name in outputs:
        if name in table.names:
            raise InvalidParameter(
                f"The input has a column {name!r} and so have the predictions: call these --prediction-column OTHER, or keep"
                " other columns with --columns."
            )
    fields = library.schema([*table, *((name, column.type) for name, column in outputs.items())])
    schema = base64.b64encode(fields.serialize().to_pybytes()).decode("ascii")
    return Layout(tuple(table.names), tuple(outputs), schema)


def finish(form: Format, partial: Path, target: Path, metadata: Mapping[str, str]) -> None:
    """Make the file of its segments: ``target`` appears whole, and then ``partial`` is gone."""
    if form in ("parquet", "arrow"):
        made = target.with_name(f".{target.name}.part")
        with open(made, "wb") as file:
            _assemble(form, partial, file, {key.encode(): value.encode() for key, value in metadata.items()})
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, target)
    else:
        os.replace(partial, target)
    sync_folder(target.parent)
    partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Let renames in a folder outlive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _assemble(form: Format, partial: Path, file: Any, metadata: dict[bytes, bytes]) -> None:
    with arrow().OSFile(str(partial), "rb") as source:
        batches = arrow_ipc().open_stream(source)
        schema = batches.schema.with_metadata(metadata)
        open_writer = arrow_ipc().new_file if form == "arrow" else parquet().ParquetWriter
        with open_writer(file, schema) as writer:
            for batch in batches:
                writer.write_batch(batch.replace_schema_metadata(metadata))


def _csv_line(values: Sequence[str], delimiter: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(values)
    return out.getvalue().encode()


def _as_text(column: Any, delimiter: str) -> Any:
    """A column as the texts that stand in CSV; empty where a value is missing."""
    library, types = compute(), arrow().types
    if types.is_nested(column.type):
        column = _as_json(column)
    if not (types.is_string(column.type) or types.is_large_string(column.type)):
        return library.cast(column, arrow().string())
    column = column.cast(arrow().string())
    special = library.or_(library.match_substring_regex(column, _SPECIAL), library.match_substring(column, delimiter))
    if not library.any(special).as_py():
        return column
    doubled = library.replace_substring(column, '"', '""')
    return library.if_else(special, library.binary_join_element_wise('"', doubled, '"', ""), column)


def _as_json(column: Any) -> Any:
    return arrow().array(
        [None if value is None else msgspec.json.encode(value).decode() for value in column.to_pylist()],
        arrow().string(),
    )


def _json_lines(rows: Sequence[Mapping[str, Any]], typed: Mapping[str, Any]) -> bytes:
    columns = {name: column.to_pylist() for name, column in typed.items()}
    encoder = msgspec.json.Encoder()
    return encoder.encode_lines(
        [{**row, **{name: values[place] for name, values in columns.items()}} for place, row in enumerate(rows)]
    )


def _refuse_new(rows: Sequence[Mapping[str, Any]], known: Sequence[str]) -> None:
    names = {name for row in rows for name in row} - set(known)
    if names:
        raise InvalidParameter(
            f"The column {min(names)!r} is not in the first rows. Write JSON Lines, or name columns with --columns."
        )
