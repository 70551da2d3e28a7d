"""Tables to train on: read, checked and split once, the same way for every framework."""

from __future__ import annotations

import hashlib
import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from modelyard.core.errors import InvalidParameter, NotFound, first_line
from modelyard.core.extras import require
from modelyard.models.columns import as_frame
from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.training.request import check_seed, check_test_size
from modelyard.training.result import Feature, Rows, Task

NUMBER, TEXT = "double", "string"
_SEPARATORS = ",;\t"
_PARQUET = b"PAR1"
_SHOWN = 20


class Table(msgspec.Struct, frozen=True):
    """A pandas data frame, and where it came from."""

    frame: Any
    source: str = ""
    name: str = "data"


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Rows to train with and rows to test with. ``x`` are data frames of the features, ``y`` arrays of the target.

    ``labels`` are the classes in their order, for classification.
    """

    target: str
    task: Task
    features: list[Feature]
    train_x: Any
    train_y: Any
    test_x: Any
    test_y: Any
    rows: Rows
    labels: list[Any] = []


# ----------------------------------------------------------------------------------------------------------------------
# Reading


def load(data: Any, *, name: str = "") -> Table:
    """A table of a CSV or Parquet file (its path or its bytes), a data frame, an Arrow table, or a list of dicts.

    Columns of a CSV file are separated by commas, semicolons or tabs, whichever its first line has most of.
    Raises ``NotFound`` with the path looked for, and ``InvalidParameter`` for what is no table.
    """
    if isinstance(data, str | os.PathLike):
        path = Path(data).expanduser()
        if not path.is_file():
            raise NotFound(f"There is no data file at {str(path.absolute())!r}.")
        return Table(_named(_read(path.read_bytes(), path.name)), str(path.absolute()), name or path.stem)
    if isinstance(data, bytes | bytearray):
        shown = name or "the data"
        return Table(_named(_read(bytes(data), shown)), f"upload:{name}" if name else "", Path(shown).stem)
    frame = as_frame(data)
    if kind_of(frame) != "pandas":
        raise InvalidParameter(
            f"Data to train on is a CSV or Parquet file, a data frame, an Arrow table or a list of dicts, not a"
            f" {type(data).__name__}."
        )
    return Table(_named(frame), "", name or "data")


def separator_of(line: str) -> str:
    """What separates the columns of a CSV file, seen from its first line.

    >>> separator_of('"a, b";c;d')
    ';'
    """
    outside = "".join(line.split('"')[::2])
    return max(_SEPARATORS, key=outside.count)


def _read(content: bytes, name: str) -> Any:
    frames = pandas("Training")
    if content.startswith(_PARQUET):
        require("pyarrow", what="Reading Parquet", extra="arrow")
        try:
            return frames.read_parquet(io.BytesIO(content))
        except (ValueError, OSError) as error:
            raise InvalidParameter(f"{name} is no Parquet file that can be read: {first_line(error)}.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidParameter(f"{name} is no text in UTF-8.") from None
    if not text.strip() or "\0" in text:
        raise InvalidParameter(
            f"{name} is {'no text' if text.strip() else 'empty'}: a table has a line of names first."
        )
    try:
        return frames.read_csv(io.StringIO(text), sep=separator_of(text.lstrip().split("\n", 1)[0]))
    except ValueError as error:  # what pandas raises for what it cannot parse, in several classes
        raise InvalidParameter(f"{name} is no table that can be read: {first_line(error)}.") from None


def _named(frame: Any) -> Any:
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidParameter(f"Several columns have the name {_listed(twice)}.")
    return frame.set_axis(names, axis=1)


# ----------------------------------------------------------------------------------------------------------------------
# Splitting


def split(table: Table, *, target: str, task: Task, test_size: float, seed: int, takes: str = NUMBER) -> Split:
    """The rows to train and to test with, drawn as scikit-learn's ``train_test_split`` draws them.

    ``takes`` says whether the model's features are numbers, or one text. Raises ``InvalidParameter`` naming the column
    that does not fit.
    """
    check_test_size(test_size)
    check_seed(seed)
    frame = table.frame
    if target not in frame.columns:
        raise InvalidParameter(f"There is no column {target!r} to predict. The columns are {_listed(frame.columns)}.")
    features = _text_feature(frame, target) if takes == TEXT else _number_features(frame, target)
    values, labels = _target(frame[target], task)
    train, test = draw(len(frame), test_size, seed)
    if labels and len(set(values[train].tolist())) < 2:
        raise InvalidParameter(f"The rows to train with have only one class in the column {target!r}.")
    names = [feature.name for feature in features]
    inputs = frame[names].astype("float64" if takes == NUMBER else "str").reset_index(drop=True)
    return Split(
        target=target,
        task=task,
        features=features,
        train_x=inputs.iloc[train],
        train_y=values[train],
        test_x=inputs.iloc[test],
        test_y=values[test],
        rows=Rows(len(train), len(test), _hash(frame, test)),
        labels=labels,
    )


def draw(count: int, test_size: float, seed: int) -> tuple[Any, Any]:
    """The places of the rows to train and to test with."""
    testing = math.ceil(test_size * count)
    if not 0 < testing < count:
        raise InvalidParameter(f"{count} rows cannot be split with test_size {test_size}: one part would be empty.")
    order = numpy("Training").random.RandomState(seed).permutation(count)
    return order[testing:], order[:testing]


def _hash(frame: Any, rows: Any) -> str:
    """A hash of some rows, with their target, in their order."""
    hashes = pandas("Training").util.hash_pandas_object(frame.iloc[rows], index=False)
    return hashlib.sha256(hashes.to_numpy().tobytes()).hexdigest()[:16]


def _number_features(frame: Any, target: str) -> list[Feature]:
    names = [name for name in frame.columns if name != target]
    if not names:
        raise InvalidParameter(f"Besides {target!r} there is no column to predict from.")
    texts = [name for name in names if frame[name].dtype.kind not in "iufb"]
    if texts:
        raise InvalidParameter(
            f"The model takes numbers, and the column {texts[0]!r} holds other values"
            + (f" (as do {_listed(texts[1:])})." if texts[1:] else ".")
        )
    for name in names:
        _check_finite(frame[name], name)
    return [Feature(name, NUMBER) for name in names]


def _text_feature(frame: Any, target: str) -> list[Feature]:
    names = [name for name in frame.columns if name != target]
    texts = [name for name in names if frame[name].dtype.kind not in "iufbM"]
    if len(texts) != 1:
        raise InvalidParameter(
            f"The model takes one column of text besides {target!r}; those with texts are: {_listed(texts) or 'none'}."
        )
    _check_there(frame[texts[0]], texts[0])
    return [Feature(texts[0], TEXT)]


def _target(column: Any, task: Task) -> tuple[Any, list[Any]]:
    """The values to predict, and for classification the classes."""
    name = str(column.name)
    if task == "regression":
        if column.dtype.kind not in "iufb":
            raise InvalidParameter(f"A regressor predicts numbers, and the column {name!r} holds other values.")
        _check_finite(column, name)
        return column.to_numpy(dtype="float64"), []
    _check_there(column, name)
    if column.dtype.kind == "f":
        if not (column == column.round()).all():
            raise InvalidParameter(f"A classifier predicts classes, and the column {name!r} holds decimal numbers.")
        column = column.astype("int64")
    values = column.to_numpy() if column.dtype.kind in "iub" else column.astype(str).to_numpy(dtype=object)
    labels = sorted(set(values.tolist()))
    if len(labels) < 2:
        raise InvalidParameter(f"A classifier needs two classes or more, and the column {name!r} has {len(labels)}.")
    return values, labels


def _check_there(column: Any, name: str) -> None:
    missing = int(column.isna().sum())
    if missing:
        raise InvalidParameter(f"The column {name!r} has no value in {missing} of {len(column)} rows.")


def _check_finite(column: Any, name: str) -> None:
    _check_there(column, name)
    if column.dtype.kind == "f" and not numpy("Training").isfinite(column.to_numpy()).all():
        raise InvalidParameter(f"The column {name!r} holds infinite numbers.")


def _listed(names: Sequence[Any] | Mapping[Any, Any]) -> str:
    shown = list(names)
    text = ", ".join(repr(str(name)) for name in shown[:_SHOWN])
    return text if len(shown) <= _SHOWN else f"{text} and {len(shown) - _SHOWN} more"
