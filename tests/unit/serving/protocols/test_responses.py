"""Predictions of every kind as JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import json
import uuid
from enum import Enum
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import ModelFailed
from modelyard.serving.responses import encode, encode_predictions


class Grade(Enum):
    GOOD = "good"


class Named(dict):  # type: ignore[type-arg]
    """A dict of a class of its own."""


@dataclasses.dataclass
class Row:
    a: int
    b: Any


class Point(msgspec.Struct):
    x: float


WRITTEN = {
    "floats": (np.array([1.5, np.nan, np.inf, -np.inf]), [1.5, None, None, None]),
    "float32": (np.array([0.1], dtype="float32"), [0.10000000149011612]),
    "float16": (np.array([0.5], dtype="float16"), [0.5]),
    "long doubles": (np.array([0.5, np.nan], dtype="longdouble"), [0.5, None]),
    "truth values": (np.array([True, False]), [True, False]),
    "large numbers": (np.array([2**64 - 1], dtype="uint64"), [2**64 - 1]),
    "texts": (np.array(["ä", "b"]), ["ä", "b"]),
    "bytes": (np.array([b"abc"]), ["YWJj"]),
    "dates": (np.array(["2026-01-02", "NaT"], dtype="datetime64[D]"), ["2026-01-02", None]),
    "dates in rows": (np.array([["2026-01-02", "NaT"]], dtype="datetime64[D]"), [["2026-01-02", None]]),
    "durations": (np.array([90, "NaT"], dtype="timedelta64[s]"), ["PT90S", None]),
    "objects": (np.array([np.float32(0.5), None, "x", {"a": np.int8(1)}], dtype=object), [0.5, None, "x", {"a": 1}]),
    "records": (np.array([(1, 2.5)], dtype=[("a", int), ("b", float)]), [[1, 2.5]]),
    "no dimension": (np.array(5), 5),
    "numbers of numpy": (
        [np.float64(0.5), np.int64(3), np.bool_(True), np.str_("x"), np.datetime64("2026-01-02")],
        [0.5, 3, True, "x", "2026-01-02"],
    ),
    "missing": ([None, float("nan"), pd.NA, pd.NaT, np.float64("inf"), np.datetime64("NaT")], [None] * 6),
    "a frame": (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
    "a frame of numbers": (pd.DataFrame([[1.5, 2.0]]), [{"0": 1.5, "1": 2.0}]),
    "a frame of two headings": (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), [{"a, b": 1}]),
    "a frame of dates": (
        pd.DataFrame({"t": pd.to_datetime(["2026-01-02", None])}),
        [{"t": "2026-01-02T00:00:00"}, {"t": None}],
    ),
    "a frame of gaps": (pd.DataFrame({"n": pd.array([1, None], dtype="Int64")}), [{"n": 1}, {"n": None}]),
    "a frame of categories": (pd.DataFrame({"c": pd.Categorical(["x"])}), [{"c": "x"}]),
    "a series": (pd.Series([1.5]), [{"0": 1.5}]),
    "a series with a name": (pd.Series([1.5], name="y"), [{"y": 1.5}]),
    "an index": (pd.Index([1, 2]), [1, 2]),
    "a dict of arrays": ({"p": np.array([[0.5]]), "c": ["x"]}, {"p": [[0.5]], "c": ["x"]}),
    "odd keys": (
        {2: 1, None: 2, True: 3, (1, "a"): 4, np.int64(7): 5},
        {"2": 1, "null": 2, "true": 3, "1, a": 4, "7": 5},
    ),
    "a class of dict": (Named(a=np.int8(1)), {"a": 1}),
    "a dataclass": ([Row(1, np.float32(0.5))], [{"a": 1, "b": 0.5}]),
    "a struct": (Point(1.0), {"x": 1.0}),
    "an enum": (Grade.GOOD, "good"),
    "decimals": ([decimal.Decimal("1.10"), decimal.Decimal("NaN")], ["1.10", "NaN"]),
    "times": (
        [dt.datetime.fromisoformat("2026-01-02T03:00:00"), dt.date(2026, 1, 2), dt.time(4)],
        ["2026-01-02T03:00:00", "2026-01-02", "04:00:00"],
    ),
    "a timestamp": (pd.Timestamp("2026-01-02", tz="UTC"), "2026-01-02T00:00:00+00:00"),
    "a tuple": ((1, (2,)), [1, [2]]),
    "a uuid": (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    "raw bytes": ([b"abc", bytearray(b"a"), memoryview(b"b")], ["YWJj", "YQ==", "Yg=="]),
    "a large whole number": (2**100, 2**100),
    "half a character": (["\ud800", {"\udfff": 1}], ["?", {"?": 1}]),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("value", "expected"), WRITTEN.values(), ids=list(WRITTEN))
def test_data_is_valid_json(value: Any, expected: Any) -> None:
    assert json.loads(encode(value), parse_constant=pytest.fail) == expected


def test_numbers_keep_every_bit() -> None:
    held = np.array([0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0])
    found = np.array(json.loads(encode_predictions(held))["predictions"])
    assert found.tobytes() == held.tobytes()


def test_tables_of_other_libraries_are_rows() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    assert json.loads(encode(polars.DataFrame({"a": [1, None]}))) == [{"a": 1}, {"a": None}]
    assert json.loads(encode(polars.Series([1.5, float("nan")]))) == [1.5, None]
    assert json.loads(encode(arrow.table({"a": [1], "t": [dt.datetime.fromisoformat("2026-01-02")]}))) == [
        {"a": 1, "t": "2026-01-02T00:00:00"}
    ]
    assert json.loads(encode([arrow.array([1]), arrow.chunked_array([[2]]), arrow.scalar(3)])) == [[1], [2], 3]


def test_tensors_and_sparse_matrices_are_lists() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    assert json.loads(encode(torch.tensor([1.5, float("nan")], requires_grad=True))) == [1.5, None]
    assert json.loads(encode({"y": torch.tensor([0.5], dtype=torch.bfloat16)})) == {"y": [0.5]}
    assert json.loads(encode(sparse.csr_matrix(np.eye(2)))) == [[1, 0], [0, 1]]
    with pytest.raises(ModelFailed, match="Tensor"):
        encode(torch.tensor([1j]))


class Opaque:
    """What is no data."""


NO_DATA = [
    (Opaque(), "Opaque, which is no data"),
    ([{"a": Opaque()}], "Opaque, which is no data"),
    (np.array([Opaque()], dtype=object), "Opaque, which is no data"),
    ((each for each in "ab"), "generator"),
    (len, "builtin_function_or_method"),
    (Opaque, "type"),
    (1j, "complex"),
    (np.array([1j]), "array of complex128"),
    (np.complex64(1), "complex64"),
    (pd.Series(pd.period_range("2020", periods=1)), "Period"),
    (10**5000, "cannot be written as JSON"),
]


@pytest.mark.parametrize(("value", "said"), NO_DATA, ids=lambda each: type(each).__name__)
def test_what_is_no_data_is_named(value: Any, said: str) -> None:
    with pytest.raises(ModelFailed, match=said):
        encode(value)


def test_what_holds_itself_is_refused() -> None:
    held: list[Any] = []
    held.append(held)
    with pytest.raises(ModelFailed, match="nested too deeply"):
        encode(held)
