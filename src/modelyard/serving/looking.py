"""The process that looks into files a server was sent: a model's folder, the first rows of a Parquet file.

Such files are written by anybody, and what reads them is large. So it reads them here: without the network, without this
machine's secrets, unable to change anything, within bounds of time and memory. It answers one question and ends.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, ModelyardError, TooLarge
from modelyard.core.extras import require
from modelyard.models.describe import Known, describe
from modelyard.models.trust.keys import KeyRing
from modelyard.serving.confine import Confinement, confine, secrets

MEMORY = 2 << 30
SECONDS = 20
MOST_COLUMNS = 1_000
LONGEST_CELL = 2_000
_THRIFT = 16 << 20  # bytes of texts, and members of lists, in a file's own description


def main(words: Sequence[str]) -> int:
    """Answer the question of these words on standard output, as JSON; the exit code."""
    verb, scratch, parent, *arguments = words
    answer = os.dup(1)
    os.dup2(2, 1)  # what a library says is no part of the answer
    work = VERBS[verb]()
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    confine(Confinement(scratch=scratch, parent=int(parent), hidden=secrets(), memory=MEMORY))
    try:
        told = msgspec.json.encode({"found": work(*arguments)})
    except ModelyardError as error:
        told = msgspec.json.encode({"error_code": error.error_code, "message": error.message})
    with open(answer, "wb") as out:
        out.write(told)
    return 0


def _model() -> Callable[..., Any]:
    """What is trusted is read before the folder is, and before the keys are out of sight."""
    ring: KeyRing | None
    try:
        ring = Known(KeyRing.of_user().trusted())
    except (ModelyardError, OSError):
        ring = None

    def look(folder: str, whole: str) -> Any:
        return describe(Path(folder), ring, whole=whole == "whole")

    return look


def _parquet() -> Callable[..., Any]:
    return first_rows


def first_rows(number: str, rows: str) -> dict[str, Any]:
    """The first rows of the Parquet file behind a descriptor, as texts. Raises ``InvalidParameter`` and ``TooLarge``."""
    parquet = require("pyarrow.parquet", what="Looking into a Parquet file", extra="arrow")
    arrow = require("pyarrow", what="Looking into a Parquet file", extra="arrow")
    most = int(rows)
    try:
        with os.fdopen(os.dup(int(number)), "rb") as source:
            file = parquet.ParquetFile(
                source,
                buffer_size=65_536,
                pre_buffer=False,
                thrift_string_size_limit=_THRIFT,
                thrift_container_size_limit=_THRIFT,
            )
            names = list(file.schema_arrow.names)
            if len(names) > MOST_COLUMNS:
                raise TooLarge(f"The table has {len(names):,} columns; more than {MOST_COLUMNS:,} are not shown.")
            found = list(_rows(file, most))
            return {"columns": [str(name) for name in names], "rows": found, "total": file.metadata.num_rows}
    except MemoryError:
        raise TooLarge("The first rows of the file need more memory than looking at them is given.") from None
    except (arrow.ArrowException, ValueError, OSError, RecursionError):
        raise InvalidParameter("The file cannot be read as Parquet.") from None


def _rows(file: Any, most: int) -> Iterator[list[str | None]]:
    left = most
    for batch in file.iter_batches(batch_size=most, use_threads=False):
        columns = [[_text(value) for value in column] for column in batch.slice(0, left).columns]
        yield from ([*row] for row in zip(*columns, strict=True))
        left -= batch.num_rows
        if left <= 0:
            return


def _text(scalar: Any) -> str | None:
    """A value as a person reads it; a long one ends in an ellipsis."""
    try:
        value = scalar.as_py()
    except ValueError:  # a time between Python's microseconds
        value = scalar.cast("string").as_py()
    if value is None:
        return None
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}…"


VERBS: dict[str, Callable[[], Callable[..., Any]]] = {"model": _model, "parquet": _parquet}
