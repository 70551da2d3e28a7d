"""CSV of a request as rows. A cell has no type of its own: it is read by its column's."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from modelyard.core.errors import BadRequest, InvalidParameter
from modelyard.core.extras import optional
from modelyard.models.casts import NUMBERS
from modelyard.models.schema import Schema
from modelyard.models.types import AnyType, DataType
from modelyard.serving import tables
from modelyard.serving.bodies import MAX_VALUES
from modelyard.serving.inputs import tensor_rows

_REAL = (DataType.float, DataType.double)
_MISSING = frozenset(("", "na", "nan", "null", "none", "n/a", "<na>"))
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_INFINITE = {"inf": float("inf"), "infinity": float("inf"), "-inf": float("-inf"), "-infinity": float("-inf")}
_WANTED = "Failed to parse input as a table. Ensure that the input is valid CSV with a line of column names."


def read_csv(body: bytes, schema: Schema | None, field: str) -> tuple[Any, int]:
    """The data of a CSV text, and how many rows it has.

    The first line has the names of the columns. It is a row itself if the signature has names and the line none of them;
    its values are then in the signature's order. An empty cell is a missing value; so are NA, NaN and null among numbers.
    """
    lines = _lines(body)
    names: list[Any] | None = lines[0]
    if schema is not None and schema.has_input_names() and not set(lines[0]) & set(schema.input_names()):
        names = None
    rows = lines if names is None else lines[1:]
    if schema is None:
        return _guessed(names or [], rows), len(rows)
    if schema.is_tensor_spec():
        return tensor_rows(schema, names, [[_guess(cell) for cell in row] for row in rows], field), len(rows)
    return _typed(schema, names, rows, len(lines[0]), field), len(rows)


def _typed(schema: Schema, names: Sequence[str] | None, rows: Sequence[Sequence[str]], width: int, field: str) -> Any:
    """The table of the cells, each read by the type of its column; cells of columns the model does not take stay texts."""
    if names is not None and schema.has_input_names():
        known = schema.input_types_dict()
        types = [known.get(name) for name in names]
    else:
        known_types = schema.input_types()
        types = [known_types[place] if place < len(known_types) else None for place in range(width)]
    called = names if names is not None else schema.input_names()
    read = [
        cells if of is None else _read(of, cells, f"Column {called[place]!r}")
        for place, (of, cells) in enumerate(zip(types, zip(*rows, strict=True), strict=False))
    ]
    return tables.table(schema, names, list(map(list, zip(*read, strict=True))), field)


def _read(of: Any, cells: Sequence[str], where: str) -> Sequence[Any]:
    """The values of a column, all at once where they are nothing but numbers."""
    if of in NUMBERS:
        try:
            numbers: list[Any] = list(map(float if of in _REAL else int, cells))
        except ValueError:
            numbers = []
        if numbers and "_" not in "".join(cells):
            return numbers
    return [_cell(of, cell, f"{where}, row {row}") for row, cell in enumerate(cells)]


def _lines(body: bytes) -> list[list[str]]:
    if body.count(b",") >= MAX_VALUES:
        raise BadRequest(f"{_WANTED} It has more than {MAX_VALUES} values; send them in several requests.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("Invalid input. Ensure that input is a valid UTF-8 encoded string.") from None
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise BadRequest(f"{_WANTED} Error: {error}.") from None
    if not lines:
        raise BadRequest(f"{_WANTED} It has no line at all.")
    width = len(lines[0])
    for place, line in enumerate(lines):
        if len(line) != width:
            raise BadRequest(f"{_WANTED} Line {place + 1} has {len(line)} values, the first line {width}.")
    return lines


def _cell(of: Any, cell: str, where: str) -> Any:
    if of is DataType.string or of is DataType.binary or of is DataType.datetime:
        return cell or None
    if isinstance(of, AnyType):
        return _guess(cell)
    low = cell.strip().lower()
    if low in _MISSING:
        return None
    found = _number(low) if of in NUMBERS else _TRUTH.get(low) if of is DataType.boolean else _nested(cell)
    if found is None:
        raise InvalidParameter(f"{where} is a text that is no {of!r}, which the model expects.")
    return found


def _number(text: str) -> int | float | None:
    """A number as CSV has it; None for everything else, such as Python's own ``1_000``."""
    if text in _INFINITE:
        return _INFINITE[text]
    if "_" in text or len(text) > 400:
        return None
    try:
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        return None


def _nested(cell: str) -> Any:
    """A list or an object, written as JSON."""
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return None


def _guess(cell: str) -> Any:
    low = cell.strip().lower()
    if low in _MISSING:
        return None
    found = _number(low)
    return cell if found is None else found


def _guessed(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
    """Without a signature: columns of numbers where all values are numbers, and of texts else, as pandas guesses."""
    columns = [_column([row[place] for row in rows]) for place in range(len(names))]
    pandas = optional("pandas")
    if pandas is not None:
        tables.check_names(names, "The first line")
        return pandas.DataFrame(dict(zip(names, columns, strict=True)))
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column(cells: Sequence[str]) -> list[Any]:
    found = [_guess(cell) for cell in cells]
    kinds = set(map(type, found)) - {type(None)}
    if kinds <= {int, float}:
        return found
    if {cell.strip().lower() for cell in cells} <= {"true", "false"}:
        return [_TRUTH[cell.strip().lower()] for cell in cells]
    return [cell or None for cell in cells]
