"""Tables as artifacts: JSON in pandas' split form, or Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.core.errors import InvalidParameter, NotFound
from modelyard.core.extras import loaded, require

SaveImage = Callable[[Any], dict[str, str]]
"""Stores an image of a cell and answers what the cell holds instead."""

_FORBIDDEN = "\"',:[]{}"
_WHAT = "Reading tables and Parquet"


def check_file_name(artifact_file: str) -> None:
    """Refuse a name that cannot stand in the tag that lists tables, or of another format."""
    for character in _FORBIDDEN:
        if character in artifact_file:
            raise InvalidParameter(f"The artifact_file contains forbidden character: {character}")
    if not artifact_file.endswith((".json", ".parquet")):
        raise InvalidParameter(
            f"Invalid artifact file path '{artifact_file}'. Please ensure the file you are trying to log as a table has"
            " a file name with either '.json' or '.parquet' extension."
        )


def is_frame(data: Any) -> bool:
    """Whether this is a pandas data frame."""
    pandas = loaded("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def write_table(data: Any, target: Path, existing: Path | None, save_image: SaveImage) -> None:
    """Write a table to a file, behind the rows of an existing one. Dictionaries need no pandas."""
    if isinstance(data, Mapping) and target.suffix == ".json":
        _write_columns(_columns_of(data, save_image), target, existing)
        return
    if not isinstance(data, Mapping) and not is_frame(data):
        raise InvalidParameter("data must be a pandas.DataFrame or a dictionary")
    pandas = require("pandas", what=_WHAT, extra="pandas")
    frame = (
        pandas.DataFrame(_columns_of(data, save_image))
        if isinstance(data, Mapping)
        else _without_images(data, save_image)
    )
    if existing is not None:
        frame = pandas.concat([read_table(existing), frame], ignore_index=True)
    if target.suffix == ".parquet":
        frame.to_parquet(target, index=False)
    else:
        frame.to_json(target, orient="split", index=False, date_format="iso")


def read_table(path: Path) -> Any:
    """A data frame from a table's file."""
    pandas = require("pandas", what=_WHAT, extra="pandas")
    if path.suffix == ".parquet":
        return pandas.read_parquet(path)
    return pandas.read_json(path, orient="split")


def join_tables(frames: list[Any]) -> Any:
    """Data frames one below the other."""
    if not frames:
        raise NotFound("No runs found with the corresponding table artifact.")
    return require("pandas", what=_WHAT, extra="pandas").concat(frames, ignore_index=True)


def _columns_of(data: Mapping[str, Any], save_image: SaveImage) -> dict[str, list[Any]]:
    plain = {str(name): _listed(column) for name, column in data.items()}
    lengths = {len(column) for column in plain.values() if column is not None}
    if len(lengths) > 1:
        raise InvalidParameter(f"All columns of a table must have one length, not {sorted(lengths)}.")
    rows = lengths.pop() if lengths else 1
    columns = {name: [data[name]] * rows if column is None else column for name, column in plain.items()}
    return {name: _stored_images(name, column, save_image) for name, column in columns.items()}


def _listed(column: Any) -> list[Any] | None:
    """A column as a list; None for a single value."""
    if isinstance(column, str | bytes | Mapping) or _is_image(column) or not hasattr(column, "__iter__"):
        return None
    listed: list[Any] = column.tolist() if hasattr(column, "tolist") else list(column)
    return listed


def _without_images(frame: Any, save_image: SaveImage) -> Any:
    changed = {
        name: _stored_images(name, frame[name].tolist(), save_image)
        for name in frame.columns
        if frame[name].dtype.kind == "O" and len(frame) and _is_image(frame[name].iloc[0])
    }
    return frame.assign(**changed) if changed else frame


def _stored_images(name: str, column: list[Any], save_image: SaveImage) -> list[Any]:
    images = [_is_image(cell) for cell in column]
    if not any(images):
        return column
    if not all(images):
        raise InvalidParameter(f"Column `{name}` contains a mix of images and non-images.")
    return [save_image(cell) for cell in column]


def _is_image(cell: Any) -> bool:
    return all(hasattr(cell, name) for name in ("save", "resize", "size")) and callable(cell.save)


def _write_columns(columns: dict[str, list[Any]], target: Path, existing: Path | None) -> None:
    names = list(columns)
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    if existing is not None:
        before = json.loads(existing.read_text(encoding="utf-8"))
        old_names: list[str] = before["columns"]
        merged = old_names + [name for name in names if name not in old_names]
        old = [dict(zip(old_names, row, strict=True)) for row in before["data"]]
        new = [dict(zip(names, row, strict=True)) for row in rows]
        names, rows = merged, [[row.get(name) for name in merged] for row in old + new]
    text = json.dumps({"columns": names, "data": rows}, default=_plain, separators=(",", ":"))
    target.write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
