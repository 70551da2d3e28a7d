"""Rows to try a loaded model on: those of its example, and random ones of its signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelyard.models.example import split_example
from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.schema import Schema
from modelyard.models.types import DataType

_SEED = 20_240_229
_LARGEST = 1_000_000  # numbers in a table of random rows
_WHOLE = (DataType.integer, DataType.long)
_REAL = (DataType.float, DataType.double)


def trial_rows(model: PyFuncModel, count: int) -> Iterator[Any]:
    """Tables or arrays of ``count`` rows, the more telling first; none where nothing says what a row is."""
    example = example_rows(model)
    schema = model.metadata.get_input_schema()
    if schema is not None:
        drawn = _random_tensor(schema, count) if schema.is_tensor_spec() else _random_table(schema, example, count)
        if drawn is not None:
            yield drawn
    if example is not None:
        places = [place % len(example) for place in range(count)]
        yield example[places] if kind_of(example) == "ndarray" else example.iloc[places].reset_index(drop=True)


def example_rows(model: PyFuncModel) -> Any:
    """The rows of the model's example, a table or an array, or None."""
    data, params = split_example(model.input_example)
    if params is not None or kind_of(data) not in ("pandas", "ndarray") or not data.shape or not len(data):
        return None
    return data


def _random_tensor(schema: Schema, count: int) -> Any:
    spec = schema.inputs[0]
    if len(schema) > 1 or spec.name is not None or not spec.shape or spec.shape[0] != -1 or -1 in spec.shape[1:]:
        return None
    if spec.type_name not in ("float32", "float64"):
        return None
    library = numpy()
    shape = (count, *spec.shape[1:])
    if library.prod(shape) > _LARGEST:
        return None
    return library.random.default_rng(_SEED).normal(size=shape).astype(spec.type)


def _random_table(schema: Schema, example: Any, count: int) -> Any:
    """Numbers are drawn; what is no number is taken from the example."""
    library = numpy()
    draw = library.random.default_rng(_SEED)
    names = schema.input_names() if schema.has_input_names() else list(range(len(schema)))
    columns = {}
    for place, (name, spec) in enumerate(zip(names, schema.inputs, strict=True)):
        if spec.type in _WHOLE:
            columns[name] = draw.integers(0, 10, count).astype(spec.type.to_numpy())
        elif spec.type in _REAL:
            spread = 10.0 ** (place % 4 - 1)
            columns[name] = (draw.normal(size=count) * spread).astype(spec.type.to_numpy())
        elif spec.type is DataType.boolean:
            columns[name] = draw.integers(0, 2, count).astype(bool)
        elif kind_of(example) == "pandas" and name in example.columns:
            known = example[name].to_numpy()
            columns[name] = known[draw.integers(0, len(known), count)]
        else:
            return None
    return pandas().DataFrame(columns, columns=names)
