"""A graph that predicts like its model: data in by the binding, predictions out in the model's form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelyard.core.errors import InvalidParameter
from modelyard.models.catalog import flavor
from modelyard.models.columns import as_frame
from modelyard.models.convert import GraphInput
from modelyard.models.libraries import kind_of, numpy, pandas
from modelyard.models.twin.certificate import Binding, Form

_TIE = 1e-6
"""Chances that differ by no more are equal but for the order in which they were added up."""


def predictor(proto: Any, binding: Binding) -> Callable[..., Any]:
    """A callable ``(data, params) -> predictions`` that runs the graph. Any number of threads may call it."""
    run = runner(proto, binding)

    def predict(data: Any, params: Mapping[str, Any] | None = None) -> Any:
        if params:
            raise InvalidParameter(
                f"An ONNX twin takes no params, such as {next(iter(params))!r}: use the model itself."
            )
        return answer(run(data), binding, data)

    return predict


def runner(proto: Any, binding: Binding) -> Callable[[Any], dict[str, Any]]:
    """A callable that runs the graph on a model's data and answers all outputs, by name."""
    run = flavor("onnx").predictor(proto, {})
    tensors = all(each.columns is None for each in binding.inputs)

    def outputs(data: Any) -> dict[str, Any]:
        table = data if tensors and isinstance(data, Mapping) else as_frame(data)
        found: dict[str, Any] = run(feed(binding.inputs, table))
        return found

    return outputs


def answer(outputs: Mapping[str, Any], binding: Binding, data: Any) -> Any:
    """The predictions among the outputs, in the form of the model's."""
    found = outputs[binding.output.name]
    if binding.output.column is not None:
        found = found[:, binding.output.column]
    return found if binding.form is None else _formed(found, binding.form, data)


def ties(outputs: Mapping[str, Any], binding: Binding) -> Any:
    """The rows that the graph finds two classes equally likely for, as an array of booleans; None where it tells no chances."""
    chances = next((each for name, each in outputs.items() if name.startswith("prob")), None)
    if chances is None or getattr(chances, "ndim", 0) != 2 or chances.shape[1] < 2:
        return None
    if binding.output.column is not None or outputs[binding.output.name] is chances:
        return None
    first = numpy("An ONNX twin").sort(chances, axis=1)
    return first[:, -1] - first[:, -2] <= _TIE


def feed(inputs: list[GraphInput], data: Any) -> dict[str, Any]:
    """The graph's inputs as arrays, of data as a model gets it.

    Raises ``InvalidParameter`` naming the column or the tensor that is missing.
    """
    return {each.name: _array(each, data, alone=len(inputs) == 1) for each in inputs}


def _array(given: GraphInput, data: Any, *, alone: bool) -> Any:
    library = numpy("An ONNX twin")
    kind = kind_of(data)
    if kind == "pandas":
        found = _of_frame(given, data, alone=alone)
    elif isinstance(data, Mapping):
        found = data.get(given.name, next(iter(data.values())) if alone else None)
        if found is None:
            raise InvalidParameter(
                f"The model's input {given.name!r} is missing; there are {', '.join(map(repr, data))}."
            )
    else:
        found = data.toarray() if kind == "sparse" else data
    array = library.asarray(found)
    if (
        given.columns is not None
        and kind != "pandas"
        and array.ndim == 2
        and all(type(c) is int for c in given.columns)
    ):
        array = array[:, given.columns]
    array = array.astype(object if given.type == "str" else given.type, copy=False)
    return array.reshape([-1, *array.shape[1:]] if len(given.shape) > 1 else -1)


def _of_frame(given: GraphInput, data: Any, *, alone: bool) -> Any:
    columns = given.columns
    if columns is None:
        if not alone:
            if given.name not in data:
                raise InvalidParameter(f"The data has no column {given.name!r}, which the model needs.")
            return list(data[given.name])
        return data.to_numpy()
    if all(type(each) is int and each not in data.columns for each in columns):
        return data.to_numpy()[:, columns]
    missing = [each for each in columns if each not in data.columns]
    if missing:
        raise InvalidParameter(f"The data has no column {missing[0]!r}, which the model was trained on.")
    return data[columns].to_numpy()


def form_of(predictions: Any) -> Form:
    """How predictions look."""
    kind = kind_of(predictions)
    if kind in ("pandas", "series"):
        columns = list(predictions.columns) if kind == "pandas" else None
        array = predictions.to_numpy()
        return Form(type=_type_name(array), dimensions=array.ndim, columns=columns)
    array = numpy("An ONNX twin").asarray(predictions)
    return Form(type=_type_name(array), dimensions=array.ndim)


def _type_name(array: Any) -> str:
    return {"O": "object", "U": "str", "S": "bytes"}.get(array.dtype.kind) or str(array.dtype.name)


def _formed(found: Any, form: Form, data: Any) -> Any:
    array = numpy("An ONNX twin").asarray(found)
    array = array.reshape(-1) if form.dimensions == 1 else array
    if form.dimensions == 2 and array.ndim == 1:
        array = array.reshape(-1, 1)
    array = array.astype(form.type, copy=False)
    if form.columns is None or kind_of(data) != "pandas":
        return array
    return pandas().DataFrame(array, columns=form.columns, index=data.index)
