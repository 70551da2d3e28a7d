"""Tables of Arrow and Parquet as requests."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelyard.core.errors import BadRequest, InvalidParameter, TooLarge
from modelyard.models.enforce import model_input
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import Array
from modelyard.serving.arrow import ARROW_FILE, ARROW_STREAM, PARQUET, read_table
from modelyard.serving.protocols.invocations import Invocations

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
KINDS = (ARROW_STREAM, ARROW_FILE, *PARQUET)
NAMED = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("long", "b")]))
TABLE = pa.table({"b": [2, 4], "more": ["x", "y"], "a": [1.0, 3.0]})


def body(table: Any, kind: str) -> bytes:
    """The table as a client sends it."""
    file = io.BytesIO()
    if kind in PARQUET:
        pytest.importorskip("pyarrow.parquet").write_table(table, file, row_group_size=1)
        return file.getvalue()
    make = pa.ipc.new_stream if kind == ARROW_STREAM else pa.ipc.new_file
    with make(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    return file.getvalue()


def given(table: Any, kind: str, signature: ModelSignature | None) -> Any:
    """What the model's own code is given."""
    payload = Invocations().read(body(table, kind), kind, signature)
    assert payload.rows == len(table)
    data = payload.data if signature is None else model_input(signature.inputs, payload.data)
    return data.to_dict("list") if isinstance(data, pd.DataFrame) else data


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_what_it_would_be_as_json(kind: str) -> None:
    assert given(TABLE, kind, NAMED) == {"a": [1.0, 3.0], "b": [2, 4]}
    assert given(TABLE, kind, None) == {"b": [2, 4], "more": ["x", "y"], "a": [1.0, 3.0]}
    assert given(TABLE.slice(0, 0), kind, NAMED) == {"a": [], "b": []}


@pytest.mark.parametrize("kind", KINDS)
def test_columns_keep_their_types(kind: str) -> None:
    signature = ModelSignature(
        Schema(
            [
                ColSpec("binary", "r"),
                ColSpec("datetime", "t"),
                ColSpec(Array("double"), "v"),
                ColSpec("long", "n", required=False),
            ]
        )
    )
    when = dt.datetime.fromisoformat("2026-01-02")
    table = pa.table({"r": [b"abc"], "t": [when], "v": [[1.0, 2.0]], "n": pa.array([None], pa.int64())})
    found = given(table, kind, signature)
    assert (found["r"], found["t"], [list(each) for each in found["v"]]) == (
        [b"abc"],
        [pd.Timestamp(when)],
        [[1.0, 2.0]],
    )
    assert pd.isna(found["n"][0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_for_tensors_is_arrays(kind: str) -> None:
    alone = ModelSignature(Schema([TensorSpec("float32", (-1, 2))]))
    assert given(TABLE.select(["a", "b"]), kind, alone).tolist() == [[1, 2], [3, 4]]
    named = ModelSignature(Schema([TensorSpec("float64", (-1, 2), "v"), TensorSpec("int64", (-1,), "b")]))
    found = given(pa.table({"b": [2], "v": [[1.0, 2.0]]}), kind, named)
    assert (found["v"].tolist(), found["b"].dtype) == ([[1, 2]], np.int64)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_table_is_refused_in_a_sentence(kind: str) -> None:
    whole = body(TABLE, kind)
    for wrong in (b"", b"nothing", whole[: len(whole) // 2], whole[10:]):
        with pytest.raises(BadRequest, match="Failed to parse input as a table"):
            Invocations().read(wrong, kind, NAMED)


@pytest.mark.parametrize("kind", KINDS)
def test_columns_that_do_not_fit_are_named(kind: str) -> None:
    with pytest.raises(InvalidParameter, match="no column 'b'"):
        given(TABLE.select(["a"]), kind, NAMED)
    with pytest.raises(InvalidParameter, match="Column 'b' is of type"):
        given(pa.table({"a": [1.0], "b": ["x"]}), kind, NAMED)


@pytest.mark.parametrize("kind", KINDS)
def test_gaps_in_whole_numbers_leave_the_others_whole(kind: str) -> None:
    signature = ModelSignature(Schema([ColSpec("long", "n", required=False), ColSpec("boolean", "t", required=False)]))
    found = given(pa.table({"n": [2**60 + 1, None], "t": [True, None]}), kind, signature)
    assert (found["n"][0], found["t"][0]) == (2**60 + 1, True)
    assert pd.isna(found["n"][1])
    assert pd.isna(found["t"][1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_bytes_that_stand_for_many_are_refused(kind: str) -> None:
    table = pa.table({"a": ["x" * 1000] * 2000})
    with pytest.raises(TooLarge, match="more than 500,000 bytes in memory"):
        read_table(body(table, kind), kind, None, "the table", max_bytes=500_000)
