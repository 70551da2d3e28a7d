"""Inputs of a graph, from a signature and from what a model says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.convert.contract import GraphInput
from modelyard.models.schema import Schema
from modelyard.models.types import DataType

NAME = "input"
_WHOLE = (DataType.integer, DataType.long)
_NUMBERS = (*_WHOLE, DataType.boolean, DataType.float, DataType.double)
_ASK = "Give an input_example or a signature, so that it is known what the model takes."


class Wants(NamedTuple):
    """What a model of tables says of its input.

    The ``names`` of its columns in the order it was trained on, where it knows them, and their ``width``; whether it picks
    columns by name (``by_column``), or takes ``texts``; and the ``precisions`` it can be computed in, in order.
    """

    names: Sequence[str] = ()
    width: int | None = None
    by_column: bool = False
    texts: bool = False
    precisions: Sequence[str] = ("float32",)


def of_table(schema: Schema | None, wants: Wants) -> Iterator[list[GraphInput]]:
    """The inputs of a model of tables: one matrix, or an input for each column where columns are of several kinds."""
    if wants.texts:
        yield [GraphInput(NAME, "str", [-1], _only_column(schema))]
        return
    if schema is None or schema.is_tensor_spec():
        width = wants.width if schema is None else _width(schema)
        if width is None:
            raise InvalidParameter(_ASK)
        columns: list[str | int] | None = list(wants.names) or None
        if columns is None and schema is None:
            columns = list(range(width))
        yield from ([GraphInput(NAME, each, [-1, width], columns)] for each in wants.precisions)
        return
    _refuse_others(schema)
    if schema.has_input_names() and (wants.by_column or not _all_numbers(schema)):
        yield from _by_column(schema, wants)
        return
    if not _all_numbers(schema):
        raise InvalidParameter("Columns of texts and numbers need names to go into an ONNX graph: give a data frame.")
    picked = _in_order(schema, wants.names)
    yield from ([GraphInput(NAME, each, [-1, len(picked)], picked)] for each in wants.precisions)


def of_tensors(schema: Schema | None, *, floats: str) -> list[GraphInput]:
    """The inputs of a model of tensors; ``floats`` is the type that a table's numbers become, and arrays of floats."""
    if schema is None:
        raise InvalidParameter(_ASK)
    if not schema.is_tensor_spec():
        _refuse_others(schema)
        if not _all_numbers(schema):
            raise InvalidParameter("A model of tensors takes numbers; its signature has columns of texts.")
        columns: list[str | int] = schema.input_names()
        return [GraphInput(NAME, floats, [-1, len(columns)], columns)]
    return [
        GraphInput(
            spec.name or NAME,
            floats if spec.type_name.startswith("float") else spec.type_name,
            [-1, *spec.shape[1:]],
        )
        for spec in schema.inputs
    ]


def with_columns(given: GraphInput, schema: Schema | None) -> GraphInput:
    """An input of a model that takes an array, for a signature of columns: they are its numbers, in their order."""
    if schema is None or schema.is_tensor_spec() or len(given.shape) != 2:
        return given
    return msgspec.structs.replace(given, columns=schema.input_names())


def _only_column(schema: Schema | None) -> list[str | int] | None:
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return None
    return [schema.input_names()[0]]


def _width(schema: Schema) -> int:
    spec = schema.inputs[0]
    if len(schema) > 1 or len(spec.shape) != 2 or spec.shape[1] < 1:
        raise InvalidParameter(f"A model of tables takes one array of rows and columns, not {schema!r}.")
    return int(spec.shape[1])


def _refuse_others(schema: Schema) -> None:
    for place, spec in enumerate(schema.inputs):
        if spec.type not in (*_NUMBERS, DataType.string):
            name = place if spec.name is None else spec.name
            raise InvalidParameter(
                f"Column {name!r} is of the type {spec.type!r}, which ONNX has no input for. Convert models whose columns are"
                " numbers, booleans or texts."
            )


def _all_numbers(schema: Schema) -> bool:
    return all(spec.type in _NUMBERS for spec in schema.inputs)


def _in_order(schema: Schema, names: Sequence[str]) -> list[str | int]:
    given: list[str | int] = schema.input_names()
    return list(names) if names and set(names) <= set(given) else given


def _by_column(schema: Schema, wants: Wants) -> Iterator[list[GraphInput]]:
    """Whole numbers as they are, then as floats: some steps of a pipeline want the one, some the other."""
    specs = schema.input_dict()
    picked = _in_order(schema, wants.names)
    seen = []
    for floats, whole in [("float32", "int64"), *((each, each) for each in wants.precisions)]:
        types = [_type(specs[name].type, floats, whole) for name in picked]
        if types not in seen:
            seen.append(types)
            yield [GraphInput(str(name), of, [-1, 1], [name]) for name, of in zip(picked, types, strict=True)]


def _type(of: Any, floats: str, whole: str) -> str:
    if of is DataType.string:
        return "str"
    return "bool" if of is DataType.boolean else whole if of in _WHOLE else floats
