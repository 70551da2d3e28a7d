"""Types and schemas: their JSON, their equality, what they refuse."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from modelyard.core.errors import InvalidParameter
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.types import (
    AnyType,
    Array,
    DataType,
    Map,
    Object,
    Property,
    SparkMLVector,
    merge,
    read_type,
)
from tests.shape.house import ROOT

TYPES = [
    *DataType,
    Array("long"),
    Array(Array(Object([Property("a", "string", required=False)]))),
    Map(Array("double")),
    AnyType(),
    SparkMLVector(),
]


@pytest.mark.parametrize("of", TYPES, ids=repr)
def test_a_type_is_read_as_it_was_written(of: DataType) -> None:
    assert read_type(json.loads(json.dumps(of.to_dict()))) == of


def test_a_schema_is_read_as_it_was_written() -> None:
    columns = Schema([ColSpec(of, f"c{place}", required=bool(place % 2)) for place, of in enumerate(TYPES)])
    tensors = Schema([TensorSpec(np.dtype("float32"), (-1, 3), "x"), TensorSpec("<U7", (-1,), "y")])

    assert Schema.from_json(columns.to_json()) == columns
    assert Schema.from_json(tensors.to_json()) == tensors


def test_a_schema_tells_its_names_and_types() -> None:
    schema = Schema([ColSpec("double", "a"), ColSpec(DataType.string, "b", required=False)])

    assert schema.has_input_names()
    assert not schema.is_tensor_spec()
    assert schema.input_names() == ["a", "b"]
    assert schema.required_input_names() == ["a"]
    assert schema.optional_input_names() == ["b"]
    assert schema.input_types() == [DataType.double, DataType.string]
    assert schema.input_types_dict() == {"a": DataType.double, "b": DataType.string}
    assert schema.numpy_types() == [np.dtype("float64"), np.dtype("str")]
    assert schema.pandas_types() == [np.dtype("float64"), np.dtype("object")]


def test_a_schema_without_names_counts() -> None:
    schema = Schema([ColSpec("double"), ColSpec("long")])

    assert schema.input_names() == [0, 1]
    assert not schema.has_input_names()
    with pytest.raises(InvalidParameter, match="no names"):
        schema.input_dict()


def test_the_length_of_texts_is_no_part_of_a_tensor() -> None:
    assert TensorSpec(np.dtype("<U9"), (-1,)) == TensorSpec(np.dtype("str"), (-1,))
    assert TensorSpec(np.dtype("S2"), (-1,)).to_dict()["tensor-spec"]["dtype"] == "bytes"


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        ([], "at least one"),
        ([ColSpec("long"), TensorSpec("int64", (-1,))], "not of both"),
        ([ColSpec("long", "a"), ColSpec("long")], "all columns have names"),
        ([ColSpec("long", required=False)], "need names"),
        ([TensorSpec("int64", (-1,)), TensorSpec("int64", (-1,))], "a name for each"),
        ("long", "not of a str"),
    ],
)
def test_a_schema_that_cannot_be_is_refused(specs: list[ColSpec], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        Schema(specs)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[1]",
        '[{"type": "decimal"}]',
        '[{"type": "array"}]',
        '[{"type": "object", "properties": []}]',
        '[{"type": "object", "properties": {}}]',
        '[{"type": "tensor", "tensor-spec": {"dtype": "float64"}}]',
        '[{"type": "tensor", "tensor-spec": {"dtype": "no such type", "shape": [-1]}}]',
        '[{"type": "array", "items": ' * 20_000,
        '[{"type": ' + '{"type": ' * 500 + "1" + "}" * 500 + "}]",
    ],
)
def test_a_text_that_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        Schema.from_json(text)


def test_a_schema_nested_without_end_is_refused() -> None:
    text = '[{"name": "a", ' + '"type": "array", "items": {' * 5_000 + '"type": "long"' + "}" * 5_000 + "}]"
    with pytest.raises(InvalidParameter):
        Schema.from_json(text)


def test_objects_merge_to_what_they_share() -> None:
    first = Object([Property("a", "string"), Property("b", "long")])
    second = Object([Property("a", "string"), Property("c", "boolean")])

    assert merge(first, second) == Object(
        [Property("a", "string"), Property("b", "long", required=False), Property("c", "boolean", required=False)]
    )


def test_what_is_unknown_merges_with_everything() -> None:
    assert merge(AnyType(), Array("long")) == Array("long")
    assert merge(Array(AnyType()), Array("long")) == Array("long")
    assert merge(Map("long"), AnyType()) == Map("long")


def test_text_and_numbers_do_not_merge() -> None:
    with pytest.raises(InvalidParameter, match=r"string.*long"):
        merge(DataType.string, DataType.long)


def test_types_are_hashable_where_they_are_scalar_and_equal_where_they_say_the_same() -> None:
    assert len({DataType.long, DataType["long"]}) == 1
    assert Array("long") == Array(DataType.long)
    assert Array("long") != Array("double")


def test_signatures_are_read_without_pandas_or_numpy() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "for name in ('numpy', 'pandas', 'polars', 'pyarrow', 'scipy'): sys.modules[name] = None\n"
        "from modelyard.models.signature import ModelSignature, infer_signature\n"
        "from modelyard.models.enforce import enforce, enforce_params, model_input\n"
        "signature = infer_signature([{'a': 1.5, 'b': 'x'}], [True], {'k': 1})\n"
        "assert ModelSignature.from_dict(signature.to_dict()) == signature\n"
        "assert model_input(signature.inputs, [{'b': 'y', 'a': 2}]) == [{'a': 2.0, 'b': 'y'}]\n"
        "assert enforce_params(signature.params, {}) == {'k': 1}\n"
        'tensors = \'[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]\'\n'
        "assert ModelSignature.from_dict({'inputs': tensors}).to_dict()['inputs'] == tensors\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_signatures_loads_no_array_library() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); import modelyard.models.signature, modelyard.models.example, "
        "modelyard.types; print([name for name in ('numpy', 'pandas', 'polars', 'pyarrow', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
