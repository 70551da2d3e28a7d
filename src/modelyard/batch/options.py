"""What a batch can be told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec

from modelyard.core.errors import InvalidParameter

Format = Literal["csv", "jsonl", "parquet", "arrow"]
FORMATS: tuple[Format, ...] = ("csv", "jsonl", "parquet", "arrow")
CHUNK_ROWS = 32_768
CHUNK_BYTES = 4 << 20

SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".arrows": "arrow",
}


class BatchOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of ``modelyard batch score``, by the names of the command line.

    - ``input_format``, ``output_format``: by the suffix where empty.
    - ``delimiter``: what stands between the values of CSV, read and written.
    - ``columns``: which columns of the input are written beside the predictions: ``all``, ``none``, or names by comma.
    - ``outputs``: which of the model's named outputs are written; all of them where empty.
    - ``prediction_column``: the name of a prediction that has none.
    - ``chunk_rows``: the most rows that are scored at once.
    - ``params``: params of the model's signature, for every row.
    - ``workers``: chunks that are worked on at once; 0 is one for each processor.
    - ``engine``: ``local``, or ``ray`` for a stream of Ray Data on a cluster.
    - ``max_bad``: more rows than these that cannot be scored end the batch; None is any number.
    - ``restart``: begin anew, and forget what an earlier run of the same command has done.
    - ``trust``: the digest of a model whose code shall run although nobody this machine trusts signed it.
    - ``track``: log a run, in ``experiment``.
    """

    input_format: str = ""
    output_format: str = ""
    delimiter: str = ","
    columns: str = "all"
    outputs: str = ""
    prediction_column: str = "prediction"
    chunk_rows: int = CHUNK_ROWS
    params: Mapping[str, Any] = {}
    workers: int = 0
    engine: Literal["local", "ray"] = "local"
    ray_address: str = ""
    max_bad: int | None = None
    restart: bool = False
    trust: str | None = None
    track: bool = True
    experiment: str = ""
    commit_seconds: float = 1.0

    def check(self) -> None:
        """Raise ``InvalidParameter`` for what cannot be meant."""
        if self.chunk_rows < 1:
            raise InvalidParameter(f"A chunk has 1 row or more, not {self.chunk_rows}.")
        if self.workers < 0:
            raise InvalidParameter(f"There cannot be {self.workers} workers.")
        if self.max_bad is not None and self.max_bad < 0:
            raise InvalidParameter(f"The number of bad rows that are borne is 0 or more, not {self.max_bad}.")
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n' or not self.delimiter.isascii():
            raise InvalidParameter(f"The delimiter is one ASCII character, not {self.delimiter!r}.")
        if not self.prediction_column:
            raise InvalidParameter("The column of the predictions needs a name.")

    @property
    def kept(self) -> tuple[str, ...] | None:
        """The names of the input's columns to write; None for all."""
        if self.columns == "all":
            return None
        return () if self.columns == "none" else names_in(self.columns)

    def shaping(self) -> dict[str, Any]:
        """The options that decide on the output's bytes: the same ones for every run of a batch."""
        fields = ("delimiter", "columns", "outputs", "prediction_column", "chunk_rows")
        return {name: getattr(self, name) for name in fields} | {"params": dict(self.params)}


def names_in(text: str) -> tuple[str, ...]:
    """The names in a list by comma."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def format_of(name: str, chosen: str, flag: str) -> Format:
    """The format that was chosen, or else the one of a file's suffix.

    >>> format_of("wine.parquet", "", "--input-format")
    'parquet'
    """
    if chosen:
        for known in FORMATS:
            if known == chosen:
                return known
        raise InvalidParameter(f"{flag} {chosen}: the formats are {', '.join(FORMATS)}.")
    found = SUFFIXES.get(PurePosixPath(name).suffix.lower())
    if found is None:
        raise InvalidParameter(
            f"The format of {name!r} cannot be told by its suffix ({', '.join(SUFFIXES)}): say it with {flag}."
        )
    return found
