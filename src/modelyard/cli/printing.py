"""Rows for people and for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

Row = Mapping[str, Any]


def show(rows: Sequence[Row], columns: Sequence[str], output: str, *, stream: TextIO | None = None) -> None:
    """Print rows: as a table of the columns named, or with all their fields as JSON or CSV."""
    out = stream or sys.stdout
    if output == "json":
        out.write(as_json([dict(row) for row in rows]) + "\n")
    elif output == "csv":
        writer = csv.DictWriter(out, fieldnames=list(columns), extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: guarded(value) for key, value in row.items()} for row in rows)
    else:
        _table(rows, columns, out)


def show_one(row: Row, output: str) -> None:
    """Print one thing: a field a line, or as JSON or CSV."""
    if output == "json":
        print(as_json(dict(row)))
    elif output == "csv":
        show([row], list(row), "csv")
    else:
        width = max(map(len, row))
        for key, value in row.items():
            print(f"{key:<{width}}  {printable(value)}")


def as_json(value: Any) -> str:
    """JSON that every reader takes: a number that is none is the text the wire has for it."""
    return json.dumps(_with_named_numbers(value), indent=2, ensure_ascii=False, default=str, allow_nan=False)


def guarded(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is marked as text."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
    return "'" + text if isinstance(text, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def printable(value: Any) -> str:
    """A value on one line of a terminal; control characters are shown, not obeyed."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{key}={printable(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(printable(each) for each in value)
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(value))


def moment(milliseconds: int | None) -> str:
    """A time as people write it, in the machine's zone."""
    if not milliseconds:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _with_named_numbers(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _with_named_numbers(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_named_numbers(each) for each in value]
    return value


def _table(rows: Sequence[Row], columns: Sequence[str], out: TextIO) -> None:
    cells = [[printable(row.get(column)) for column in columns] for row in rows]
    heads = [column.replace("_", " ") for column in columns]
    widths = [max(len(line[place]) for line in [heads, *cells]) for place in range(len(columns))]
    for line in [heads, *cells]:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(padded).rstrip(), file=out)
