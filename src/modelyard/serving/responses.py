"""Predictions as JSON. It is always valid: what JSON has no form for becomes null or a text, what is no data is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from modelyard.core.errors import ModelFailed
from modelyard.core.extras import loaded
from modelyard.models.libraries import kind_of
from modelyard.models.values import as_mapping, is_missing


def encode_predictions(array: Any) -> bytes:
    """The answer to ``/invocations`` for an array of numbers; NaN and the infinities, which JSON has not, are null.

    >>> import numpy
    >>> encode_predictions(numpy.array([5.5, float("nan")]))
    b'{"predictions":[5.5,null]}'
    """
    return _ENCODER.encode({"predictions": array.tolist()})


def encode(value: Any) -> bytes:
    """Any data as JSON; ``ModelFailed`` names the type of what is none.

    >>> encode({"when": dt.date(2026, 2, 1), "raw": b"abc", "none": float("nan")})
    b'{"when":"2026-02-01","raw":"YWJj","none":null}'
    """
    try:
        try:
            return _ENCODER.encode(value)
        except UnicodeEncodeError:  # half of a surrogate pair
            return _ENCODER.encode(_whole_texts(msgspec.to_builtins(value, enc_hook=plain)))
    except RecursionError:
        raise ModelFailed("The model's answer is nested too deeply, or holds itself.") from None
    except (TypeError, ValueError, OverflowError, NotImplementedError) as error:
        raise ModelFailed(f"The model's answer cannot be written as JSON: {type(error).__name__}.") from None


def plain(value: Any) -> Any:
    """One step from a library's own kind of data towards lists and dicts; ``ModelFailed`` for what is no data."""
    if value is None or type(value) in (bool, tuple):
        return _key(value)  # the encoder knows these itself, but not as keys
    kind = kind_of(value)
    if kind in _TABLES:
        return _TABLES[kind](value)
    library = loaded("numpy")
    if library is not None and isinstance(value, library.generic):
        return _scalar(library, value)
    if is_missing(value):
        return None
    if isinstance(value, dt.datetime | dt.date | dt.time):  # classes made of Python's own, such as pandas' timestamps
        return value.isoformat()
    for base in _BASES:
        if isinstance(value, base):
            return base(value)
    if isinstance(value, Mapping):
        return dict(value)
    found = as_mapping(value)
    if found is not value:
        return found
    return _of_library(value)


def _key(key: Any) -> str:
    if isinstance(key, tuple):
        return ", ".join(str(part) for part in key)
    return "null" if key is None else str(key).lower() if isinstance(key, bool) else str(key)


def _scalar(library: Any, value: Any) -> Any:
    kind = value.dtype.kind
    if kind in "Mm":
        return _array(value.reshape(1))[0]
    if kind == "f":
        return float(value)
    if kind == "c":
        raise _no_data(value)
    found = value.item()
    if isinstance(found, library.generic):
        raise _no_data(value)
    return found


def _array(value: Any) -> Any:
    kind = value.dtype.kind
    if kind == "M":
        texts = loaded("numpy").datetime_as_string(value)  # type: ignore[union-attr]
        return _no_nat(texts.tolist())
    if kind == "m":
        return value.astype("timedelta64[us]").tolist()
    if kind == "f" and value.dtype.itemsize > 8:
        return value.astype("float64").tolist()
    if kind == "c":
        raise ModelFailed(
            f"The model answered with an array of {value.dtype}, which JSON cannot hold: give its parts as two columns."
        )
    return value.tolist()


def _no_nat(texts: Any) -> Any:
    if isinstance(texts, list):
        return [_no_nat(each) for each in texts]
    return None if texts == "NaT" else texts


def _frame(value: Any) -> Any:
    return [{_key(name): each for name, each in row.items()} for row in value.to_dict(orient="records")]


_BASES: tuple[type[Any], ...] = (str, int, float, list, tuple)
_TABLES: dict[str, Callable[[Any], Any]] = {
    "pandas": _frame,
    "series": lambda value: _frame(value.to_frame()),
    "polars": lambda value: value.to_dicts(),
    "polars-series": lambda value: value.to_list(),
    "arrow": lambda value: value.to_pylist(),
    "ndarray": _array,
    "sparse": lambda value: value.toarray(),
}


def _of_library(value: Any) -> Any:
    """Tensors, columns and values of libraries that are there only if somebody uses them."""
    torch = loaded("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        if value.is_complex():
            raise _no_data(value)
        return value.detach().cpu().tolist()
    arrow = loaded("pyarrow")
    if arrow is not None and isinstance(value, arrow.Array | arrow.ChunkedArray):
        return value.to_pylist()
    if arrow is not None and isinstance(value, arrow.Scalar):
        return value.as_py()
    pandas = loaded("pandas")
    if pandas is not None and isinstance(value, pandas.Index | pandas.api.extensions.ExtensionArray):
        return value.tolist()
    library = loaded("numpy")
    if library is not None and hasattr(type(value), "__array__"):
        found = library.asarray(value)
        if found.dtype.kind != "O":
            return found
    raise _no_data(value)


def _no_data(value: Any) -> ModelFailed:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    return ModelFailed(
        f"The model answered with a {name[:200]}, which is no data; its predict has to return an array, a table, a list, "
        "a dict, or a value."
    )


def _whole_texts(value: Any) -> Any:
    """The same with a question mark for what UTF-8 has no form for."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole_texts(key): _whole_texts(each) for key, each in value.items()}
    return [_whole_texts(each) for each in value] if isinstance(value, list | tuple) else value


_ENCODER = msgspec.json.Encoder(enc_hook=plain)
