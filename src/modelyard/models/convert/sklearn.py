"""scikit-learn estimators and pipelines, by skl2onnx."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from modelyard.core.errors import InvalidParameter
from modelyard.core.extras import require
from modelyard.models.convert.contract import ML_OPSET, OPSET, Converted, GraphInput, GraphOutput, kind, refusal
from modelyard.models.convert.estimators import WHAT, told
from modelyard.models.convert.inputs import Wants, of_table
from modelyard.models.convert.precision import single_trees
from modelyard.models.schema import Schema

_TYPES = {
    "float32": "FloatTensorType",
    "float64": "DoubleTensorType",
    "int64": "Int64TensorType",
    "bool": "BooleanTensorType",
    "str": "StringTensorType",
}
_OUTPUTS = {"predict": 0, "predict_proba": 1, "transform": 0}
"""Method → the output that holds what it answers."""


class SklearnConverter(msgspec.Struct, frozen=True):
    """The graph computes in single precision where that agrees, else in double; class labels come as plain tensors."""

    name: ClassVar[str] = "sklearn"

    def forms(self, obj: Any, schema: Schema | None) -> Iterator[list[GraphInput]]:
        """One matrix; an input for each column where a step picks columns by name; texts for what counts words."""
        yield from of_table(schema, _wants(obj))

    def convert(self, obj: Any, inputs: Sequence[GraphInput], *, method: str) -> Converted:
        """The graph of an estimator's method."""
        skl2onnx = require("skl2onnx", what=WHAT, extra="onnx")
        if method not in _OUTPUTS:
            raise InvalidParameter(f"ONNX has no graph for the method {method!r}. Known: {', '.join(_OUTPUTS)}.")
        types = require("skl2onnx.common.data_types", what=WHAT, extra="onnx")
        given = [(each.name, getattr(types, _TYPES[each.type])(_shape(each))) for each in inputs]
        try:
            more = told(skl2onnx, obj)
            if hasattr(obj, "classes_"):
                more.options.setdefault(id(obj), {})["zipmap"] = False
            proto = skl2onnx.convert_sklearn(
                obj,
                initial_types=given,
                options=more.options or None,
                custom_conversion_functions=more.conversions or None,
                custom_shape_calculators=more.shapes or None,
                target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
            )
        except Exception as error:
            raise refusal(obj, error, "replace the step that has no conversion") from error
        _free_of_languages(proto)
        if any(each.type == "float64" for each in inputs):
            single_trees(proto)
        named = [
            msgspec.structs.replace(each, name=value.name)  # skl2onnx writes underscores for spaces
            for each, value in zip(inputs, proto.graph.input, strict=True)
        ]
        place = _OUTPUTS[method]
        if place >= len(proto.graph.output):
            raise InvalidParameter(f"The graph of this {kind(obj)} has no output for the method {method!r}.")
        output = GraphOutput(proto.graph.output[place].name)
        return Converted(proto, named, output, f"skl2onnx {skl2onnx.__version__}")


def _wants(obj: Any) -> Wants:
    names = [str(each) for each in getattr(obj, "feature_names_in_", ())]
    return Wants(
        names=names,
        width=getattr(obj, "n_features_in_", None),
        by_column=_picks_columns(obj),
        texts=hasattr(_steps(obj)[0], "build_analyzer"),
        precisions=("float32", "float64"),
    )


def _steps(obj: Any) -> list[Any]:
    steps = getattr(obj, "steps", None)
    if not steps:
        return [obj]
    return [step for _, step in steps if step not in (None, "passthrough")] or [obj]


def _picks_columns(obj: Any) -> bool:
    """Whether a step picks columns by name."""
    for step in _steps(obj):
        for _, _, columns in getattr(step, "transformers", ()):
            picked = columns if isinstance(columns, list | tuple) else [columns]
            if any(isinstance(each, str) for each in picked):
                return True
    return False


def _shape(given: GraphInput) -> list[int | None]:
    return [None if size < 0 else size for size in given.shape]


def _free_of_languages(proto: Any) -> None:
    """Texts are put in lower case by a locale that a bare system has; the runtime's own choice is American English."""
    for node in proto.graph.node:
        if node.op_type == "StringNormalizer" and not any(each.name == "locale" for each in node.attribute):
            node.attribute.append(require("onnx.helper", what=WHAT, extra="onnx").make_attribute("locale", "C.UTF-8"))
