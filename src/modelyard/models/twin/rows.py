"""Rows to compare a twin with its model on: the example, a sample of the training data, rows drawn at random."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.models.columns import as_frame
from modelyard.models.constraints import Constraint
from modelyard.models.enforce import model_input
from modelyard.models.example import split_example
from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.models.options import SaveOptions
from modelyard.models.profile import Profile, read_profile
from modelyard.models.schema import ColSpec, Schema, TensorSpec
from modelyard.models.signature import ModelSignature
from modelyard.models.types import DataType

SAMPLE = 1024
DRAWN = 256
_SEED = 20
_MOST_NUMBERS = 1 << 21
_WHOLE = (DataType.integer, DataType.long)


def rows(folder: Path | None, options: SaveOptions, signature: ModelSignature | None) -> Iterator[tuple[str, Any]]:
    """The name of a source and its rows, made to fit the signature; a source that has no rows is left out."""
    example = split_example(options.input_example)[0]
    schema = None if signature is None else signature.inputs
    if example is not None:
        yield "example", example if schema is None else model_input(schema, example)
    if schema is None:
        return
    sample = _fitting(schema, _sample(options.training_data))
    if sample is not None:
        yield "training data", sample
    drawn = _fitting(schema, _drawn(schema, signature, example, None if folder is None else read_profile(folder)))
    if drawn is not None:
        yield "random", drawn


def _fitting(schema: Schema, data: Any) -> Any:
    """The data made to fit, or None where it does not: it may be training data with another shape than the model's input."""
    if data is None:
        return None
    try:
        return model_input(schema, data)
    except Exception:  # noqa: BLE001 - data in a form that is not the model's is no data to compare on
        return None


def _sample(data: Any) -> Any:
    """Rows from all over the training data; an iterator was used up by the profile."""
    data = getattr(data, "df", getattr(data, "features", data))
    kind = kind_of(data)
    if kind == "python" and not isinstance(data, Sequence):
        return None
    table = as_frame(data) if kind != "python" else data
    count = len(table) if kind == "python" else table.shape[0]
    if not count:
        return None
    places = numpy("Comparing models").random.default_rng(_SEED).permutation(count)[:SAMPLE]
    places.sort()
    if kind == "python":
        return [table[place] for place in places]
    return table.iloc[places] if kind_of(table) in ("pandas", "series") else table[places]


# ----------------------------------------------------------------------------------------------------------------------
# Rows drawn at random


def _drawn(schema: Schema, signature: ModelSignature | None, example: Any, profile: Profile | None) -> Any:
    chance = numpy("Comparing models").random.default_rng(_SEED)
    if schema.is_tensor_spec():
        return _tensors(chance, schema, example)
    constraints: Mapping[Any, Constraint] = (
        signature.constraints.columns if signature is not None and signature.constraints else {}
    )
    columns: dict[Any, Any] = {}
    for place, spec in enumerate(schema.inputs):
        name = place if spec.name is None else spec.name
        values = _column(chance, spec, constraints.get(name), profile, _known(example, name, place))
        if values is None:
            return None
        columns[name] = values
    if schema.has_input_names():
        return pandas("Comparing models").DataFrame(columns)
    if len(schema) == 1:
        return list(columns[0])
    return numpy().column_stack(list(columns.values()))


def _column(chance: Any, spec: ColSpec, rule: Constraint | None, profile: Profile | None, known: list[Any]) -> Any:
    """Values of one column, from its constraint, the profile or the example, whichever says something first."""
    seen = profile.column(str(spec.name)) if profile is not None else None
    if rule is not None and rule.choices:
        return _chosen(chance, list(rule.choices), spec)
    if spec.type is DataType.string:
        return _chosen(
            chance, [each.value for each in seen.frequent] if seen is not None and seen.frequent else known, spec
        )
    if spec.type is DataType.boolean:
        return chance.integers(0, 2, DRAWN).astype(bool)
    numbers = [float(each) for each in known if isinstance(each, int | float) and math.isfinite(each)]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    if seen is not None and seen.min is not None and seen.max is not None:
        low, high = seen.min, seen.max
    if rule is not None:
        low = low if rule.min is None else max(low, rule.min)
        high = high if rule.max is None else min(high, rule.max)
    if spec.type in _WHOLE:
        return chance.integers(int(low), int(max(low, high)) + 1, DRAWN).astype(spec.type.to_numpy())
    return chance.uniform(low, max(low, high), DRAWN).astype(spec.type.to_numpy())


def _chosen(chance: Any, among: list[Any], spec: ColSpec) -> Any:
    if not among:
        return None
    found = [among[place] for place in chance.integers(0, len(among), DRAWN)]
    return found if spec.type is DataType.string else numpy().asarray(found, dtype=spec.type.to_numpy())


def _known(example: Any, name: Any, place: int) -> list[Any]:
    """The example's values of a column."""
    table = as_frame(example)
    kind = kind_of(table)
    if kind == "pandas":
        found = table[name] if name in table.columns else table.iloc[:, place]
        return list(found.dropna().tolist())
    if kind == "ndarray":
        return list((table[:, place] if table.ndim > 1 else table).tolist())
    if isinstance(table, list):
        return [row[place] if isinstance(row, list | tuple) else row for row in table]
    return []


def _tensors(chance: Any, schema: Schema, example: Any) -> Any:
    made = {}
    for spec in schema.inputs:
        given = example.get(spec.name) if isinstance(example, dict) else example
        array = None if given is None or kind_of(given) == "sparse" else numpy().asarray(given)
        values = _tensor(chance, spec, array)
        if values is None:
            return None
        made[spec.name] = values
    return made if schema.has_input_names() else next(iter(made.values()))


def _tensor(chance: Any, spec: TensorSpec, example: Any) -> Any:
    shape = list(spec.shape[1:]) if example is None else list(example.shape[1:])
    if any(size < 0 for size in shape):
        return None
    count = max(2, min(DRAWN, _MOST_NUMBERS // max(1, int(numpy().prod(shape)))))
    kind = numpy().dtype(spec.type).kind
    if example is not None and example.size and kind in "fiu":
        low, high = example.min(axis=0), example.max(axis=0)
        if kind in "iu":
            return chance.integers(low, high + 1, [count, *shape]).astype(spec.type)
        margin = (high - low) * 0.1
        return chance.uniform(low - margin, high + margin, [count, *shape]).astype(spec.type)
    if example is not None and example.size:
        return example[chance.integers(0, example.shape[0], count)]
    return chance.standard_normal([count, *shape]).astype(spec.type) if kind == "f" else None
