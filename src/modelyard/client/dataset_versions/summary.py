"""What a table holds in short: rows, columns and their types, and figures of columns of numbers. Bounded for any size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from modelyard.core.extras import optional

MAX_ROWS = 1_000_000  # that are looked at
MAX_COLUMNS = 200  # of numbers that are summed up
_BATCH = 64_000


class Numbers(NamedTuple):
    """Figures of a column: how many values there are and are not, the least, the most, the mean, the standard deviation."""

    present: int = 0
    missing: int = 0
    least: float = math.nan
    most: float = math.nan
    mean: float = math.nan
    deviation: float = math.nan


class Summary(NamedTuple):
    """A table in short. The figures are of the first ``MAX_ROWS`` rows, or some more."""

    rows: int
    columns: Mapping[str, str]
    numbers: Mapping[str, Numbers]


def summarize(path: Path) -> Summary | None:
    """A CSV or Parquet file in short; None for what is no such table, and where Arrow is not installed."""
    arrow = optional("pyarrow")
    if arrow is None or not path.is_file():
        return None
    try:
        if path.suffix.lower() == ".parquet":
            return _of_parquet(path)
        if path.suffix.lower() in (".csv", ".tsv"):
            return _of_csv(path)
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):
        return None
    return None


def _of_parquet(path: Path) -> Summary:
    parquet = optional("pyarrow.parquet")
    assert parquet is not None, "it comes with Arrow"
    with parquet.ParquetFile(path) as file:
        _, numbers = _summed(file.iter_batches(batch_size=_BATCH), is_counted=True)
        columns = {field.name: str(field.type) for field in file.schema_arrow}
        return Summary(file.metadata.num_rows, columns, numbers)


def _of_csv(path: Path) -> Summary:
    csv = optional("pyarrow.csv")
    assert csv is not None, "it comes with Arrow"
    how = csv.ParseOptions(delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    with csv.open_csv(path, parse_options=how) as reader:
        columns = {field.name: str(field.type) for field in reader.schema}
        rows, numbers = _summed(iter(reader), is_counted=False)
    return Summary(rows, columns, numbers)


def _summed(batches: Iterator[Any], *, is_counted: bool) -> tuple[int, dict[str, Numbers]]:
    """How many rows there are, unless somebody counted them, and the figures of the first of them."""
    sums: dict[str, _Sum] = {}
    rows = 0
    for batch in batches:
        for field, column in zip(batch.schema, batch.columns, strict=True) if rows < MAX_ROWS else ():
            if _is_number(field.type) and (field.name in sums or len(sums) < MAX_COLUMNS):
                sums.setdefault(field.name, _Sum()).add(column)
        rows += batch.num_rows
        if rows >= MAX_ROWS and is_counted:
            break
    return rows, {name: each.figures() for name, each in sums.items()}


def _is_number(kind: Any) -> bool:
    types = optional("pyarrow.types")
    assert types is not None, "it comes with Arrow"
    return bool(types.is_integer(kind) or types.is_floating(kind))


class _Sum:
    """Figures of the parts of a column, put together as they come."""

    def __init__(self) -> None:
        self._figures = Numbers()
        self._squares = 0.0

    def add(self, part: Any) -> None:
        """Take in a part. NaN counts as missing, as it does in a data frame."""
        compute = optional("pyarrow.compute")
        assert compute is not None, "it comes with Arrow"
        values = compute.cast(part, "double", safe=False)
        values = values.filter(compute.is_finite(values))
        count = len(values)
        missing = self._figures.missing + len(part) - count
        if not count:
            self._figures = self._figures._replace(missing=missing)
            return
        ends = compute.min_max(values).as_py()
        mean = compute.mean(values).as_py()
        squares = compute.variance(values).as_py() * count
        self._merge(Numbers(count, missing, ends["min"], ends["max"], mean), squares)

    def _merge(self, new: Numbers, squares: float) -> None:
        old = self._figures
        if not old.present:
            self._figures, self._squares = new, squares
            return
        count = old.present + new.present
        apart = new.mean - old.mean
        self._squares += squares + apart * apart * old.present * new.present / count
        self._figures = Numbers(
            count,
            new.missing,
            min(old.least, new.least),
            max(old.most, new.most),
            old.mean + apart * new.present / count,
        )

    def figures(self) -> Numbers:
        """The figures, with the deviation of a sample."""
        if self._figures.present < 2:
            return self._figures
        return self._figures._replace(deviation=math.sqrt(self._squares / (self._figures.present - 1)))
