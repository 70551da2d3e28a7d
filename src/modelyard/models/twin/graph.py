"""The graph of any model: its twin, itself when it is ONNX, or one made now and compared with it."""

from __future__ import annotations

from typing import Any

from modelyard.models import catalog
from modelyard.models.catalog import PYFUNC
from modelyard.models.convert import GraphInput, GraphOutput
from modelyard.models.example import split_example
from modelyard.models.infer import infer_schema
from modelyard.models.load import Opened, flavor_behind, load_pyfunc, open_folder
from modelyard.models.onnx_files import inputs_of, signature_of
from modelyard.models.options import PathLike, SaveOptions
from modelyard.models.pyfunc import PyFuncModel
from modelyard.models.schema import Schema
from modelyard.models.signature import ModelSignature
from modelyard.models.twin.certificate import CERTIFICATE_FILE, Binding, Certificate
from modelyard.models.twin.load import is_onnx, open_twin
from modelyard.models.twin.make import Made, make
from modelyard.models.twin.parity import ABSOLUTE, RELATIVE
from modelyard.models.twin.rows import rows


def graph_of_folder(path: PathLike, *, trust: str | None = None) -> Made:
    """The graph of a saved model. Its twin is taken where it has one, which loads nothing of the model itself.

    Raises what loading the model raises, and ``InvalidParameter`` when it cannot be converted.
    """
    opened = open_folder(path, trust=trust)
    if is_onnx(opened.model):
        return _own(load_pyfunc(path, trust=trust))
    if (opened.folder / CERTIFICATE_FILE).is_file():
        twin = open_twin(opened, trust=trust)
        return Made(twin.proto, twin.certificate)
    return _converted(opened, load_pyfunc(path, trust=trust))


def graph_of_object(
    obj: Any, *, signature: ModelSignature | None = None, input_example: Any = None, method: str = "predict"
) -> Made:
    """The graph of a model in memory, compared with it on the example and on random rows where there are any."""
    flavor = catalog.flavor_of(obj)
    example = split_example(input_example)[0]
    if signature is None and example is not None:
        signature = ModelSignature(infer_schema(example))
    return make(
        obj,
        flavor=flavor.name,
        schema=None if signature is None else signature.inputs,
        predict=flavor.predictor(obj, {"predict_fn": method}),
        rows=rows(None, SaveOptions(input_example=input_example), signature),
        method=method,
    )


def _converted(opened: Opened, model: PyFuncModel) -> Made:
    entry = opened.model.flavors[PYFUNC]
    signature = opened.model.signature
    example = split_example(opened.model.load_input_example(opened.folder))[0]
    return make(
        model.get_raw_model(),
        flavor=flavor_behind(entry),
        schema=None if signature is None else signature.inputs,
        predict=model.predict,
        rows=rows(opened.folder, SaveOptions(input_example=example), signature),
        method=str(entry.get("predict_fn", "predict")),
    )


def _own(model: PyFuncModel) -> Made:
    """A model that is ONNX already is its own twin: there is nothing that it could differ from."""
    proto = model.get_raw_model()
    found = signature_of(proto)
    schema = model.metadata.get_input_schema()
    names = [each.name for each in inputs_of(proto)]
    specs = [] if found is None else zip(names, found.inputs, strict=True)
    inputs = [_input(name, spec, schema, len(names)) for name, spec in specs]
    certificate = Certificate(
        status="passed",
        message="The model is ONNX itself.",
        rows={},
        crossed=0,
        absolute_tolerance=ABSOLUTE,
        relative_tolerance=RELATIVE,
        versions={},
        binding=Binding(inputs=inputs, output=GraphOutput(proto.graph.output[0].name)),
    )
    return Made(proto, certificate)


def _input(name: str, spec: Any, schema: Schema | None, count: int) -> GraphInput:
    columns: list[str | int] | None = None
    if schema is not None and not schema.is_tensor_spec():
        columns = schema.input_names() if count == 1 else [name]
    return GraphInput(name, spec.type_name, [-1, *spec.shape[1:]], columns)
