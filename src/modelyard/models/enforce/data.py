"""Any data, made to fit a schema."""

from __future__ import annotations

from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.casts import cast, named
from modelyard.models.constraints import Constraints
from modelyard.models.enforce import arrow, pandas, polars, records, tensors
from modelyard.models.enforce.names import pick, specs_of
from modelyard.models.libraries import kind_of
from modelyard.models.schema import Schema
from modelyard.models.types import AnyType, DataType


def enforce(schema: Schema, data: Any, *, constraints: Constraints | None = None) -> Any:
    """The data as the schema says, in the kind of table, array or list it came in.

    Columns are found by name and put in the schema's order, others dropped; values are cast only where nothing is lost.
    Raises ``InvalidParameter`` naming the column, what was found and what is expected. What fits already is answered as it
    is, without a copy.

    >>> from modelyard.models.schema import ColSpec
    >>> enforce(Schema([ColSpec("double", "age")]), [{"age": 31, "city": "Bern"}])
    [{'age': 31.0}]
    """
    if schema.is_tensor_spec():
        return tensors.enforce_tensors(schema, data)
    found = _BY_KIND.get(kind_of(data), records.enforce_values)(schema, data)
    if constraints:
        constraints.check(found)
    return found


def enforce_array(schema: Schema, array: Any) -> Any:
    """An array where columns are expected: one column, or as many as the schema has where they are counted, not named."""
    columns = array.reshape(-1, 1) if array.ndim < 2 else array
    if array.ndim > 2:
        raise InvalidParameter(f"The model takes {len(schema)} columns; an array of {array.ndim} dimensions was given.")
    counted = range(columns.shape[1])
    if not (len(schema) == 1 and columns.shape[1] == 1):
        if schema.has_input_names() and schema.input_names() != list(counted):
            raise InvalidParameter(
                f"The model takes columns by name ({', '.join(map(repr, schema.input_names()[:10]))}); the array has no names. "
                "Give a data frame, or a list of dicts."
            )
        picked = pick(schema, counted)
        array = array if len(picked) == len(counted) else array[:, : len(picked)]
        specs = specs_of(schema, picked)
    else:
        specs = schema.inputs
    for spec in specs:
        if isinstance(spec.type, AnyType):
            continue
        if not isinstance(spec.type, DataType) or (array.dtype.kind != "O" and cast(array, spec.type) is None):
            raise InvalidParameter(
                f"Column {spec.name!r} is of type {array.dtype}, the array's; the model expects {named(spec.type)}."
            )
    return array


_BY_KIND = {
    "pandas": pandas.enforce_frame,
    "series": pandas.enforce_series,
    "polars": polars.enforce_frame,
    "polars-series": polars.enforce_series,
    "arrow": arrow.enforce_table,
    "ndarray": enforce_array,
}
