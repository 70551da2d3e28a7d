"""A composite model as a function of data: how tables and requests become calls."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from modelyard.models.composite.bind import WrongArguments
from modelyard.models.composite.model import CompositeModel
from modelyard.models.libraries import kind_of
from modelyard.models.schema import ColSpec, Schema
from modelyard.models.signature import ModelSignature
from modelyard.models.types import AnyType


class Rows:
    """The predictor of a composite model.

    A mapping of named parameters is one call, answered as the predict function answers. A table, or a list of mappings,
    is a call for each row: one row is answered as that call is, several as a list. An empty cell of a parameter with a
    default is a parameter that was not given. Where the columns are not parameters
    and the function has one parameter, the data is that parameter. ``params`` are parameters of every call whose row does
    not say otherwise.

    >>> rows = Rows(CompositeModel(lambda number, add=0: number + add))
    >>> rows({"number": 1}), rows([{"number": 1}, {"number": 2}], {"add": 1}), rows([{"number": 5}])
    (1, [2, 3], 5)
    """

    def __init__(self, model: CompositeModel) -> None:
        self._model = model

    def __call__(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Predict."""
        params = params or {}
        if data is None:
            return self._model.predict(**params)
        if isinstance(data, Mapping) and self._is_call(data):
            return self._call(data, params)
        rows = _rows(data, self._model.binder.optional)
        if rows is not None and all(self._is_call(row) for row in rows):
            found = [self._call(row, params) for row in rows]
            return found[0] if len(found) == 1 else found
        return self._whole(data, params)

    def complete_signature(self, signature: ModelSignature) -> ModelSignature | None:
        """A signature inferred from an example, with the parameters the example left out: optional, of any type.

        None for a function that takes any name: a signature would drop what it does not list.
        """
        schema = signature.inputs
        if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
            return signature
        there = schema.input_names()
        if not self._is_call(dict.fromkeys(there)):
            return signature
        if self._model.binder.takes_any_name:
            return None
        more = [ColSpec(AnyType(), name, required=False) for name in self._model.binder.names if name not in there]
        return msgspec.structs.replace(signature, inputs=Schema([*schema.inputs, *more]))

    def _is_call(self, row: Mapping[Any, Any]) -> bool:
        return self._model.binder.names_only_its_own(row)

    def _call(self, row: Mapping[Any, Any], params: Mapping[str, Any]) -> Any:
        return self._model.predict(**{**params, **{name: _plain(value) for name, value in row.items()}})

    def _whole(self, data: Any, params: Mapping[str, Any]) -> Any:
        names = [name for name in self._model.binder.names if name not in params]
        if len(names) == 1:
            return self._model.predict(**params, **{names[0]: data})
        if isinstance(data, Mapping):
            return self._model.predict(**params, **data)  # which names what it does not know
        raise WrongArguments(
            f"The data does not name the function's parameters. Send {', '.join(self._model.binder.names)} by name: a"
            " dict, or a table with these columns."
        )


def _rows(data: Any, optional: Collection[str]) -> list[Mapping[Any, Any]] | None:
    """The rows of a table by column, or None for what is no table."""
    kind = kind_of(data)
    if kind == "pandas":
        return [
            {name: value for name, value in row.items() if name not in optional or not _is_empty(value)}
            for row in data.to_dict("records")
        ]
    if kind == "polars":
        return list(data.iter_rows(named=True))
    if kind == "arrow":
        return list(data.to_pylist())
    if isinstance(data, list) and data and all(isinstance(row, Mapping) for row in data):
        return data
    return None


def _is_empty(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _plain(value: Any) -> Any:
    """A value that a server has made an array of no dimensions, as the value it was."""
    return value.item() if kind_of(value) == "ndarray" and value.ndim == 0 else value
