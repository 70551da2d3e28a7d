"""Tables from where they come from, and how they are cleaned."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ("breast_cancer", "diabetes", "iris", "wine")  # they come with scikit-learn


def load(source: str) -> pd.DataFrame:
    """A table: one that comes with scikit-learn, by its name, or a CSV or Parquet file, by its path or URL.

    A path begins in the project's folder.
    """
    return bundled(source) if source in BUNDLED else read(source)


def bundled(name: str) -> pd.DataFrame:
    """A table that comes with scikit-learn: numbers and the column `target`. A column of words, `notes`, is added."""
    from sklearn import datasets  # noqa: PLC0415 - only here, so that other sources need not wait for it

    table = getattr(datasets, f"load_{name}")(as_frame=True).frame
    return table.assign(notes=described(table.drop(columns="target")))


def read(source: str) -> pd.DataFrame:
    """A CSV or Parquet file."""
    place = source if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) else ROOT / Path(source).expanduser()
    if source.partition("?")[0].endswith((".parquet", ".pq")):
        return pd.read_parquet(place)
    return pd.read_csv(place)


def described(numbers: pd.DataFrame) -> pd.Series:
    """Each row in words: which of its numbers are among the lowest and the highest quarters."""
    low, high = numbers.lt(numbers.quantile(0.25)), numbers.gt(numbers.quantile(0.75))
    words = pd.Series("", index=numbers.index)
    for column in numbers.columns:
        name = column_name(column)
        words += low[column].map({True: f"low_{name} ", False: ""}) + high[column].map(
            {True: f"high_{name} ", False: ""}
        )
    return words.str.strip()


def column_name(text: object) -> str:
    """A column's name as code has it: small letters, digits and '_'."""
    return re.sub(r"[^a-z0-9]+", "_", str(text).strip().lower()).strip("_")


def clean(table: pd.DataFrame, target: str) -> pd.DataFrame:
    """The table with plain column names, without duplicates and without gaps.

    A row without a target goes; a gap elsewhere gets the column's median, or an empty text.
    """
    if target not in table.columns:
        raise SystemExit(
            f"There is no column {target!r} to predict: name one in data.target. Columns: {list(table.columns)}."
        )
    plain = {column: column_name(column) for column in table.columns if column != target}
    table = table.rename(columns=plain).drop_duplicates().dropna(subset=[target]).reset_index(drop=True)
    numbers = table.select_dtypes("number").columns
    texts = table.columns.difference(numbers)
    table[numbers] = table[numbers].fillna(table[numbers].median())
    table[texts] = table[texts].fillna("")
    return table
