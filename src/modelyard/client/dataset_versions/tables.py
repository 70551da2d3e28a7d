"""Data frames of pandas, Polars and Arrow as Parquet files: equal frames are equal bytes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from modelyard.client.uris import folder_of
from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require

SUFFIX = ".parquet"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:/")
_WHAT = "A data frame as a dataset"


def written(frame: Any, name: str, folder: Path) -> Path:
    """The Parquet file of a frame, in a folder, named as the dataset.

    Raises ``InvalidParameter`` for what is neither a path nor a frame, ``MissingExtra`` where Arrow is not installed.
    """
    path = folder / (name if name.lower().endswith(SUFFIX) else name + SUFFIX)
    table = _as_table(frame)
    require("pyarrow.parquet", what=_WHAT, extra="arrow").write_table(table, path)
    return path


def path_or_none(data: Any) -> Path | None:
    """The path that was given, by a ``file:`` URI too; None for a frame. Refuses an address of another place."""
    if not isinstance(data, str | os.PathLike):
        return None
    text = os.fspath(data)
    if text.startswith("file:"):
        return folder_of(text)
    if _SCHEME.match(text) and not os.path.exists(text):
        raise InvalidParameter(
            f"{text!r} is on no disk of this machine. Bring it here first, as modelyard.artifacts.download_artifacts does, and"
            " log the path."
        )
    return Path(text)


def _as_table(frame: Any) -> Any:
    kind = type(frame)
    root = kind.__module__.partition(".")[0]
    arrow = require("pyarrow", what=_WHAT, extra="arrow")
    if isinstance(frame, arrow.Table):
        return frame
    if isinstance(frame, arrow.RecordBatch):
        return arrow.Table.from_batches([frame])
    if root == "pandas" and kind.__name__ == "DataFrame":
        return _from_pandas(frame, arrow)
    if root == "polars" and kind.__name__ == "LazyFrame":
        return frame.collect().to_arrow()
    if root == "polars" and kind.__name__ == "DataFrame":
        return frame.to_arrow()
    raise InvalidParameter(
        f"{kind.__name__} cannot be made a dataset: give the path of a file or folder, or a data frame of pandas, Polars or"
        " Arrow."
    )


def _from_pandas(frame: Any, arrow: Any) -> Any:
    try:
        return arrow.Table.from_pandas(frame)
    except (arrow.ArrowInvalid, arrow.ArrowTypeError, arrow.ArrowNotImplementedError) as error:
        said = " ".join(str(part) for part in error.args)
        raise InvalidParameter(
            f"The data frame has a column that Parquet cannot hold: {said}. Give the column one type, or write a file"
            " yourself and log that."
        ) from None
