"""A model's signature in the words of JSON Schema."""

from __future__ import annotations

from typing import Any

from modelyard.models.constraints import Constraint
from modelyard.models.params import ParamSchema
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import AnyType, Array, ColumnType, DataType, Map, Object, SparkMLVector

Json = dict[str, Any]

_SCALARS: dict[DataType, Json] = {
    DataType.boolean: {"type": "boolean"},
    DataType.integer: {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    DataType.long: {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1},
    DataType.float: {"type": "number", "format": "float"},
    DataType.double: {"type": "number", "format": "double"},
    DataType.string: {"type": "string"},
    DataType.binary: {"type": "string", "contentEncoding": "base64"},
    DataType.datetime: {"type": "string", "description": "A date or datetime in ISO form."},
}
_NUMPY = {"b": "boolean", "i": "integer", "u": "integer", "f": "number"}


def type_schema(of: ColumnType) -> Json:
    """The schema of one value.

    >>> type_schema(Array("boolean"))
    {'type': 'array', 'items': {'type': 'boolean'}}
    """
    if isinstance(of, DataType):
        return dict(_SCALARS[of])
    if isinstance(of, Array | SparkMLVector):
        return {"type": "array", "items": type_schema(of.dtype)}
    if isinstance(of, Map):
        return {"type": "object", "additionalProperties": type_schema(of.value_type)}
    if isinstance(of, Object):
        return {
            "type": "object",
            "properties": {each.name: type_schema(each.dtype) for each in of.properties},
            "required": [each.name for each in of.properties if each.required],
            "additionalProperties": False,
        }
    assert isinstance(of, AnyType)
    return {}


def column_schema(spec: ColSpec, constraint: Constraint | None = None) -> Json:
    """The schema of a column's values; what is optional may be null."""
    found = {**type_schema(spec.type), **({} if constraint is None else _limits(constraint))}
    if not spec.required and "type" in found:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


def _limits(constraint: Constraint) -> Json:
    named = {"min": "minimum", "max": "maximum", "choices": "enum"}
    return {named[name]: value for name, value in constraint.to_dict().items() if name in named}


def row_schema(signature: ModelSignature) -> Json:
    """The schema of one row as an object."""
    schema = signature.inputs
    rules = signature.constraints.columns if signature.constraints else {}
    return {
        "type": "object",
        "properties": {str(spec.name): column_schema(spec, rules.get(spec.name)) for spec in schema.inputs},
        "required": [str(spec.name) for spec in schema.inputs if spec.required],
    }


def values_schema(schema: Schema) -> Json:
    """The schema of one row as a list of values, in the signature's order."""
    kinds = [column_schema(spec) for spec in schema.inputs]
    return {"type": "array", "prefixItems": kinds, "minItems": len(kinds)}


def tensor_schema(spec: TensorSpec) -> Json:
    """The schema of a tensor as lists in lists.

    >>> tensor_schema(TensorSpec("float32", (-1, 2)))["items"]
    {'type': 'array', 'items': {'type': 'number'}, 'minItems': 2, 'maxItems': 2}
    """
    kind = _NUMPY.get(getattr(spec.type, "kind", ""), "string")
    found: Json = {"type": ["number", "null"]} if kind == "number" and not spec.shape else {"type": kind}
    for size in reversed(spec.shape):
        found = {"type": "array", "items": found}
        if size >= 0:
            found |= {"minItems": size, "maxItems": size}
    return found


def params_schema(params: ParamSchema) -> Json:
    """The schema of a prediction's parameters, with their defaults."""
    found = {}
    for spec in params:
        one = type_schema(spec.dtype)
        described = spec.to_dict()
        found[spec.name] = {
            **(one if spec.shape is None else {"type": "array", "items": one}),
            "default": described["default"],
        }
    return {"type": "object", "properties": found, "additionalProperties": False}


def predictions_schema(schema: Schema | None) -> Json:
    """The schema of what stands under ``predictions``, as far as the signature tells."""
    if schema is None:
        return {}
    if schema.is_tensor_spec():
        if schema.has_input_names():
            return {"type": "object", "properties": {each.name: tensor_schema(each) for each in schema.inputs}}
        return tensor_schema(schema.inputs[0])
    if schema.has_input_names():
        return {"description": f"Rows with {', '.join(map(str, schema.input_names()[:30]))}."}
    if len(schema) == 1:
        return {"type": "array", "items": {"anyOf": [type_schema(schema.inputs[0].type), {"type": "null"}]}}
    return {"type": "array"}
