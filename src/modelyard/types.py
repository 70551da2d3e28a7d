"""``modelyard.types``: the parts of signatures, where MLflow has them."""

from modelyard.models.params import ParamSchema, ParamSpec
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.types import AnyType, Array, DataType, Map, Object, Property

__all__ = [
    "AnyType",
    "Array",
    "ColSpec",
    "DataType",
    "Map",
    "Object",
    "ParamSchema",
    "ParamSpec",
    "Property",
    "Schema",
    "TensorSpec",
]
