"""The fields of a page, made from what is known of a model's input: signature, constraints, profile and example."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.models.columns import as_frame
from modelyard.models.constraints import Constraint
from modelyard.models.convert import GraphInput
from modelyard.models.libraries import kind_of, numpy
from modelyard.models.profile import ColumnProfile, Profile
from modelyard.models.schema import Schema
from modelyard.models.signature import ModelSignature
from modelyard.models.twin import Binding
from modelyard.models.types import DataType

MOST_FIELDS = 256
_MOST_CHOICES = 50
_TYPES = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint64", "bool", "str")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the form: its name, what kind of control it has, the value it begins with, and what is told below it.

    ``seen`` is the range of the training data, where it is known.
    """

    name: str
    kind: Literal["number", "whole", "choice", "text"]
    value: Any = None
    choices: list[Any] = []
    min: float | None = None
    max: float | None = None
    hint: str = ""
    seen: list[float] = []


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """An input of the graph, and the places of the fields that go into it."""

    name: str
    type: str
    shape: list[int]
    fields: list[int]


class _Known(NamedTuple):
    """What is known of one value of a row."""

    name: str
    type: str
    rule: Constraint | None
    seen: ColumnProfile | None
    value: Any


def form(
    binding: Binding, signature: ModelSignature | None, profile: Profile | None, example: Any
) -> tuple[list[Field], list[Slot]]:
    """The fields and the slots of a model.

    Raises ``InvalidParameter`` for a model whose input is no row of numbers, texts and choices.
    """
    schema = None if signature is None else signature.inputs
    rules: Mapping[str, Constraint] = signature.constraints.columns if signature and signature.constraints else {}
    fields: list[Field] = []
    slots: list[Slot] = []
    for given in binding.inputs:
        columns = _columns(given)
        for place, column in enumerate(columns):
            fields.append(
                _field(
                    _Known(
                        name=column if isinstance(column, str) else f"x{column}",
                        type=_type(schema, column, given.type),
                        rule=rules.get(str(column)),
                        seen=None if profile is None else profile.column(str(column)),
                        value=_first(example, given.name, column, place),
                    )
                )
            )
        places = list(range(len(fields) - len(columns), len(fields)))
        slots.append(Slot(name=given.name, type=given.type, shape=given.shape, fields=places))
    return fields, slots


def _columns(given: GraphInput) -> list[str | int]:
    width = given.shape[1] if len(given.shape) == 2 else 1
    if given.type not in _TYPES or len(given.shape) > 2 or not 0 < width <= MOST_FIELDS:
        raise InvalidParameter(
            f"A page has a field for each value of a row, {MOST_FIELDS} at most; this model's input {given.name!r} is a"
            f" {given.type} of the shape {given.shape}. Serve it instead: modelyard models serve."
        )
    return given.columns or list(range(width))


def _field(known: _Known) -> Field:
    rule = known.rule
    choices = _choices(known)
    if choices:
        value = known.value if known.value in choices else choices[0]
        return Field(name=known.name, kind="choice", value=value, choices=choices)
    if known.type == "str":
        return Field(name=known.name, kind="text", value="" if known.value is None else str(known.value))
    seen = known.seen
    ends = [] if seen is None or seen.min is None or seen.max is None else [seen.min, seen.max]
    whole = "int" in known.type
    value = known.value if isinstance(known.value, int | float) else None if seen is None else seen.mean
    return Field(
        name=known.name,
        kind="whole" if whole else "number",
        value=round(value) if whole and value is not None else value,
        min=None if rule is None else rule.min,
        max=None if rule is None else rule.max,
        hint=f"trained on {ends[0]:g} to {ends[1]:g}" if ends else "",
        seen=ends,
    )


def _choices(known: _Known) -> list[Any]:
    """The values to choose from: those of the constraint, yes and no, or the texts of a column that has few."""
    if known.rule is not None and known.rule.choices:
        return list(known.rule.choices)
    if known.type == "bool":
        return [False, True]
    if known.type != "str" or known.seen is None or not known.seen.distinct:
        return []
    texts = [each.value for each in known.seen.frequent]
    few = known.seen.distinct <= _MOST_CHOICES and len(texts) >= known.seen.distinct
    return sorted({*texts, *([known.value] if isinstance(known.value, str) else [])}) if few else []


def _type(schema: Schema | None, column: str | int, of: str) -> str:
    """The type of a value as people see it: a graph may have floats where the signature has whole numbers."""
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names() or column not in schema.input_dict():
        return of
    found = schema.input_dict()[column].type
    if found is DataType.string:
        return "str"
    return "bool" if found is DataType.boolean else "int64" if found in (DataType.integer, DataType.long) else of


def _first(example: Any, name: str, column: str | int, place: int) -> Any:
    """The value in the first row of the example, or None."""
    of_tensors = isinstance(example, Mapping) and any(kind_of(each) == "ndarray" for each in example.values())
    table = example if of_tensors else as_frame(example)
    if kind_of(table) == "pandas" and len(table):
        found = table[column] if column in table.columns else table.iloc[:, place] if place < table.shape[1] else None
        return None if found is None else _plain(found.iloc[0])
    if isinstance(table, Mapping):
        table = table.get(name, next(iter(table.values()), None))
    if kind_of(table) == "sparse":
        table = table.toarray()
    if isinstance(table, list) and table and isinstance(table[0], str):
        return table[0]
    if table is None or isinstance(table, str):
        return table
    array = numpy("A page").asarray(table)
    row = array[0] if array.ndim and array.shape[0] else None
    if row is None:
        return None
    return _plain(row if numpy().ndim(row) == 0 else row.reshape(-1)[place])


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, bool | str) or (isinstance(value, int | float) and math.isfinite(value)) else None
